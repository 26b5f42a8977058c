"""Why the site's other gateways are not heard."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.cause import Cause, Finding, no, perhaps, yes

NO_HINTS = "no hint comes from the other gateways of the site"


@dataclass(frozen=True, slots=True)
class NeighbourFacts:
    """Datagrams that were heard and opened, and those that no key of ours opens; None: unknown."""

    heard: int | None = None
    unopened: int | None = None


def _other_key(facts: NeighbourFacts) -> Finding:
    if facts.unopened is None or facts.heard is None:
        return perhaps()
    if not facts.unopened:
        return no(f"all {facts.heard} words that came could be opened")
    told = f"{facts.unopened} words came that this gateway's key does not open"
    return perhaps(told, contra=(f"{facts.heard} could be opened",)) if facts.heard else yes(told)


NEIGHBOUR_KEY = Cause[NeighbourFacts](
    "dock.neighbour-key",
    symptom=NO_HINTS,
    sentence="the site's key cannot be used, or is not the one of the other gateways",
    next="make one for all gateways of the site: umask 077; openssl rand -hex 32",
    command="(umask 077; openssl rand -hex 32 > site.key)",
    unproven="which of the gateways has the right one",
    test=_other_key,
)
NEIGHBOUR_ADDRESS = Cause[NeighbourFacts](
    "dock.neighbour-address",
    symptom=NO_HINTS,
    sentence="the address at which neighbours are heard cannot be had",
    next="correct [neighbours] listen",
    command="ss -ulpn",
    unproven="which program has it",
)

CAUSES = (NEIGHBOUR_KEY, NEIGHBOUR_ADDRESS)
