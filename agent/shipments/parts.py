"""A shipment is split, or goes on in another one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from agent.shipments.shipment import Shipment


class NoPart(ValueError):
    """That cannot be split or joined so; the text says why."""


def split(
    whole: Shipment, name: str, devices: Collection[str], seals: Collection[str]
) -> tuple[Shipment, Shipment]:
    """Return what is left of a shipment, and the part called `name` that takes these along.

    The part has the same owner, custodian, notice, destination and papers that must be there.
    """
    if not devices and not seals:
        raise NoPart("nothing goes along with the part: name a --device or a --seal of it")
    for what, names, bound in (
        ("device", devices, whole.devices),
        ("seal", seals, whole.seals),
    ):
        strange = next((each for each in names if each not in bound), None)
        if strange is not None:
            raise NoPart(f"{what} {strange!r} does not go along with {whole.name}")
    rest = replace(
        whole, devices=_without(whole.devices, devices), seals=_without(whole.seals, seals)
    )
    part = replace(
        whole, name=name, devices=tuple(devices), seals=tuple(seals), parents=(whole.name,)
    )
    return rest, part


def joined_by(into: Shipment, added: Shipment) -> Shipment:
    """Return a shipment with all that goes along with another one, which goes on in it."""
    if into.owner != added.owner:
        raise NoPart(
            f"{into.name} is of {into.owner or 'nobody by name'}, "
            f"{added.name} of {added.owner or 'nobody by name'}"
        )
    return replace(
        into,
        devices=_union(into.devices, added.devices),
        seals=_union(into.seals, added.seals),
        papers=_union(into.papers, added.papers),
        parents=_union(into.parents, (added.name,)),
    )


def _without(names: Iterable[str], gone: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in names if each not in gone)


def _union(names: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names + more))
