"""Forwarding: serve the outbox through whichever node works, and say what became of the others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from agent.chain.conflict import Conflicts
from agent.clock.clock import Clock
from agent.light_client.causes import NO_QUORUM
from agent.light_client.client import LightClient
from agent.light_client.errors import Expired, Fork, Withheld
from agent.upstream.causes import CONFLICT, GAP
from agent.upstream.errors import Equivocated, OrderConflict
from agent.upstream.link import Link, LinkDown, NodeAddress, NodeError
from agent.upstream.node_view import Announce, NodeView
from agent.upstream.patience import Patience
from agent.upstream.session import Session
from agent.upstream.states import LinkState, Step
from evidence.errors import EvidenceError, UntrustedError
from evidence.wire import Code
from foundation.cause import Cause

BACKOFF_S = (1.0, 2.0, 4.0)
"""Pauses after a round in which no node could be served; the last one repeats. Data must flow
within 5 s of the link's return."""

STEADY_S = 10.0
"""A node that was served for longer did not fail: the pauses start anew."""

OpenLink = Callable[[NodeAddress, Callable[[LinkState], None]], Link]

Converse = Callable[[Link, Callable[[Step, str | None], None]], Session]
"""(link, tell): makes the conversation over an open link; `tell` hears what goes well."""


class Forwarder:
    """Serves nodes for ever. `open_link` makes a link that reports its state, `converse` what is
    said over it. `patience` is each node's, by its name: whoever else asks the node shares it.
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
        *,
        patience: Mapping[str, Patience],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._open_link = open_link
        self._converse = converse
        self._client = light_client
        self._conflicts = conflicts
        self._clock = clock
        self._rng = rng
        self._sleep = sleep
        self.views = [NodeView(node, self._now, announce, patience[node.name]) for node in nodes]

    async def run(self) -> None:
        """Serve node after node until the log is caught forking, or we are: then collect only."""
        failed_rounds = 0
        while not self._caught():
            started = self._now()
            for view in self.views:
                if not self._caught() and not view.patience.left():
                    await self._serve(view)
            failed_rounds = 0 if self._now() - started > STEADY_S else failed_rounds + 1
            await self._sleep(self._pause(failed_rounds))
        conflict = self._conflicts.known
        for view in self.views:
            if self._client.frozen is not None:
                view.enter(LinkState.FROZEN, self._client.frozen)
            elif conflict is not None:
                view.enter(LinkState.CONFLICT, conflict.text())

    def _caught(self) -> bool:
        return self._client.frozen is not None or self._conflicts.known is not None

    def _pause(self, failed_rounds: int) -> float:
        """Return the seconds until a node should be tried again."""
        first = min(view.patience.left() for view in self.views)
        usual = BACKOFF_S[min(failed_rounds, len(BACKOFF_S) - 1)]
        return max(first, usual * self._rng.uniform(0.75, 1.0))

    async def _serve(self, view: NodeView) -> None:
        """Serve one node until it fails, and note why it did."""
        link = self._open_link(view.node, view.connected)
        session = self._converse(link, view.went_well)

        def failed(state: LinkState, error: Exception, cause: Cause[Any] | None = None) -> None:
            view.failed(session.step, state, str(error), cause)

        try:
            async with link:
                await session.greet()
                view.went_well(Step.GREET)
                await session.serve()
        except LinkDown as error:
            given_up = link.state is LinkState.CONNECTING  # nothing goes on connecting behind it
            failed(LinkState.UNREACHABLE if given_up else link.state, error, error.cause)
        except Fork as error:
            failed(LinkState.FROZEN, error, error.cause)
        except Expired as error:
            failed(LinkState.EXPIRED, error, error.cause)
        except Withheld as error:
            failed(LinkState.WITHHELD, error, error.cause)
        except Equivocated as error:
            failed(LinkState.CONFLICT, error, CONFLICT)
        except OrderConflict as error:
            failed(LinkState.REFUSED, error, error.cause)
        except (NodeError, EvidenceError) as error:
            refused = link.state not in (LinkState.NOT_ADMITTED, LinkState.REPLACED)
            gap = isinstance(error, NodeError) and error.code == Code.GAP
            state = LinkState.REFUSED if refused else link.state
            failed(state, error, GAP if gap else _of_proof(error))

    def _now(self) -> float:
        return self._clock.now().monotonic_ms / 1000


def _of_proof(error: Exception) -> Cause[Any] | None:
    """Return the row of a proof that lacks its quorum, None for all else that proves nothing."""
    return NO_QUORUM if isinstance(error, UntrustedError) and error.reason == "quorum" else None
