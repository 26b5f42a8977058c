"""Comparing what several nodes show of one log: who splits the view is caught by his signatures.

First each is asked whether the policy was exchanged. Then its checkpoint is held against the one
trusted, and how the two join is asked of every node that can tell. A fork is kept by the light
client, which freezes; here it is announced to all nodes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from agent.clock.clock import Clock
from agent.light_client.client import LightClient, Question
from agent.light_client.errors import Expired, Fork
from agent.upstream.budget import ByteBudget, Share
from agent.upstream.link import Link, LinkDown, NodeAddress, NodeError
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState
from evidence.cbor import Value
from evidence.errors import EvidenceError
from evidence.fork import ForkProof, omits_its_start, read_fork
from evidence.merkle import HASH_BYTES
from evidence.shape import as_array, as_bytes
from evidence.wire import Header, Label, Type
from foundation.dataclass import dataclass

TICK_S = 5.0
"""An open question is put to the other nodes so soon, then after twice that, and so on."""

FIRST_LOOK_S = 60.0
"""The first look comes when a start's own traffic is over."""

OpenLink = Callable[[NodeAddress, Callable[[LinkState], None]], Link]

Announce = Callable[[str, LinkState, str], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class View:
    """What came of the last look at a node; `at` is monotonic seconds, None before the first."""

    node: NodeAddress
    at: float | None = None
    shown: bool = False
    told: bool = False


class Comparer:
    """Compares for ever. `nodes` are all that are configured: one alone is only asked questions.

    `every` and `tick` are in seconds. `announce` hears (node, FROZEN, text) where a fork is found.
    `patience` is that of each node, by its name: who said no to the forwarder is not asked here.
    """

    def __init__(
        self,
        nodes: Sequence[NodeAddress],
        open_link: OpenLink,
        light_client: LightClient,
        clock: Clock,
        budget: ByteBudget,
        every: float,
        *,
        announce: Announce,
        patience: Mapping[str, Patience],
        tick: float = TICK_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.views = [View(node) for node in nodes]
        self._open_link = open_link
        self._client = light_client
        self._clock = clock
        self._budget = budget
        self._every = every
        self._announce = announce
        self._patience = patience
        self._sleep = sleep
        self._tick = tick
        self._ask_every = tick
        self._look_at = self._now() + min(every, FIRST_LOOK_S)
        self._ask_at = self._now()

    async def run(self) -> None:
        """Compare until the log is caught, then tell every node; ends when all have heard it."""
        while self._client.frozen is None:
            if self._client.trusted is not None and self._budget.allows(Share.STATEMENTS):
                await self._turn(self._now())
            await self._sleep(self._tick)
        while not all(view.told for view in self.views):
            await self._tell()
            await self._sleep(self._tick)

    async def _turn(self, now: float) -> None:
        """Look at all nodes when it is time, else ask what is open when that is due."""
        asks = self._client.unjoined or self._client.wants_policy
        if not asks:
            self._ask_every, self._ask_at = self._tick, now + self._tick
        if now >= self._look_at:
            self._look_at = now + self._every
            await self._round(look=True)
        elif now >= self._ask_at and asks:
            self._ask_every = min(2 * self._ask_every, self._every)
            self._ask_at = now + self._ask_every
            await self._round(look=False)

    async def _round(self, *, look: bool) -> None:
        views = [view for view in self.views if not self._patience[view.node.name].left()]
        async with AsyncExitStack() as stack:
            links = [
                await stack.enter_async_context(self._open_link(view.node, lambda _: None))
                for view in views
            ]
            for link in links:
                if await self._try(link, self._follow(link)):
                    break
            for view, link in zip(views, links, strict=True):
                if look and len(self.views) > 1:
                    view.at = self._now()
                    view.shown = await self._try(link, self._look(link))
            for question in self._client.questions():
                for link in links:
                    if await self._try(link, self._joined_by(link, question)):
                        break

    async def _try(self, link: Link, work: Coroutine[Any, Any, bool]) -> bool:
        """Return what `work` finds out, False where the node is of no use; say it when it forks."""
        caught = self._client.frozen is not None
        try:
            return await work
        except Fork as fork:
            if not caught:
                self._announce(link.node.name, LinkState.FROZEN, str(fork))
        except (LinkDown, NodeError, EvidenceError, Expired) as error:
            _log.debug("%s shows nothing to compare: %s", link.node.name, error)
            self._patience[link.node.name].answered(link.state)
        return False

    async def _follow(self, link: Link) -> bool:
        """Take over the policy updates that a node knows; tell whether one is in force now."""
        header = {Label.DIGEST: self._client.policy.digest}
        answer = await link.request(Type.UPDATES, header)
        changed = False
        for update in as_array(answer.get(Label.UPDATES), "UPDATES"):
            stamp = self._clock.now()
            now = None if stamp.bound_ms is None else stamp.wall_ms // 1000
            data = as_bytes(update, "update")
            changed |= await asyncio.to_thread(self._client.update_policy, data, now)
        return changed

    async def _look(self, link: Link) -> bool:
        """Hold the checkpoint that a node shows against ours; tell whether it shows one."""
        answer = await link.request(Type.CHECKPOINT, {Label.ORIGIN: self._client.origin})
        if answer.type is not Type.CHECKPOINT:
            return False
        note = as_bytes(answer.get(Label.NOTE), "note")
        await asyncio.to_thread(self._client.look_at, note)
        return True

    async def _joined_by(self, link: Link, question: Question) -> bool:
        """Tell whether a node shows how two checkpoints join; Fork when it shows they do not."""
        old, size = question.older.checkpoint.size, question.newer.checkpoint.size
        if old == size:
            return await asyncio.to_thread(self._client.settle, question, ())
        path = await _path(link, Type.CONSISTENCY, {Label.OLD_SIZE: old, Label.SIZE: size})
        joined = await asyncio.to_thread(self._client.settle, question, path)
        if joined or not omits_its_start(old):
            return joined
        hashes = await _path(link, Type.INCLUSION, {Label.INDEX: old, Label.SIZE: size})
        return await asyncio.to_thread(self._client.settle, question, path, hashes)

    async def _tell(self) -> None:
        """Show the evidence to every node that has not acknowledged it."""
        forks = [read_fork(data, self._client.policy.log) for data in self._client.evidence()]
        for view in self.views:
            if not view.told:
                async with self._open_link(view.node, lambda _: None) as link:
                    view.told = await self._try(link, self._show(link, forks))

    async def _show(self, link: Link, forks: Sequence[ForkProof]) -> bool:
        for fork in forks:
            await link.request(Type.EVIDENCE, shown(fork))
        return True

    def _now(self) -> float:
        return self._clock.now().monotonic_ms / 1000


def shown(fork: ForkProof) -> Header:
    """Return the header of the EVIDENCE that shows a fork."""
    header: dict[Label, Value] = {
        Label.NOTES: (fork.older.to_bytes(), fork.newer.to_bytes()),
    }
    if fork.beginning is not None:
        header |= {Label.ROOT: fork.beginning, Label.PATH: fork.path}
    return header


async def _path(link: Link, type_: Type, header: Header) -> tuple[bytes, ...]:
    answer = await link.request(type_, header)
    return tuple(
        as_bytes(item, "hash", HASH_BYTES) for item in as_array(answer.get(Label.PATH), "path")
    )
