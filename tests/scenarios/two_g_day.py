"""A truck's day over 2G, with outages: what it costs, by class, and what goes first after each.

`python -m tests.scenarios.two_g_day` prints the figures. Batcher, outbox, session and budget are
the agent's own, the node is an honest one in memory, the link is modelled: 2 kB/s, a round trip of
0.7 s; what is under way when the network goes is lost. Time jumps: a day takes seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace, TracebackType

from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.batcher import Batcher, Limits, any_urgent
from agent.chain.building import Author
from agent.chain.conflict import Conflicts
from agent.chain.gaps import Gaps
from agent.clock.belief import Stamp
from agent.config.ways import Way
from agent.journal.async_journal import AsyncJournal
from agent.journal.ring_journal import RingJournal
from agent.light_client.client import LightClient
from agent.light_client.trusted_store import TrustedStore
from agent.signing.file_key import FileKey
from agent.upstream.budget import ByteBudget
from agent.upstream.day_bytes import Carried
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import ANSWER_TIMEOUT_S, LinkDown, NodeAddress, NodeError
from agent.upstream.log_books import OneLog
from agent.upstream.outbox import Outbox
from agent.upstream.patience import Patience
from agent.upstream.session import Session
from agent.upstream.states import LinkState
from agent.upstream.wire_bytes import HANDSHAKE_BYTES, message_bytes
from evidence.checkpoint import Checkpoint
from evidence.leaf import Record
from evidence.statement import parse_statement
from evidence.wire import Envelope, Type, labels
from hil.days.virtual_time import Inline, VirtualLoop
from hil.traces.records import truck_records
from tests.agent.log_world import EPOCH, ISSUER, NOW, LogWorld
from tests.agent.upstream.gateway import HonestNode

BUDGET = 1_000_000  # bytes a day: 30 MB a month
RATE, ROUND_TRIP = 2_000.0, 0.7  # bytes/s and s: GPRS at the edge of a cell
SEAL_RECORDS, SEAL_S = 256, 900.0  # [batch] of a truck on a small plan
WINDOW_S = 15.0  # [journal] window: so often records become durable
DAY_S = 86_400.0
MIDNIGHT = NOW - NOW % 86_400
OUTAGES = ((2_000.0, 300.0), (6_500.0, 1_500.0), (11_000.0, 3_600.0), (19_000.0, 5_400.0),
           (40_000.0, 20_000.0))  # fmt: skip
"""When each begins, and how long it lasts, in seconds of the day; the last is a night's."""


class DayClock:
    """UTC is known, and the day begins at midnight."""

    def now(self) -> Stamp:
        """See `Clock.now`."""
        at = round(asyncio.get_running_loop().time() * 1000)
        return Stamp(1, at, 1000 * MIDNIGHT + at, "gnss", 500)


class DayLog(LogWorld):
    """A log whose witnesses cosign as the day goes on."""

    def note(self, checkpoint: Checkpoint | None = None, **given: object) -> bytes:
        """See `LogWorld.note`."""
        now = MIDNIGHT + round(asyncio.get_running_loop().time())
        return super().note(checkpoint, **{"time": now, **given})


class Keeper(HonestNode):
    """An honest node that notes when each body came."""

    def __init__(self, world: LogWorld) -> None:
        super().__init__(world)
        self.came: dict[int, float] = {}
        self.twice = 0

    def register(self, envelope: Envelope) -> Envelope:
        """Take a statement, with or without its body, or a body alone."""
        known = len(self.logged)
        answer = super().register(envelope)
        if len(self.logged) > known:
            self.world.batches.append(SimpleNamespace(statement=envelope.statement))
        if envelope.body:
            seq = self.arrivals[-1][0]
            self.twice += seq in self.came
            self.came.setdefault(seq, asyncio.get_running_loop().time())
        return answer

    def keys(self, envelope: Envelope) -> Envelope:
        """Say that it is there."""
        return envelope.answer(Type.KEYS, {})


@dataclass(slots=True)
class Radio:
    """The link through the air, for one message at a time."""

    outages: Sequence[tuple[float, float]]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def away(self) -> bool:
        """Whether there is no network now."""
        now = asyncio.get_running_loop().time()
        return any(begin <= now < begin + length for begin, length in self.outages)

    async def carry(self, size: int) -> bool:
        """Take the time that so many bytes take; whether they arrived."""
        async with self._turn:
            await asyncio.sleep(size / RATE)
        await asyncio.sleep(ROUND_TRIP / 2)
        return not self.away()


class RadioLink:
    """Stands for `Link`: the same words, the same bytes counted, over the modelled radio."""

    def __init__(
        self, node: NodeAddress, radio: Radio, keeper: Keeper, spend: Callable[[int, Carried], None]
    ) -> None:
        self.node, self.state = node, LinkState.CONNECTING
        self._radio, self._keeper, self._spend = radio, keeper, spend

    async def __aenter__(self) -> RadioLink:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.state = LinkState.CONNECTING

    async def request(
        self, type_: Type, header, statement=b"", body=b"", expect=0, carried=Carried.PROOFS
    ) -> Envelope:
        """See `Link.request`."""
        if self.state is LinkState.CONNECTING:
            await self._passes(HANDSHAKE_BYTES, Carried.UPKEEP)
            self.state = LinkState.OK
        asked = Envelope(type_, bytes(8), labels(header), statement, body)
        await self._passes(_size(asked), carried)
        answer = self._keeper(asked)
        await self._passes(_size(answer), carried)
        if answer.type is Type.ERROR:
            raise NodeError(answer)
        return answer

    async def _passes(self, size: int, carried: Carried) -> None:
        """Carry bytes; LinkDown after the time in which an answer would have come."""
        if self._radio.away() or not await self._radio.carry(size):
            await asyncio.sleep(ANSWER_TIMEOUT_S)
            self.state = LinkState.UNREACHABLE
            raise LinkDown("no network")
        self._spend(size, carried)


def _size(envelope: Envelope) -> int:
    return message_bytes(envelope.to_frames())


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was sent after an outage: how many batches waited, how many of them alarms.

    `first_s` is when the last of these alarms was there, `all_s` when everything was; seconds.
    """

    length: float
    waiting: int
    alarms: int
    alarms_first: bool
    first_s: float
    all_s: float


@dataclass(frozen=True, slots=True)
class Day:
    """What a day came to."""

    records: int
    batches: int
    alarms: int
    carried: dict[str, int]
    spent: int
    twice: int
    missing: int
    missing_alarms: int
    resumed: tuple[Resumed, ...]


class Truck:
    """The sending half of a gateway, in a folder of its own."""

    def __init__(self, folder: Path, outages: Sequence[tuple[float, float]], budget: int) -> None:
        key = FileKey(ec.derive_private_key(7, ec.SECP256R1()))
        self.world, self.clock, self.outages = DayLog(key), DayClock(), outages
        self.keeper = Keeper(self.world)
        rng = random.Random(2)
        self.radio = Radio(outages)
        way = Way("wwan0", metered=True, budget_bytes_per_day=budget)
        self.budget = ByteBudget(0, folder, self.clock, (way,), lambda: way)
        self.journal = AsyncJournal(RingJournal(folder / "journal.sqlite", EPOCH), Inline())
        author = SimpleNamespace(after=lambda _: Author(ISSUER, EPOCH, key))
        self.batcher = Batcher(
            self.journal, author, self.clock, rng.randbytes, Limits(SEAL_RECORDS, SEAL_S)
        )
        self.sealed: dict[int, float] = {}
        self.forwarder = self._forwarder(folder, rng)

    def _forwarder(self, folder: Path, rng: random.Random) -> Forwarder:
        gaps = Gaps(folder, EPOCH)
        conflicts = Conflicts(folder, EPOCH, lambda: self.world.gateway.public)
        client = LightClient(self.world.policy, TrustedStore(folder), 14 * 86_400)
        outbox = Outbox(self.journal, OneLog(gaps), gaps, self.clock)
        self.batcher.listen(outbox.sealed)
        node = NodeAddress("node", "tcp://node:1", "")
        return Forwarder(
            [node],
            lambda node, _: RadioLink(node, self.radio, self.keeper, self.budget.spend),
            lambda link, tell: Session(
                link, outbox, client, self.clock, self.budget, conflicts, tell
            ),
            client,
            conflicts,
            self.clock,
            rng,
            lambda *_: None,
            patience={"node": Patience(asyncio.get_running_loop().time, rng)},
        )

    async def live(self, records: Sequence[Record]) -> None:
        """Record the day, as its records become durable, and send it until midnight."""
        tasks = [asyncio.ensure_future(each) for each in (self.batcher.run(), self.forwarder.run())]
        loop = asyncio.get_running_loop()
        for window in windows(records):
            at = window[-1].monotonic_ms / 1000
            await asyncio.sleep(max(0.0, at - loop.time()))
            await self.journal.commit(window)
            self.batcher.committed(window, urgent=any_urgent(window))
        await asyncio.sleep(DAY_S - 1 - loop.time())
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def told(self, records: int) -> Day:
        """Return what the day came to."""
        rows = await self.journal.batches(0, 1 << 20)
        batches = [row.batch for row in rows]
        issued = {b.seq: parse_statement(b.statement).claims for b in batches}
        self.sealed = {seq: claims.issued_at - MIDNIGHT for seq, claims in issued.items()}
        urgent = {batch.seq for batch in batches if batch.urgent}
        counted = {str(line.carried): line.size for line in self.budget.lines()}
        return Day(
            records,
            len(batches),
            len(urgent),
            counted,
            self.budget.spent,
            self.keeper.twice,
            len(batches) - len(self.keeper.came),
            len(urgent - self.keeper.came.keys()),
            tuple(self._resumed(begin, length, urgent) for begin, length in self.outages),
        )

    def _resumed(self, begin: float, length: float, urgent: set[int]) -> Resumed:
        end, came = begin + length, self.keeper.came
        waiting = [
            seq for seq, at in self.sealed.items() if at < end and came.get(seq, DAY_S) >= end
        ]
        alarms = [seq for seq in waiting if seq in urgent]
        rest = [came[seq] for seq in waiting if seq not in urgent and seq in came]
        last_alarm = max((came.get(seq, DAY_S) for seq in alarms), default=end)
        return Resumed(
            length,
            len(waiting),
            len(alarms),
            not rest or last_alarm <= min(rest),
            last_alarm - end,
            max((came.get(seq, DAY_S) for seq in waiting), default=end) - end,
        )


def windows(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the records in the lots in which they become durable; an alarm ends a lot."""
    lot: list[Record] = []
    for record in records:
        if lot and record.monotonic_ms - lot[0].monotonic_ms > WINDOW_S * 1000:
            yield lot
            lot = []
        lot.append(record)
        if any_urgent([record]):
            yield lot
            lot = []
    if lot:
        yield lot


def day(
    folder: Path,
    records: Sequence[Record],
    outages: Sequence[tuple[float, float]] = OUTAGES,
    budget: int = BUDGET,
) -> Day:
    """Live through a day; return what it came to."""

    async def lived() -> Day:
        truck = Truck(folder, outages, budget)
        await truck.live(records)
        found = await truck.told(len(records))
        await truck.journal.close()
        return found

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(lived())


def page(found: Day, budget: int = BUDGET) -> Iterator[str]:
    """Yield the figures as lines."""
    yield (
        f"{found.records} records in {found.batches} batches, {found.alarms} with an alarm; "
        f"{found.missing} not delivered by midnight ({found.missing_alarms} with an alarm), "
        f"{found.twice} twice"
    )
    for name in Carried:
        yield f"  {name:8} {found.carried.get(name, 0):>8} bytes"
    yield f"  in all   {found.spent:>8} bytes of {budget}: {found.spent / budget:.0%}"
    for each in found.resumed:
        order = "alarms first" if each.alarms_first else "AN ALARM WAITED"
        yield (
            f"after {each.length / 60:4.0f} min away: {each.waiting} batches waited, {each.alarms} "
            f"with an alarm; {order}, there after {each.first_s:.0f} s, all after {each.all_s:.0f} s"
        )


def main() -> int:
    """Print the day's figures; 1 where it does not keep what is promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--budget", type=int, default=BUDGET, metavar="BYTES")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = day(Path(folder), truck_records(args.seed), budget=args.budget)
    print("\n".join(page(found, args.budget)))
    kept = found.spent <= args.budget and not found.twice and not found.missing_alarms
    return 0 if kept and all(each.alarms_first for each in found.resumed) else 1


if __name__ == "__main__":
    sys.exit(main())
