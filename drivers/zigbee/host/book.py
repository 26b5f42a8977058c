"""What is known of a network for good: its own settings and its nodes. Pure: bytes in, book out.

A file begins with the SHA-256 of what follows, so that damage anywhere shows: zigpy's own database
loads with a byte flipped, and an empty one loads as a network without nodes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

VERSION = 1
DIGEST = 64  # hexadecimal digits

Network = Mapping[str, Any]
"""A network as zigpy's backup has it: keys, PANs, channel, counters, children."""


class Damaged(Exception):
    """A book's bytes are not what was written."""


@dataclass(slots=True)
class KnownNode:
    """One node that joined; `descriptor` and `endpoints` are what it told of itself.

    `endpoints`: number → `profile`, `device`, `inputs` and `outputs` (numbers of clusters).
    """

    ieee: str
    address: int
    descriptor: str = ""
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    maker: str = ""
    model: str = ""
    label: str = ""
    parent: str = ""
    zone_type: int | None = None
    told_interval: float | None = None  # s, that it acknowledged

    @property
    def router(self) -> bool:
        """Whether it routes for others: the logical type in its descriptor (R22 §2.3.2.3.1)."""
        return self.descriptor[:2] != "" and int(self.descriptor[:2], 16) & 0x07 == 1


@dataclass(slots=True)
class Book:
    """A network and its nodes by IEEE address."""

    network: Network
    nodes: dict[str, KnownNode] = field(default_factory=dict)


def encode(book: Book) -> bytes:
    """Return the bytes of a book."""
    content = {
        "version": VERSION,
        "network": book.network,
        "nodes": [asdict(node) for node in book.nodes.values()],
    }
    body = json.dumps(content, sort_keys=True, indent=1).encode() + b"\n"
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def newest(generations: Iterable[bytes | OSError]) -> tuple[Book | None, list[str]]:
    """Return the first generation that is whole, None where none is; and what ails those before.

    An OSError stands for a generation that the disk does not give.
    """
    troubles: list[str] = []
    for data in generations:
        if isinstance(data, OSError):
            troubles.append(str(data))
            continue
        try:
            return decode(data), troubles
        except Damaged as error:
            troubles.append(str(error))
    return None, troubles


def decode(data: bytes) -> Book:
    """Return the book that `data` is; Damaged says what is wrong with it."""
    digest, body = data[:DIGEST], data[DIGEST + 1 :]
    if not data:
        raise Damaged("it is empty")
    if hashlib.sha256(body).hexdigest().encode() != digest or data[DIGEST : DIGEST + 1] != b"\n":
        raise Damaged("its digest does not fit: it was cut or changed")
    content = json.loads(body)  # what we wrote: the digest says so
    if content.get("version") != VERSION:
        raise Damaged(
            f"it is of version {content.get('version')}, and this program knows {VERSION}"
        )
    known = {each.name for each in fields(KnownNode)}
    nodes = [
        KnownNode(**{name: value for name, value in table.items() if name in known})
        for table in content["nodes"]
    ]
    return Book(content["network"], {node.ieee: node for node in nodes})
