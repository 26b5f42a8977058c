"""What can be wrong between this gateway's journal and the log."""

from __future__ import annotations

from agent.chain.conflict import Conflict
from agent.upstream.causes import ORDER
from foundation.errors import Alarm


class OrderConflict(Alarm):
    """The node's log holds another history of this gateway than its journal.

    `evidence` is the statement in question, as far as there is one.
    """

    cause, advice = ORDER, ORDER.next


class Equivocated(OrderConflict):
    """The node shows a statement of ours in the place of another: both are kept as `conflict`."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(conflict.text(), evidence=conflict.theirs)
        self.conflict = conflict
