"""Where something was last seen, over the records of one gateway and of several."""

from __future__ import annotations

import pytest

from agent.cli.find import Source, find
from agent.dock.goods_identity import Identity
from agent.dock.history import packed
from agent.shipments.sightings import RELEVANT, Names, Sighting, Sightings
from agent.shipments.sought import sought
from tests.agent.shipments.journeys import BEGIN, SECOND, Journal

GTIN = "04012345111118"
PIECE = "urn:epc:id:sgtin:4012345.011111.71"  # (01)04012345111118(21)71
SSCC = "106141412345678908"
UNIT = "urn:epc:id:sscc:0614141.1234567890"


def told(journal):
    """Yield the records that are looked at, as an export is read."""
    return (record for record in journal.records if record.kind in RELEVANT)


def looked(code, **journals):
    """Return what is found as (thing, place, seconds, gateway), the newest first."""
    sources = [Source(name, lambda j=j: told(j), "") for name, j in journals.items()]
    return [
        (each.thing, f"{'left ' if each.gone else ''}{each.place}",
         (each.wall_ms - BEGIN) // SECOND, each.gateway)
        for each in find(code, sources)
    ]  # fmt: skip


def tag(journal, at, state, point, uri=PIECE, **values):
    journal.note(at, "tag-state", "shelves", state=state, read_point=point, uri=uri, epc="30AB",
                 **values)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "identity", "lot"),
    [
        (SSCC, Identity(sscc=SSCC), SSCC),
        (f"(00){SSCC}", Identity(sscc=SSCC), ""),
        (UNIT, Identity(sscc=SSCC), ""),
        ("3174257BF4499602D2000000", Identity(sscc=SSCC), "3174257BF4499602D2000000"),
        (PIECE, Identity(gtin=GTIN, serial="71"), ""),
        (f"(01){GTIN}(21)71", Identity(gtin=GTIN, serial="71"), ""),
        (f"https://id.gs1.org/01/{GTIN}/21/71", Identity(gtin=GTIN, serial="71"), ""),
        (f" {GTIN} ", Identity(gtin=GTIN), GTIN),
        (f"(01){GTIN}(10)L7", Identity(gtin=GTIN), "L7"),
        ("L7", None, "L7"),
        ("lot no. 7/b", None, "lot no. 7/b"),
    ],
)
def test_what_a_code_may_mean(code, identity, lot):
    found = sought(code)
    assert (found.identity, found.lot) == (identity, lot)


@pytest.mark.parametrize(
    "code",
    ["", " ", "(", "(00)", "(00)1", "]C1", "urn:epc:id:sscc:a.b", "urn:epc:id:sgtin:x.y.z",
     "https://", "https://id.gs1.org/01/1", "\x1d", "é" * 100, "ABCD", "ffff" * 40],
)  # fmt: skip
def test_rubbish_is_looked_for_and_found_nowhere(code):
    store = Journal()
    tag(store, 10, "enter", "shelf A")
    tag(store, 20, "enter", "shelf B", uri="urn:epc:id:sscc:a.c")
    assert looked(code, store=store) == []


def test_a_thing_is_where_it_was_last_seen():
    store = Journal()
    tag(store, 10, "enter", "shelf A")
    tag(store, 20, "enter", "shelf B")
    tag(store, 30, "leave", "shelf A")
    thing = f"(01){GTIN}(21)71"
    assert looked(PIECE, store=store) == [(thing, "shelf B", 20, "store")]
    tag(store, 40, "leave", "shelf B")
    assert looked(thing, store=store) == [(thing, "left shelf B", 40, "store")]
    assert looked(f"(01){GTIN}(21)72", store=store) == []


def test_an_article_is_all_its_pieces_and_a_stray_is_none():
    store = Journal()
    tag(store, 10, "enter", "shelf A")
    tag(store, 20, "enter", "shelf B", uri=PIECE.replace(".71", ".72"))
    tag(store, 30, "enter", "door 9", stray=1)
    assert [row[:2] for row in looked(GTIN, store=store)] == [
        (f"(01){GTIN}(21)72", "shelf B"),
        (f"(01){GTIN}(21)71", "shelf A"),
    ]


def test_a_lot_is_followed_by_the_pieces_whose_labels_name_it():
    store = Journal()
    tag(store, 10, "enter", "shelf A")
    tag(store, 20, "enter", "shelf B", uri=PIECE.replace(".71", ".72"))
    store.note(30, "barcode", "scanner", gtin=GTIN, serial="71", lot="L7")
    store.note(40, "barcode", "scanner", gtin=GTIN, serial="72", lot="L8")
    tag(store, 50, "enter", "shelf C")
    assert looked("L7", store=store) == [(f"(01){GTIN}(21)71", "shelf C", 50, "store")]


def test_what_was_advised_and_did_not_come_is_nowhere():
    store = Journal()
    for lot, read in (("L7", 0), ("L8", 3)):
        store.note(10, "dock-goods", check="R-1", notice="ASN1", gtin=GTIN, lot=lot, read=read,
                   by_hand=0, believed=0)  # fmt: skip
    store.note(11, "dock-check", check="R-1", notice="ASN1", read_point="door 2",
               decision="accepted", units=packed([SSCC]))  # fmt: skip
    assert looked("L7", store=store) == []
    assert looked("L8", store=store) == [(f"(01){GTIN}(10)L8", "door 2", 11, "store")]
    assert looked(f"(01){GTIN}(10)L8", store=store) == looked("L8", store=store)
    assert looked(SSCC, store=store) == [(f"(00){SSCC}", "door 2", 11, "store")]


def test_over_several_gateways_the_newest_word_counts():
    store, truck, shop = Journal(), Journal(), Journal()
    tag(store, 10, "leave", "door 2", uri=UNIT)
    store.note(11, "dock-check", check="R-1", notice="ASN1", read_point="door 2",
               decision="accepted", units=packed([SSCC]))  # fmt: skip
    truck.shipment(20, notice="ASN1", vehicle="TO 1", devices=("gnss",))
    truck.place(60, 45.45, 8.62)
    truck.place(70, 45.46, 8.63, device="other")
    aboard = ("goods of notice ASN1 in WB-7", "aboard TO 1 at 45.4500, 8.6200", 60, "truck")
    here = (f"(00){SSCC}", "door 2", 11, "store")
    assert looked(SSCC, truck=truck, store=store) == [aboard, here]
    tag(shop, 90, "enter", "backroom", uri=UNIT)
    there = (f"(00){SSCC}", "backroom", 90, "shop")
    assert looked(SSCC, shop=shop, truck=truck, store=store) == [there, aboard]
    assert looked(SSCC, truck=truck) == []


def test_a_notice_goes_along_where_its_receipt_names_one_unit_that_is_sought():
    store, truck = Journal(), Journal()
    other = "106141412345678915"
    for notice, units in (("ASN1", [other, SSCC]), ("ASN2", [other])):
        store.note(11, "dock-check", check="R-1", notice=notice, read_point="door 2",
                   decision="accepted", units=packed(units))  # fmt: skip
    store.note(12, "barcode", "scanner", sscc=SSCC, notice="ASN3")
    for notice in ("ASN1", "ASN2", "ASN3"):
        truck.shipment(20, name=f"WB-{notice}", notice=notice, devices=("gnss",))
    truck.place(60, 45.45, 8.62)
    truck.place(70, 45.46, 8.63, quality="suspect")
    on_the_way = [row for row in looked(SSCC, store=store, truck=truck) if row[3] == "truck"]
    assert on_the_way == [
        ("goods of notice ASN1 in WB-ASN1", "aboard WB-ASN1 at 45.4500, 8.6200", 60, "truck")
    ]


@pytest.mark.parametrize("years", [-56, 10])
def test_a_clock_that_nobody_set_neither_hides_a_sighting_nor_comes_before_it(years):
    store, unset = Journal(), Journal()
    tag(store, 10, "enter", "door 2", uri=UNIT)
    unset.bound = None
    tag(unset, years * 365 * 86_400, "enter", "backroom", uri=UNIT)
    for gateways in ({"store": store, "shop": unset}, {"shop": unset, "store": store}):
        assert [place for _, place, _, _ in looked(SSCC, **gateways)] == ["door 2", "backroom"]


def seen_by_one(code, journal: Journal) -> dict[str, Sighting]:
    names = Names(sought(code))
    for record in journal.records:
        names.take(record)
    found = Sightings(names, "store")
    for record in journal.records:
        found.take(record)
    return found.last


def test_a_sighting_says_by_what_it_is_known():
    thing, store = f"(01){GTIN}(21)71", Journal()
    tag(store, 10, "enter", "shelf A")

    def only() -> Sighting:
        (found,) = seen_by_one(PIECE, store).values()
        assert (found.thing, found.gateway, found.vouched) == (thing, "store", True)
        assert found.number == len(store.records) - 1
        return found

    assert (only().place, only().how, only().gone) == ("shelf A", "tag, by shelves", False)
    tag(store, 20, "leave", "shelf A")
    assert (only().place, only().gone) == ("shelf A", True)
    tag(store, 30, "", "")
    assert (only().place, only().gone) == ("near shelves", False)
    store.note(40, "barcode", "scanner", gtin=GTIN, serial="71")
    assert (only().place, only().how) == ("near scanner", "scan, by scanner")
    store.note(50, "dock-open", check="R-1", read_point="door 2")
    store.note(60, "dock-entry", check="R-1", what="label", gtin=GTIN, serial="71")
    assert (only().place, only().how) == ("door 2", "typed in for R-1")
    store.note(70, "dock-entry", check="R-1", what="remark", gtin=GTIN, serial="71")
    assert seen_by_one(PIECE, store)[thing].wall_ms == BEGIN + 60 * SECOND


def test_a_receipt_tells_of_goods_and_units_once():
    store = Journal()
    store.note(10, "dock-goods", check="R-1", notice="N", gtin=GTIN, believed=2)
    store.note(11, "dock-check", check="R-1", notice="N", read_point="door 2", decision="rejected",
               units="no bytes")  # fmt: skip
    store.note(12, "dock-check", check="R-1", notice="N", read_point="door 3")
    (found,) = seen_by_one(GTIN, store).values()
    assert (found.thing, found.place, found.how, found.number) == (
        f"(01){GTIN}", "door 2", "receipt R-1, rejected", 1,
    )  # fmt: skip


def test_goods_go_with_their_shipment_and_its_parts_to_its_end():
    truck = Journal()
    truck.note(1, "dock-goods", check="R-1", notice="ASN1", gtin=GTIN, lot="L7", read=1)
    truck.note(
        2, "dock-check", check="R-1", notice="ASN1", read_point="door 2", decision="accepted"
    )
    truck.shipment(10, notice="ASN1", vehicle="TO 1", devices=("gnss",))
    place = seen_by_one("L7", truck)["goods of notice ASN1 in WB-7"]
    assert (place.place, place.how) == ("aboard TO 1", "shipment WB-7, its binding")
    truck.place(20, 45.45, 8.62)
    truck.place(21, 99.0, 8.62)  # nowhere on earth
    truck.shipment(30, name="WB-7b", parents="WB-7", devices=("tail",))
    found = seen_by_one("L7", truck)
    assert found["goods of notice ASN1 in WB-7"].how == "shipment WB-7, position, by gnss"
    part = next(each for name, each in found.items() if name.endswith("WB-7b"))
    assert part.place == "aboard WB-7b"
    truck.shipment(40, "ended", name="WB-7")
    truck.place(50, 45.0, 8.0)
    ended = seen_by_one("L7", truck)["goods of notice ASN1 in WB-7"]
    assert (ended.place, ended.how, ended.number) == (
        "aboard TO 1 at 45.4500, 8.6200", "shipment WB-7, its end", 6,
    )  # fmt: skip


def test_a_shipment_of_another_notice_carries_nothing_that_is_sought():
    truck = Journal()
    truck.note(1, "dock-goods", check="R-1", notice="ASN1", gtin=GTIN, read=1)
    truck.shipment(10, notice="ASN2", devices=("gnss",))
    truck.shipment(11, name="WB-8", devices=("gnss",))
    truck.place(20, 45.45, 8.62)
    assert seen_by_one(GTIN, truck) == {}


def test_an_article_and_its_lot_are_both_asked_of_what_a_label_named():
    both, article, lot = sought(f"(01){GTIN}(10)L7"), sought(f"(01){GTIN}"), sought("L7")
    pieces = [(Identity(gtin=GTIN), "L7"), (Identity(gtin=GTIN), "L8"), (Identity(sscc=SSCC), "L7")]
    assert [both.names(*each) for each in pieces] == [True, False, False]
    assert [article.names(*each) for each in pieces] == [True, True, False]
    assert [lot.names(*each) for each in pieces] == [True, False, True]
    assert not sought("").names(Identity(), "")


def test_the_memory_of_a_tag_of_no_known_scheme_is_looked_for_as_it_is():
    code = "ffff0000000000000000aaaa"
    assert sought(code).identity == Identity(epc=code.upper())
    store = Journal()
    store.note(10, "tag", "reader", epc=code)
    assert looked(code, store=store) == [(code, "near reader", 10, "store")]
