"""What the gateways of one site tell each other: which tags just came to their read points.

A datagram, sealed with the site's key (AES-256-GCM, RFC 5116), lost without harm. It is a hint for
people at a dock ("also read at door 3"), never a record, and nothing is decided by it: each gateway
records what it heard itself, and `tallyman settle` joins that later.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.intake.causes import NEIGHBOUR_ADDRESS, NEIGHBOUR_KEY
from agent.observe.tags import Change
from agent.signing.identity import Entropy
from drivers.driver import Timing
from evidence import cbor
from evidence.errors import EvidenceError
from foundation.errors import Fatal, Retry
from foundation.private_file import read_private_file

log = logging.getLogger(__name__)

VERSION = 1
KEY_BYTES, NONCE_BYTES = 32, 12
LONGEST = 512  # bytes of a datagram; one tag takes about a hundred
LONGEST_NAME = 64  # characters of a gateway's and a read point's name
LONGEST_EPC = 62  # bytes
MOST_TAGS = 20_000  # remembered
REMEMBERED = 600.0  # s; a neighbour that fell silent says no more where its tags went
LOOK_UP_EVERY = 60.0  # s between two looks at the neighbours' names
UNKNOWN_LEVEL = -60  # dBm, where a reader reports no strength


@dataclass(frozen=True, slots=True)
class Hint:
    """That a tag came to (`here`) or left a read point of another gateway; `level` in dBm."""

    gateway: str
    point: str
    epc: str
    level: int
    here: bool

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.point} ({self.gateway})"


def sealed(hint: Hint, key: bytes, nonce: bytes) -> bytes:
    """Return the datagram of a hint."""
    plain = cbor.encode(
        [VERSION, hint.gateway, hint.point, bytes.fromhex(hint.epc), hint.level, int(hint.here)]
    )
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unsealed(data: bytes, key: bytes) -> Hint | None:
    """Return the hint of a datagram; None for anything that is none of this site."""
    if not NONCE_BYTES < len(data) <= LONGEST:
        return None
    try:
        plain = AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
        return _hint(cbor.decode(plain))
    except (InvalidTag, EvidenceError):
        return None


def _hint(value: Any) -> Hint | None:
    if not isinstance(value, list | tuple) or any(isinstance(each, bool) for each in value):
        return None
    match value:
        case [int(version), str(gateway), str(point), bytes(epc), int(level), 0 | 1 as here]:
            named = all(0 < len(name) <= LONGEST_NAME for name in (gateway, point))
            known = named and version == VERSION
            if known and gateway.isprintable() and point.isprintable() and len(epc) <= LONGEST_EPC:
                return Hint(gateway, point, epc.hex().upper(), level, bool(here))
    return None


class Hearsay:
    """Where neighbours say that tags are; the newest word of each tag."""

    def __init__(self) -> None:
        self._by_epc: OrderedDict[str, tuple[Hint, float]] = OrderedDict()

    def note(self, hint: Hint, now: float) -> None:
        """Take one hint in."""
        known = self._by_epc.get(hint.epc)
        if hint.here:
            self._by_epc[hint.epc] = hint, now
            self._by_epc.move_to_end(hint.epc)
            if len(self._by_epc) > MOST_TAGS:
                self._by_epc.popitem(last=False)
        elif known is not None and known[0].place == hint.place:
            del self._by_epc[hint.epc]

    def where(self, epc: str, now: float) -> tuple[str, float] | None:
        """Return where a tag is said to be, and how strong it was there."""
        known = self._by_epc.get(epc)
        if known is None or now - known[1] > REMEMBERED:
            return None
        return known[0].place, float(known[0].level)


class Neighbours(asyncio.DatagramProtocol):
    """Tells the site's other gateways, and listens to them; `run` is a task."""

    def __init__(
        self,
        listen: str,
        tell: tuple[str, ...],
        key: bytes,
        name: str,
        timing: Timing,
        entropy: Entropy,
    ) -> None:
        self._listen = listen
        self._tell = tell
        self._key = key
        self._name = name
        self._timing = timing
        self._entropy = entropy
        self._addresses: list[Any] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._hearsay = Hearsay()
        self.heard = self.unopened = 0  # datagrams of neighbours, and of whoever has another key

    async def run(self) -> None:
        """Be reachable until cancelled; Retry where the address cannot be had."""
        loop = asyncio.get_running_loop()
        local = address(self._listen) if self._listen else ("0.0.0.0", 0)  # noqa: S104  only sends
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=local)
        except OSError as error:
            raise Retry(
                f"cannot listen to neighbours at {self._listen}: {error.strerror or error}",
                cause=NEIGHBOUR_ADDRESS,
            ) from error
        self._transport = transport
        try:
            while True:
                await self._look_up()
                await self._timing.sleep(LOOK_UP_EVERY)
        finally:
            self._transport = None
            transport.close()

    async def _look_up(self) -> None:
        """Find the neighbours' addresses; names change, and a network may come late."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        family = self._transport.get_extra_info("socket").family
        found = []
        for each in self._tell:
            with suppress(OSError):
                infos = await loop.getaddrinfo(*address(each), family=family)
                found.append(infos[0][4])
        self._addresses = found

    def tell(self, change: Change) -> None:
        """Tell what became of a tag; nobody has to hear it."""
        if self._transport is None or change.stray:
            return
        level = UNKNOWN_LEVEL if change.rssi is None else round(change.rssi)
        hint = Hint(self._name, change.point, change.read.epc, level, change.entered)
        for each in self._addresses:
            self._transport.sendto(sealed(hint, self._key, self._entropy(NONCE_BYTES)), each)

    def where(self, epc: str) -> tuple[str, float] | None:
        """Return where a neighbour says that a tag is; see Hearsay."""
        return self._hearsay.where(epc, self._timing.monotonic())

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """See asyncio: take a hint in."""
        hint = unsealed(data, self._key)
        if hint is None:
            self.unopened += 1
            log.debug("what came from %s is not from a neighbour", addr)
        elif hint.gateway != self._name:
            self.heard += 1
            self._hearsay.note(hint, self._timing.monotonic())

    def error_received(self, exc: Exception) -> None:
        """See asyncio: a neighbour that is off makes no trouble."""
        log.debug("cannot reach a neighbour: %s", exc)


def address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`, as the configuration's pattern has it."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def read_key(path: Path) -> bytes:
    """Return the site's key; Fatal where the file holds none, or others may read it."""
    try:
        key = bytes.fromhex(read_private_file(path).decode())
    except (OSError, ValueError) as error:
        raise Fatal(
            f"the site's key {path} cannot be read: {error}", cause=NEIGHBOUR_KEY
        ) from error
    if len(key) != KEY_BYTES:
        text = f"the site's key {path} has {len(key)} bytes, not {KEY_BYTES}"
        raise Fatal(text, cause=NEIGHBOUR_KEY)
    return key
