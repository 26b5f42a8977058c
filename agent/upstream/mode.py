"""By whose node records are proven now, and what that does and does not prove."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from agent.upstream.states import LinkState
from foundation.dataclass import dataclass


class Mode(StrEnum):
    """Who runs the node that serves this gateway."""

    OWN_NODE = "own node"
    PARTNER_NODE = "partner's node"
    PROOF_ONLY = "proof only"


MEANING = {
    Mode.OWN_NODE: "what it confirms rests on the members' quorum, not on us",
    Mode.PARTNER_NODE: "it may delay a batch, it cannot forge a confirmation",
    Mode.PROOF_ONLY: "signed and kept here; no one else vouches for it yet",
}
"""One line each for people; docs/operate/one-gateway.md, "Whose node", says more."""


@dataclass(frozen=True, slots=True)
class LogStatus:
    """One of several logs: whether a node of it serves us, what is trusted, or why nothing is."""

    origin: str
    serving: bool
    size: int
    frozen: str = ""


@dataclass(frozen=True, slots=True)
class TrustStatus:
    """The mode and what it means; of the comparison of nodes (`views`) how many agree.

    `unjoined` counts checkpoints that the log signed and nobody has joined with the trusted one.
    Of several `logs` so many are `wanted`; size, views and what follows are then those of all.
    `away` are the nodes that showed nothing when they were looked at last.
    """

    mode: Mode
    meaning: str
    size: int = 0
    views: int = 0
    agreeing: int = 0
    unjoined: int = 0
    frozen: str = ""
    wanted: int = 1
    logs: Sequence[LogStatus] = ()
    away: Sequence[str] = ()


def mode_of(links: Iterable[tuple[str, LinkState]], own: Collection[str]) -> Mode:
    """Return the mode that the states of the nodes make; `own` are the names of our own ones."""
    serving = [name for name, state in links if state is LinkState.OK]
    if not serving:
        return Mode.PROOF_ONLY
    return Mode.OWN_NODE if any(name in own for name in serving) else Mode.PARTNER_NODE
