"""Notices as suppliers send them: read as their own content says, or refused with a next step.

The files lie beside the captures (`TALLYMAN_DATA/../cases/dock`); what they say is written here by
hand, from the files: of each unit the quantity, the GTIN, and what else is told of it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.dock.forms import read_notice
from agent.dock.notice import Item, Notice, NoticeError

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("TALLYMAN_DATA", CHECKOUT.parent / "shared" / "data"))
FOLDER = DATA.parent / "cases" / "dock"
P16, P40 = "342603046212321016", "342603046212341540"
TEA = "04260304623848"
APPLE, PEAR = "04012345111118", "04012345222227"
UPC = "00012345678905"


def each(quantity: int, gtin: str, **more) -> Item:
    return Item(gtin, quantity, **more)


MIX = (each(48, "14012345111115", content=12), each(4, "00000096385074"), each(6, UPC))
GS1 = {
    "354107380000001051": (each(20, "05410738000152"),),
    "354107380000001068": (
        each(5, "05410738000169"), each(3, "05410738000176"), each(12, "05410738000183"),
    ),
}  # fmt: skip
SOPI = {
    "009999990000000019": (each(3, "00999999999993"),),
    "009999990000000026": (each(3, "00999999999993"),),
}
BOOKS = {"016921002621109648": (each(1, "09780307887436"),)}
ERP = {"lot": "L0815", "best_before": "2019-01-31"}

READ = {
    "01-sopi.x12": ("999999", SOPI),
    "02-walmart.x12": ("05755986", {
        "140181064478438274": (each(16, "00049000024685"), each(24, "00049000045840")),
        "140181064478438281": (each(8, "00049000050141"), each(4, "00049000050110")),
    }),
    "05b-second-alone.x12": ("010398229", {
        "": (each(1, "00712725021139"), each(1, "00853466001834"), each(1, "00010086671063")),
    }),
    "06-item-then-pack.x12": ("A1", {
        "": (each(1, UPC), each(1, "00012345678912")),
        "012345600000000012": (), "012345600000000029": (),
    }),
    "08-nl.x12": ("999999", SOPI),
    "09-cp-gm.x12": ("A9", {
        "081034001000008795": (each(298, UPC),), "081034001000008818": (each(1, UPC),),
    }),
    "10-ref0j.x12": ("SHIP-1", {"006141411234567890": (each(50, UPC),)}),
    "12-replace.x12": ("ASN-9", {"106141411234567897": (
        each(12, UPC, package="case", content=24, lot="B-77", expiry="2026-01-31"),
    )}),
    "20-gs1-01b.edi": ("DES587441", GS1),
    "20c-crlf.edi": ("DES587441", GS1),
    "21-books-raw.edi": ("MOM9681366", BOOKS),
    "21c-books-18.edi": ("MOM9681366", BOOKS),
    "23-erp-pce.edi": ("D77", {P16: (each(40, TEA, **ERP),)}),
    "23b-erp-kgm-dec.edi": ("D77", {P16: (each(0, TEA, weight_g=125_500, **ERP),)}),
    "23d-erp-dzn.edi": ("D77", {P16: (each(120, TEA, **ERP),)}),
    "23e-erp-ct.edi": ("D77", {P16: (each(10, TEA, package="carton", **ERP),)}),
    "23h-comma.edi": ("D77", {P16: (each(1000, TEA, **ERP),)}),
    "24-mix.edi": ("M1", {P16: MIX}),
    "25-sublines.edi": ("M1", {P16: (MIX[0], MIX[2])}),
    "27-nl-terminator.edi": ("M1", {P16: MIX}),
    "30-v4.edi": ("M1", {P16: MIX}),
    "31-cnt-wrong.edi": ("M1", {P16: MIX}),
    "34-lots.edi": ("L1", {P16: (
        each(10, TEA, lot="L1", expiry="2027-01-31"), each(5, TEA, lot="L2", expiry="2027-02-28"),
    )}),
    "40-ibm.xml": ("urn:epcglobal:cbv:bt:5412345000037:PO3352-DA349875", {
        P16: (each(20, APPLE, package="case", lot="L-77", expiry="2026-12-31"),),
    }),
    "41b-kgm-frac.xml": ("DA-349875", {P16: (each(0, APPLE, weight_g=125_500),)}),
    "42-parentid.xml": ("DA-349875", {P40: (each(5, APPLE),), P16: ()}),
    "48-latin1.xml": ("DA-349875", {P16: (each(20, APPLE, lot="Grün", expiry="2026-12-31"),)}),
    "48c-utf16.xml": ("DA-349875", {P16: (each(20, APPLE),)}),
    "49-multi-batch.xml": ("DA-349875", {P16: (each(20, APPLE, lot="L1"), each(10, APPLE, lot="L2"))}),
    "50-epcis12.xml": ("ASN1", {"106141412345678908": ()}),
    "51-epcis20.jsonld": ("EPCIS 2026-01-01T00:00:00Z", {
        "106141412345678908": (each(1, "80614141123458", serials=("41",)),),
    }),
    "61b-excel-lead0.csv": ("N1", {P16: (each(48, APPLE),)}),
    "61e-quote.csv": ("N1", {P16: (each(48, APPLE),)}),
    "62b-headings-de.csv": ("N1", {P16: (each(48, APPLE, lot="L1", best_before="2026-12-31"),)}),
    "65-dates.csv": ("N1", {"": (each(5, APPLE, expiry="2026-12-31"),)}),
    "67-tab16.txt": ("N1", {P16: (each(48, APPLE),)}),
    "75-null.json": ("N1", {"": (each(5, APPLE),)}),
    "90b-two-dates.edi": ("M1", {P16: (
        each(48, APPLE, expiry="2026-12-31", best_before="2026-12-01"),
    )}),
    "90d2-mmddyy.edi": ("M1", {P16: (each(48, APPLE, best_before="2026-12-01"),)}),
    "90e-zero-line.edi": ("M1", {P16: (each(48, APPLE),)}),
    "90f-date-at-pallet.edi": ("M1", {P16: (each(48, APPLE, best_before="2026-12-31"),)}),
    "90h-child-before-parent.edi": ("M1", {P16: (each(48, APPLE),)}),
    "90i-dropped-line.edi": ("M1", {P16: (each(48, APPLE),)}),
    "90k-srv-ean-both.edi": ("M1", {P16: (each(48, PEAR),)}),
    "91-lb.x12": ("X1", {P16: (each(0, UPC, weight_g=56_699),)}),
    "91c-lot-at-pack.x12": ("X1", {P16: (each(12, UPC, lot="B77", expiry="2027-01-01"),)}),
    "91d-man-range.x12": ("X1", {
        "": (each(36, UPC),),
        "012345600000000012": (), "012345600000000029": (), "012345600000000036": (),
    }),
    "91f-sn1-first.x12": ("X1", {P16: (each(12, UPC),)}),
    "91g-man-spaces.x12": ("X1", {P16: (each(12, UPC),)}),
    "93-sorted-by-article.csv": ("N1", {
        P16: (each(5, APPLE), each(5, PEAR)), P40: (each(5, APPLE), each(5, PEAR)),
    }),
}  # fmt: skip

REFUSED = {
    "04-grocery.x12": r"segment 28 \(LIN\): GTIN 011223344551 has a wrong check digit",
    "04b-grocery-noSN1atP.x12": r"segment 27 \(LIN\): GTIN 011223344551 has a wrong check digit",
    "07-nogtin.x12": r"this line has none, only PY993UA#ABA \(VP\), 5597676 \(BP\): ask the supplier",
    "22-nested-raw.edi": r"segment 12 \(GIN\): SSCC 342603046212321014 has a wrong check digit",
    "23g-1000.edi": r"quantity '1\.000\.00' is not a whole number",
    "28-two-unh.edi": "2 notices: M1, M2: choose one with --notice",
    "31c-cut.edi": "the file is cut short",
    "32-sa-only.edi": r"this line has none, only 4711 \(SA\): ask the supplier",
    "35-ordrsp.edi": "an ORDRSP message, not a DESADV: an order response",
    "37-lowercase.edi": "EDIFACT in small letters",
    "44-noid.xml": r"only 4711 \(SUPPLIER_ASSIGNED\): ask the supplier",
    "45-v2.xml": "GS1 XML of version 2 is not read: ask the supplier for version 3",
    "47-two.xml": "2 notices: DA-349875, DA-2: choose one with --notice",
    "60b-german-iso.csv": r"line 2: the mark in '1\.000' may part thousands",
    "60c-comma.csv": "line 2: the mark in '1,000' may part thousands",
    "61-excel-sci.csv": r"not '3\.42603E\+17': a spreadsheet rounded it",
    "61d-sscc-lost0.csv": "a spreadsheet took leading zeros of 006141411234567890",
    "63-amazon.csv": "the file is not a notice: .* columns notice, sscc, gtin",
    "65b-dates.csv": "the date 010227 may begin with its year or its day: write it like 2027-01-31",
    "66-lat.csv": "line 2: the notice is not UTF-8: save it as UTF-8",
    "69-serial-qty.csv": "line 4: quantity 3 beside one serial number",
    "70.json": 'unit 1, item 3: gtin must be text, in "quotes"',
    "72.json": "notice N1 names no goods",
    "73-dup.json": "key 'quantity' is there twice",
    "80.xlsx": "not a notice but a workbook",
    "82.empty": "it is empty",
    "83.zip.edi": "a gzip archive: unpack it",
    "90c-two-lots-one-gin.edi": "batches L1 and L2 of the same goods: ask the supplier",
    "90d3-week.edi": "date '202612' in format '616' names no day",
    "92-lost-serials.csv": "line 2: quantity 48 beside one serial number",
}

REMARKED = {
    "02-walmart.x12": "segment 35 (CTT) counts 16 lines, 4 came: a part may be lost on the way",
    "12-replace.x12": "this message replaces an earlier one of its number",
    "20-gs1-01b.edi": "the interchange (UNZ) counts 2 messages, 1 came",
    "25-sublines.edi": "segment 21 (LIN): 96385074 lies in the goods of line 1",
    "31-cnt-wrong.edi": "segment 26 (CNT) counts 9 lines, 3 came: a part may be lost on the way",
    "90e-zero-line.edi": "segment 9 (LIN): nothing of 04012345222227 was sent",
    "90i-dropped-line.edi": "segment 9 (CNT) counts 2 lines, 1 came: a part may be lost on the way",
}


def file(name: str) -> bytes:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no public notices at {FOLDER}: set TALLYMAN_DATA")
    return path.read_bytes()


def goods(notice: Notice) -> dict[str, tuple[Item, ...]]:
    return {unit.sscc: unit.items for unit in notice.units}


@pytest.mark.parametrize("name", READ)
def test_a_public_notice_is_read_as_it_says(name):
    number, units = READ[name]
    notice = read_notice(file(name))
    assert (notice.number, goods(notice)) == (number, units)
    if name in REMARKED:
        assert REMARKED[name] in notice.remarks


@pytest.mark.parametrize("name", REFUSED)
def test_a_public_notice_that_cannot_be_used_is_refused_with_a_next_step(name):
    with pytest.raises(NoticeError, match=REFUSED[name]):
        read_notice(file(name))


def test_no_public_notice_is_forgotten():
    file("01-sopi.x12")
    assert {path.name for path in FOLDER.iterdir()} == READ.keys() | REFUSED.keys()
