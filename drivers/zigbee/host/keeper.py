"""The life of one network: its stick is opened, known, started, lost and opened again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from drivers.driver import State, Timing
from drivers.errors import DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links.reopen import state_after
from drivers.reading import FieldValue, Reading
from drivers.stack.host import StackHost
from drivers.zigbee import causes
from drivers.zigbee.host.book import Book, Network
from drivers.zigbee.host.book_file import BookFile, BookLost
from drivers.zigbee.host.claims import Claims
from drivers.zigbee.host.identity import ROWS, Facts, Verdict, facts_of, identify
from drivers.zigbee.host.joins import Joins
from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.nodes import Nodes
from drivers.zigbee.host.radio_port import Open, Radio, StartedAnew
from foundation.durable import WriteFailed

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # s
SAVE_EVERY = 3600.0  # s; what is written back is 10,000 frames ahead of it
SAY_UNKNOWN_EVERY = 600.0  # s
SAY_DROPPED_EVERY = 3600.0  # s; an agent that fetches nothing may stay away for days
COPY_AGAIN = 30.0  # s; then a copy is looked at again, as the first may be gone
REST_WITHIN = 60.0  # s for a stick to be opened anew; a CC2531 takes half of it
FIRST_RETRY, LONGEST_RETRY = 0.5, 4.0  # s; a stick that is back runs within ten


class Keeper:
    """Keeps the network of the radio `name`, whose stick is at `port`; `run` is its task."""

    def __init__(
        self,
        name: str,
        port: str,
        file: BookFile,
        host: StackHost,
        configured: Collection[str],
        timing: Timing,
        open_radio: Open,
        claims: Claims,
    ) -> None:
        self.name, self._port = name, port
        self.file = file
        self._timing = timing
        self._open = partial(open_radio, self)
        self._claims = claims
        self.feed = host.feed(name)
        self.joins = Joins()
        self.nodes = Nodes(name, host, configured, timing)
        self.radio: Radio | None = None
        self.book: Book | None = None
        self._running = False
        self._lost: asyncio.Future[BaseException | None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._again = asyncio.Event()  # an order changed what is on the stick
        self._rest: asyncio.Event | None = None  # set once the stick is open for an order
        self.at_work = asyncio.Lock()  # one at a time reads or changes what is on it
        self._saved_at = 0.0
        self._failures = 0
        self._door = False  # whether nodes might join at the last look
        self._unwritten = False  # whether the book could not be written the last time
        self._dropped_at = -SAY_DROPPED_EVERY
        self._unknown_at = -SAY_UNKNOWN_EVERY

    @property
    def running(self) -> bool:
        """Whether the network is up."""
        return self._running

    async def run(self) -> None:
        """Keep the network up for ever."""
        while True:
            try:
                await self._session()
            except DriverError as error:
                self._failed(error)
            delay = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(self._failures, 8))
            self._failures += 1
            await self._timing.sleep(delay)

    def _failed(self, error: DriverError) -> None:
        state = state_after(error)
        if self._failures == 0:
            log.warning("%s: %s", self.name, error)
        self.feed.say(state, str(error), error.cause)
        self.nodes.radio_lost(f"{self.name}: {error}", error.advice)

    async def _session(self) -> None:
        """Open the stick and stay with it until it is lost."""
        self._lost = asyncio.get_running_loop().create_future()
        self.radio = await self._open()
        try:
            await self._bring_up(self.radio)
            await self._watch(self.radio)
        except DriverError as error:
            if self._lost.done():  # whatever was being done then, this is why it failed
                raise _gone(self._port, self._lost.result()) from error
            raise
        finally:
            self._running = False
            self._claims.release(self.name)
            radio, self.radio = self.radio, None
            for task in tuple(self._tasks):
                task.cancel()
            await radio.close()

    async def _bring_up(self, radio: Radio) -> None:
        """See that the stick is ours, and start it; wait for orders while it is not."""
        while True:
            self._again.clear()
            if self._rest is not None:
                self._rest.set()
                await self._until_lost_or(self._again.wait())
                continue
            async with self.at_work:
                refused = await self._refused(radio)
                if refused is None:
                    await self._start(radio)
                    return
                await radio.hush()
                self._failed(refused)
            within = COPY_AGAIN if refused.cause is causes.COPY else None
            await self._until_lost_or(self._told_within(within))

    async def _refused(self, radio: Radio) -> DriverError | None:
        """Return why the stick is not started, None where it is ours."""
        try:
            self._open_book()
            self._check(await radio.network(devices=False))
        except (BookLost, WrongDevice) as error:
            return error
        return None

    async def _told_within(self, seconds: float | None) -> None:
        """Return once an order wants the stick to be looked at again, or after so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._again.wait()

    async def _start(self, radio: Radio) -> None:
        assert self.book is not None, "a stick is ours by the book"
        self.nodes.take_over(self.book)
        await radio.start(self.book.nodes.values())
        await self._started(radio)

    def _open_book(self) -> None:
        """Read the book; BookLost where no generation of it is whole."""
        self.book = None
        loaded = self.file.load()
        self.book = loaded.book
        if loaded.note:
            self.note("damaged", loaded.note)

    def _check(self, network: Network | None) -> None:
        """Raise WrongDevice where a stick with such a network is not the book's."""
        self.refuse_copy(facts_of(network))
        verdict = identify(facts_of(network), self._facts())
        if verdict is not Verdict.OURS:
            raise WrongDevice(f"{self._port}: {verdict.value}", cause=ROWS[verdict])

    def refuse_copy(self, facts: Facts | None) -> None:
        """Raise WrongDevice where another radio runs this network."""
        other = self._claims.other(self.name, facts)
        if other is not None:
            raise WrongDevice(
                f"{self._port}: a copy of {other}'s stick, which runs", cause=causes.COPY
            )

    def _facts(self) -> Facts | None:
        return None if self.book is None else facts_of(self.book.network)

    async def _started(self, radio: Radio) -> None:
        self._running, self._failures = True, 0
        facts = self._facts()
        assert facts is not None, "a network that runs is in the book"
        self._claims.take(self.name, facts)
        self.joins.forget_told()
        self.nodes.coordinator = radio.own
        self.feed.say(State.RUNNING, self._told())
        self.nodes.radio_back()
        self.note("running")
        await self.save(radio)

    def _told(self) -> str:
        facts = self._facts()
        assert facts is not None, "asked of a network that runs"
        now = self._timing.monotonic()
        door = (
            f"; joining is open for {self.joins.left(now):.0f} s" if self.joins.is_open(now) else ""
        )
        return f"channel {facts.channel}, PAN {facts.extended_pan}, {len(self.nodes)} nodes{door}"

    async def _watch(self, radio: Radio) -> None:
        """Do what is due, until the stick is lost or an order made another network on it."""
        while True:
            await self._until_lost_or(self._told_within(LOOK_EVERY))
            if self._again.is_set():
                return
            now = self._timing.monotonic()
            await self.tell_routers(radio, now)
            self.nodes.look(now, partial(self._spawn, radio))
            self._say_dropped()
            if now - self._saved_at >= SAVE_EVERY:
                async with self.at_work:
                    await self.save(radio)

    async def _until_lost_or(self, other: Any) -> None:
        """Return when `other` is done; LinkLost as soon as the stick is gone."""
        assert self._lost is not None, "a session is open"
        waiting = asyncio.ensure_future(other)
        try:
            await asyncio.wait({waiting, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._lost.done():
            raise _gone(self._port, self._lost.result())

    async def tell_routers(self, radio: Radio, now: float) -> None:
        """Open the network for as long as people want it, and close it behind them."""
        was_open = self._door
        seconds = self.joins.to_tell(now)
        if seconds is not None:
            await radio.permit(seconds, self.joins.via)
        elif was_open and not self.joins.is_open(now):
            await radio.permit(0, None)
            await radio.anyone()
            self.note("closed", "nodes may join no more")
        self._door = self.joins.is_open(now)
        if self._door or was_open:
            self.feed.say(State.RUNNING, self._told())

    async def save(self, radio: Radio) -> None:
        """Write the book with the network as it is now; a failure is on record."""
        assert self.book is not None, "a network that runs is in the book"
        network = await radio.network()
        if network is None:
            raise LinkLost(f"the stick at {self._port} has lost its network")
        self._saved_at = self._timing.monotonic()
        self.book.network = network
        self.write_book()

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

    def note(self, state: str, detail: str = "", **fields: FieldValue) -> None:
        """Record what became of the network."""
        facts = self._facts()
        values: dict[str, FieldValue] = {"state": state, "nodes": len(self.nodes), **fields}
        if detail:
            values["detail"] = detail
        if facts is not None:
            values |= {"channel": facts.channel, "pan": facts.extended_pan}
        self.feed.put(Reading(self.name, "zigbee-radio", values, self._timing.monotonic()))

    def _say_dropped(self) -> None:
        now = self._timing.monotonic()
        if now - self._dropped_at < SAY_DROPPED_EVERY:
            return
        dropped = self.nodes.dropped()
        if dropped:
            self._dropped_at = now
            self.note("dropped", f"{dropped} readings, as the agent fetched none for long")

    def changed(self) -> None:
        """Look at the stick again: an order changed what is on it."""
        self._rest = None
        self._again.set()

    async def at_rest(self) -> Radio:
        """Stop the network; return the stick, opened anew, on which none runs until `changed`."""
        self._rest = asyncio.Event()
        self._again.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_WITHIN):
                await self._rest.wait()
        if self.radio is None or not self._rest.is_set():
            raise DeviceMissing(f"{self._port}: the stick was not there again after a stop")
        return self.radio

    def _spawn(self, radio: Radio, work: Callable[[Radio], Any]) -> None:
        """Do something that waits for nodes, beside the rest."""
        task = asyncio.ensure_future(_logged(work(radio)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What comes from the network: see radio_port.Listener.

    def frame(self, frame: Incoming) -> None:
        """See Listener."""
        self.nodes.frame(frame)

    def unknown(self, address: int) -> None:
        """See Listener: its first frame is lost, and that is on record once a while."""
        now = self._timing.monotonic()
        if now - self._unknown_at >= SAY_UNKNOWN_EVERY:
            self._unknown_at = now
            detail = (
                f"a frame from address {address:04x}, which no node of the book has: it is asked"
            )
            self.note("unknown-sender", detail)

    def may_join(self, ieee: str, address: int) -> bool:
        """See Listener: nodes of the book may come back at any time."""
        now = self._timing.monotonic()
        if ieee in self.nodes or self.joins.admits(ieee, now):
            self.nodes.arrived(ieee)
            return True
        self._note_stranger(ieee, now, "it was told to leave")
        return False

    def denied(self, ieee: str) -> None:
        """See Listener; a node of the book that is denied has lost its key."""
        self._note_stranger(ieee, self._timing.monotonic(), "the stick did not let it in")

    def _note_stranger(self, ieee: str, now: float, action: str) -> None:
        """Record who tried to join, at most once a minute."""
        tries = self.joins.stranger(ieee, now)
        if tries is None:
            return
        router = self.nodes.came_through(ieee) or "unknown"
        fields: dict[str, FieldValue] = {
            "ieee": ieee, "router": router, "tries": tries, "action": action,
        }  # fmt: skip
        self.feed.put(Reading(self.name, "zigbee-stranger", fields, now))

    def parent(self, ieee: str, parent: int) -> None:
        """See Listener."""
        if self.radio is not None:
            self.nodes.parent(ieee, self.radio.name_of(parent))
            if self._running and ieee in self.nodes:
                self.write_book()

    def moved(self, ieee: str, address: int) -> None:
        """See Listener."""
        if self.nodes.moved(ieee, address):
            self.write_book()

    def interviewed(self, ieee: str) -> None:
        """See Listener: a node has joined once the book on disk has it."""
        if self.radio is None or self.book is None or not self._running:
            return
        known = self.radio.describe(ieee)
        old = self.book.nodes.get(ieee)
        if (
            old is not None
            and old.descriptor == known.descriptor
            and old.endpoints == known.endpoints
        ):
            return  # zigpy says so again with every packet of a node that told it half
        self.nodes.enter(self.book, known)
        if not self.write_book():
            self.nodes.restore(self.book, ieee, old)
            self.note("damaged", f"node {ieee} has not joined: the book was not written")
            return
        self.nodes.joined(ieee, again=old is not None)
        self._spawn(self.radio, partial(self.nodes.set_up, ieee, self.write_book))

    def left(self, ieee: str) -> None:
        """See Listener."""
        self.nodes.left(ieee)

    def lost(self, error: BaseException | None) -> None:
        """See Listener."""
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(error)


def _gone(port: str, error: BaseException | None) -> LinkLost:
    if isinstance(error, StartedAnew):
        return LinkLost(f"the stick at {port} started anew by itself ({error})")
    if isinstance(error, TimeoutError):
        return LinkLost(f"the stick at {port} says nothing any more", cause=causes.NO_ZNP)
    return LinkLost(f"the stick at {port} is gone", cause=causes.NO_STICK)


async def _logged(work: Any) -> None:
    try:
        await work
    except DriverError as error:
        log.info("%s", error)
