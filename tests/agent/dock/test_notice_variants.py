"""Notices as other senders write them, by family: each is read as it says, or refused in words.

What must come of each is worked out by hand from its text; lines are those of `dock --preview`.
"""

from __future__ import annotations

import pytest

from agent.cli.dock_preview import told
from agent.dock.forms import read_notice
from agent.dock.notice import NoticeError
from tests.agent.dock.senders import (
    APPLE,
    PEAR,
    S,
    T,
    batch,
    csv,
    edi,
    events,
    gs1,
    packed,
    shipped,
    ubl,
    x12,
)

UPC = "012345678905"
IN_S, LOOSE = f"(00){S}", "in no unit that is named"


TEST_TOLD = (
    "the notice: the interchange is marked as a test: ask the supplier whether goods come with it"
)
TWO_TOLD = (
    "the notice: segment 9 (LIN): two articles in one line, 10012345678902, 012345678905: "
    "the first counts"
)

CSV = {
    # The unit behind a quantity, in whatever column and language it stands.
    "cartons, German": (
        csv(f"N1;{S};{APPLE};5;Kar", head="Lieferschein;NVE;EAN;Menge;Einheit"),
        [IN_S, f"5 carton x (01){APPLE}"],
    ),
    "kilograms": (
        csv(f"N1;{S};{APPLE};2,5;kg", head="ddt;sscc;ean;quantità;um"),
        [IN_S, f"2.5 kg x (01){APPLE}"],
    ),
    "dozens": (csv(f"N1,,{APPLE},2,DZ", head="asn,sscc,upc,qty,uom"), [LOOSE, f"24 x (01){APPLE}"]),
    "pieces": (
        csv(f"N1,,{APPLE},2,Stück", head="asn,sscc,upc,qty,unit"), [LOOSE, f"2 x (01){APPLE}"],
    ),
    "a unit that is no count": (
        csv(f"N1,,{APPLE},2,m2", head="asn,sscc,upc,qty,unit"), "no count of pieces",
    ),
    "can or case": (csv(f"N1,,{APPLE},2,CA", head="asn,sscc,upc,qty,unit"), "no count of pieces"),
    # Numbers of two countries.
    "German, both marks": (csv(f"N1;{S};{APPLE};1.200,00"), "not a whole number"),
    "American, both marks": (csv(f'N1,{S},{APPLE},"1,200.00"').replace(";", ","), "not a whole"),
    "a Swiss thousand": (csv(f"N1;{S};{APPLE};1'200"), "not a whole number"),
    "a thousand with a blank": (csv(f"N1;{S};{APPLE};1 200"), "not a whole number"),
    "a German whole": (csv(f"N1;{S};{APPLE};12,00"), [IN_S, f"12 x (01){APPLE}"]),
    "below one, which parts no thousands": (
        csv(f"N1;{S};{APPLE};0,125", head="notice;sscc;gtin;weight"), [IN_S, f"0.125 kg x (01){APPLE}"],
    ),
    "a thousand or a gram": (
        csv(f"N1;{S};{APPLE};1,125", head="notice;sscc;gtin;weight"), "may part thousands",
    ),
    "taken back": (csv(f"N1;{S};{APPLE};-5"), "not a whole number"),
    "taken back, as SAP writes it": (csv(f"N1;{S};{APPLE};5-"), "not a whole number"),
    # Dates of two countries.
    "a German day": (
        csv(f"N1;{S};{APPLE};5;31.12.2026", head="notice;sscc;gtin;quantity;MHD"),
        [IN_S, f"5 x (01){APPLE}, best before 2026-12-31"],
    ),
    "an American day": (
        csv(f"N1,{S},{APPLE},5,12/31/2026", head="notice,sscc,gtin,quantity,Expiration Date"),
        [IN_S, f"5 x (01){APPLE}, use by 2026-12-31"],
    ),
    "a day of two countries": (
        csv(f"N1,{S},{APPLE},5,02/01/2027", head="notice,sscc,gtin,quantity,expiry"), "may be",
    ),
    "two digits of a year": (
        csv(f"N1;{S};{APPLE};5;31.12.26", head="notice;sscc;gtin;quantity;expiry"), "like 2027-01-31",
    ),
    "days since 1900": (
        csv(f"N1;{S};{APPLE};5;46387", head="notice;sscc;gtin;quantity;expiry"), "like 2027-01-31",
    ),
    # The table itself.
    "several serials in a cell": (
        csv(f"N1;{S};{APPLE};a1,a2,a3", head="notice;sscc;gtin;serial"), "a row for each serial",
    ),
    "a range of serials": (
        csv(f"N1;{S};{APPLE};a1 - a9", head="notice;sscc;gtin;serial"), "a row for each serial",
    ),
    "titles above": ("Lieferschein Nr. 5\n\n" + csv(f"N1;{S};{APPLE};5"), "named in line 3"),
    "bars between": (csv(f"N1|{S}|{APPLE}|5").replace(";", "|"), [IN_S, f"5 x (01){APPLE}"]),
    "a sum below": (csv(f"N1;{S};{APPLE};5", ";;Summe;5"), "a GTIN has"),
    "UTF-16": (csv(f"N1;{S};{APPLE};5").encode("utf-16"), [IN_S, f"5 x (01){APPLE}"]),
    "UTF-16, little, unmarked": (
        csv(f"N1;{S};{APPLE};5").encode("utf-16-le"), [IN_S, f"5 x (01){APPLE}"],
    ),
    "UTF-16, big, unmarked": (
        csv(f"N1;{S};{APPLE};5").encode("utf-16-be"), [IN_S, f"5 x (01){APPLE}"],
    ),
}  # fmt: skip


LINE, TEN = f"LIN+1++{APPLE}:SRV", "QTY+12:10:PCE"
TEN_READ = [IN_S, f"10 x (01){APPLE}"]
OTHER_MARKS = str.maketrans("'+:", "~*>")
EDIFACT = {
    "D.96A": (
        edi(f"LIN+1++{APPLE[1:]}:EN", "PIA+5+4711:SA", TEN, "PIA+1+L9:NB", "DTM+361:20270131:102",
            kind="DESADV:D:96A:UN:EAN005"),
        [IN_S, f"10 x (01){APPLE}, batch L9, best before 2027-01-31"],
    ),
    "short UNA": (edi(LINE, TEN, una="UNA:+.?'"), TEN_READ),
    "short UNA and a line end": (edi(LINE, TEN, una="UNA:+.?'\r\n"), TEN_READ),
    "a UNA that lacks two": (edi(LINE, TEN, una="UNA:+.'"), "cut short"),
    "a decimal comma": (edi(LINE, "QTY+12:10,000:PCE", una="UNA:+,? '"), TEN_READ),
    "other separators": ("UNA>*.? ~" + edi(LINE, TEN).translate(OTHER_MARKS), TEN_READ),
    "UTF-16": (edi(LINE, TEN).encode("utf-16"), TEN_READ),
    "UTF-16, unmarked": (edi(LINE, TEN).encode("utf-16-be"), TEN_READ),
    "split by batch": (
        edi(LINE, TEN, "PCI+36E", "QTY+11:6:PCE", "GIN+BX+L1", "PCI+36E", "QTY+11:4:PCE", "GIN+BX+L2"),
        [IN_S, f"6 x (01){APPLE}, batch L1", f"4 x (01){APPLE}, batch L2"],
    ),
    "a part without the rest": (
        edi(LINE, TEN, "PCI+36E", "QTY+12:6:PCE", "GIN+BX+L1"), "parts of 10 make 6",
    ),
    "parts that make more": (
        edi(LINE, TEN, "PCI+36E", "QTY+11:6:PCE", "GIN+BX+L1", "PCI+36E", "QTY+11:6:PCE", "GIN+BX+L2"),
        "parts of 10 make 12",
    ),
    "a batch in RFF": (edi(LINE, TEN, "RFF+BT:L77"), [IN_S, f"10 x (01){APPLE}, batch L77"]),
    "free goods": (
        edi(LINE, TEN, "QTY+192:2:PCE"),
        ["the notice: segment 11 (QTY): 2 are told to be free goods; they count apart", *TEN_READ],
    ),
    "ordered and despatched": (edi(LINE, "QTY+21:12:PCE", TEN), TEN_READ),
    "delivered alone": (edi(LINE, "QTY+46:10:PCE"), "has no quantity"),
    "a line that is deleted": (edi(f"LIN+1+2+{APPLE}:SRV", TEN), "takes 04012345111118 back"),
    "deleted": (edi(LINE, TEN, bgm="3"), "cancels notice 'N1'"),
    "a duplicate": (
        edi(LINE, TEN, bgm="7"),
        ["the notice: this message repeats an earlier one of its number", *TEN_READ],
    ),
    "a test": (
        edi(LINE, TEN, unb="++++++1"),
        [TEST_TOLD, *TEN_READ],
    ),
    "a date without its form": (edi(LINE, TEN, "DTM+36:270131"), "ask the supplier for format 102"),
    "two in one file": (edi(LINE, TEN) + edi(LINE, TEN, number="N2", unit=T), "2 notices: N1, N2"),
    "cut": (edi(LINE, TEN)[:-40], "cut short"),
}  # fmt: skip


CAN, OF_TEN = f"LIN**UP*{UPC}", "SN1**10*EA"
CANS_READ = [IN_S, f"10 x (01)00{UPC}"]
X12 = {
    "plain": (x12(CAN, OF_TEN), CANS_READ),
    "line ends as segment ends": (x12(CAN, OF_TEN, end="\n"), CANS_READ),
    "control characters between": (x12(CAN, OF_TEN, end="\x1c", element="\x1d"), CANS_READ),
    "UTF-16": (x12(CAN, OF_TEN).encode("utf-16"), CANS_READ),
    "a test": (
        x12(CAN, OF_TEN, use="T"),
        [TEST_TOLD, *CANS_READ],
    ),
    "two articles in a line": (
        x12(f"LIN**UP*{UPC}*UK*10012345678902", OF_TEN),
        [TWO_TOLD, IN_S, "10 x (01)10012345678902"],
    ),
    "one article by two names": (x12(f"LIN**UP*{UPC}*UK*00{UPC}", OF_TEN), CANS_READ),
    "pounds": (x12(CAN, "SN1**10*LB"), [IN_S, f"4.536 kg x (01)00{UPC}"]),
    "cases": (x12(CAN, "SN1**2*CA", "PO4*12"), [IN_S, f"2 case of 12 x (01)00{UPC}"]),
    "cassettes": (x12(CAN, "SN1**2*CS"), "no count of pieces"),
    "two batches of one line": (x12(CAN, OF_TEN, "REF*LT*L1", "REF*LT*L2"), "batches L1 and L2"),
    "a buyer's number alone": (x12("LIN**CB*4711", OF_TEN), "only 4711 (CB)"),
    "no article": (x12("LIN", OF_TEN), "it names no article"),
    "called back": (x12(CAN, OF_TEN, bsn="01"), "cancels notice"),
    "two, of other separators": (
        x12(CAN, OF_TEN) + x12(CAN, OF_TEN, element="|", number="N2", unit=T), "2 notices: N1, N2",
    ),
}  # fmt: skip


UBL = {
    "plain": (ubl("10.00"), TEN_READ),
    "UTF-16": (ubl("10", encoding="UTF-16"), TEN_READ),
    "boxes by the newer code": (ubl("5", "XBX"), [IN_S, f"5 box x (01){APPLE}"]),
    "a weight is no package": (ubl("5", "XKGM"), "no count of pieces"),
    "back orders beside": (
        ubl("10", more='<cbc:OutstandingQuantity unitCode="C62">3</cbc:OutstandingQuantity>'), TEN_READ,
    ),
    "one batch": (ubl("10", lots="L1"), [IN_S, f"10 x (01){APPLE}, batch L1"]),
    "two batches of ten": (ubl("10", lots="L1 L2"), "ask the supplier how many are of each batch"),
    "a unit with a number of the sender's own": (
        ubl("10", unit="PKG-7"),
        ["the notice: line 1: 'PKG-7' is no SSCC: the unit has no label here", LOOSE, TEN_READ[1]],
    ),
    "a wrong digit in a unit's number": (ubl("10", unit=S[:-1] + "7"), "wrong check digit"),
    "called back": (
        ubl("10", head="<cbc:DocumentStatusCode>Cancelled</cbc:DocumentStatusCode>"), "cancels notice",
    ),
    "a line called back": (
        ubl("10", more="<cbc:LineStatusCode>Cancelled</cbc:LineStatusCode>"), "cancels notice",
    ),
}  # fmt: skip


WRONG = {"errorDeclaration": {"declarationTime": "2026-11-01T10:00:00Z"}}
EPCIS = {
    "packed and shipped": (
        events(packed("ADD", 1, 2, pears=5), shipped(S)),
        [IN_S, f"2 x (01){APPLE}, serial 1, 2", f"5 x (01){PEAR}, batch L1"],
    ),
    "one unpacked": (
        events(packed("ADD", 1, 2), packed("DELETE", 2), shipped(S)), [IN_S, f"1 x (01){APPLE}, serial 1"],
    ),
    "all unpacked, and packed anew": (
        events(packed("ADD", 1, 2, pears=5), packed("DELETE"), packed("ADD", 3), shipped(S)),
        [IN_S, f"1 x (01){APPLE}, serial 3"],
    ),
    "a counted lot unpacked": (
        events(packed("ADD", 1, pears=5), packed("DELETE", pears=5), shipped(S)),
        [IN_S, f"1 x (01){APPLE}, serial 1"],
    ),
    "some of a lot unpacked": (
        events(packed("ADD", pears=5), packed("DELETE", pears=2), shipped(S)), "no such lot was packed",
    ),
    "seen again as it was packed": (
        events(packed("ADD", 1, pears=5), packed("OBSERVE", 1, pears=5), shipped(S)),
        [IN_S, f"1 x (01){APPLE}, serial 1", f"5 x (01){PEAR}, batch L1"],
    ),
    "packed into another unit": (
        events(packed("ADD", 1, 2), packed("ADD", 2, parent=T), shipped(S, T)),
        [IN_S, f"1 x (01){APPLE}, serial 1", f"(00){T}", f"1 x (01){APPLE}, serial 2"],
    ),
    "one event twice": (
        events(packed("ADD", pears=5), packed("ADD", pears=5), shipped(S)), [IN_S, f"5 x (01){PEAR}, batch L1"],
    ),
    "declared an error": (
        events(packed("ADD", 1), packed("ADD", 3), packed("ADD", 3, **WRONG), shipped(S)),
        [IN_S, f"1 x (01){APPLE}, serial 1"],
    ),
    "declared an error by its id": (
        events(packed("ADD", 1), packed("ADD", 3, eventID="e7"), packed("ADD", 3, eventID="e7", **WRONG), shipped(S)),
        [IN_S, f"1 x (01){APPLE}, serial 1"],
    ),
    "not shipped after all": (
        events(packed("ADD", 1), packed("ADD", 2, parent=T), shipped(S, T), shipped(T, step="void_shipping")),
        [IN_S, f"1 x (01){APPLE}, serial 1"],
    ),
    "loaded under no number, then shipped": (
        events(
            packed("ADD", 1, pears=5),
            packed("OBSERVE", 1, pears=5) | {"bizStep": "loading"},
            shipped(S),
        ),
        [IN_S, f"1 x (01){APPLE}, serial 1", f"5 x (01){PEAR}, batch L1"],
    ),
    "received": (events(shipped(S, step="receiving")), "EPCIS events of receiving are no notice"),
}  # fmt: skip


GS1 = {
    "plain": (gs1("10"), TEN_READ),
    "UTF-16": (gs1("10", encoding="UTF-16"), TEN_READ),
    "cartons": (gs1("5", "CT"), [IN_S, f"5 carton x (01){APPLE}"]),
    "cartons by the newer code": (gs1("5", "XCT"), [IN_S, f"5 carton x (01){APPLE}"]),
    "ordered beside": (gs1("10", more="<requestedQuantity>12</requestedQuantity>"), TEN_READ),
    "split by batch": (
        gs1("10", batches=batch("L1", "6") + batch("L2", "4")),
        [IN_S, f"6 x (01){APPLE}, batch L1", f"4 x (01){APPLE}, batch L2"],
    ),
    "a part without the rest": (gs1("10", batches=batch("L1", "6")), "parts of 10 make 6"),
    "free goods": (
        gs1("10", more="<freeGoodsQuantity>2</freeGoodsQuantity>"),
        ["the notice: line 1: 2 are told to be free goods; they count apart", *TEN_READ],
    ),
    "a copy": (
        gs1("10", status="COPY"),
        ["the notice: this message repeats an earlier one of its number", *TEN_READ],
    ),
    "entities": (
        gs1("10").replace(b"<d:despatch", b"<!DOCTYPE d><d:despatch", 1), "line 1: a DOCTYPE",
    ),
}  # fmt: skip

FAMILIES = {"gs1": GS1, "csv": CSV, "edifact": EDIFACT, "x12": X12, "ubl": UBL, "epcis": EPCIS}
CASES = [
    pytest.param(data, wanted, id=f"{family}: {name}")
    for family, cases in FAMILIES.items()
    for name, (data, wanted) in cases.items()
]


@pytest.mark.parametrize(("data", "wanted"), CASES)
def test_a_notice_is_read_as_it_says_or_refused_in_words(data, wanted):
    data = data if isinstance(data, bytes) else data.encode()
    if isinstance(wanted, str):
        with pytest.raises(NoticeError) as raised:
            read_notice(data)
        assert wanted in str(raised.value)
        return
    head, *lines = told(read_notice(data))
    assert head.startswith("notice N1 (")
    assert [line.strip() for line in lines] == wanted


@pytest.mark.parametrize(
    "data",
    [
        edi(LINE, TEN) + "UNA>*.? ~" + edi(LINE, TEN, number="N2", unit=T).translate(OTHER_MARKS),
        x12(CAN, OF_TEN) + x12(CAN, OF_TEN, element="|", number="N2", unit=T),
        csv(f"N1;{S};{APPLE};10", f"N2;{T};{APPLE};10"),
    ],
)
def test_of_two_notices_the_one_that_is_named_is_read(data):
    assert [unit.sscc for unit in read_notice(data.encode(), "N2").units] == [T]
    assert [unit.sscc for unit in read_notice(data.encode(), "N1").units] == [S]
    with pytest.raises(NoticeError, match="N1, N2"):
        read_notice(data.encode(), "N3")


def test_of_two_notices_none_is_taken_because_it_has_no_number():
    nameless = {"bizTransactionList": []}
    other = {"bizTransactionList": [{"type": "desadv", "bizTransaction": "N2"}]}
    told_apart = events(
        packed("ADD", 1), packed("ADD", 2, parent=T),
        shipped(S, **nameless), shipped(T), shipped(T, **other),
    )  # fmt: skip
    with pytest.raises(NoticeError, match="3 notices: one without a number, N1, N2"):
        read_notice(told_apart.encode())


def test_the_only_notice_of_a_file_is_no_other_one():
    with pytest.raises(NoticeError, match="no notice 'N2' in the file, only 'N1'"):
        read_notice(edi(LINE, TEN).encode(), "N2")
    assert read_notice(edi(LINE, TEN).encode(), "N1").number == "N1"
