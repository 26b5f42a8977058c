"""Reading, writing and locking one tag with an M100 module."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.errors import BadFrame, DeviceFault
from drivers.gs1.pc_word import PcWord
from drivers.rfid import m100_commands as commands
from drivers.rfid.m100_commands import Area, Bank, Command, Lock, ModuleFault
from drivers.rfid.m100_exchange import Exchange
from drivers.rfid.m100_frames import Frame

TRIES = 8  # a tag answers about two times in three; eight misses in a row are one in 5,000
LOOKS = 5  # rounds; two tags that answer two times in three are both heard in one of them: 94 %
SILENT = (commands.NOT_READ, commands.NOT_WRITTEN, commands.NOT_LOCKED)
PC_WORD = 1  # where the PC word lies in the EPC bank, behind the CRC
LENGTH_SHIFT = 11  # of the EPC's length in words, in the PC word
LONG_TID, SHORT_TID = 6, 2  # words: with a serial number, and what every tag has


async def read(
    exchange: Exchange, epc: bytes, bank: Bank, first: int, words: int, password: int = 0
) -> bytes:
    """Return `words` words of a bank of the tag `epc`; ModuleFault names the cause."""
    await exchange.ask(commands.select(epc))
    answer = await _persist(exchange, commands.read(bank, first, words, password))
    data = commands.access_data(answer)
    if len(data) != words * commands.WORD:
        raise BadFrame(f"{len(data)} bytes of {words} words of tag {epc.hex().upper()}")
    return data


async def write(
    exchange: Exchange, epc: bytes, bank: Bank, first: int, data: bytes, password: int = 0
) -> None:
    """Write whole words to a bank of the tag `epc` and read them back."""
    _check_words(data, commands.LONGEST_WRITE)
    await exchange.ask(commands.select(epc))
    await _persist(exchange, commands.write(bank, first, data, password))
    words = len(data) // commands.WORD
    _compare(data, await read(exchange, epc, bank, first, words, password), epc)


async def write_epc(exchange: Exchange, old: bytes, new: bytes, password: int = 0) -> None:
    """Give the tag `old` the EPC `new`; refused while another tag in the field has either."""
    refuse_twins(await look(exchange), old, new)
    await give_epc(exchange, old, new, await read_tid(exchange, old, password), password)


async def give_epc(
    exchange: Exchange, old: bytes, new: bytes, tid: bytes, password: int = 0
) -> None:
    """Write the EPC `new` to the tag `old`, and see that the chip `tid` answers to it.

    PC word and EPC are written at once, the PC word as that of a GS1 EPC (no AFI, no attributes).
    An answer may get lost after the tag has stored: only reading back tells.
    """
    _check_words(new, commands.LONGEST_SELECT)
    words = len(new) // commands.WORD
    data = (words << LENGTH_SHIFT).to_bytes(2) + new
    await exchange.ask(commands.select(old))
    try:
        await _persist(exchange, commands.write(Bank.EPC, PC_WORD, data, password))
    except ModuleFault as error:
        if error.code not in SILENT:
            raise
    stored = await read(exchange, new, Bank.EPC, PC_WORD, 1 + words)
    if PcWord(int.from_bytes(stored[:2])).epc_bytes != len(new):
        raise BadFrame(f"the tag's PC word is {stored[:2].hex()} after writing {data[:2].hex()}")
    _compare(new, stored[2:], new)
    if await read_tid(exchange, new, password) != tid:
        raise _taken(new)


async def lock(exchange: Exchange, epc: bytes, area: Area, state: Lock, password: int) -> None:
    """Lock or open an area of the tag `epc`; needs its access password, which must not be zero."""
    if not password:
        raise no_password()
    await exchange.ask(commands.select(epc))
    await _persist(exchange, commands.lock(area, state, password))


def no_password() -> DeviceFault:
    """Return the error for a lock that nothing would guard."""
    return DeviceFault(
        "a tag is locked with its access password, and zero is none",
        advice="choose an access password, which opens the lock again",
    )


async def look(exchange: Exchange) -> list[list[bytes]]:
    """Return the EPCs that were heard in each of LOOKS rounds."""
    return [_heard(await exchange.round()) for _ in range(LOOKS)]


def _heard(frames: list[Frame]) -> list[bytes]:
    notices = [commands.tag_notice(frame) for frame in frames if commands.is_tag(frame)]
    return [notice.epc for notice in notices if notice.intact]


def refuse_twins(rounds: Sequence[Sequence[bytes]], old: bytes, new: bytes) -> None:
    """Raise DeviceFault where two tags have the EPC `old`, or another one has `new` already.

    New tags come with the same EPC. A tag answers once in a round at most, so two are two tags.
    """
    for heard in rounds:
        if heard.count(old) > 1:
            raise DeviceFault(
                f"two tags in the field have the EPC {old.hex().upper()}",
                advice="leave only the tag to be written in the field",
            )
        if new != old and new in heard:
            raise _taken(new)


def _taken(epc: bytes) -> DeviceFault:
    return DeviceFault(
        f"another tag in the field has the EPC {epc.hex().upper()}",
        advice="take it away, and check which of the two was meant",
    )


async def _persist(exchange: Exchange, command: Command) -> Frame:
    """Repeat what the tag did not answer to; other faults are final."""
    for _ in range(TRIES - 1):
        try:
            return await exchange.ask(command)
        except ModuleFault as error:
            if error.code not in SILENT:
                raise
    return await exchange.ask(command)


async def read_tid(exchange: Exchange, epc: bytes, password: int = 0) -> bytes:
    """Return the TID of the tag `epc`, with the serial number where the chip has one."""
    try:
        return await read(exchange, epc, Bank.TID, 0, LONG_TID, password)
    except ModuleFault as error:
        if not commands.is_overrun(error.code):
            raise
    return await read(exchange, epc, Bank.TID, 0, SHORT_TID, password)


def _check_words(data: bytes, longest: int) -> None:
    if not data or len(data) % commands.WORD or len(data) > longest:
        raise DeviceFault(
            f"{len(data)} bytes cannot be written at once",
            advice=f"a tag takes words of two bytes, and at most {longest} bytes",
        )


def _compare(wanted: bytes, stored: bytes, epc: bytes) -> None:
    if stored != wanted:
        raise BadFrame(
            f"tag {epc.hex().upper()} holds {stored.hex()} after writing {wanted.hex()}",
            advice="hold the tag still and closer to the antenna, and write again",
        )
