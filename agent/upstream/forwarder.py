"""Forwarding: serve the outbox through whichever node works, and say what became of the others."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.chain.conflict import Conflicts
from agent.clock.clock import Clock
from agent.light_client.client import LightClient
from agent.light_client.errors import Expired, Fork, Withheld
from agent.upstream.errors import Equivocated, OrderConflict
from agent.upstream.link import Link, LinkDown, NodeAddress, NodeError
from agent.upstream.session import Session
from agent.upstream.states import ADVICE, GAP_ADVICE, LinkState
from evidence.errors import EvidenceError
from evidence.wire import Code

BACKOFF_S = (1.0, 2.0, 4.0)
"""Pauses after a round in which no node could be served; the last one repeats. Data must flow
within 5 s of the link's return."""

STEADY_S = 10.0
"""A node that was served for longer did not fail: the pauses start anew."""

OpenLink = Callable[[NodeAddress, Callable[[LinkState], None]], Link]

Converse = Callable[[Link, Callable[[str], None]], Session]
"""(link, tell): makes the conversation over an open link; `tell` hears what goes on."""

Announce = Callable[[str, LinkState, str], None]
"""(node, state, detail): hears of every change that should stand in the journal."""

_QUIET = (LinkState.CONNECTING, LinkState.OK)
_HELD = (
    LinkState.REFUSED,
    LinkState.WITHHELD,
    LinkState.EXPIRED,
    LinkState.CONFLICT,
    LinkState.FROZEN,
)
"""States that a mere connection does not end: the node must first be of use again."""


@dataclass(slots=True)
class NodeView:
    """What is known of a node; `since` is monotonic seconds.

    `detail` is what is wrong, or what goes on where nothing is.
    """

    node: NodeAddress
    since: float
    state: LinkState = LinkState.CONNECTING
    detail: str = ""
    advice: str = ""

    def tell(self, doing: str) -> None:
        """Take note of what goes on over a link that is well."""
        if self.state is LinkState.OK:
            self.detail = doing


class Forwarder:
    """Serves nodes for ever. `open_link` makes a link that reports its state, `converse` what is
    said over it.
    """

    def __init__(
        self,
        nodes: Sequence[NodeAddress],
        open_link: OpenLink,
        converse: Converse,
        light_client: LightClient,
        conflicts: Conflicts,
        clock: Clock,
        rng: random.Random,
        announce: Announce,
    ) -> None:
        self._open_link = open_link
        self._converse = converse
        self._client = light_client
        self._conflicts = conflicts
        self._clock = clock
        self._rng = rng
        self._announce = announce
        self.views = [NodeView(node, self._now()) for node in nodes]

    async def run(self) -> None:
        """Serve node after node until the log is caught forking, or we are: then collect only."""
        failed_rounds = 0
        for view in itertools.cycle(self.views):
            if self._client.frozen is not None or self._conflicts.known is not None:
                break
            started = self._now()
            await self._serve(view)
            failed_rounds = 0 if self._now() - started > STEADY_S else failed_rounds + 1
            if view is self.views[-1]:
                pause = BACKOFF_S[min(failed_rounds // len(self.views), len(BACKOFF_S) - 1)]
                await asyncio.sleep(pause * self._rng.uniform(0.75, 1.0))
        conflict = self._conflicts.known
        for view in self.views:
            if self._client.frozen is not None:
                self._enter(view, LinkState.FROZEN, self._client.frozen)
            elif conflict is not None:
                self._enter(view, LinkState.CONFLICT, conflict.text())

    async def _serve(self, view: NodeView) -> None:
        """Serve one node until it fails, and note why it did."""
        link = self._open_link(view.node, lambda state: self._heard(view, state))
        try:
            async with link:
                session = self._converse(link, view.tell)
                await session.greet()
                self._enter(view, LinkState.OK)
                await session.serve()
        except LinkDown as error:
            given_up = link.state is LinkState.CONNECTING  # nothing goes on connecting behind it
            state = LinkState.UNREACHABLE if given_up else link.state
            self._enter(view, state, str(error), error.advice)
        except Fork as error:
            self._enter(view, LinkState.FROZEN, str(error), error.advice)
        except Expired as error:
            self._enter(view, LinkState.EXPIRED, str(error), error.advice)
        except Withheld as error:
            self._enter(view, LinkState.WITHHELD, str(error), error.advice)
        except Equivocated as error:
            self._enter(view, LinkState.CONFLICT, str(error))
        except OrderConflict as error:
            self._enter(view, LinkState.REFUSED, str(error), error.advice)
        except (NodeError, EvidenceError) as error:
            refused = link.state not in (LinkState.NOT_ADMITTED, LinkState.REPLACED)
            gap = isinstance(error, NodeError) and error.code == Code.GAP
            state = LinkState.REFUSED if refused else link.state
            self._enter(view, state, str(error), GAP_ADVICE if gap else "")

    def _heard(self, view: NodeView, state: LinkState) -> None:
        if not (state in _QUIET and view.state in _HELD):
            self._enter(view, state)

    def _enter(self, view: NodeView, state: LinkState, detail: str = "", advice: str = "") -> None:
        changed = state is not view.state
        if changed:
            view.since = self._now()
        view.state, view.detail, view.advice = state, detail, advice or ADVICE[state]
        if changed and state is not LinkState.CONNECTING:
            self._announce(view.node.name, state, detail)

    def _now(self) -> float:
        return self._clock.now().monotonic_ms / 1000
