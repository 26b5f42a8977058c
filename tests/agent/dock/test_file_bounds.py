"""Files that are cut, too large, too deep, or of another sort; and what stands beside the lines."""

from __future__ import annotations

import json

import pytest

from agent.dock import epcis_xml, forms, notice, segments, xml_notice
from agent.dock.forms import form_of, read_notice, read_notices
from agent.dock.notice import Item, NoticeError
from tests.agent.dock.goods import plan
from tests.agent.dock.senders import (
    APPLE,
    PEAR,
    S,
    T,
    csv,
    edi,
    events,
    gs1,
    packed,
    shipped,
    ubl,
    x12,
)

LINE = f"LIN**UK*{APPLE}", "SN1**5*EA"
EDI_LINE = f"LIN+1++{APPLE}:SRV", "QTY+12:5:PCE"


def read(text: str | bytes):
    return read_notice(text.encode() if isinstance(text, str) else text)


def refused(text: str | bytes) -> str:
    with pytest.raises(NoticeError) as caught:
        read(text)
    return str(caught.value)


def test_a_file_may_be_so_large_and_no_larger(monkeypatch):
    data = csv(f"N1;{S};{APPLE};5").encode()
    assert notice.MOST_BYTES == 4 * 1024**2
    monkeypatch.setattr(forms, "MOST_BYTES", len(data))
    assert read(data).number == "N1"
    assert refused(data + b"\n").endswith(f"more than {len(data)}: split it")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7 text alone", "a PDF"),
        (b"PK\x03\x04\x00\x00", "a workbook or a ZIP archive"),
        (b"\x1f\x8b\x08\x00", "a gzip archive: unpack it"),
        (b"\x89PNG\r\n\x1a\n\x00", "a picture"),
        (b"notice;gtin\n\xff\x00\x01", "a PDF, a workbook or a picture"),
    ],
)
def test_what_is_no_text_is_named(data, what):
    assert f"the file is not a notice but {what}" in refused(data)


def test_text_in_an_old_code_page_is_named_with_its_line():
    assert refused(b"notice;gtin;quantity\nN;1;2\n\xfc;1;2\n") == (
        "line 3: the notice is not UTF-8: save it as UTF-8 and try again"
    )


@pytest.mark.parametrize("listed", ["all", [{}, 5], {"0": {}}])
def test_an_epcis_document_has_a_list_of_events(listed):
    no_list = "the EPCIS document has no list of events"
    assert refused(json.dumps({"epcisBody": {"eventList": listed}})) == no_list
    assert refused(json.dumps({"eventList": listed})) == no_list
    for empty in ({"epcisBody": 7}, {"epcisBody": {}}, {"eventList": []}):
        assert "of none of packing or shipping are no notice" in refused(json.dumps(empty))


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("[1]", "the JSON holds no object: a notice is {…}, with a key 'notice'"),
        ('{"notice": "N", "basis": "wish"}', "basis must be one of notice, order"),
        ('{"notice": "N", "units": [1]}', "unit 1 is not an object"),
        ('{"notice": "N", "units": [{}, {"items": [1]}]}', "unit 2, item 1 is not an object"),
        ('{"notice": "N", "units": 5}', "units: units must be a list"),
        (
            '{"notice": "N", "notice": "M"}',
            "key 'notice' is there twice: which of the two is meant",
        ),
        ('{"notice": "N", "zzz": 1, "aaa": 2}', "the notice: unknown key 'aaa': choose from"),
        ("[" * 100_000, "the JSON nests too deep, or a number is too long"),
    ],
)
def test_json_that_is_no_notice(tree, said):
    assert said in refused(tree)


def test_json_says_weights_numbers_and_what_it_is_held_against():
    by_weight = {"gtin": APPLE, "weight": 2.5, "number": "4711"}
    asked = read(plan((S, [by_weight, {"gtin": PEAR, "quantity": 2, "content": 6}])))
    assert asked.units[0].items == (Item(APPLE, 0, weight_g=2500), Item(PEAR, 2, content=6))
    assert (asked.basis, asked.supplier) == ("notice", "")
    assert read(plan((S, [by_weight]), basis="order", supplier="1")).basis == "order"
    several = json.dumps([json.loads(plan((S, [by_weight]), notice=each)) for each in "AB"])
    assert [each.number for each in read_notices(several.encode())] == ["A", "B"]


# Interchanges


def test_an_interchange_that_is_cut_is_told():
    assert "segment 1 (UNA) is cut short" in refused("UNA:+.?")
    assert "segment 1 (UNA) is cut short" in refused("UNA:+.? ")
    assert "segment 1 (ISA) is cut short" in refused("ISA*00*")
    whole = x12(*LINE)
    for end in (104, 105):
        assert "segment 1 (ISA) is cut short" in refused(whole[:end])
    assert "the file is cut" in refused(whole[:106])


@pytest.mark.parametrize(
    ("said", "lost"),
    [("26", True), ("8", False), ("x", False), ("²", False), ("999999999999", True)],
)
def test_segments_that_did_not_come_may_be_lost(said, lost):
    text = x12(*LINE).replace("SE*9*0001", f"SE*{said}*0001")
    more = ": a part may be lost on the way" if lost else ""
    assert read(text).remarks == (f"segment 11 (SE) counts {said[:10]} segments, 9 came{more}",)


def test_as_many_segments_as_are_counted_are_no_remark():
    assert read(x12(*LINE)).remarks == ()
    assert read(x12(*LINE, "CTT*1")).remarks == ()
    assert read(x12(*LINE, "CTT*3")).remarks == ()  # levels, as some senders count
    (said,) = read(x12(*LINE, "CTT*2")).remarks
    assert said.endswith("(CTT) counts 2 lines, 1 came: a part may be lost on the way")
    assert read(edi(*EDI_LINE, "CNT+2:1", "CNT+1:9")).remarks == ()


def test_segments_have_a_bound(monkeypatch):
    count = x12(*LINE).count("~")
    monkeypatch.setattr(segments, "MOST_SEGMENTS", count)
    assert read(x12(*LINE)).number == "N1"
    monkeypatch.setattr(segments, "MOST_SEGMENTS", count - 1)
    assert refused(x12(*LINE)) == f"more than {count - 1} segments"


# X12


def test_a_ship_notice_says_when_it_was_written_its_order_and_where_a_period_ends():
    over = read(x12(*LINE, "DTM*036*20261031"))
    assert over.remarks == (
        f"segment 9 (LIN): {APPLE} was good until 2026-10-31, before it was sent",
    )
    head = x12("PRF*PO-1", *LINE)
    assert read(head).order == "PO-1"
    assert read(x12("REF*PO*PO-2", *LINE, "REF*PO*PO-3")).order == "PO-2"
    assert read(x12("PRF*PO-1", "REF*PO*PO-2", *LINE)).order == "PO-1"
    assert read(x12("DTM*017****RD8*20261103-20261105", *LINE)).due == "2026-11-05"
    assert read(x12("DTM*999*20261103", *LINE)).due == ""


def test_a_containers_number_is_a_label_where_it_is_an_sscc():
    bare = x12(*LINE).replace(f"MAN*GM*00{S}", f"REF*0J*{S}")
    assert [unit.sscc for unit in read(bare).units] == [S]
    own = read(x12(*LINE).replace(f"MAN*GM*00{S}", "REF*0J*TRLU1234567"))
    assert [unit.sscc for unit in own.units] == [""]
    assert own.remarks[0].startswith("segment 7 (REF): an SSCC has 18 digits, not 'TRLU1234567'")
    behind = read(x12(*LINE, f"REF*0J*{T}", "REF*ZZ*x"))
    assert [unit.sscc for unit in behind.units] == [S]


def test_other_messages_are_named_by_their_number():
    assert "transaction set 810, not 856: an invoice" in refused(
        x12(*LINE).replace("ST*856", "ST*810")
    )
    assert refused(x12(*LINE).replace("ST*856", "ST*1234567")).endswith(
        "transaction set 123456, not 856"
    )


# XML


def nested(depth: int) -> bytes:
    inner = "<a>" * depth + "</a>" * depth
    return gs1("5", more=inner)


@pytest.mark.parametrize(("depth", "deep"), [(36, False), (37, True)])
def test_xml_nests_forty_deep(depth, deep):
    """The message, the advice, a unit and a line are four of them."""
    if deep:
        assert "too deep or too many elements" in refused(nested(depth))
    else:
        assert read(nested(depth)).units[0].items == (Item(APPLE, 5),)


def test_elements_of_xml_have_a_bound(monkeypatch):
    data = gs1("5")
    count = data.count(b"<") - data.count(b"</") - 1
    monkeypatch.setattr(xml_notice, "MOST_NODES", count)
    assert read(data).number == "N1"
    monkeypatch.setattr(xml_notice, "MOST_NODES", count - 1)
    assert "too deep or too many elements" in refused(data)


EVENT = (
    "<AggregationEvent><eventTime>2026-11-01T08:00:00Z</eventTime><action>ADD</action>"
    "<bizStep>packing</bizStep><parentID>urn:epc:id:sscc:4260304.3621232101</parentID><childEPCs>"
    "<epc>urn:epc:id:sgtin:4012345.011111.1</epc></childEPCs>MORE</AggregationEvent>"
)


def epcis(event: str = EVENT, more: str = "") -> bytes:
    body = f"<EPCISBody><EventList>{event.replace('MORE', more)}</EventList></EPCISBody>"
    return (
        f'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1"><Head>x</Head>{body}'
        "</e:EPCISDocument>"
    ).encode()


def test_events_in_xml_are_bounded_as_well(monkeypatch):
    assert read(epcis()).units[0].items == (Item(APPLE, 1, serials=("1",)),)
    data = epcis()
    count = data.count(b"<") - data.count(b"</")
    monkeypatch.setattr(epcis_xml, "MOST_NODES", count)
    assert len(epcis_xml.events_of(data)) == 1
    monkeypatch.setattr(epcis_xml, "MOST_NODES", count - 1)
    assert "line 1: too deep or too many elements" in refused(data)
    monkeypatch.undo()
    for depth, deep in ((37, False), (38, True)):
        data = epcis(more="<a>" * depth + "</a>" * depth)
        if deep:
            assert "too deep or too many elements" in refused(data)
        else:
            assert read(data).units[0].sscc


def test_an_event_in_xml_is_what_it_says_in_json():
    more = (
        '<bizTransactionList><bizTransaction type="desadv">N7</bizTransaction>'
        '<bizTransaction>PO</bizTransaction></bizTransactionList><extension><childQuantityList>'
        f"<quantityElement><epcClass>https://id.gs1.org/01/{PEAR}</epcClass><quantity> 6 "
        "</quantity></quantityElement></childQuantityList></extension><ilmd><lot>L1</lot></ilmd>"
        "<action>DELETE</action>"
    )  # fmt: skip
    assert epcis_xml.events_of(epcis(more=more)) == [{
        "type": "AggregationEvent", "eventTime": "2026-11-01T08:00:00Z", "action": "ADD",
        "bizStep": "packing", "parentID": "urn:epc:id:sscc:4260304.3621232101",
        "childEPCs": ["urn:epc:id:sgtin:4012345.011111.1"],
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "N7"},
                               {"type": "", "bizTransaction": "PO"}],
        "childQuantityList": [{"epcClass": f"https://id.gs1.org/01/{PEAR}", "quantity": "6"}],
        "ilmd": {"lot": "L1"},
    }]  # fmt: skip


def test_what_was_loaded_under_no_number_is_of_the_one_notice_there_is():
    quantity = {"epcClass": f"https://id.gs1.org/01/{PEAR}", "quantity": 6}
    other = quantity | {"epcClass": f"https://id.gs1.org/01/{APPLE}", "quantity": 2}
    loaded = shipped(T, bizTransactionList=[], quantityList=[quantity, other])
    named = shipped(S, quantityList=[quantity])
    (found,) = read_notices(events(packed("ADD", 1), named, loaded).encode())
    assert [(unit.sscc, len(unit.items)) for unit in found.units] == [("", 2), (S, 1), (T, 0)]
    assert [each.quantity for each in found.units[0].items] == [6, 2]


def test_ubl_says_its_date_and_numbers_of_sellers():
    assert read(ubl("5")).units[0].items == (Item(APPLE, 5),)
    party = (
        "<cac:DespatchSupplierParty><cac:Party><cac:PartyIdentification><cbc:ID>4012345000009"
        "</cbc:ID></cac:PartyIdentification></cac:Party></cac:DespatchSupplierParty>"
    )
    assert read(ubl("5", head=party)).supplier == "4012345000009"
    for unit in ("PALLET-1", "123456", "A" * 18):
        assert [each.sscc for each in read(ubl("5", unit=unit)).units] == [""]


def test_ubl_names_the_one_unit_of_a_delivery_outside_its_lines():
    """UBL 2.1, cac:Shipment: of the whole advice, or of one line; the latter is no new delivery."""
    whole = ubl("5", unit="PKG-7").replace(b"</cac:DespatchLine>", (
        b"</cac:DespatchLine><cac:Shipment><cbc:ID>2</cbc:ID><cac:TransportHandlingUnit>"
        b"<cbc:ID>" + S.encode() + b"</cbc:ID></cac:TransportHandlingUnit></cac:Shipment>"
    ))  # fmt: skip
    line = b"".join(ubl("5").partition(b"<cac:DespatchLine>")[1:]).partition(b"</DespatchAdvice>")[
        0
    ]
    second = line.replace(S.encode(), T.encode()).replace(b">5<", b">7<")
    both = ubl("5").replace(b"</DespatchAdvice>", second + b"</DespatchAdvice>")
    assert [(unit.sscc, [each.quantity for each in unit.items]) for unit in read(both).units] == [
        (S, [5]), (T, [7]),
    ]  # fmt: skip
    assert read(whole).units


@pytest.mark.parametrize("scheme", ["0160", "GTIN", ""])
def test_ubl_names_an_article_by_its_gtin_and_by_no_other_number(scheme):
    """ISO/IEC 6523's 0160 is the GTIN."""
    gtin = ubl("5").replace(b'schemeID="0160"', f'schemeID="{scheme}"'.encode())
    assert read(gtin).units[0].items == (Item(APPLE, 5),)
    assert read(ubl("5").replace(b' schemeID="0160"', b"")).units[0].items == (Item(APPLE, 5),)
    other = ubl("5").replace(b'schemeID="0160"', b'schemeID="0088"')
    with pytest.raises(NoticeError, match=rf"only {APPLE} \(0088\): ask the supplier for GTINs"):
        read(other)


def test_the_form_shows_in_the_first_characters():
    assert form_of(b"\xef\xbb\xbf  {") == "json"
    for root, form in (
        ("EPCISDocument", "epcis"), ("x:EPCISQueryDocument", "epcis"), ("DespatchAdvice", "ubl"),
        ("despatchAdviceMessage", "gs1-xml"), ("Invoice", "gs1-xml"),
        ("StandardBusinessDocument><DespatchAdvice", "ubl"),
        ("StandardBusinessDocument><EPCISDocument", "epcis"),
        ("a><b><DespatchAdvice", "gs1-xml"), ("a><b><EPCISDocument", "gs1-xml"),
    ):  # fmt: skip
        assert form_of(f"<?xml version='1.0'?><{root}>".encode()) == form
    far = b"<?xml version='1.0'?>" + b" " * 4096 + b"<DespatchAdvice>"
    assert form_of(far) == "gs1-xml"
