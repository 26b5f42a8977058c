"""The memory of a Z-Stack stick: numbered items, which live in a file if one is given.

A CC2652 has, besides, tables of items (`x/TABLE/ROW`); a CC2531 keeps the same rows as items of
their own, and packs its structures, which the other aligns to words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

EXTADDR, STARTUP_OPTION, NIB, ADDRMGR = 0x0001, 0x0003, 0x0021, 0x0023
ACTIVE_KEY, OTHER_KEY, LINK_KEYS, ON_A_NETWORK = 0x003A, 0x003B, 0x004C, 0x0055
CONFIGURED, NETWORK_KEY, SEED = 0x0060, 0x0062, 0x0101
BORN_WITH = {
    0x03: 1, 0x30: 1, 0x32: 1, 0x33: 1, 0x36: 1, 0x38: 1, 0x3E: 1, 0x83: 2, 0x87: 1, 0x8F: 1
}  # fmt: skip
"""Items that every stick has, with their sizes: writes to one that is not there are refused."""

NETWORK_STATE = (
    NIB, 0x2D, ACTIVE_KEY, OTHER_KEY, 0x47, ON_A_NETWORK, 0x5F, CONFIGURED, NETWORK_KEY, 0x84, SEED
)  # fmt: skip
"""What a start with ClearState and ClearConfig takes away."""

NOBODY = b"\xff" * 8


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs between the chips: offsets in the NIB, the rows' layout and numbers."""

    name: str
    capabilities: int
    tables: bool
    product: int
    neighbour: int  # bytes of a neighbour's entry, from which a host learns the alignment
    nib_size: int
    address: int
    channel: int
    pan: int
    state: int
    mask: int
    extended_pan: int
    key_loaded: int
    rows: int  # nodes it has room for
    address_row: bytes
    key_row: int

    @property
    def address_size(self) -> int:
        """Bytes of a row of the address table."""
        return len(self.address_row)


CC2652 = Variant(
    name="cc2652", capabilities=0x0579, tables=True, product=1, neighbour=36, nib_size=116,
    address=22, channel=24, pan=36, state=38, mask=40, extended_pan=57, key_loaded=65,
    rows=60, address_row=b"\xff\x00" + NOBODY + b"\xff\xff", key_row=20,
)  # fmt: skip
CC2531 = Variant(
    name="cc2531", capabilities=0x0579, tables=False, product=0, neighbour=28, nib_size=110,
    address=20, channel=22, pan=33, state=35, mask=36, extended_pan=53, key_loaded=61,
    rows=16, address_row=b"\x00" + NOBODY + b"\xff\xff", key_row=19,
)  # fmt: skip
VARIANTS = {each.name: each for each in (CC2652, CC2531)}

ADDRESSES, KEYS, APS_KEYS, SECURITY = 1, 4, 6, 7  # numbers of the tables
FIRST_ROW = {KEYS: 0x0111, APS_KEYS: 0x0201, SECURITY: 0x0075}  # the same rows as items
SECURITY_ROWS, APS_ROWS = 4, 16


class Nvram:
    """All items by name; `path` is read at once and written by `save`."""

    def __init__(self, variant: Variant, ieee: bytes, path: Path | None) -> None:
        self.variant = variant
        self._ieee = ieee
        self._path = path
        self.items: dict[str, bytes] = {}
        if path is not None and path.exists():
            stored = json.loads(path.read_text("ascii"))
            self.items = {name: bytes.fromhex(value) for name, value in stored.items()}
        else:
            self._be_born()

    def save(self) -> None:
        """Write all items to the file, where there is one."""
        if self._path is not None:
            stored = {name: value.hex() for name, value in sorted(self.items.items())}
            self._path.write_text(json.dumps(stored, indent=0), "ascii")

    def _be_born(self) -> None:
        self.items = {item(number): bytes(size) for number, size in BORN_WITH.items()}
        self.items[item(EXTADDR)] = self._ieee
        self.items[item(LINK_KEYS)] = bytes(4)
        self._empty_tables()

    def _empty_tables(self) -> None:
        variant = self.variant
        sizes = {
            KEYS: (variant.rows, bytes(variant.key_row)),
            APS_KEYS: (APS_ROWS, bytes(24)),
            SECURITY: (SECURITY_ROWS, bytes(12)),
        }
        for table, (rows, empty) in sizes.items():
            for index in range(rows):
                self.items[self.row(table, index)] = empty
        if variant.tables:
            for index in range(variant.rows):
                self.items[self.row(ADDRESSES, index)] = variant.address_row
        else:
            self.items[item(ADDRMGR)] = variant.address_row * variant.rows

    def row(self, table: int, index: int) -> str:
        """Return the name of a row of a table on this chip."""
        return f"x/{table}/{index}" if self.variant.tables else item(FIRST_ROW[table] + index)

    def start(self) -> None:
        """Do what the startup option says; a stick without an address takes its own."""
        if self.items[item(STARTUP_OPTION)][0] & 3:
            for number in NETWORK_STATE:
                self.items.pop(item(number), None)
            self._empty_tables()
            self.items[item(STARTUP_OPTION)] = b"\0"
        self.items.setdefault(item(EXTADDR), self._ieee)

    def form(self, pan: int, extended_pan: bytes, channel: int) -> None:
        """Make the NIB and the keys of a new network, unless there is one."""
        variant = self.variant
        nib = bytearray(self.items.get(item(NIB)) or bytes(variant.nib_size))
        if not nib[variant.channel]:
            nib[12] = 5  # security level: AES with a check of four bytes
            nib[variant.channel] = channel
            nib[variant.pan : variant.pan + 2] = pan.to_bytes(2, "little")
            nib[variant.extended_pan : variant.extended_pan + 8] = extended_pan
            nib[variant.state] = 8  # a router that runs
            nib[variant.mask : variant.mask + 4] = (1 << channel).to_bytes(4, "little")
            nib[variant.key_loaded] = 1
            key = b"\0" + self.items.get(item(NETWORK_KEY), bytes(16))
            self.items |= {item(NIB): bytes(nib), item(ACTIVE_KEY): key, item(OTHER_KEY): key}
            self.items.setdefault(item(SEED), bytes(range(16)))
            self.items[item(CONFIGURED)] = b"\x55"
            counter = (1).to_bytes(4, "little")
            self.items[self.row(SECURITY, 0)] = counter + extended_pan
        self.items[item(ON_A_NETWORK)] = b"\1"

    @property
    def ieee(self) -> bytes:
        """The coordinator's IEEE address, as it goes over the wire."""
        return self.items[item(EXTADDR)]

    @property
    def network(self) -> tuple[bytes, bytes, int, int] | None:
        """Key, extended PAN, PAN and channel of the network, or None."""
        nib, key = self.items.get(item(NIB)), self.items.get(item(ACTIVE_KEY))
        at = self.variant
        if nib is None or key is None or not nib[at.channel]:
            return None
        pan = int.from_bytes(nib[at.pan : at.pan + 2], "little")
        return key[1:17], nib[at.extended_pan : at.extended_pan + 8], pan, nib[at.channel]

    def next_counter(self) -> int:
        """Count a frame that is sent; return its number, which receivers want to rise."""
        network = self.network
        assert network is not None, "a stick without a network sends nothing"
        rows = [self.row(SECURITY, index) for index in range(SECURITY_ROWS)]
        name = next((each for each in rows if self.items[each][4:12] == network[1]), rows[0])
        count = int.from_bytes(self.items[name][:4], "little") + 1
        self.items[name] = count.to_bytes(4, "little") + network[1]
        return count

    def add_node(self, ieee: bytes, address: int, *, child: bool) -> bool:
        """Enter a node; False where there is no room."""
        kind = 0x03 if child else 0x02  # associated, with a key of its own
        for index in range(self.variant.rows):
            row = self._addresses(index)
            if row[-8:] in {NOBODY, ieee}:
                self._set_address(index, self._address_row(kind, address, ieee))
                self._add_key(ieee)
                return True
        return False

    def _address_row(self, kind: int, address: int, ieee: bytes) -> bytes:
        pad = b"\0" if self.variant.tables else b""
        return bytes([kind]) + pad + address.to_bytes(2, "little") + ieee

    def _addresses(self, index: int) -> bytes:
        if self.variant.tables:
            return self.items[self.row(ADDRESSES, index)]
        size = self.variant.address_size
        return self.items[item(ADDRMGR)][index * size : (index + 1) * size]

    def _set_address(self, index: int, row: bytes) -> None:
        if self.variant.tables:
            self.items[self.row(ADDRESSES, index)] = row
            return
        whole = bytearray(self.items[item(ADDRMGR)])
        whole[index * len(row) : (index + 1) * len(row)] = row
        self.items[item(ADDRMGR)] = bytes(whole)

    def _add_key(self, ieee: bytes) -> None:
        rows = [self.row(KEYS, index) for index in range(self.variant.rows)]
        if any(self.items[row][8:16] == ieee for row in rows):
            return
        free = next((row for row in rows if self.items[row][8:16] == bytes(8)), None)
        if free is not None:
            entry = bytes(8) + ieee + b"\x02\x00\x00"  # verified, no type, seed not shifted
            self.items[free] = entry.ljust(self.variant.key_row, b"\0")


def item(number: int) -> str:
    """Return the name of an item."""
    return f"{number:04x}"
