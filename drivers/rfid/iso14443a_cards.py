"""Finding, selecting and asking ISO 14443 type A cards through an antenna."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from drivers.errors import BadFrame, CommandTimeout, DeviceFault
from drivers.rfid import iso14443a as iso
from drivers.rfid.iso14443a import Prefix

MOST_CARDS = 16  # in one field; more do not get enough power
MOST_COLLISIONS = iso.LEVEL_BITS  # each settles one bit at least
SELECT_WITHIN = 0.002  # s; cards answer after 91 µs, and say at most 40 bits: 0.5 ms
ASK_WITHIN = 0.005  # s, NTAG21x data sheet table 22: all commands but WRITE
WRITE_WITHIN = 0.015  # s; NTAG21x and MIFARE Classic: 10 ms
ACK = 0xA
ACK_BITS = 4
NAKS = {
    0x0: "the page or argument is not allowed",
    0x1: "it received a frame with a wrong check",
    0x4: "the block or operation is not allowed",
    0x5: "it could not write, or received a wrong check",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What an antenna got: bytes, of whose last `last_bits` bits count (0: all).

    `collision` is the position of the first bit that two cards sent differently, counted from 1 in
    `data`, the bits before an alignment included.
    """

    data: bytes
    last_bits: int = 0
    collision: int | None = None

    @property
    def bits(self) -> int:
        """How many bits of `data` were received, an alignment's included."""
        return len(self.data) * iso.BYTE - (iso.BYTE - self.last_bits) % iso.BYTE


class Antenna(Protocol):
    """What sends a frame and hears what cards say to it."""

    async def send(
        self, data: bytes, *, within: float, last_bits: int = 0, align: int = 0
    ) -> Received:
        """Send `data`; CommandTimeout when nothing answers `within` seconds, BadFrame for noise.

        `last_bits` of the last byte are sent (0: all), and `align` bits are left before the answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """A card that was selected. `atqa` is None when several answered differently at once."""

    uid: bytes
    sak: int
    atqa: int | None = None


async def request(antenna: Antenna, code: int) -> tuple[bool, int | None]:
    """Send REQA or WUPA; return whether any card answered, and ATQA if it was one voice."""
    try:
        got = await antenna.send(bytes([code]), within=SELECT_WITHIN, last_bits=iso.SHORT_FRAME)
    except CommandTimeout:
        return False, None
    except BadFrame:
        return True, None
    whole = got.collision is None and got.bits == 2 * iso.BYTE
    return True, int.from_bytes(got.data, "little") if whole else None


async def select(antenna: Antenna) -> Card:
    """Select one of the cards that answered a request (§6.5.3); the others keep still."""
    parts: list[bytes] = []
    for level in range(len(iso.SELECT_CODES)):
        part = await _anticollision(antenna, level)
        parts.append(part)
        sak = await _select_level(antenna, level, part)
        if not sak & iso.SAK_NOT_COMPLETE:
            return Card(iso.uid_of(parts), sak)
    raise BadFrame("a card wants a fourth cascade level")


async def wake(antenna: Antenna, uid: bytes) -> Card:
    """Wake and select the card `uid`, whatever else is there; CommandTimeout when it is gone."""
    _, atqa = await request(antenna, iso.WUPA)
    sak = 0
    for level, part in enumerate(iso.levels_of(uid)):
        sak = await _select_level(antenna, level, part)
    return Card(uid, sak, atqa)


async def halt(antenna: Antenna) -> None:
    """Put the selected card to sleep; it does not answer (§6.4.3)."""
    try:
        await antenna.send(iso.with_crc(iso.HLTA), within=SELECT_WITHIN)
    except (CommandTimeout, BadFrame):
        return


async def cards(antenna: Antenna) -> AsyncIterator[Card]:
    """Yield every card in the field that does not sleep, each selected until the next is asked for.

    Sleeping ones are for `wake`: a card that WUPA woke and another was selected goes back to sleep
    at once (§6.3, READY*), so no loop can find them all. Raises BadFrame or CommandTimeout when a
    card leaves or is disturbed on the way.
    """
    for _ in range(MOST_CARDS):
        there, atqa = await request(antenna, iso.REQA)
        if not there:
            return
        card = await select(antenna)
        yield Card(card.uid, card.sak, atqa)
        await halt(antenna)


async def _anticollision(antenna: Antenna, level: int) -> bytes:
    known = Prefix()
    for _ in range(MOST_COLLISIONS):
        got = await antenna.send(
            known.frame(level), within=SELECT_WITHIN, last_bits=known.align, align=known.align
        )
        if got.collision is None:
            return known.joined(got.data, got.bits - known.align).level_bytes()
        clean = got.collision - 1 - known.align
        if clean < 0 or got.collision > got.bits:
            raise BadFrame(f"a collision at bit {got.collision} of {got.bits}")
        known = known.joined(got.data, clean, pick=1)
    raise BadFrame("collisions without end")


async def _select_level(antenna: Antenna, level: int, part: bytes) -> int:
    got = await antenna.send(iso.select_frame(level, part), within=SELECT_WITHIN)
    sak = iso.checked(got.data)
    if len(sak) != 1 or got.last_bits:
        raise BadFrame(f"{got.data.hex(' ')} is not a SAK")
    return sak[0]


async def ask(antenna: Antenna, command: bytes, length: int) -> bytes:
    """Return the `length` bytes that the selected card answers, its CRC_A checked.

    DeviceFault when it says no, BadFrame when the answer is damaged or cut.
    """
    got = await antenna.send(iso.with_crc(command), within=ASK_WITHIN)
    _raise_for_nak(got, command)
    if got.collision is not None or got.last_bits:
        raise BadFrame(f"the answer to {command.hex(' ')} ends after {got.bits} bits")
    data = iso.checked(got.data)
    if len(data) != length:
        raise BadFrame(f"{len(data)} bytes for {command.hex(' ')} instead of {length}")
    return data


async def tell(antenna: Antenna, command: bytes, within: float = WRITE_WITHIN) -> None:
    """Send what the selected card only acknowledges; DeviceFault when it says no."""
    got = await antenna.send(iso.with_crc(command), within=within)
    _raise_for_nak(got, command)
    if got.bits != ACK_BITS:
        raise BadFrame(f"{got.data.hex(' ')} is not an acknowledgement of {command.hex(' ')}")


def _raise_for_nak(got: Received, command: bytes) -> None:
    if got.bits != ACK_BITS:
        return
    code = got.data[0] & 0xF
    if code == ACK:
        return
    cause = NAKS.get(code, "it refused")
    raise DeviceFault(
        f"the card said no to {command.hex(' ')}: {cause} (NAK {code:X})",
        advice="check the page or block, its lock bits and the key",
    )
