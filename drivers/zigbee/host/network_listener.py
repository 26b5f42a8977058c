"""What follows from what a network says: nodes speak, come, move and leave."""

from __future__ import annotations

from functools import partial

from drivers.zigbee.host.kept_network import KeptNetwork
from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.session import Session


class NetworkListener:
    """See radio_port.Listener; hears one network in one session."""

    def __init__(self, network: KeptNetwork, session: Session) -> None:
        self._network = network
        self._nodes = network.nodes
        self._session = session

    def frame(self, frame: Incoming) -> None:
        """See Listener."""
        self._nodes.frame(frame)

    def unknown(self, address: int) -> None:
        """See Listener: its first frame is lost."""
        self._network.note_unknown(address)

    def may_join(self, ieee: str, address: int) -> bool:
        """See Listener: nodes of the book may come back at any time."""
        if ieee in self._nodes or self._network.joins.admits(ieee, self._network.now()):
            self._nodes.arrived(ieee)
            return True
        self._network.note_stranger(ieee, "it was told to leave")
        return False

    def denied(self, ieee: str) -> None:
        """See Listener; a node of the book that is denied has lost its key."""
        self._network.note_stranger(ieee, "the stick did not let it in")

    def parent(self, ieee: str, parent: int) -> None:
        """See Listener."""
        radio = self._session.radio
        if radio is None:
            return
        self._nodes.parent(ieee, radio.name_of(parent))
        if self._session.running and ieee in self._nodes:
            self._network.write_book()

    def moved(self, ieee: str, address: int) -> None:
        """See Listener."""
        if self._nodes.moved(ieee, address):
            self._network.write_book()

    def interviewed(self, ieee: str) -> None:
        """See Listener: a node has joined once the book on disk has it."""
        radio, book = self._session.radio, self._network.book
        if radio is None or book is None or not self._session.running:
            return
        known, old = radio.describe(ieee), book.nodes.get(ieee)
        told = known.descriptor, known.endpoints
        if old is not None and (old.descriptor, old.endpoints) == told:
            return  # zigpy says so again with every packet of a node that told it half
        self._nodes.enter(book, known)
        if not self._network.write_book():
            self._nodes.restore(book, ieee, old)
            self._network.note("damaged", f"node {ieee} has not joined: the book was not written")
            return
        self._nodes.joined(ieee, again=old is not None)
        self._session.spawn(partial(self._nodes.set_up, ieee, self._network.write_book))

    def left(self, ieee: str) -> None:
        """See Listener."""
        self._nodes.left(ieee)

    def lost(self, error: BaseException | None) -> None:
        """See Listener."""
        self._session.lost(error)
