"""The nodes of one network: their frames go to feeds; who is silent, and perhaps why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from drivers.cause import DeviceCause
from drivers.driver import State, Timing
from drivers.errors import DriverError
from drivers.stack.feed import Feed
from drivers.stack.host import StackHost
from drivers.zigbee import causes
from drivers.zigbee.host.book import Book, KnownNode
from drivers.zigbee.host.node_watch import Incoming, NodeWatch
from drivers.zigbee.host.radio_port import Radio
from drivers.zigbee.service import node_key

INTERVAL = 300.0  # s; what a node is told that no [[device]] names
TELL_AGAIN_AFTER = 600.0  # s; a node that did not take its set-up is asked again when it is heard
AWAKE = 2.0  # s after a frame in which a node that sleeps still listens
INTERVIEW_AGAIN_AFTER = 20.0  # s
INTERVIEW_WITHIN = 60.0  # s; a node that sleeps takes ten
LONG_AWAY = 2 * 3600.0
"""Seconds without a coordinator after which nodes of some makes leave for good."""

Spawn = Callable[[Callable[[Radio], Any]], None]


class Nodes:
    """All nodes of the network of `radio`; `configured` are those that a [[device]] names."""

    def __init__(
        self,
        radio: str,
        host: StackHost,
        configured: Collection[str],
        timing: Timing,
    ) -> None:
        self._radio = radio
        self._host = host
        self._configured = configured
        self._timing = timing
        self.coordinator = ""  # its IEEE address
        self._watched: dict[str, NodeWatch] = {}
        self._parents: dict[str, str] = {}  # of nodes that are no nodes of ours, too
        self._silent: set[str] = set()
        self._left: set[str] = set()
        self._unconfigured: set[str] = set()
        self._told_at: dict[str, float] = {}
        self._arrived: dict[str, float] = {}  # nodes let in that have not told of themselves yet
        self._asked_at: dict[str, float] = {}  # when those were asked
        self._lost_at: float | None = None
        self._away = 0.0  # s that the radio was away when it was last away

    def __contains__(self, ieee: str) -> bool:
        return ieee in self._watched

    def __len__(self) -> int:
        return len(self._watched)

    def __iter__(self) -> Iterator[NodeWatch]:
        return iter(self._watched.values())

    def feed(self, ieee: str) -> Feed:
        """Return where a node's readings go."""
        return self._host.feed(node_key(self._radio, ieee))

    def take_over(self, book: Book) -> None:
        """Know the nodes of a book; those heard before stay what they are."""
        now = self._timing.monotonic()
        for ieee in [each for each in self._watched if each not in book.nodes]:
            del self._watched[ieee]
        for ieee, known in book.nodes.items():
            if ieee in self._watched:
                self._watched[ieee].known = known
            else:
                self._watched[ieee] = NodeWatch(known, now)

    def radio_lost(self, detail: str, advice: str) -> None:
        """Say at every node that nothing can be heard of it."""
        if self._lost_at is None:
            self._lost_at = self._timing.monotonic()
        for ieee in self._expected():
            self.feed(ieee).say(State.MISSING, detail, replace(causes.RADIO_DOWN, next=advice))

    def _expected(self) -> set[str]:
        """Return all nodes of which somebody wants to hear, of the network or not."""
        followed = self._host.keys_after(node_key(self._radio, ""))
        return {*self._watched, *self._configured, *followed}

    def radio_back(self) -> None:
        """Wait for every node anew."""
        now = self._timing.monotonic()
        lost_at = 0.0 if self._lost_at is None else self._lost_at
        self._away = now - lost_at if self._lost_at is not None else 0.0
        self._lost_at = None
        self._silent.clear()
        for ieee, watch in self._watched.items():
            watch.began = now
            if watch.heard is None or watch.heard <= lost_at:  # else it spoke while all started
                watch.heard = None
                self.feed(ieee).say(State.OPENING, "not heard since the network was started")

    def frame(self, frame: Incoming) -> None:
        """Take a frame of a node."""
        watch = self._watched.get(frame.ieee)
        if watch is None:
            return
        readings = watch.take(frame)
        if not self._is_configured(frame.ieee):
            self._note_unconfigured(watch, frame.at)
            return
        self._silent.discard(frame.ieee)
        self._left.discard(frame.ieee)
        feed = self.feed(frame.ieee)
        feed.say(State.RUNNING, _about(watch.known))
        for reading in readings:
            feed.put(reading)

    def _is_configured(self, ieee: str) -> bool:
        return ieee in self._configured or self.feed(ieee).ever_followed

    def _note_unconfigured(self, watch: NodeWatch, now: float) -> None:
        """Record once that somebody speaks whom no [[device]] names."""
        ieee = watch.known.ieee
        if ieee not in self._unconfigured:
            self._unconfigured.add(ieee)
            detail = "no [[device]] names it: its values are not kept"
            self._host.feed(self._radio).put(watch.happened("unconfigured", now, detail))

    def look(self, now: float, spawn: Spawn) -> None:
        """See what is due: lists that end, nodes that fell silent, set-up that was not taken."""
        self._note_unfinished(now)
        for ieee in self._arrived:
            if now - self._asked_at[ieee] >= INTERVIEW_AGAIN_AFTER:
                self._asked_at[ieee] = now
                spawn(partial(_interview, ieee))
        for ieee in self._expected() - self._watched.keys():
            self.feed(ieee).say(State.MISSING, "the network has no such node", causes.LEFT)
        for ieee, watch in self._watched.items():
            for reading in watch.due(now):
                self.feed(ieee).put(reading)
            interval = self.interval(ieee)
            known_silent = ieee in self._silent or ieee in self._left
            if not known_silent and watch.overdue(interval, now) is not None:
                self._silent.add(ieee)
                self._say_silent(watch, now, causes.NODE_SILENT)
                spawn(partial(self._look_into, ieee))
            if self._must_be_told(watch, interval, now):
                self._told_at[ieee] = now
                spawn(partial(self.set_up, ieee, lambda: True))

    def arrived(self, ieee: str) -> None:
        """Note that a node was let in; it is of the network once it has told all of itself."""
        if ieee not in self._watched:
            now = self._timing.monotonic()
            self._arrived.setdefault(ieee, now)
            self._asked_at[ieee] = now

    def _note_unfinished(self, now: float) -> None:
        """Record who was let in and did not finish: such a node is heard by nobody."""
        for ieee in [each for each, at in self._arrived.items() if now - at >= INTERVIEW_WITHIN]:
            del self._arrived[ieee], self._asked_at[ieee]
            detail = f"{INTERVIEW_WITHIN:g} s after it was let in it had not told all of itself"
            watch = NodeWatch(KnownNode(ieee, 0, parent=self._parents.get(ieee, "")), now)
            told = watch.happened("not-joined", now, f"{detail}: reset it and let it join again")
            self._host.feed(self._radio).put(told)

    def interval(self, ieee: str) -> float:
        """Return how often a node is to report, in seconds."""
        told = self.feed(ieee).told.get("interval")
        if isinstance(told, int | float) and told > 0:
            return float(told)
        return self._watched[ieee].known.told_interval or INTERVAL

    def _must_be_told(self, watch: NodeWatch, interval: float, now: float) -> bool:
        """Whether a node that is awake does not report as its [[device]] wants."""
        heard = watch.heard is not None and now - watch.heard < AWAKE
        if not heard or not self.feed(watch.known.ieee).followed:
            return False
        told_at = self._told_at.get(watch.known.ieee)
        rested = told_at is None or now - told_at >= TELL_AGAIN_AFTER
        return rested and watch.known.told_interval != interval

    def _say_silent(
        self, watch: NodeWatch, now: float, cause: DeviceCause, evidence: str = ""
    ) -> None:
        interval = self.interval(watch.known.ieee)
        since = watch.overdue(interval, now) or 0.0
        text = f"no report for {since:.0f} s, and one is due every {interval:g} s"
        if self._away >= LONG_AWAY:
            text += f"; the coordinator was away for {self._away / 3600:.0f} h"
            cause = causes.AWAY if cause is causes.NODE_SILENT else cause
        if evidence:
            text += f"; {evidence}"
        self.feed(watch.known.ieee).say(State.MISSING, text, cause)

    async def _look_into(self, ieee: str, radio: Radio) -> None:
        """Ask a silent node's parent whether it is there, and say what that tells."""
        watch = self._watched.get(ieee)
        if watch is None or not watch.known.parent:
            return
        parent = watch.known.parent
        called = self.called(parent)
        cause: DeviceCause = causes.NODE_SILENT
        try:
            children = [each.ieee for each in await radio.neighbours(parent) if each.child]
        except DriverError:
            others = [each for each in self._children_of(parent) if each != ieee]
            evidence = f"its parent {called} does not answer, either"
            if others:
                evidence += f"; other children of it: {', '.join(map(self.called, others))}"
            cause = causes.PARENT_DEAD.of(parent=called)
        else:
            gone = "" if ieee in children else ", and has it as a child no more"
            evidence = f"its parent {called} answers{gone}"
        if ieee in self._silent:
            self._say_silent(watch, self._timing.monotonic(), cause, evidence)

    def _children_of(self, parent: str) -> list[str]:
        return [ieee for ieee, watch in self._watched.items() if watch.known.parent == parent]

    def called(self, ieee: str) -> str:
        """Return what people call a node: its device's name, its label, or its address."""
        if ieee == self.coordinator:
            return "coordinator"
        name = self.feed(ieee).told.get("name")
        watch = self._watched.get(ieee)
        label = watch.known.label if watch is not None else ""
        return str(name or label or ieee)

    def came_through(self, ieee: str) -> str:
        """Return the router through which a node came, or empty."""
        return self._parents.get(ieee, "")

    def parent(self, ieee: str, parent: str) -> None:
        """Note whose child a node is."""
        self._parents[ieee] = parent
        if len(self._parents) > 2 * len(self._watched) + 256:
            self._parents.pop(next(iter(self._parents)))
        watch = self._watched.get(ieee)
        if watch is None or not parent:
            return
        now = self._timing.monotonic()
        changed = watch.known.parent != parent
        watch.known.parent, watch.parent_at = parent, now
        if changed:
            self._record(watch, "moved", f"its parent is {self.called(parent)} now")

    def moved(self, ieee: str, address: int) -> bool:
        """Note a node's network address; True where it is another one."""
        watch = self._watched.get(ieee)
        if watch is None or watch.known.address == address:
            return False
        watch.known.address = address
        return True

    def enter(self, book: Book, known: KnownNode) -> None:
        """Put a node into the book, with what was known of it before."""
        old = book.nodes.get(known.ieee)
        known.parent = self._parents.get(known.ieee, old.parent if old else "")
        if old is not None:
            known.label = old.label
        book.nodes[known.ieee] = known
        watch = self._watched.setdefault(known.ieee, NodeWatch(known, self._timing.monotonic()))
        watch.known = known

    def forget(self, book: Book, ieee: str) -> None:
        """Take a node out of the book."""
        book.nodes.pop(ieee, None)
        self._watched.pop(ieee, None)
        self._unconfigured.discard(ieee)

    def restore(self, book: Book, ieee: str, old: KnownNode | None) -> None:
        """Put back into the book what was there of a node."""
        self.forget(book, ieee)
        if old is not None:
            book.nodes[ieee] = old
            self._watched[ieee] = NodeWatch(old, self._timing.monotonic())

    def joined(self, ieee: str, *, again: bool) -> None:
        """Record that a node is of the network; the book on disk has it."""
        watch = self._watched[ieee]
        watch.heard = self._told_at[ieee] = self._timing.monotonic()
        self._arrived.pop(ieee, None)
        self._asked_at.pop(ieee, None)
        self._left.discard(ieee)
        watch.parent_at = watch.heard if ieee in self._parents else None
        self._record(watch, "rejoined" if again else "joined")

    def left(self, ieee: str) -> None:
        """Record that a node left."""
        watch = self._watched.get(ieee)
        if watch is not None:
            self._left.add(ieee)
            self._record(watch, "left")
            self.feed(ieee).say(State.MISSING, "it left the network", causes.LEFT)

    def _record(self, watch: NodeWatch, state: str, detail: str = "") -> None:
        """Record what became of a node: with the node's own, or the radio's if none names it."""
        ieee = watch.known.ieee
        key = node_key(self._radio, ieee) if self._is_configured(ieee) else self._radio
        self._host.feed(key).put(watch.happened(state, self._timing.monotonic(), detail))

    def removed(self, ieee: str, detail: str) -> None:
        """Record that people took a node out."""
        self._record(self._watched[ieee], "removed", detail)

    async def set_up(self, ieee: str, save: Callable[[], object], radio: Radio) -> None:
        """Tell a node how often to report; what it does not take is on record."""
        watch = self._watched.get(ieee)
        if watch is None or watch.known.router:
            return
        interval = self.interval(ieee)
        watch.known.zone_type = await radio.zone_type(ieee)
        problems = await radio.configure(ieee, interval)
        if problems:
            detail = f"it reports otherwise than it was told: {'; '.join(problems)}"
            self._record(watch, "set-up", detail[:400])
            return
        watch.known.told_interval = interval
        save()

    def dropped(self) -> int:
        """Return how many readings had to go since the last time, as nobody fetched any."""
        count = 0
        for ieee in self._watched:
            feed = self.feed(ieee)
            count, feed.dropped = count + feed.dropped, 0
        return count


async def _interview(ieee: str, radio: Radio) -> None:
    radio.interview(ieee)


def _about(known: KnownNode) -> str:
    return " ".join(part for part in (known.maker, known.model) if part)
