"""What goes back: read by other people's parsers, and by the standard's schema, to the same numbers."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import warnings
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from pydifact.exceptions import MissingImplementationWarning
from pydifact.segmentcollection import Interchange
from pyx12.x12file import X12Reader

from agent.dock.notice import NO_BATCH, Batch
from agent.dock.papers.forms import PAPERS
from agent.dock.papers.receipt import Differs, Goods, NoPaper, receipt_of
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, PLUM

DATA = Path(os.environ.get("TALLYMAN_DATA", Path(__file__).parents[4] / "shared" / "data"))
SCHEMA = DATA / "epcis" / "EPCIS-JSON-Schema.json"
SUPPLIER, RECEIVER = "4012345000009", "8012345000005"

TOLD = {
    "check": "R-20261122-0001", "number": 4711, "decided_ms": 1_795_341_600_500, "sha256": "a1" * 32,
    "delivery": {},
    "receipt": {
        "notice": "ASN+1099'X:1?", "order": "PO-7", "supplier": SUPPLIER, "read_point": "door 2",
        "decision": "accepted", "disposition": "mismatch_quantity", "expected": 22, "found": 21,
        "read": 9, "by_hand": 2, "believed": 10, "units": P1 + P2,
    },
    "goods": [
        {"gtin": APPLE, "quantity": 10, "read": 8, "by_hand": 1, "believed": 0, "lot": "L'1+",
         "expiry": "2027-12-31", "receiver": RECEIVER},
        {"gtin": PEAR, "quantity": 12, "read": 0, "by_hand": 0, "believed": 10, "package": "carton"},
        {"gtin": APPLE, "quantity": 0, "read": 1, "by_hand": 1, "believed": 0, "lot": "WRONG"},
        {"gtin": PLUM, "quantity": 0, "read": 2, "by_hand": 0, "believed": 0, "weight": 25_500,
         "weighed": 24_000},
    ],
    "differences": [
        {"code": "X34", "gtin": APPLE, "quantity": 1, "text": "missing", "lot": "L'1+",
         "expiry": "2027-12-31"},
        {"code": "X34", "gtin": PEAR, "quantity": 2, "text": "missing"},
        {"code": "BH", "gtin": APPLE, "quantity": 2, "text": "batch WRONG, advised L'1+", "lot": "WRONG"},
        {"code": "AF", "gtin": PEAR, "quantity": 3, "text": "=crushed", "rejected": 1},
        {"code": "X34", "gtin": PLUM, "quantity": 0, "weight": 1500, "text": "1.5 kg"},
    ],
}  # fmt: skip
RECEIPT = receipt_of(TOLD)


def made(form: str) -> bytes:
    return PAPERS[form][1](RECEIPT)


def components(element) -> list[str]:
    return element if isinstance(element, list) else [element]


def test_a_receiving_advice_read_by_pydifact():
    with warnings.catch_warnings(action="ignore", category=MissingImplementationWarning):
        interchange = Interchange.from_str(made("recadv").decode("latin-1"))
    (message,) = interchange.get_messages()
    assert message.type == "RECADV"
    segments = [(each.tag, [components(e) for e in each.elements]) for each in message.segments]
    assert ["AAK", "ASN+1099'X:1?"] in [e[0] for tag, e in segments if tag == "RFF"]
    assert [e[1] for tag, e in segments if tag == "BGM"] == [["R-20261122-0001"]]
    assert [e[1][0] for tag, e in segments if tag == "GIN"] == [P1, P2]
    lines = []
    for tag, elements in segments:
        if tag == "LIN":
            lines.append({"gtin": elements[2][0], "qty": {}, "qvr": [], "lot": ""})
        elif tag == "PIA":
            lines[-1]["lot"] = elements[1][0]
        elif tag == "QTY" and len(elements[0]) < 3:
            lines[-1]["qty"][elements[0][0]] = int(elements[0][1])
        elif tag == "QTY":
            lines[-1]["qty"][elements[0][0] + elements[0][2]] = Decimal(elements[0][1])
        elif tag == "QVR" and lines:
            code = elements[1][0] or elements[2][0]
            lines[-1]["qvr"].append((elements[0][0], code))
    assert lines == [
        {"gtin": APPLE, "lot": "L'1+", "qty": {"12": 10, "194": 9}, "qvr": [("-1", "X34")]},
        {"gtin": PEAR, "lot": "", "qty": {"12CT": 12, "194CT": 7, "195CT": 3},
         "qvr": [("-2", "X34"), ("-3", "AF")]},
        {"gtin": APPLE, "lot": "WRONG", "qty": {"12": 0, "194": 2}, "qvr": [("2", "BH")]},
        {"gtin": PLUM, "lot": "",
         "qty": {"12": 0, "194": 2, "12KGM": Decimal("25.500"), "194KGM": Decimal("24.000")},
         "qvr": [("-1.500", "X34")]},
    ]  # fmt: skip
    told = [e[-1][0] for tag, e in segments if tag == "FTX"]
    assert told[0] == "9 read, 2 by hand, 10 believed by the label of their unit"
    assert told[1:3] == ["8 read, 1 by hand, 0 believed", "0 read, 0 by hand, 10 believed"]
    assert f"'UNT+{len(segments) + 2}+4711'" in made("recadv").decode("latin-1")  # UNH and UNT
    assert interchange.sender == [RECEIVER, "14"]


def test_an_861_read_by_pyx12():
    reader = X12Reader(io.StringIO(made("861").decode()))
    segments = list(reader)
    assert reader.pop_errors() == []
    found = [
        [each.get_seg_id(), *(each.get_value(f"{n:02d}") or "" for n in range(1, len(each) + 1))]
        for each in segments
    ]
    ids = [each[0] for each in found]
    assert ids[:3] == ["ISA", "GS", "ST"]
    assert ids[-3:] == ["SE", "GE", "IEA"]
    rcd = [each[1:] for each in found if each[0] == "RCD"]
    assert rcd == [
        ["1", "9", "EA", "", "", "1", "EA", "02"],
        ["2", "7", "CT", "3", "CT", "3", "CT", "08"],
        ["3", "2", "EA", "", "", "2", "EA", "03"],
        ["4", "2", "EA", "", "", "2", "EA", "03"],
    ]
    lin = next(each[1:] for each in found if each[0] == "LIN")
    assert lin == ["1", "UK", APPLE, "LT", "L'1+"]
    assert [each[5] for each in found if each[0] == "PID"][1] == "0 read, 0 by hand, 10 believed"
    assert [each[1:3] for each in found if each[0] == "REF"] == [["SI", "ASN+1099'X:1?"]]
    assert [each[2] for each in found if each[0] == "MAN"] == [f"00{P1}", f"00{P2}"]
    (end,) = [each for each in found if each[0] == "SE"]
    assert int(end[1]) == ids.index("SE") - ids.index("ST") + 1


def test_values_that_divide_in_x12_choose_another_mark():
    told = json.loads(json.dumps(TOLD))
    told["receipt"]["notice"] = "A*1~2"
    text = PAPERS["861"][1](receipt_of(told)).decode()
    assert text[3] == "|"
    (advice,) = [each for each in X12Reader(io.StringIO(text)) if each.get_seg_id() == "REF"]
    assert advice.get_value("REF02") == "A*1~2"
    told["receipt"]["notice"] = "*|^\x1d"
    with pytest.raises(NoPaper, match="X12 cannot hold"):
        PAPERS["861"][1](receipt_of(told))


def test_a_receiving_event_by_the_standards_schema():
    if not SCHEMA.exists():
        pytest.skip(f"no reference data at {SCHEMA}: set TALLYMAN_DATA")
    document = json.loads(made("epcis"))
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator(schema).validate(document)
    (event,) = document["epcisBody"]["eventList"]
    assert (event["bizStep"], event["disposition"]) == ("receiving", "mismatch_quantity")
    assert event["epcList"] == [f"https://id.gs1.org/00/{each}" for each in (P1, P2)]
    assert [each["quantity"] for each in event["quantityList"]] == [9, 10, 2, 2]
    assert [each["tallyman:believed"] for each in event["tallyman:lines"]] == [0, 10, 0, 0]
    assert event["quantityList"][0]["epcClass"] == f"https://id.gs1.org/01/{APPLE}/10/L%271%2B"
    assert event["eventTime"] == "2026-11-22T10:00:00.500Z"
    assert event["bizTransactionList"][0]["bizTransaction"].startswith(
        f"urn:epcglobal:cbv:bt:{SUPPLIER}:ASN%2B1099"
    )
    numbers = [event[f"tallyman:{name}"] for name in ("expected", "read", "byHand", "believed")]
    assert numbers == [22, 9, 2, 10]


def test_a_table_for_a_spreadsheet():
    rows = list(csv.DictReader(io.StringIO(made("csv").decode("utf-8-sig"))))
    goods = [each for each in rows if each["row"] == "goods"]
    assert [(e["gtin"], e["lot"], e["advised"], e["read"], e["by_hand"], e["believed"]) for e in goods] == [
        (APPLE, "L'1+", "10", "8", "1", "0"), (PEAR, "", "12", "0", "0", "10"),
        (APPLE, "WRONG", "0", "1", "1", "0"), (PLUM, "", "0", "2", "0", "0"),
    ]  # fmt: skip
    damaged = next(each for each in rows if each["code"] == "AF")
    assert (damaged["quantity"], damaged["text"]) == ("3", "'=crushed")  # no formula
    assert goods[3]["kilograms"] == "24.000"


def test_a_whole_delivery_that_is_rejected_is_not_accepted():
    told = json.loads(json.dumps(TOLD))
    told["receipt"]["decision"] = "rejected"
    text = PAPERS["recadv"][1](receipt_of(told)).decode("latin-1")
    assert "QTY+194:0'QTY+195:9'" in text
    assert "QTY+194:0:CT'QTY+195:10:CT'" in text


def test_letters_beyond_latin_1():
    told = json.loads(json.dumps(TOLD))
    told["goods"][0]["lot"] = "箱7"
    data = PAPERS["recadv"][1](receipt_of(told))
    assert data.startswith(b"UNA:+.? 'UNB+UNOW:4+")
    assert "箱7:NB" in data.decode()


def test_receipts_of_which_no_paper_can_be_made():
    with pytest.raises(NoPaper, match="are gone"):
        receipt_of(TOLD | {"receipt": {}})
    old = {k: v for k, v in TOLD["receipt"].items() if k not in ("read", "by_hand", "believed")}
    with pytest.raises(NoPaper, match="of an older version"):
        receipt_of(TOLD | {"receipt": old})


def test_the_clock_of_these_tests():
    assert RECEIPT.decided == dt.datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=dt.UTC)


def test_no_event_is_made_that_a_partner_would_refuse():
    nothing = {"units": "", "goods": []}
    empty = receipt_of(TOLD | {"goods": [], "receipt": TOLD["receipt"] | nothing})
    with pytest.raises(NoPaper, match="nothing came on receipt"):
        PAPERS["epcis"][1](empty)
    wrong = receipt_of(TOLD | {"goods": [TOLD["goods"][0] | {"gtin": APPLE[:-1] + "0"}]})
    with pytest.raises(NoPaper, match="quantityList/0/epcClass: the check digit"):
        PAPERS["epcis"][1](wrong)
    other = receipt_of(TOLD | {"receipt": TOLD["receipt"] | {"disposition": "perfect"}})
    with pytest.raises(NoPaper, match="'perfect' is no disposition of CBV"):
        PAPERS["epcis"][1](other)


BEST = {
    "check": "R-9", "number": 12_000_000_007, "decided_ms": 1_795_341_600_999, "sha256": "b2",
    "receipt": {
        "notice": "N9", "read_point": "door 2", "decision": "accepted",
        "disposition": "mismatch_quantity", "expected": 8, "found": 9, "read": 9, "by_hand": 0,
        "believed": 0, "purpose": "returns",
    },
    "goods": [
        {"gtin": APPLE, "quantity": 4, "read": 5, "by_hand": 0, "believed": 0, "lot": "L1",
         "expiry": "2027-12-31", "best_before": "2027-11-30", "package": "sack"},
        {"gtin": APPLE, "quantity": 4, "read": 4, "by_hand": 0, "believed": 0, "lot": "L2",
         "package": "pallet"},
        {"gtin": PEAR, "quantity": 4},
    ],
    "differences": [
        {"code": "AC", "gtin": APPLE, "quantity": 1, "text": "more", "lot": "L1",
         "expiry": "2027-12-31", "best_before": "2027-11-30"},
        {"code": "AF", "gtin": APPLE, "quantity": 6, "text": "wet", "rejected": 1},
        {"code": "AE", "sscc": P2, "quantity": 1, "text": "a unit that was not advised"},
        {"code": "X34", "sscc": P1, "quantity": 3, "text": "missing"},
        {"sscc": P1, "quantity": 1, "text": "of no code"},
        {"gtin": APPLE, "quantity": 1, "text": "barcode and tag differ"},
    ],
}  # fmt: skip
NINTH = receipt_of(BEST)


def test_every_segment_of_a_receiving_advice():
    assert PAPERS["recadv"][1](NINTH).decode("latin-1").split("'") == [
        "UNA:+.? ", "UNB+UNOC:3+RECEIVER:14+SUPPLIER:14+261122:1000+7",
        "UNH+7+RECADV:D:01B:UN:EAN005", "BGM+632+R-9+9", "DTM+137:202611221000:203",
        "DTM+50:20261122:102",
        "FTX+AAI+++9 read, 0 by hand, 0 believed by the label of their unit",
        "RFF+AAK:N9", "CPS+1", "QVR+1:12+AE", "QVR+-3:12++X34::9",
        f"LIN+1++{APPLE}:SRV", "PIA+1+L1:NB", "QTY+12:4", "QTY+194:0", "QTY+195:5",
        "QVR+1:12+AC", "QVR+-6:124+AF", "DTM+36:20271231:102", "DTM+361:20271130:102",
        "FTX+AAI+++5 read, 0 by hand, 0 believed",
        f"LIN+2++{APPLE}:SRV", "PIA+1+L2:NB", "QTY+12:4:PX", "QTY+194:3:PX", "QTY+195:1:PX",
        "FTX+AAI+++4 read, 0 by hand, 0 believed", "CNT+2:2", "UNT+27+7", "UNZ+1+7", "",
    ]  # fmt: skip
    full = made("recadv").decode("latin-1")
    for segment in (
        f"UNB+UNOC:3+{RECEIVER}:14+{SUPPLIER}:14+261122:1000+4711", f"NAD+SU+{SUPPLIER}::9",
        f"NAD+DP+{RECEIVER}::9", "RFF+ON:PO-7", "PCI+33E", "UNZ+1+4711",
    ):  # fmt: skip
        assert f"'{segment}'" in full


def test_every_segment_of_an_861():
    blank = " " * 10
    assert PAPERS["861"][1](NINTH).decode().split("~") == [
        (f"ISA*00*{blank}*00*{blank}*ZZ*RECEIVER       *ZZ*SUPPLIER       *261122*1000*U*00401"
        "*000000007*0*P*>"),
        "GS*RC*RECEIVER*SUPPLIER*20261122*1000*7*X*004010", "ST*861*0001",
        "BRA*R-9*20261122*00*1*1000", "REF*SI*N9", "DTM*050*20261122",
        "RCD*1*0*EA*5*EA*5*EA*08", "SN1*1*4*EA", f"LIN*1*UK*{APPLE}*LT*L1",
        "PID*F****5 read, 0 by hand, 0 believed",
        "RCD*2*3*PL*1*PL*1*PL*08", "SN1*2*4*PL", f"LIN*2*UK*{APPLE}*LT*L2",
        "PID*F****4 read, 0 by hand, 0 believed", "CTT*2", "SE*14*0001", "GE*1*7",
        "IEA*1*000000007", "",
    ]  # fmt: skip
    full = made("861").decode()
    for segment in (
        f"ISA*00*{blank}*00*{blank}*ZZ*{RECEIVER}  *ZZ*{SUPPLIER}  *261122", "PRF*PO-7",
        f"N1*SF**UL*{SUPPLIER}", f"N1*ST**UL*{RECEIVER}", "MEA*WT*N*24.000*KG",
        f"MAN*GM*00{P1}~MAN*GM*00{P2}~RCD*2",
    ):  # fmt: skip
        assert segment in full


def test_pieces_that_came_as_advised_are_in_good_condition():
    good = BEST["goods"][1] | {"package": "box"}
    text = PAPERS["861"][1](receipt_of(BEST | {"goods": [good], "differences": []})).decode()
    assert "~RCD*1*4*BX*****07~" in text


def test_a_name_longer_than_x12_has_room_for_is_cut():
    sender = BEST["receipt"] | {"supplier": "S" * 16}
    goods = [BEST["goods"][0] | {"receiver": "R" * 16}]
    text = PAPERS["861"][1](receipt_of(BEST | {"receipt": sender, "goods": goods})).decode()
    assert f"*ZZ*{'R' * 15}*ZZ*{'S' * 15}*261122" in text
    assert f"~GS*RC*{'R' * 15}*{'S' * 15}*20261122" in text


def test_every_field_of_a_receiving_event():
    (event,) = json.loads(PAPERS["epcis"][1](NINTH))["epcisBody"]["eventList"]
    assert event == {
        "type": "ObjectEvent", "eventTime": "2026-11-22T10:00:00.999Z",
        "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "bizStep": "receiving",
        "disposition": "mismatch_quantity",
        "quantityList": [
            {"epcClass": f"https://id.gs1.org/01/{APPLE}/10/L1", "quantity": 5},
            {"epcClass": f"https://id.gs1.org/01/{APPLE}/10/L2", "quantity": 4},
        ],
        "readPoint": event["readPoint"], "bizTransactionList": event["bizTransactionList"],
        "tallyman:receipt": "R-9", "tallyman:decision": "accepted", "tallyman:expected": 8,
        "tallyman:read": 9, "tallyman:byHand": 0, "tallyman:believed": 0,
        "tallyman:lines": [
            {"tallyman:epcClass": f"https://id.gs1.org/01/{APPLE}/10/{lot}", "tallyman:advised": 4,
             "tallyman:read": read, "tallyman:byHand": 0, "tallyman:believed": 0}
            for lot, read in (("L1", 5), ("L2", 4))
        ],
    }  # fmt: skip
    (event,) = json.loads(made("epcis"))["epcisBody"]["eventList"]
    assert len(event["quantityList"]) == 4
    kinds = [each["type"] for each in event["bizTransactionList"]]
    assert kinds == ["desadv", "po"]
    for name, key, gln in (("sourceList", "source", SUPPLIER), ("destinationList", "destination", RECEIVER)):  # fmt: skip
        assert event[name] == [{"type": "owning_party", key: f"https://id.gs1.org/417/{gln}"}]


def test_units_alone_or_goods_alone_are_enough_for_an_event():
    units = BEST["receipt"] | {"units": P1}
    (event,) = json.loads(
        PAPERS["epcis"][1](receipt_of(BEST | {"receipt": units, "goods": []}))
    )["epcisBody"]["eventList"]  # fmt: skip
    assert event["epcList"] == [f"https://id.gs1.org/00/{P1}"]
    assert "quantityList" not in event
    assert "sourceList" not in event
    gone = [each | {"read": 0} for each in BEST["goods"][:2]]
    with pytest.raises(NoPaper, match="nothing came on receipt R-9"):
        PAPERS["epcis"][1](receipt_of(BEST | {"goods": gone}))
    one_left = [gone[0], BEST["goods"][1]]
    (event,) = json.loads(
        PAPERS["epcis"][1](receipt_of(BEST | {"goods": one_left}))
    )["epcisBody"]["eventList"]  # fmt: skip
    assert [each["quantity"] for each in event["quantityList"]] == [4]


def test_every_cell_of_the_table():
    head, *rows = csv.reader(io.StringIO(PAPERS["csv"][1](NINTH).decode("utf-8-sig")))
    assert head == [
        "receipt", "notice", "order", "decided", "decision", "row", "code", "sscc", "gtin",
        "serial", "lot", "expiry", "best_before", "package", "advised", "read", "by_hand",
        "believed", "quantity", "kilograms", "text",
    ]  # fmt: skip
    every = ["R-9", "N9", "", "2026-11-22T10:00:00Z", "accepted"]
    assert [row[:5] for row in rows] == [every] * 8
    assert [row[5:] for row in rows] == [
        ["goods", "", "", APPLE, "", "L1", "2027-12-31", "2027-11-30", "sack", "4", "5", "0", "0",
         "", "", ""],
        ["goods", "", "", APPLE, "", "L2", "", "", "pallet", "4", "4", "0", "0", "", "", ""],
        ["difference", "AC", "", APPLE, "", "L1", "2027-12-31", "2027-11-30", "", "", "", "", "",
         "1", "", "more"],
        ["difference", "AF", "", APPLE, "", "", "", "", "", "", "", "", "", "6", "", "wet"],
        ["difference", "AE", P2, "", "", "", "", "", "", "", "", "", "", "1", "",
         "a unit that was not advised"],
        ["difference", "X34", P1, "", "", "", "", "", "", "", "", "", "", "3", "", "missing"],
        ["difference", "", P1, "", "", "", "", "", "", "", "", "", "", "1", "", "of no code"],
        ["difference", "", "", APPLE, "", "", "", "", "", "", "", "", "", "1", "",
         "barcode and tag differ"],
    ]  # fmt: skip
    grams = [row[19] for row in csv.reader(io.StringIO(made("csv").decode("utf-8-sig")))]
    assert grams == ["kilograms", "", "", "", "24.000", "", "", "", "", "1.500"]


def test_a_receipt_is_what_its_records_tell():
    assert NINTH.goods == (
        Goods(APPLE, Batch("L1", "2027-12-31", "2027-11-30"), 4, 5, 0, 0, "sack"),
        Goods(APPLE, Batch("L2"), 4, 4, 0, 0, "pallet"),
    )
    assert (NINTH.number, NINTH.control, NINTH.units) == (12_000_000_007, "7", ())
    assert (NINTH.order, NINTH.supplier, NINTH.receiver, NINTH.returns) == ("", "", "", True)
    assert NINTH.differences[1] == Differs("AF", "", APPLE, "", NO_BATCH, 6, "wet", True, 0)
    assert NINTH.differences[3] == Differs("X34", P1, "", "", NO_BATCH, 3, "missing", False, 0)
    assert (RECEIPT.sha256, RECEIPT.returns, RECEIPT.order) == ("a1" * 32, False, "PO-7")
    assert (RECEIPT.goods[3].weight_g, RECEIPT.goods[3].weighed_g) == (25_500, 24_000)
    assert RECEIPT.differences[4].weight_g == 1500
    assert RECEIPT.goods[0].found == 9
