"""Commissioning with an M100 module: the one tag before the antenna gets its EPC, and a lock."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.driver import Commission, Commissioned
from drivers.errors import BadFrame, DeviceFault
from drivers.rfid import m100_commands as commands
from drivers.rfid import m100_tags as tags
from drivers.rfid.m100_commands import Area, Bank, Lock, ModuleFault
from drivers.rfid.m100_exchange import Exchange
from foundation.counting import counted

ACCESS_PASSWORD = 2  # word of the bank RESERVED where it begins
PASSWORD_BYTES = 4
FIRST_OF_EPC = 2  # word of the bank EPC, behind CRC and PC word
SHOWN = 4  # EPCs that an error names


async def commission(exchange: Exchange, order: Commission) -> Commissioned:
    """Do what `order` says, and read all of it back; DriverError says what was and was not done.

    Refused before anything is written: no tag, several of them and none named, twins, a lock
    without a password.
    """
    if order.lock and not order.password:
        raise tags.no_password()
    rounds = await tags.look(exchange)
    old = _target(rounds, order.tag)
    tags.refuse_twins(rounds, old, order.epc)
    password = await _taken_password(exchange, old, order.password)
    tid = await tags.read_tid(exchange, old, password)
    if old != order.epc:
        await tags.give_epc(exchange, old, order.epc, tid, password)
    if order.lock:
        try:
            await _lock(exchange, order, password)
        except (DeviceFault, BadFrame) as error:
            raise DeviceFault(
                f"the EPC is written, but not locked: {error}", advice=error.advice
            ) from error
    return Commissioned(old, tid)


def _target(rounds: Sequence[Sequence[bytes]], wanted: bytes | None) -> bytes:
    """Return the EPC of the tag to be written."""
    seen = sorted({epc for heard in rounds for epc in heard})
    names = ", ".join(epc.hex().upper() for epc in seen[:SHOWN])
    more = f" and {len(seen) - SHOWN} more" if len(seen) > SHOWN else ""
    if wanted is not None and wanted not in seen:
        raise DeviceFault(
            f"no tag in the field has the EPC {wanted.hex().upper()}",
            advice=f"seen: {names}{more}" if seen else "hold it in front of the antenna",
        )
    if not seen:
        raise DeviceFault("no tag is in the field", advice="hold one in front of the antenna")
    if wanted is None and len(seen) > 1:
        raise DeviceFault(
            f"{counted(len(seen), 'tag')} are in the field: {names}{more}",
            advice="leave only the tag to be written in the field, or name it by its EPC",
        )
    return seen[0] if wanted is None else wanted


async def _taken_password(exchange: Exchange, epc: bytes, password: int) -> int:
    """Return `password` where the tag has it, zero where it has none yet, or another one."""
    if password:
        try:
            await tags.read_tid(exchange, epc, password)
        except ModuleFault as error:
            if error.code not in (commands.WRONG_PASSWORD, *tags.SILENT):
                raise
            return 0
    return password


async def _lock(exchange: Exchange, order: Commission, password: int) -> None:
    """Give the tag its password if it has none, lock EPC and password, and try to write."""
    if not password:
        data = order.password.to_bytes(PASSWORD_BYTES)
        await tags.write(exchange, order.epc, Bank.RESERVED, ACCESS_PASSWORD, data)
    for area in (Area.ACCESS_PASSWORD, Area.EPC):
        await tags.lock(exchange, order.epc, area, Lock.WITH_PASSWORD, order.password)
    try:
        await tags.write(exchange, order.epc, Bank.EPC, FIRST_OF_EPC, order.epc[: commands.WORD])
    except ModuleFault as error:
        if commands.is_locked(error.code):
            return
        raise
    raise DeviceFault(
        "the tag says that it is locked, and still takes writes without its password",
        advice="use another make of tag, or do without the lock",
    )
