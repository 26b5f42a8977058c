"""What is known of a node: its state, since when, and what would show that it is well again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.upstream.causes import OF_STATE
from agent.upstream.link import NodeAddress
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState, Step
from foundation.cause import Cause

Announce = Callable[[str, LinkState, str], None]
"""(node, state, detail): hears of every change that should stand in the journal."""

_QUIET = (LinkState.CONNECTING, LinkState.OK)
_HELD = (
    LinkState.NOT_ADMITTED,
    LinkState.REPLACED,
    LinkState.REFUSED,
    LinkState.WITHHELD,
    LinkState.EXPIRED,
    LinkState.CONFLICT,
    LinkState.FROZEN,
)
"""States that a mere connection does not end: what failed must first have gone well."""


class NodeView:
    """One node as the forwarder sees it. `since` is monotonic seconds.

    `detail` is what is wrong, or what goes on where nothing is.
    """

    def __init__(
        self,
        node: NodeAddress,
        monotonic: Callable[[], float],
        announce: Announce,
        patience: Patience,
    ) -> None:
        self.node = node
        self.since = monotonic()
        self.state = LinkState.CONNECTING
        self.detail = ""
        self.cause: Cause[Any] | None = None
        self.patience = patience
        self._now = monotonic
        self._announce = announce
        self._blocked = Step.GREET

    def connected(self, state: LinkState) -> None:
        """Take the link's word. That a connection came about tells nothing before the greeting."""
        held = self.state in _HELD and state in _QUIET
        greets = state is LinkState.OK and self._blocked is Step.GREET
        replaced = self.state is LinkState.REPLACED and state is LinkState.UNREACHABLE
        if not (held or greets or replaced):
            self._enter(state)

    def went_well(self, step: Step, doing: str | None = None) -> None:
        """Learn that a step succeeded: the node is of use again if it was the one that failed.

        `doing` is what goes on, None where that is as before.
        """
        if self.state in _HELD and step is not self._blocked:
            return
        self._blocked = Step.NONE
        self.patience.served()
        if self.state is not LinkState.OK:
            self._enter(LinkState.OK)
        if doing is not None:
            self.detail = doing

    @property
    def advice(self) -> str:
        """The next step, or empty."""
        return "" if self.cause is None else self.cause.next

    def failed(
        self, step: Step, state: LinkState, detail: str, cause: Cause[Any] | None = None
    ) -> None:
        """Learn that a conversation ended at `step`; `cause` is more exact than the state's own."""
        if self.state is LinkState.REPLACED and state is LinkState.UNREACHABLE:
            return  # who has taken our place has it all the same
        self._blocked = step if state in _HELD else Step.GREET
        self.patience.answered(state)
        self._enter(state, detail, cause)

    def enter(self, state: LinkState, detail: str) -> None:
        """Go over to a state that no conversation led to."""
        self._enter(state, detail)

    def _enter(self, state: LinkState, detail: str = "", cause: Cause[Any] | None = None) -> None:
        changed = state is not self.state
        if changed:
            self.since = self._now()
        self.state, self.detail = state, detail
        self.cause = cause or OF_STATE.get(state)
        if changed and state is not LinkState.CONNECTING:
            self._announce(self.node.name, state, detail)
