"""`tallyman profile list`, `show`, `check` and `try`: rules for goods, and what they find."""

from __future__ import annotations

import argparse
from datetime import tzinfo
from pathlib import Path

from agent.cli.arguments import whole
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.profile_page import as_json, described, doubt_rows, shown, verdict_page
from agent.cli.times import zone_named
from agent.rules import shipped
from agent.rules.plausibility import doubts
from agent.rules.profile import FIELDS, read_profile
from agent.rules.series import Series, read_series
from agent.rules.verdict import judged
from foundation.counting import counted
from foundation.printing import say, say_each, say_json
from foundation.toml_file import Problem, WrongFile

HELP = "rules for goods: list, show and check them, try them on a series"

ACTIONS = {
    "list": "name the profiles that come with the agent",
    "show": "say what a profile's rules look for",
    "check": "name every mistake in a profile's file with its line",
    "try": "say what a profile makes of a series of values",
}

TEMPERATURE = FIELDS[0]
MOST_BYTES = 64 << 20  # of a series: a year of values each second has 32 million
MOST_MISTAKES = 20  # of a series that are printed


class WrongSeries(WrongFile):
    """A series cannot be read."""

    advice = "correct the file, then try again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=tuple(ACTIONS),
        help="; ".join(f"{name}: {text}" for name, text in ACTIONS.items()),
    )
    parser.add_argument(
        "profile", metavar="PROFILE", nargs="?", help="a profile's name, or its file"
    )
    parser.add_argument(
        "series", metavar="SERIES.csv", nargs="?", type=Path, help="columns time,value[,quality]"
    )
    parser.add_argument(
        "--field",
        choices=FIELDS,
        metavar="FIELD",
        default=FIELDS[0],
        help=f"what the values are: {', '.join(FIELDS)}; default: {FIELDS[0]}",
    )
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=whole,
        default=0,
        help="time between two values; default: as the series shows, an hour at most",
    )
    parser.add_argument(
        "--zone", default="UTC", metavar="ZONE", help="of times without offset; default: UTC"
    )
    parser.add_argument(
        "--beside",
        metavar="OTHER.csv",
        type=Path,
        help="a neighbour's values: also say where the two drifted apart",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per profile")


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    if args.action == "list":
        return _list(as_json=args.json)
    if args.profile is None:
        raise Mistake("which profile?", advice=f"tallyman profile {args.action} PROFILE")
    if args.action == "check":
        return _check(Path(args.profile), as_json=args.json)
    if args.action == "show":
        profile = shipped.find(args.profile, Path())
        if args.json:
            say_json(described(profile))
        else:
            say_each(shown(profile))
        return 0
    return _try(args)


def _list(*, as_json: bool) -> int:
    for name in shipped.names():
        profile = shipped.find(name, Path())
        if as_json:
            say_json(described(profile))
        else:
            say(f"{name:14}{profile.head.title}")
    return 0


def _check(path: Path, *, as_json: bool) -> int:
    profile = read_profile(path)
    if as_json:
        say_json(described(profile))
        return 0
    rules = counted(len(profile.rules), "rule")
    say(f"{path} is correct: {profile.name} version {profile.head.version}, {rules}")
    return 0


def _try(args: argparse.Namespace) -> int:
    if args.series is None:
        raise Mistake("which series?", advice=f"tallyman profile try {args.profile} SERIES.csv")
    profile = shipped.find(args.profile, Path())
    if not profile.about(args.field):
        raise Mistake(
            f"the profile {profile.name} has no rule about {args.field}",
            advice=f"give --field {' or '.join(profile.fields)}",
        )
    series = _series(args.series, zone_named(args.zone))
    verdict = judged(profile, args.field, series.samples, args.interval * 1000 or None)
    if args.json:
        say_json(as_json(verdict))
        return 0
    say_each(verdict_page(profile, args.field, series, verdict))
    if args.field == TEMPERATURE:
        beside = [] if args.beside is None else _series(args.beside, zone_named(args.zone)).samples
        say_each(doubt_rows(doubts(series.samples, beside)))
    return 0


def _series(path: Path, zone: tzinfo) -> Series:
    """Return what a file holds; WrongSeries names its mistakes."""
    series = read_series(contents(path, MOST_BYTES, "name a CSV file"), zone)
    mistakes = series.mistakes
    if mistakes:
        problems = [Problem(line, text) for line, text in mistakes[:MOST_MISTAKES]]
        more = len(mistakes) - len(problems)
        if more > 0:
            problems.append(Problem(mistakes[-1][0], f"and {counted(more, 'mistake')} more"))
        raise WrongSeries(path, problems)
    return series
