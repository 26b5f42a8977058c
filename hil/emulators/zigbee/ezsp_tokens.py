"""The memory of an EmberZNet stick: its tokens, which live in a file if one is given."""

from __future__ import annotations

import json
from pathlib import Path

from hil.emulators.zigbee.node import Network

ERASED = b"\xff" * 8
MOST_KEYS = 12  # link keys of nodes; the least a host asks for is four
MOST_NODES = 64  # children and addresses together
KEEP_COUNTER = 0x1000  # initial security state: the frame counter goes on (§4.8.2, bitmask)


class Tokens:
    """All tokens; `ieee` is the address it was made with. `path` is read at once, and by `save`."""

    def __init__(self, ieee: bytes, path: Path | None) -> None:
        self._path = path
        self.ieee_made = ieee
        self.ieee_burnt = ERASED  # of the application; flash that is written once
        self.parameters = b""  # EmberNetworkParameters; empty without a network
        self.security = b""  # EmberInitialSecurityState
        self.counter = 0  # of the network key's frames
        self.aps_counter = 0
        self.keys: dict[bytes, bytes] = {}  # link keys by address
        self.nodes: dict[bytes, int] = {}  # network addresses by address
        if path is not None and path.exists():
            self._load(json.loads(path.read_text("ascii")))

    def _load(self, stored: dict[str, str]) -> None:
        for name in ("ieee_made", "ieee_burnt", "parameters", "security"):
            setattr(self, name, bytes.fromhex(stored[name]))
        self.counter, self.aps_counter = int(stored["counter"]), int(stored["aps_counter"])
        for name, value in stored.items():
            kind, _, address = name.partition(" ")
            if kind == "key":
                self.keys[bytes.fromhex(address)] = bytes.fromhex(value)
            elif kind == "node":
                self.nodes[bytes.fromhex(address)] = int(value, 16)

    def save(self) -> None:
        """Write all tokens to the file, where there is one."""
        if self._path is None:
            return
        stored = {
            "ieee_made": self.ieee_made.hex(),
            "ieee_burnt": self.ieee_burnt.hex(),
            "parameters": self.parameters.hex(),
            "security": self.security.hex(),
            "counter": str(self.counter),
            "aps_counter": str(self.aps_counter),
            **{f"key {address.hex()}": value.hex() for address, value in self.keys.items()},
            **{f"node {address.hex()}": f"{value:04x}" for address, value in self.nodes.items()},
        }
        self._path.write_text(json.dumps(stored, indent=0), "ascii")

    @property
    def ieee(self) -> bytes:
        """The address it has after its next start, as it goes over the wire."""
        return self.ieee_made if self.ieee_burnt == ERASED else self.ieee_burnt

    @property
    def network(self) -> Network | None:
        """Key, extended PAN, PAN and channel of the network, or None."""
        if not self.parameters:
            return None
        pan = int.from_bytes(self.parameters[8:10], "little")
        return self.network_key, self.parameters[:8], pan, self.parameters[11]

    @property
    def link_key(self) -> bytes:
        """The trust centre's link key."""
        return self.security[2:18]

    @property
    def network_key(self) -> bytes:
        """The network key."""
        return self.security[18:34]

    @property
    def key_number(self) -> int:
        """The sequence number of the network key."""
        return self.security[34]

    def form(self, parameters: bytes) -> None:
        """Take a new network, with the security state that was set before."""
        self.parameters = parameters
        if not int.from_bytes(self.security[:2], "little") & KEEP_COUNTER:
            self.counter = self.aps_counter = 0

    def leave(self) -> None:
        """Forget the network; counters go on."""
        self.parameters, self.nodes = b"", {}

    def enter(self, ieee: bytes, address: int) -> bool:
        """Remember a node; False where there is no room."""
        if ieee not in self.nodes and len(self.nodes) >= MOST_NODES:
            return False
        self.nodes[ieee] = address
        return True
