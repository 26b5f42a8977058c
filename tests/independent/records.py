"""Records (PROTOCOL.md, "Record", "Attachments")."""

from __future__ import annotations

from dataclasses import dataclass

from tests.independent.cbor import Item, decode
from tests.independent.reasons import Refused
from tests.independent.shape import any_map, array, count, count_or_null, exact_map, num, text

MAX_SIZE = 65_536


@dataclass(frozen=True)
class Record:
    """A record's parts."""

    number: int
    device: str
    kind: str
    boot: int
    monotonic: int
    wall: int
    clock: tuple[str, int | None]
    quality: str
    fields: dict[str, int | str | bytes]


def read_clock(item: Item) -> tuple[str, int | None]:
    """`clock`: source and bound."""
    parts = array(item, 2)
    return text(parts[0]), count_or_null(parts[1])


def read_record(data: bytes) -> Record:
    """Read a record."""
    if len(data) > MAX_SIZE:
        raise Refused("record-size")
    item = exact_map(decode(data), set(range(9)))
    number, device, kind = count(item[0]), text(item[1]), text(item[2])
    boot, monotonic, wall = count(item[3]), count(item[4]), num(item[5])
    clock, quality = read_clock(item[6]), text(item[7])
    fields = {text(name): _field(value) for name, value in any_map(item[8]).items()}
    return Record(number, device, kind, boot, monotonic, wall, clock, quality, fields)


def _field(item: Item) -> int | str | bytes:
    if isinstance(item, (str, bytes)):
        return item
    return num(item)
