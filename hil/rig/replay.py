"""`hil replay KIND FILE`: a capture through the real driver, its readings as flat JSON lines."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drivers import catalog
from drivers.barcode import serial as barcode
from drivers.driver import Host
from drivers.gnss import receiver
from drivers.gnss.dates import as_received
from drivers.links.link import Link
from drivers.links.reopen import ReopeningDriver
from drivers.reading import FieldValue, Reading
from drivers.rfid import m100, mercury
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import reader as llrp
from drivers.rfid.llrp.settings import Settings as ReaderSettings
from foundation.errors import AgentError
from foundation.options import settings_of
from foundation.parser import UsageError
from foundation.printing import complain, say
from hil.rig import replay_modem
from hil.rig.replay_links import END, CaptureLink, NoCapture, as_bytes
from hil.rig.replay_modules import M100Link, MercuryLink
from hil.rig.replay_reader import ReaderLink
from hil.rig.replay_timing import EndOfCapture, ReplayTiming, StoppedTiming

HELP = "run a capture through the real driver and print its readings"

LONG = 3600  # s; a capture is one report
DECIMALS = 9  # 0.1 mm in degrees; no driver's field means more


def gnss(name: str, capture: bytes) -> ReopeningDriver:
    """Return a GNSS driver that reads `capture`, every epoch of it, with the dates as they came."""

    async def connect() -> Link:
        return CaptureLink(capture)

    given = {"port": "capture", "interval": 0}
    chosen = settings_of(receiver.Settings, catalog.check_options("gnss.nmea", given))
    return receiver.NmeaReceiver(name, chosen, Host(ReplayTiming()), connect, as_received)


def scanner(name: str, capture: bytes) -> ReopeningDriver:
    """Return a scanner's driver that reads `capture`, repeated codes included."""

    async def connect() -> Link:
        return CaptureLink(capture)

    given = {"port": "capture", "debounce": 0}
    chosen = settings_of(barcode.Settings, catalog.check_options("barcode.serial", given))
    return barcode.SerialScanner(name, chosen, Host(ReplayTiming()), connect)


def m100_module(name: str, capture: bytes) -> ReopeningDriver:
    """Return an M100 driver whose inventory hears `capture`."""
    timing, sent = StoppedTiming(), as_bytes(capture)

    async def open_at(_rate: int) -> Link:
        return M100Link(sent, timing)

    given = {"port": "capture", "report_interval": LONG}
    chosen = settings_of(m100.Settings, catalog.check_options("rfid.m100", given))
    return m100.M100(name, chosen, Host(timing), open_at)


def mercury_module(name: str, capture: bytes) -> ReopeningDriver:
    """Return a ThingMagic driver whose searches find `capture`."""
    timing, sent = StoppedTiming(), as_bytes(capture)

    async def open_at(_rate: int) -> Link:
        return MercuryLink(sent, timing)

    given = {"port": "capture", "report_interval": LONG}
    chosen = settings_of(mercury.Settings, catalog.check_options("rfid.mercury", given))
    return mercury.Mercury(name, chosen, Host(timing), open_at)


def llrp_reader(name: str, capture: bytes) -> ReopeningDriver:
    """Return an LLRP driver whose reader sends `capture`: messages, or bodies of reports."""
    timing, sent = StoppedTiming(ended=False), as_bytes(capture)

    async def connect() -> Link:
        return ReaderLink(sent, timing)

    given = {"address": "capture", "reader_utc": True, "report_interval": LONG}
    chosen = settings_of(ReaderSettings, catalog.check_options("rfid.llrp", given))
    return llrp.LlrpReader(name, chosen, Host(timing), connect)


DRIVERS: dict[str, Callable[[str, bytes], ReopeningDriver]] = {
    "barcode.serial": scanner,
    "gnss.nmea": gnss,
    "rfid.llrp": llrp_reader,
    "rfid.m100": m100_module,
    "rfid.mercury": mercury_module,
}


async def replay(
    kind: str, name: str, capture: bytes, troubles: list[str] | None = None
) -> AsyncGenerator[Reading, None]:
    """Yield all readings that the driver of `kind` makes of `capture`.

    `troubles` gets what could not be read of it, and what ended it before its end.
    """
    troubles = [] if troubles is None else troubles
    try:
        driver = DRIVERS[kind](name, capture)
    except NoCapture as error:
        troubles.append(str(error))
        return
    async with driver, aclosing(driver.readings()) as readings:
        try:
            async for reading in readings:
                yield reading
        except EndOfCapture:
            troubles += _troubles(driver)


def _troubles(driver: ReopeningDriver) -> Iterator[str]:
    discards: Discards | None = getattr(driver, "discards", None)
    thrown_away = discards.often if discards else {}
    for what, often in thrown_away.items():
        yield f"{what}, {often} times" if often > 1 else what
    if driver.health.detail not in {END, *thrown_away}:
        yield driver.health.detail


def line(reading: Reading) -> str:
    """Return a reading as one flat JSON line; `time` is the device's own UTC, or null.

    Where an LLRP reader told its UTC, `first_seen` is the moment itself.
    """
    fields = dict(reading.fields)
    utc = fields.pop("reader_utc", None) or reading.utc
    flat = {
        "device": reading.device,
        "kind": reading.kind,
        "time": plain(utc),
        "quality": str(reading.quality),
    }
    flat |= {name: plain(value) for name, value in fields.items()}
    before = fields.get("first_seen")
    if isinstance(utc, datetime) and isinstance(before, int | float):
        first = utc - timedelta(milliseconds=before)
        flat["first_seen"] = first.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return json.dumps(flat)


def plain(value: FieldValue) -> str | int | float | None:
    """Return a field as JSON has it: times as ISO 8601 in UTC, bytes as hex."""
    match value:
        case datetime():
            text = value.astimezone(UTC).isoformat(timespec="milliseconds")
            return text.replace("+00:00", "Z")
        case bytes():
            return value.hex()
        case float():
            return round(value, DECIMALS)
        case _:
            return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `KIND FILE [--name] [--model]`."""
    kinds = sorted([*DRIVERS, replay_modem.KIND])
    parser.add_argument("kind", choices=kinds, help="the device the capture is of")
    parser.add_argument("file", type=Path, help="the bytes the device sent, as they came")
    parser.add_argument("--name", help="the device's name in the readings (default: KIND)")
    replay_modem.add_model(parser)


def run(args: argparse.Namespace) -> int:
    """Print the readings, and what could not be read to standard error.

    1 when there is no reading, 2 when the file cannot be read.
    """
    try:
        capture = args.file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {args.file}: {error.strerror}", advice="name the capture's file"
        ) from error
    troubles: list[str] = []
    if args.kind == replay_modem.KIND:
        printed = replay_modem.print_lines(capture, args.model, troubles)
    else:
        printed = asyncio.run(_print(args.kind, args.name or args.kind, capture, troubles))
    for trouble in troubles:
        complain(f"not read of {args.file}: {trouble}")
    if not printed:
        what = "line" if args.kind == replay_modem.KIND else "reading"
        raise AgentError(
            f"no {what} of {args.kind} in {args.file}", advice="name the kind of its device"
        )
    return 0


async def _print(kind: str, name: str, capture: bytes, troubles: list[str]) -> int:
    printed = 0
    async for reading in replay(kind, name, capture, troubles):
        if reading.kind == "position" and reading.fields["lat"] is None:
            continue  # the driver's word that there is no fix is no position
        say(line(reading))
        printed += 1
    return printed
