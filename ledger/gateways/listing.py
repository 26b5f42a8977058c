"""A node's list of gateways: who is on it, and what it is after a change; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from foundation.errors import Fatal
from foundation.hints import hint
from ledger.base import times
from ledger.gateways.gateways import Gateway

_LIST = "list them: tallyman-ledger admitted DIR"


def add_gateway(gateways: Sequence[Gateway], new: Gateway) -> tuple[Gateway, ...]:
    """Return the list with `new`; unchanged when it is on it. Fatal where it contradicts it."""
    for known in gateways:
        if known.same(new) and not known.out:
            return tuple(gateways)
        if known.out and known.key == new.key:
            when = known.fenced if known.revoked is None else known.revoked
            raise Fatal(
                f"the statement key of {new.name} was revoked on {times.to_text(when or 0)}",
                advice="make new keys on the gateway, then admit those",
            )
        if known.curve == new.curve and known.issuer != new.issuer:
            raise Fatal(
                f"the CURVE key of {new.name} is that of {known.name} ({known.issuer})",
                advice="was a card copied? make new keys on one of the two gateways",
            )
        if known.key == new.key and known.issuer != new.issuer:
            raise Fatal(
                f"the statement key of {new.name} is that of {known.name} ({known.issuer})",
                advice="was a card copied? make new keys on one of the two gateways",
            )
    return (*gateways, new)


def named(gateways: Sequence[Gateway], called: str) -> Gateway:
    """Return the newest entry of the one gateway that has this name or id; Fatal without one."""
    found = [each for each in gateways if called in (each.name, each.issuer)]
    if not found:
        known = {name for each in gateways for name in (each.name, each.issuer)}
        raise Fatal(f"no gateway {called} is admitted here{hint(called, known)}", advice=_LIST)
    if len({each.issuer for each in found}) > 1:
        raise Fatal(f"several gateways are called {called}", advice=f"name it by its id; {_LIST}")
    return found[-1]


def each_gateway(gateways: Sequence[Gateway]) -> list[tuple[Gateway, ...]]:
    """Return the entries of each gateway, in the list's order: it has one for each of its keys.

    One that was replaced is a gateway of its own, though the new one has its id.
    """
    found: dict[tuple[str, str], list[Gateway]] = {}
    for each in gateways:
        found.setdefault((each.issuer, each.curve if each.replaced else ""), []).append(each)
    return [tuple(entries) for entries in found.values()]


def fence_gateway(
    gateways: Sequence[Gateway], issuer: str, at: int, kid: str | None = None, why: str = ""
) -> tuple[Gateway, ...]:
    """Return the list with every key of `issuer` shut out, or the one with `kid`; Fatal without.

    Where another gateway takes its place, `why` says so, and its node tells it.
    """

    def meant(gateway: Gateway) -> bool:
        return gateway.issuer == issuer and kid in (None, gateway.key.kid.hex())

    def fenced(gateway: Gateway) -> Gateway:
        since = gateway.fenced if gateway.out else at
        return replace(gateway, fenced=since, replaced=gateway.replaced or why)

    if not any(map(meant, gateways)):
        key = f" with key {kid}" if kid else ""
        raise Fatal(f"no gateway {issuer}{key} is admitted here", advice=_LIST)
    return tuple(fenced(each) if meant(each) else each for each in gateways)


def end_keys(gateways: Sequence[Gateway], ends: Mapping[str, int]) -> tuple[Gateway, ...]:
    """Return the list with the ends, by kid in hex, of keys that are shut out."""

    def ended(gateway: Gateway) -> Gateway:
        at = ends.get(gateway.key.kid.hex())
        if at is None or gateway.fenced is None:
            return gateway
        return replace(gateway, fenced=None, revoked=at)

    return tuple(map(ended, gateways))
