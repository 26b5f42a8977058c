"""The life of one network: its stick is opened, known, started, lost and opened again."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from drivers.driver import State, Timing
from drivers.errors import DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links.reopen import state_after
from drivers.zigbee import causes
from drivers.zigbee.host.book import Network
from drivers.zigbee.host.book_file import BookLost
from drivers.zigbee.host.claims import Claims
from drivers.zigbee.host.identity import ROWS, Facts, Verdict, facts_of, identify
from drivers.zigbee.host.kept_network import KeptNetwork
from drivers.zigbee.host.network_listener import NetworkListener
from drivers.zigbee.host.radio_port import Open, Radio
from drivers.zigbee.host.session import Session

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # s
SAVE_EVERY = 3600.0  # s; what is written back is 10,000 frames ahead of it
COPY_AGAIN = 30.0  # s; then a copy is looked at again, as the first may be gone
REST_WITHIN = 60.0  # s for a stick to be opened anew; a CC2531 takes half of it
FIRST_RETRY, LONGEST_RETRY = 0.5, 4.0  # s; a stick that is back runs within ten


class Keeper:
    """Keeps a network on the stick at `port`; `run` is its task."""

    def __init__(
        self, network: KeptNetwork, port: str, timing: Timing, open_radio: Open, claims: Claims
    ) -> None:
        self.network = network
        self.at_work = asyncio.Lock()  # one at a time reads or changes what is on the stick
        self._port = port
        self._timing = timing
        self._open = open_radio
        self._claims = claims
        self._session: Session | None = None
        self._again = asyncio.Event()  # an order changed what is on the stick
        self._rest: asyncio.Event | None = None  # set once the stick is open for an order
        self._saved_at = 0.0
        self._failures = 0
        self._door = False  # whether nodes might join at the last look

    @property
    def radio(self) -> Radio | None:
        """The stick while it is open."""
        return self._session.radio if self._session is not None else None

    @property
    def running(self) -> bool:
        """Whether the network is up."""
        return self._session is not None and self._session.running

    async def run(self) -> None:
        """Keep the network up for ever."""
        while True:
            try:
                await self._keep_once()
            except DriverError as error:
                self._failed(error)
            delay = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(self._failures, 8))
            self._failures += 1
            await self._timing.sleep(delay)

    def _failed(self, error: DriverError) -> None:
        name = self.network.name
        if self._failures == 0:
            log.warning("%s: %s", name, error)
        self.network.feed.say(state_after(error), str(error), error.cause)
        self.network.nodes.radio_lost(f"{name}: {error}", error.advice)

    async def _keep_once(self) -> None:
        """Open the stick and stay with it until it is lost."""
        self._session = session = Session(self._port)
        session.radio = radio = await self._open(NetworkListener(self.network, session))
        try:
            await self._bring_up(session, radio)
            await self._watch(session, radio)
        except DriverError:
            session.check()  # whatever was being done then, this is why it failed
            raise
        finally:
            self._claims.release(self.network.name)
            await session.close()

    async def _bring_up(self, session: Session, radio: Radio) -> None:
        """See that the stick is ours, and start it; wait for orders while it is not."""
        while True:
            self._again.clear()
            if self._rest is not None:
                self._rest.set()
                await session.until_lost_or(self._again.wait())
                continue
            async with self.at_work:
                refused = await self._refused(radio)
                if refused is None:
                    await self._start(session, radio)
                    return
                await radio.hush()
                self._failed(refused)
            within = COPY_AGAIN if refused.cause is causes.COPY else None
            await session.until_lost_or(self._told_within(within))

    async def _refused(self, radio: Radio) -> DriverError | None:
        """Return why the stick is not started, None where it is ours."""
        try:
            self.network.open_book()
            self._check(await radio.network(devices=False))
        except (BookLost, WrongDevice) as error:
            return error
        return None

    async def _told_within(self, seconds: float | None) -> None:
        """Return once an order wants the stick to be looked at again, or after so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._again.wait()

    def _check(self, network: Network | None) -> None:
        """Raise WrongDevice where a stick with such a network is not the book's."""
        self.refuse_copy(facts_of(network))
        verdict = identify(facts_of(network), self.network.facts)
        if verdict is not Verdict.OURS:
            raise WrongDevice(f"{self._port}: {verdict.value}", cause=ROWS[verdict])

    def refuse_copy(self, facts: Facts | None) -> None:
        """Raise WrongDevice where another radio runs this network."""
        other = self._claims.other(self.network.name, facts)
        if other is not None:
            raise WrongDevice(
                f"{self._port}: a copy of {other}'s stick, which runs", cause=causes.COPY
            )

    async def _start(self, session: Session, radio: Radio) -> None:
        network = self.network
        assert network.book is not None, "a stick is ours by the book"
        network.nodes.take_over(network.book)
        await radio.start(network.book.nodes.values())
        session.running, self._failures = True, 0
        facts = network.facts
        assert facts is not None, "a network that runs is in the book"
        self._claims.take(network.name, facts)
        network.joins.forget_told()
        network.nodes.coordinator = radio.own
        network.feed.say(State.RUNNING, network.summary())
        network.nodes.radio_back()
        network.note("running")
        await self._save(radio)

    async def _watch(self, session: Session, radio: Radio) -> None:
        """Do what is due, until the stick is lost or an order made another network on it."""
        while True:
            await session.until_lost_or(self._told_within(LOOK_EVERY))
            if self._again.is_set():
                return
            now = self._timing.monotonic()
            await self.tell_routers(radio, now)
            self.network.nodes.look(now, session.spawn)
            self.network.note_dropped()
            if now - self._saved_at >= SAVE_EVERY:
                async with self.at_work:
                    await self._save(radio)

    async def tell_routers(self, radio: Radio, now: float) -> None:
        """Open the network for as long as people want it, and close it behind them."""
        was_open, joins = self._door, self.network.joins
        seconds = joins.to_tell(now)
        if seconds is not None:
            await radio.permit(seconds, joins.via)
        elif was_open and not joins.is_open(now):
            await radio.permit(0, None)
            await radio.anyone()
            self.network.note("closed", "nodes may join no more")
        self._door = joins.is_open(now)
        if self._door or was_open:
            self.network.feed.say(State.RUNNING, self.network.summary())

    async def _save(self, radio: Radio) -> None:
        """Write the book with the network as it is now; a failure is on record."""
        assert self.network.book is not None, "a network that runs is in the book"
        network = await radio.network()
        if network is None:
            raise LinkLost(f"the stick at {self._port} has lost its network")
        self._saved_at = self._timing.monotonic()
        self.network.book.network = network
        self.network.write_book()

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
        radio = self.radio
        if radio is None or not self._rest.is_set():
            raise DeviceMissing(f"{self._port}: the stick was not there again after a stop")
        return radio
