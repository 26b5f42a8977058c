"""A network as it is known: its book, the nodes in it, who may join, and what is on record."""

from __future__ import annotations

from collections.abc import Collection

from drivers.driver import Timing
from drivers.reading import FieldValue, Reading
from drivers.stack.host import StackHost
from drivers.zigbee.host.book import Book
from drivers.zigbee.host.book_file import BookFile
from drivers.zigbee.host.identity import Facts, facts_of
from drivers.zigbee.host.joins import Joins
from drivers.zigbee.host.nodes import Nodes
from foundation.durable import WriteFailed

SAY_UNKNOWN_EVERY = 600.0  # s
SAY_DROPPED_EVERY = 3600.0  # s; an agent that fetches nothing may stay away for days


class KeptNetwork:
    """The network of the radio `name`, whether it runs or not."""

    def __init__(
        self,
        name: str,
        file: BookFile,
        host: StackHost,
        configured: Collection[str],
        timing: Timing,
    ) -> None:
        self.name = name
        self.file = file
        self.book: Book | None = None
        self.feed = host.feed(name)
        self.joins = Joins()
        self.nodes = Nodes(name, host, configured, timing)
        self._timing = timing
        self._unwritten = False  # whether the book could not be written the last time
        self._dropped_at = -SAY_DROPPED_EVERY
        self._unknown_at = -SAY_UNKNOWN_EVERY

    @property
    def facts(self) -> Facts | None:
        """By which the network is told from others; None without a book."""
        return None if self.book is None else facts_of(self.book.network)

    def now(self) -> float:
        """Return the time of readings and of joins."""
        return self._timing.monotonic()

    def summary(self) -> str:
        """Return what people are told of a network that runs."""
        facts = self.facts
        assert facts is not None, "asked of a network that runs"
        left = self.joins.left(self.now())
        door = f"; joining is open for {left:.0f} s" if left else ""
        return f"channel {facts.channel}, PAN {facts.extended_pan}, {len(self.nodes)} nodes{door}"

    def open_book(self) -> None:
        """Read the book; BookLost where no generation of it is whole."""
        self.book = None
        loaded = self.file.load()
        self.book = loaded.book
        if loaded.note:
            self.note("damaged", loaded.note)

    def write_book(self) -> bool:
        """Write the book; where that fails, say so once and go on."""
        assert self.book is not None, "a network that runs is in the book"
        try:
            self.file.save(self.book)
        except WriteFailed as error:
            if not self._unwritten:
                detail = f"the network's book was not written: {error} ({error.advice})"
                self.note("damaged", detail)
            self._unwritten = True
            return False
        self._unwritten = False
        return True

    def note(self, state: str, detail: str = "") -> None:
        """Record what became of the network."""
        values: dict[str, FieldValue] = {"state": state, "nodes": len(self.nodes)}
        if detail:
            values["detail"] = detail
        facts = self.facts
        if facts is not None:
            values |= {"channel": facts.channel, "pan": facts.extended_pan}
        self.feed.put(Reading(self.name, "zigbee-radio", values, self.now()))

    def note_dropped(self) -> None:
        """Record, once a while, how many readings had to go."""
        now = self.now()
        if now - self._dropped_at < SAY_DROPPED_EVERY:
            return
        dropped = self.nodes.dropped()
        if dropped:
            self._dropped_at = now
            self.note("dropped", f"{dropped} readings, as the agent fetched none for long")

    def note_unknown(self, address: int) -> None:
        """Record, once a while, that somebody speaks who is not in the book."""
        now = self.now()
        if now - self._unknown_at >= SAY_UNKNOWN_EVERY:
            self._unknown_at = now
            detail = (
                f"a frame from address {address:04x}, which no node of the book has: it is asked"
            )
            self.note("unknown-sender", detail)

    def note_stranger(self, ieee: str, action: str) -> None:
        """Record who tried to join, at most once a minute."""
        now = self.now()
        tries = self.joins.stranger(ieee, now)
        if tries is None:
            return
        router = self.nodes.came_through(ieee) or "unknown"
        fields: dict[str, FieldValue] = {
            "ieee": ieee, "router": router, "tries": tries, "action": action,
        }  # fmt: skip
        self.feed.put(Reading(self.name, "zigbee-stranger", fields, now))
