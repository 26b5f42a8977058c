"""What a notice says before, behind and around its lines, in the forms that say it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from agent.dock import builder as builder_module
from agent.dock.builder import Builder
from agent.dock.forms import read_notice
from agent.dock.measures import KILOGRAM, Measure
from agent.dock.notice import Item, NoticeError, Unit
from tests.agent.dock.goods import sscc
from tests.agent.dock.senders import APPLE, IRI, PEAR, TIME, S, T, edi, events, packed, shipped, x12

INNER, OUTER = sscc(7), sscc(8)
LINE = (f"LIN+1++{APPLE}:SRV", "QTY+12:5:PCE")


def read(text: str):
    return read_notice(text.encode())


def items(text: str) -> tuple[Item, ...]:
    (unit,) = read(text).units
    return unit.items


def refused(text: str) -> str:
    with pytest.raises(NoticeError) as caught:
        read(text)
    return str(caught.value)


# EDIFACT: UN/ECE 3035, 1153, 7143


@pytest.mark.parametrize(
    ("parties", "supplier", "receiver"),
    [
        (["BY+1", "DP+2"], "", "2"),
        (["DP+2", "BY+1"], "", "2"),
        (["BY+1"], "", "1"),
        (["BY+1", "BY+3"], "", "1"),
        (["SU+4", "CN+5"], "4", ""),
        ([], "", ""),
    ],
)
def test_who_gets_the_goods_is_the_delivery_party_else_the_buyer(parties, supplier, receiver):
    found = read(edi(*(f"NAD+{each}::9" for each in parties), *LINE))
    assert (found.supplier, found.receiver) == (supplier, receiver)


def test_a_batch_is_one_of_the_line_before_it_alone():
    assert items(edi("RFF+BT:L9", *LINE)) == (Item(APPLE, 5),)
    assert items(edi(*LINE, "RFF+BT:L9")) == (Item(APPLE, 5, "L9"),)
    assert items(edi(*LINE, "RFF+CR:L9")) == (Item(APPLE, 5),)
    assert read(edi("RFF+ON:PO-1", *LINE, "RFF+ON:PO-2")).order == "PO-1"


@pytest.mark.parametrize(
    ("line", "pia", "gtin"),
    [
        ("LIN+1++4711:SA", f"PIA+5+{APPLE}:SRV", APPLE),
        ("LIN+1++4711:SA", f"PIA+1+{PEAR}:SRV'PIA+5+{APPLE}:SRV", APPLE),
        ("LIN+1++4711:SA", f"PIA+5+{APPLE}:SRV'PIA+1+{PEAR}:SRV", APPLE),
        (f"LIN+1++{APPLE}:SRV", f"PIA+5+{PEAR}:SRV", APPLE),
        (f"LIN+1++{APPLE}:SRV", f"PIA+1+{PEAR}:GD", APPLE),
        (f"LIN+1++{APPLE}:SRV", f"PIA+1+{PEAR}", APPLE),
    ],
)
def test_the_number_that_identifies_goes_before_one_that_is_additional(line, pia, gtin):
    assert [each.gtin for each in items(edi(line, *pia.split("'"), "QTY+12:5:PCE"))] == [gtin]


def test_what_lies_in_an_article_is_told_by_its_number_and_not_counted_in_however_many_parts():
    inner = (
        f"LIN+2++{PEAR}:SRV+1:7", "QTY+12:9:PCE", "PCI+1", "GIN+BX+L1", "QTY+11:4:PCE", "PCI+1",
        "GIN+BX+L2", "QTY+11:5:PCE", "LIN+3++4711:SA+1:7",
    )  # fmt: skip
    found = read(edi(*LINE, *inner))
    assert found.units[0].items == (Item(APPLE, 5),)
    assert found.remarks == (
        f"segment 11 (LIN): {PEAR} lies in the goods of line 7",
        "segment 19 (LIN): 4711 lies in the goods of line 7",
    )


@pytest.mark.parametrize(
    ("unz", "said"),
    [("1", ()), ("01", ()), ("2", ("2",)), ("x", ("x",)), ("1234567890123", ("1234567890",))],
)
def test_messages_that_an_interchange_counts_and_that_did_not_come_are_remarked(unz, said):
    found = read(edi(*LINE).replace("UNZ+1+1", f"UNZ+{unz}+1"))
    assert found.remarks == tuple(
        f"the interchange (UNZ) counts {each} messages, 1 came" for each in said
    )


def test_of_two_interchanges_in_a_file_one_may_be_a_test():
    test = edi(*LINE, unb="++++++1", number="N2", unit=T)
    both = edi(*LINE) + test
    for text, number in ((test, ""), (both, "N1")):
        found = read_notice(text.encode(), number)
        assert [each for each in found.remarks if "marked as a test" in each]


# X12 and the levels around a line


def test_what_a_pack_says_before_its_lines_holds_for_them_and_nothing_is_not_said():
    lines = ("REF*LT*", "REF*LT*L1", f"LIN**UK*{APPLE}", "SN1**5*EA", f"LIN**UK*{PEAR}*LT*L2",
             "SN1**6*EA")  # fmt: skip
    assert items(x12(*lines)) == (Item(APPLE, 5, "L1"), Item(PEAR, 6, "L2"))
    assert "L1 and L3 for one package" in refused(x12("REF*LT*L1", "REF*LT*L3", *lines[2:]))


def test_no_article_was_named_before_is_said_of_what_needs_one():
    for step in ("lot", "quantity", "serial", "content"):
        with pytest.raises(NoticeError, match="line 1: no article was named before"):
            getattr(Builder("json", b""), step)("7", "line 1")
    with pytest.raises(NoticeError, match="line 1: no article was named before"):
        Builder("json", b"").expiry("20271231", "line 1")


# What any form may bring


def built(*steps) -> Builder:
    """A builder with one unit, that took these steps."""
    made = Builder("json", b"")
    made.number = "N"
    made.begin_unit(S, "line 1")
    for name, *arguments in steps:
        getattr(made, name)(*arguments, "line 2")
    return made


def test_a_line_of_no_pieces_and_some_weight_is_of_that_weight():
    one = ("begin_line", APPLE), ("quantity", "0")
    by_weight = built(*one)
    by_weight.quantity("5", "line 2", KILOGRAM)
    assert by_weight.notice().units == (Unit(S, (Item(APPLE, 0, weight_g=5000),)),)
    nothing = built(*one).notice()
    assert nothing.units == (Unit(S, ()),)
    assert nothing.remarks == (f"line 2: nothing of {APPLE} was sent",)


def test_a_unit_is_gone_back_to_and_a_line_behind_it_is_its_own():
    made = built(("begin_line", APPLE), ("quantity", "5"))
    made.begin_unit(T, "line 3")
    made.begin_line(PEAR, "line 3")
    made.quantity("6", "line 3")
    made.return_to_unit(S, "line 4")
    assert not made.has_line
    made.begin_line(PEAR, "line 4")
    made.quantity("7", "line 4")
    assert made.notice().units == (
        Unit(S, (Item(APPLE, 5), Item(PEAR, 7))), Unit(T, (Item(PEAR, 6),)),
    )  # fmt: skip


def test_twenty_remarks_are_kept_each_once():
    made = built(("begin_line", APPLE), ("quantity", "5"))
    for number in range(30):
        made.remark(f"remark {number // 2}")
        made.remark(f"odd {number}")
    assert len(made.notice().remarks) == 20


def test_lines_labels_and_serial_numbers_have_one_bound(monkeypatch):
    monkeypatch.setattr(builder_module, "MOST_ITEMS", 4)
    steps = [("begin_line", APPLE), ("serial", "1"), ("serial", "2")]
    assert built(*steps).notice().units[0].items[0].serials == ("1", "2")
    for more in (("serial", "3"), ("begin_line", PEAR)):
        with pytest.raises(NoticeError, match="line 2: more than 4 lines: split the notice"):
            built(*steps, more)


def test_a_line_under_two_labels_lies_in_the_unit_around_them():
    made = built()
    made.begin_level("inner", inside="outer")
    for label in (T, INNER):
        made.label(label, "line 2")
    made.begin_line(APPLE, "line 2")
    made.quantity("5", "line 2")
    made.begin_level("outer")
    made.label(OUTER, "line 3")
    assert [(unit.sscc, unit.items) for unit in made.notice().units] == [
        (S, ()), (T, ()), (INNER, ()),
        (OUTER, (Item(APPLE, 5),)),
    ]  # fmt: skip


def test_what_a_line_says_before_its_parts_holds_for_each_of_them():
    parts = ("PCI+1", "GIN+BX+L1", "QTY+11:4", "PCI+1", "GIN+BX+L2", "QTY+11:5")
    dated = (f"LIN+1++{APPLE}:SRV", "QTY+12:9", "DTM+36:20271231:102")
    assert items(edi(*dated, *parts)) == (
        Item(APPLE, 4, "L1", "2027-12-31"), Item(APPLE, 5, "L2", "2027-12-31"),
    )  # fmt: skip
    assert "parts of 8 make 9: ask the supplier" in refused(
        edi(dated[0], "QTY+12:8", dated[2], *parts)
    )


@pytest.mark.parametrize(("pieces", "content"), [("48", 12), ("50", 6)])
def test_serial_numbers_of_packages_are_of_packages_and_say_how_many_are_in_each(pieces, content):
    made = built(("begin_line", APPLE), ("quantity", pieces), ("content", "6"))
    made.quantity("4", "line 2", Measure(package="carton"))
    for serial in "1234":
        made.serial(serial, "line 2")
    assert made.notice().units[0].items == (
        Item(APPLE, 4, serials=("1", "2", "3", "4"), package="carton", content=content),
    )


# EPCIS 2.0


def test_events_say_order_parties_and_goods_that_are_counted():
    about = [
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:N1"},
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:PO-7"},
    ]
    found = read(events(shipped(
        bizTransactionList=about,
        sourceList=[{"type": "owning_party", "source": "https://id.gs1.org/417/4012345000009"}],
        destinationList=[{"type": "owning_party", "destination": "urn:epc:id:pgln:8012345.00000"}],
        quantityList=[{"epcClass": f"https://id.gs1.org/01/{PEAR}/10/L1", "quantity": 6},
                      {"epcClass": f"https://id.gs1.org/01/{APPLE}", "quantity": 2.5, "uom": "KGM"}],
    )))  # fmt: skip
    assert (found.number, found.order, found.supplier, found.receiver) == (
        "N1", "PO-7", "4012345000009", "8012345.00000",
    )  # fmt: skip
    assert found.units == (Unit("", (Item(PEAR, 6, "L1"), Item(APPLE, 0, weight_g=2500))),)


def test_what_is_aggregated_as_it_ships_is_shipped_and_any_step_packs():
    both = events(packed("ADD", 1) | {"bizStep": "shipping"}, packed("ADD", 2, parent=T))
    assert [unit.sscc for unit in read(both).units] == [S]
    for event in (packed("ADD", 1) | {"bizStep": ""}, packed("ADD", 1) | {"bizStep": "picking"}):
        assert read(events(event)).units == (Unit(S, (Item(APPLE, 1, serials=("1",)),)),)
    unloaded = packed("ADD", 1) | {"bizStep": "unloading"}
    assert "are no notice" in refused(events(unloaded))


def test_a_notice_without_a_number_is_called_by_its_time():
    assert read(events(packed("ADD", 1))).number == "EPCIS 2026-11-01T08:00:00Z"
    bare = shipped(S, bizTransactionList=[], eventTime="2026-11-02T08:00:00Z")
    assert read(events(packed("ADD", 1), bare)).number == "EPCIS 2026-11-02T08:00:00Z"


def test_an_event_that_cannot_be_used_is_named_by_its_place():
    wrong = packed("ADD", 2) | {"parentID": "urn:epc:id:sgtin:4012345.011111.9"}
    assert refused(events(packed("ADD", 1), wrong)).startswith(
        "event 2: what was packed into 'urn:"
    )
    classless = shipped(quantityList=[{"epcClass": "urn:epc:class:x", "quantity": 1}])
    assert refused(events(classless)) == "event 1: 'urn:epc:class:x' names no article"
    strange = packed("ADD", 1) | {"childEPCs": ["urn:epc:id:gid:1.2.3"]}
    assert refused(events(strange)) == (
        f"(00){S}: 'urn:epc:id:gid:1.2.3' names neither article nor unit"
    )


def test_what_was_void_is_taken_back_by_an_object_event_alone():
    void = shipped(T, step="void_shipping")
    assert [unit.sscc for unit in read(events(shipped(S, T), void)).units] == [S]
    aggregated = packed("ADD", 9, parent=T) | {"bizStep": "void_shipping"}
    found = read(events(shipped(S, T), aggregated))
    assert [(unit.sscc, unit.items) for unit in found.units] == [(S, ()), (T, ())]


@pytest.mark.parametrize("deep", [8, 9])
def test_units_lie_in_each_other_eight_deep(deep):
    ssccs = [sscc(number) for number in range(deep)]
    told = [
        {"type": "AggregationEvent", **TIME, "action": "ADD", "bizStep": "packing",
         "parentID": IRI + outer, "childEPCs": [IRI + inner]}
        for outer, inner in pairwise(ssccs)
    ]  # fmt: skip
    if deep == 8:
        assert len(read(events(*told)).units) == 8
    else:
        assert "more than 8 deep" in refused(events(*told))


def test_pieces_of_one_article_in_two_batches_are_two_lines():
    made = [
        {"type": "ObjectEvent", **TIME, "action": "ADD", "bizStep": "commissioning",
         "epcList": [f"urn:epc:id:sgtin:4012345.011111.{n}"],
         "ilmd": {"cbvmda:lotNumber": lot, "cbvmda:itemExpirationDate": "2027-12-31",
                  "cbvmda:bestBeforeDate": "2027-11-30"}}
        for n, lot in ((1, "L1"), (2, "L2"))
    ]  # fmt: skip
    dates = {"expiry": "2027-12-31", "best_before": "2027-11-30"}
    assert read(events(*made, packed("ADD", 1, 2))).units[0].items == (
        Item(APPLE, 1, "L1", serials=("1",), **dates),
        Item(APPLE, 1, "L2", serials=("2",), **dates),
    )
