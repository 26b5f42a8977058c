"""Who may talk to the node: CURVE keys of admitted gateways and of pinned sequencers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from evidence.keys import PublicKey
from evidence.note import NoteKey
from ledger.base.node_files import NodeFiles
from ledger.base.watched_file import WatchedFile
from ledger.gateways.gateways import Gateway, read_gateways
from ledger.gateways.pins import PinnedLog, read_pins

ZAP_DOMAIN = "tallyman-ledger"


@dataclass(frozen=True, slots=True)
class Peer:
    """Whoever holds an admitted CURVE key.

    A gateway has an `issuer` and statement `keys` by kid. It may carry statements of `others` that
    are admitted here, by issuer: a dead gateway's, out of its card. A sequencer has the `logs` by
    origin that it may ask a witness to cosign. One key may be both.
    """

    name: str
    issuer: str | None = None
    keys: Mapping[bytes, PublicKey] = field(default_factory=dict)
    logs: Mapping[str, NoteKey] = field(default_factory=dict)
    others: Mapping[str, Mapping[bytes, PublicKey]] = field(default_factory=dict)


Peers = Mapping[str, Peer]


def peers_of(gateways: Sequence[Gateway], pins: Sequence[PinnedLog]) -> Peers:
    """Return who may talk, by CURVE key; what is shut out is not among them."""
    peers: dict[str, Peer] = {}
    admitted = [gateway for gateway in gateways if not gateway.out]
    keys: dict[str, dict[bytes, PublicKey]] = {}
    for gateway in admitted:
        keys.setdefault(gateway.issuer, {})[gateway.key.kid] = gateway.key
    for gateway in admitted:
        own = keys[gateway.issuer]
        peers[gateway.curve] = Peer(gateway.name, gateway.issuer, own, others=keys)
    for pin in pins:
        known = peers.get(pin.curve, Peer(pin.name))
        logs = {**known.logs, pin.log.name: pin.log}
        peers[pin.curve] = replace(known, logs=logs)
    return peers


class Admission:
    """The current lists; a change of either file counts from the next question on.

    `own` is the node's CURVE key: its operator's commands ask the running node with it.
    """

    def __init__(self, files: NodeFiles, own: str) -> None:
        self._own = own
        self._gateways = WatchedFile(files.admitted, read_gateways)
        self._pins = WatchedFile(files.pinned, read_pins)
        self._sources = (self._gateways.current(), self._pins.current())
        self._take()

    def replaced(self, curve: str) -> str:
        """Return why the gateway with this CURVE key is out of service; empty where it is not."""
        return "" if self.peer(curve) is not None else self._replaced.get(curve, "")

    def peer(self, curve: str) -> Peer | None:
        """Return who holds the CURVE key (Z85), or None when it is nobody admitted."""
        self._look()
        return self._peers.get(curve)

    def logs(self) -> Mapping[str, NoteKey]:
        """Return the keys of all pinned logs, by origin."""
        return {pin.log.name: pin.log for pin in self._pins.current()}

    def fenced(self) -> Sequence[Gateway]:
        """Return those whose key is shut out and has no end yet."""
        self._look()
        return self._fenced

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell the ZAP handler whether a CURVE key (Z85) may connect.

        A replaced gateway may, and hears why: a refused handshake could not tell it.
        """
        curve = key.decode("ascii")
        known = self.peer(curve) is not None or bool(self.replaced(curve))
        return domain == ZAP_DOMAIN and known

    def _look(self) -> None:
        """Take the lists anew where a file is another one."""
        sources = (self._gateways.current(), self._pins.current())
        if sources != self._sources:
            self._sources = sources
            self._take()

    def _take(self) -> None:
        listed = self._sources[0]
        self._peers = {**peers_of(*self._sources), self._own: Peer("this node's operator")}
        self._replaced = {each.curve: each.replaced for each in listed if each.replaced}
        self._fenced = [each for each in listed if each.fenced is not None]
