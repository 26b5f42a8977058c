"""`python -m hil goods FOLDER`: days, shocks and contradictions with their truth beside them."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path

from agent.cli.arguments import count
from foundation.counting import counted
from foundation.printing import say, say_text
from hil.goods.cold_day import cold_day
from hil.goods.contradictions import contradictions
from hil.goods.impacts import impacts
from hil.goods.trial import (
    cold_day_mistakes,
    contradiction_mistakes,
    csv_of,
    impact_mistakes,
)

HELP = "make cold days, shocks and contradictions with their truth, and hold the gateway to it"

DAYS, SEED = 20, 20261130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where they are written")
    parser.add_argument("--days", type=count, default=DAYS, metavar="N", help=f"default: {DAYS}")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")


def run(args: argparse.Namespace) -> int:
    """Return 0 when the gateway comes to the truth of each; else 1."""
    args.folder.mkdir(parents=True, exist_ok=True)
    say(f"seed {args.seed}", flush=True)
    mistakes = [
        *_cold_days(args.folder, args.days, args.seed),
        *_impacts(args.folder, args.seed),
        *_contradictions(args.folder, args.seed),
    ]
    for mistake in mistakes:
        say_text(mistake)
    say(f"written to {args.folder}; {counted(len(mistakes), 'difference')} from the truth")
    return 1 if mistakes else 0


def _cold_days(folder: Path, days: int, seed: int) -> list[str]:
    mistakes = []
    for number in range(days):
        day, name = cold_day(seed + number), f"cold-day-{number + 1}"
        (folder / f"{name}.csv").write_text(csv_of(day.values, timedelta(minutes=1)))
        truth = {"story": day.story, "states": day.truth(), "mkt": round(day.mkt(), 3)}
        _write(folder / f"{name}.json", truth)
        mistakes += [f"{name}: {each}" for each in cold_day_mistakes(day)]
    return mistakes


def _impacts(folder: Path, seed: int) -> list[str]:
    """Write the shocks as an emulator's settings, one every two seconds."""
    found = impacts(seed)
    tables = [
        f"  {{ at = {2.0 * number:g}, g = {each.peak:.2f}, ms = {each.milliseconds:.2f} }},"
        for number, each in enumerate(found, 1)
    ]
    text = "\n".join(
        ["# of a [[device]] of kind sensors.adxl375_spi", "shocks = [", *tables, "]\n"]
    )
    (folder / "impacts.toml").write_text(text)
    truth = [{**each._asdict(), "delta_v": round(each.delta_v, 3)} for each in found]
    _write(folder / "impacts.json", truth)
    return [f"{each.what}: {text}" for each in found for text in impact_mistakes(each, seed)]


def _contradictions(folder: Path, seed: int) -> list[str]:
    mistakes = []
    for each in contradictions(seed):
        name = each.what.replace(" ", "-")
        unit = timedelta(milliseconds=1)
        (folder / f"{name}.csv").write_text(csv_of(each.values, unit))
        (folder / f"{name}-beside.csv").write_text(csv_of(each.beside, unit))
        _write(folder / f"{name}.json", {"one of": sorted(each.doubts)})
        mistakes += [f"{each.what}: {text}" for text in contradiction_mistakes(each)]
    return mistakes


def _write(path: Path, truth: object) -> None:
    path.write_text(json.dumps(truth, indent=1) + "\n")
