"""A session: row after row, card after card, each finished or refused with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashing.card import Card
from flashing.device import Device
from flashing.errors import CardBad, FlashError, TargetRefused
from flashing.fat import Fat32
from flashing.image import Image, Progress
from flashing.log import BEGUN, DONE, FAILED, Line, Log
from flashing.plan import Plan, Row
from flashing.seeds import SEED_NAME, Seed, Seeds
from flashing.target import Machine, Target

NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Tools:
    """What a session works with; time and randomness come from outside."""

    machine: Machine
    image: Image
    seeds: Seeds
    log: Log
    now: Callable[[], str]
    entropy: Callable[[int], bytes]
    progress: Progress
    files: bool = False
    open: Callable[[Target], Device] = Device.open


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: `fault` is empty when its card is finished.

    `twin` tells of another card that may have the same seed. `no_card`: the device was refused
    before any card was looked at.
    """

    row: Row
    card: str
    fault: str = ""
    twin: str = ""
    no_card: bool = False


def to_do(plan: Plan, log: Log) -> Sequence[Row]:
    """Return the rows without a finished card; one that was cut in the middle is among them."""
    return [row for row in plan.rows if not log.is_done(row.label)]


def flash_all(
    rows: Sequence[Row], devices: Sequence[Path], tools: Tools, ready: Callable[[Row, Path], bool]
) -> Iterator[Outcome]:
    """Flash row after row, on the devices in turn; `ready` is asked before each card.

    A row that fails is left for the next session; a `ready` that says no ends this one.
    """
    for number, row in enumerate(rows):
        device = devices[number % len(devices)]
        if not ready(row, device):
            return
        yield flash(row, device, tools)


def flash(row: Row, device: Path, tools: Tools) -> Outcome:
    """Flash one card; every fault is in the outcome and in the log."""
    card = str(device)
    seed = Seed(b"", "")
    before = tools.log.newest(row.label)
    target: Target | None = None
    try:
        if before is not None and before.enrolment:
            tools.seeds.spoilt(before.enrolment)
        target = tools.machine.find(device, files=tools.files)
        card = target.card
        with tools.open(target) as disk:
            _refuse_finished(disk, device, tools.log)
            seed = tools.seeds.take(row)
            tools.log.add(_line(row, card, seed, tools, BEGUN))
            Card(disk, tools.entropy(NONCE_BYTES), tools.progress).write(tools.image)
            _plant(disk, seed, target)
    except (FlashError, OSError) as error:
        fault = str(error) if isinstance(error, FlashError) else f"{device}: {error.strerror}"
        tools.log.add(_line(row, card, seed, tools, FAILED, fault))
        refused = target is None and isinstance(error, TargetRefused)
        return Outcome(row, card, fault, no_card=refused)
    tools.log.add(_line(row, card, seed, tools, DONE))
    tools.seeds.used(row)
    return Outcome(row, card, twin=_twin(before, seed))


def _twin(before: Line | None, seed: Seed) -> str:
    """Return a warning where a card that was cut off may hold the very seed of this one."""
    if before is None or before.result != BEGUN or before.enrolment != seed.enrolment:
        return ""
    return (
        f"the card that was in work at {before.time} ({before.card}) may hold the same seed:"
        " write it anew or destroy it, or two gateways have one name"
    )


def _refuse_finished(disk: Device, device: Path, log: Log) -> None:
    """Refuse the card that this session finished last: somebody forgot to change it."""
    try:
        text = Fat32.find(disk).read(SEED_NAME)
        label = str(tomllib.loads(text.decode()).get("label", "")) if text else ""
    except (CardBad, ValueError, IndexError):
        return  # whatever else is on it, it is no card of ours
    if label and log.is_done(label):
        raise TargetRefused(
            f"the card in {device} was finished for {label}, which has not used it yet: "
            "put in the next card"
        )


def _plant(disk: Device, seed: Seed, target: Target) -> None:
    """Put the seed onto the verified card, and read it back."""
    Fat32.find(disk).add(SEED_NAME, seed.text)
    disk.forget()
    if Fat32.find(disk).read(SEED_NAME) != seed.text:
        raise CardBad(f"{target.path} does not hold its seed: throw the card away")


def _line(row: Row, card: str, seed: Seed, tools: Tools, result: str, detail: str = "") -> Line:
    return Line(
        tools.now(),
        str(row.number),
        row.label,
        row.site,
        row.profile,
        card,
        tools.image.sha256,
        seed.enrolment,
        result,
        detail,
    )
