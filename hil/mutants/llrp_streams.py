"""What an LLRP reader may say, for the mutants."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from pathlib import Path

from hil.emulators.llrp.desk import Session
from hil.emulators.llrp.protocol import HEADER, Request, impinj, message, tlv, tv, utf8
from hil.emulators.llrp.reader import (
    ANOTHER_TRIED,
    KEEPALIVE,
    NOTIFICATION,
    REPORT,
    LlrpReader,
    attempt,
)

QUESTIONS = (1, b"\x00"), (2, bytes(7)), (26, b""), (44, b"")  # capabilities, config, specs
TYPES = {
    "GetReaderCapabilities": 11,
    "GetReaderConfig": 12,
    "ROAccessReport": 61,
    "ReaderEvent": 63,
}
"""Of the files of a folder of bodies, by how their names begin."""

MOST_TAGS = 4
REPORTED = 0.8  # chance of a parameter that a reader may leave out
EPC_96 = 12  # bytes of an EPC that has a parameter of its own
LENGTHS = (0, 2, 12, 12, 12, 12, 16, 30, 62, 64)  # bytes of EPCs


def bodies(rng: random.Random, folder: Path | None = None) -> list[tuple[int, bytes]]:
    """Return types and bodies of messages, and those of real readers in `folder`."""
    desk, session = LlrpReader(tags=0).desk, Session()
    answers = [desk.answer(session, Request(type_, 1, body)) for type_, body in QUESTIONS]
    said = [*answers, *(event(rng) for _ in range(4)), *(report(rng) for _ in range(10))]
    made = [(int.from_bytes(one[:2]) & 0x3FF, one[HEADER:]) for one in said]
    return made + (_real(folder) if folder else [])


def _real(folder: Path) -> list[tuple[int, bytes]]:
    return [
        (type_, path.read_bytes())
        for path in sorted(folder.glob("*.bytes"))
        for name, type_ in TYPES.items()
        if path.name.startswith(name)
    ]


def session(rng: random.Random, reports: Sequence[bytes] = ()) -> bytes:
    """Return what a reader says while tags pass it; some of its reports may be given."""
    said = [event(rng), message(KEEPALIVE, 1)]
    said += [report(rng) for _ in range(rng.randint(1, 4))]
    said += [message(REPORT, 1, rng.choice(reports))] if reports else []
    rng.shuffle(said)
    return b"".join(said)


def event(rng: random.Random) -> bytes:
    """Return something that happened to a reader."""
    moment = tlv(128, struct.pack(">Q", rng.randrange(1 << 51)))
    parts = (
        tlv(255, struct.pack(">BH", rng.randint(0, 1), 2)),
        tlv(252, utf8("the amplifier is hot")),
        tlv(248, struct.pack(">HB", 1, 0x80)),
        attempt(ANOTHER_TRIED),
    )
    return message(NOTIFICATION, 1, tlv(246, moment + rng.choice(parts)))


def report(rng: random.Random) -> bytes:
    """Return a report of some tags."""
    return message(REPORT, 1, b"".join(_tag(rng) for _ in range(rng.randint(1, MOST_TAGS))))


def _tag(rng: random.Random) -> bytes:
    epc = rng.randbytes(rng.choice(LENGTHS))
    moment = rng.randrange(1 << 51)
    parts = [
        tv(1, "H", rng.randint(1, 4)),
        tv(6, "b", rng.randint(-80, -30)),
        tv(2, "Q", moment),
        tv(4, "Q", moment + rng.randrange(1_000_000)),
        tv(8, "H", rng.randint(0, 9)),
        tv(12, "H", len(epc) // 2 << 11 & 0xFFFF),
        impinj(57, struct.pack(">h", rng.randint(-8000, -3000))),
        impinj(55, struct.pack(">H", 6) + rng.randbytes(12)),
    ]
    chosen = b"".join(part for part in parts if rng.random() < REPORTED)
    bits = tlv(241, struct.pack(">H", len(epc) * 8) + epc)
    return tlv(240, (b"\x8d" + epc if len(epc) == EPC_96 else bits) + chosen)
