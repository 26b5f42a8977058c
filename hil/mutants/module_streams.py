"""What serial UHF modules may say while they take inventory, for the mutants."""

from __future__ import annotations

import random

from hil.emulators.serial import m100_protocol as m100
from hil.emulators.serial import mercury_protocol as mercury

LENGTHS = (0, 2, 12, 12, 12, 16, 30, 62)  # bytes of EPCs
METADATA = (0x0007).to_bytes(2)  # read count, RSSI and antenna

Stream = tuple[bytes, frozenset[str]]
"""Bytes, and the EPCs of the tags that are in them."""


def m100_stream(rng: random.Random) -> Stream:
    """Return some rounds of an M100 module's inventory."""
    epcs = [_epc(rng) for _ in range(rng.randint(1, 3))]
    rounds = [
        m100.frame(m100.NOTICE, m100.SINGLE, m100.tag_payload(-55, None, epc)) for epc in epcs
    ]
    rounds += [m100.frame(m100.ANSWER, m100.ERROR, bytes([m100.NO_TAG]))] * rng.randint(0, 2)
    rng.shuffle(rounds)
    return b"".join(rounds), _named(epcs)


def mercury_stream(rng: random.Random) -> Stream:
    """Return some searches of a ThingMagic module."""
    epcs = [_epc(rng) for _ in range(rng.randint(1, 4))]
    searches = [
        mercury.answer(mercury.READ_MULTIPLE, mercury.NO_TAGS),
        _search([epcs[0]]),
        _search(epcs),
    ]
    rng.shuffle(searches)
    return b"".join(searches), _named(epcs)


def _search(epcs: list[bytes]) -> bytes:
    found = bytes(3) + len(epcs).to_bytes(4)
    records = [mercury.tag_record(1, -50, 1, len(epc) // 2 << 11, epc) for epc in epcs]
    page = METADATA + bytes([0, len(records)]) + b"".join(records)
    whole = mercury.answer(mercury.READ_MULTIPLE, mercury.OK, found)
    if len(page) <= mercury.LARGEST_ANSWER:
        whole += mercury.answer(mercury.GET_BUFFER, mercury.OK, page)
    return whole + mercury.answer(mercury.CLEAR_BUFFER, mercury.OK)


def _epc(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice(LENGTHS))


def _named(epcs: list[bytes]) -> frozenset[str]:
    return frozenset(epc.hex().upper() for epc in epcs)
