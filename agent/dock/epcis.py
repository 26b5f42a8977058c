"""EPCIS events of packing and shipping → notice: 2.0 in JSON-LD, 1.2 and 2.0 in XML. Pure.

What was packed into what says which goods lie in which unit; what was shipped says which units
come. A document that only tells of packing is a notice of all that it packs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from agent.dock import goods_identity
from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.builder import Builder
from agent.dock.epcis_packing import (
    SEEN,
    UNPACKED,
    Contents,
    Some,
    Told,
    join_unnumbered,
    pack,
    unpack,
)
from agent.dock.goods_identity import Identity, of_uri
from agent.dock.measures import PIECE, RECOMMENDED, measure
from agent.dock.notice import NO_BATCH, Batch, Notice, NoticeError, OtherMessage
from agent.dock.several import Reading

SHIPPING = ("shipping", "departing", "loading")
PACKING = ("packing", "picking", "staging_outbound", *SHIPPING)
"""CBV business steps before goods arrive, in which an aggregation tells what lies in what."""

NOT_SHIPPED = "void_shipping"  # CBV: it was told to be shipped, and was not
MOST_DEPTH = 8  # piece, pack, carton, layer, pallet, container
CLASS = "urn:epc:class:lgtin:"
PATTERN = "urn:epc:idpat:sgtin:"
TRANSACTION = "urn:epcglobal:cbv:bt:"
PARTIES = {"sourceList": "supplier", "destinationList": "receiver"}


def from_events(
    events: Sequence[Mapping[str, Any]], digest: bytes, articles: Articles = NO_ARTICLES
) -> list[Reading]:
    """Read events as JSON has them; one notice for each despatch advice that they name."""
    told, steps = Told(), set()
    for index, event in standing(events):
        steps.add(_step(event))
        try:
            _take(told, event, f"event {index}")
        except NoticeError:
            raise
        except ValueError as error:  # an identity or a date of which nothing can be made
            raise NoticeError(f"event {index}: {error}") from error
    if not told.packed and not told.shipped:
        named = ", ".join(sorted(filter(None, steps))) or "none of packing or shipping"
        raise OtherMessage(
            f"EPCIS events of {named[:80]} are no notice: ask for those of packing and shipping"
        )
    join_unnumbered(told)
    numbers = list(told.shipped) or [""]
    return [
        Reading.of("the events", number, partial(_notice, told, number, digest, articles))
        for number in numbers
    ]


def standing(events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield each event once, with its number; none that a later one declares to be an error.

    Such a declaration is the event anew with `errorDeclaration` in it (EPCIS 1.2 and 2.0, 7.4.1.2).
    """
    wrong = {_same(each) for each in events if "errorDeclaration" in each}
    seen = set(wrong)
    for index, event in enumerate(events, 1):
        if (same := _same(event)) not in seen:
            seen.add(same)
            yield index, event


def _same(event: Mapping[str, Any]) -> str:
    """Return what an event and its repetition have in common: its id, else all that it says."""
    said = {name: event[name] for name in event.keys() - {"errorDeclaration", "recordTime"}}
    return str(event.get("eventID") or sorted((name, str(value)) for name, value in said.items()))


def _step(event: Mapping[str, Any]) -> str:
    """Return the business step, as CBV names it, from its name or its URI."""
    return str(event.get("bizStep", "")).replace("-", ":").rpartition(":")[2].rpartition("/")[2]


def _take(told: Told, event: Mapping[str, Any], place: str) -> None:
    kind, step = str(event.get("type", "")), _step(event)
    _take_batches(told, event)
    if kind == "AggregationEvent" and (step in PACKING or not step):
        _take_packing(told, event, place)
    elif kind == "ObjectEvent" and step in SHIPPING:
        _take_shipping(told, event, place)
    elif kind == "ObjectEvent" and step == NOT_SHIPPED:
        _take_back(told, event, place)


def _take_batches(told: Told, event: Mapping[str, Any]) -> None:
    """Take what was said of pieces when they were made (`ilmd`)."""
    said = event.get("ilmd")
    if not isinstance(said, Mapping):
        return
    values = {name.rpartition(":")[2]: str(value) for name, value in said.items()}
    batch = Batch(
        values.get("lotNumber", ""),
        goods_identity.date(values.get("itemExpirationDate", "")),
        goods_identity.date(values.get("bestBeforeDate", "")),
    )
    for epc in _texts(event.get("epcList")):
        told.batches[of_uri(epc, epc)] = batch


def _take_packing(told: Told, event: Mapping[str, Any], place: str) -> None:
    parent = of_uri(str(event.get("parentID", "")), "")
    if not parent.sscc:
        raise NoticeError(f"{place}: what was packed into {event.get('parentID')!r} has no SSCC")
    things = [of_uri(epc, epc) for epc in _texts(event.get("childEPCs"))]
    classes = list(_classes(event.get("childQuantityList"), place))
    if event.get("action") == UNPACKED:
        unpack(told, parent.sscc, things, classes, place)
    else:
        pack(told, parent.sscc, things, classes, anew=event.get("action") == SEEN)
    told.time = str(event.get("eventTime", ""))
    if _step(event) in SHIPPING:
        told.shipped[_about(told, event)].things[parent] = None


def _take_back(told: Told, event: Mapping[str, Any], place: str) -> None:
    """Take from the shipments what an event says was not shipped after all."""
    if event.get("quantityList"):
        raise NoticeError(f"{place}: some goods were not shipped after all: ask for a new notice")
    for epc in _texts(event.get("epcList")):
        for contents in told.shipped.values():
            contents.things.pop(of_uri(epc, epc), None)


def _take_shipping(told: Told, event: Mapping[str, Any], place: str) -> None:
    contents = told.shipped[_about(told, event)]
    contents.things |= {of_uri(epc, epc): None for epc in _texts(event.get("epcList"))}
    contents.classes += _classes(event.get("quantityList"), place)
    told.time = str(event.get("eventTime", ""))


def _about(told: Told, event: Mapping[str, Any]) -> str:
    """Return the despatch advice of an event; note order and parties besides."""
    number = ""
    for each in _objects(event.get("bizTransactionList")):
        kind = str(each.get("type", "")).replace("-", ":").rpartition(":")[2]
        text = str(each.get("bizTransaction", ""))
        said = text.removeprefix(TRANSACTION).partition(":")[2] if TRANSACTION in text else text
        if kind == "desadv":
            number = said
        elif kind == "po":
            told.orders.append(said)
    for name, role in PARTIES.items():
        for each in _objects(event.get(name)):
            party = str(each.get(name.removesuffix("List"), ""))
            told.parties.setdefault(role, party.rpartition("/")[2].rpartition(":")[2])
    return number


def _classes(listed: Any, place: str) -> Iterator[Some]:
    for each in _objects(listed):
        name = str(each.get("epcClass", ""))
        gtin, lot = _class(name)
        if not gtin:
            raise NoticeError(f"{place}: {name[:60]!r} names no article")
        yield Some(gtin, lot, str(each.get("quantity", "")), str(each.get("uom", "")))


def _class(name: str) -> tuple[str, str]:
    """Return the GTIN and batch of a class of goods."""
    if name.startswith((CLASS, PATTERN)):
        prefix, _, rest = name.removeprefix(CLASS).removeprefix(PATTERN).partition(".")
        item, _, lot = rest.partition(".")
        identity = of_uri(f"urn:epc:id:sgtin:{prefix}.{item}.0", "")
        return identity.gtin, "" if name.startswith(PATTERN) else lot
    from drivers.gs1 import digital_link  # noqa: PLC0415  a megabyte that few notices need
    from drivers.gs1.errors import Gs1Error  # noqa: PLC0415  as above

    try:
        keys = digital_link.parse(name)
    except Gs1Error:
        return "", ""
    return keys.get("01", ""), keys.get("10", "")


def _notice(told: Told, number: str, digest: bytes, articles: Articles) -> Notice:
    builder = Builder("epcis", digest, articles)
    builder.number = number or f"EPCIS {told.time}".strip()
    builder.order = next(iter(told.orders), "")
    builder.supplier = told.parties.get("supplier", "")
    builder.receiver = told.parties.get("receiver", "")
    inner = {each.sscc for contents in told.packed.values() for each in contents.things}
    outermost = [Identity(sscc=sscc) for sscc in told.packed if sscc not in inner]
    coming = told.shipped.get(number) or Contents(dict.fromkeys(outermost))
    _fill(builder, told, coming, ())
    return builder.notice()


def _fill(builder: Builder, told: Told, contents: Contents, within: tuple[str, ...]) -> None:
    """Add what lies in a unit, articles first, then the units in it."""
    place = f"(00){within[-1]}" if within else "the shipment"
    if len(within) > MOST_DEPTH:
        raise NoticeError(f"{place}: units lie in each other more than {MOST_DEPTH} deep")
    pieces: defaultdict[tuple[str, Batch], list[str]] = defaultdict(list)
    for each in contents.things:
        if each.gtin:
            pieces[each.gtin, told.batches.get(each, NO_BATCH)].append(each.serial)
        elif not each.sscc:
            raise NoticeError(f"{place}: {str(each)[:60]!r} names neither article nor unit")
    for (gtin, batch), serials in pieces.items():
        _line(builder, gtin, batch, place)
        for serial in serials:
            builder.serial(serial, place)
    for some in contents.classes:
        _line(builder, some.gtin, Batch(some.lot), place)
        unit = measure(some.unit, RECOMMENDED, place) if some.unit else PIECE  # a count, says CBV
        builder.quantity(some.quantity, place, unit)
    for sscc in (each.sscc for each in contents.things if each.sscc):
        if sscc in within:
            raise NoticeError(f"(00){sscc} is said to lie in itself")
        builder.begin_level(sscc)
        builder.label(sscc, f"(00){sscc}")
        _fill(builder, told, told.packed.get(sscc, Contents()), (*within, sscc))


def _line(builder: Builder, gtin: str, batch: Batch, place: str) -> None:
    builder.begin_line(gtin, place)
    builder.lot(batch.lot, place)
    builder.expiry(batch.expiry, place)
    builder.best_before(batch.best_before, place)


def _texts(listed: Any) -> Iterator[str]:
    if isinstance(listed, list):
        yield from (str(each) for each in listed)


def _objects(listed: Any) -> Iterable[Mapping[str, Any]]:
    return (
        [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    )
