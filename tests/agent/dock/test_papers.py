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

from agent.dock.papers.forms import PAPERS
from agent.dock.papers.receipt import NoPaper, receipt_of
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
