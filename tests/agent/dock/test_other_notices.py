"""Notices as other suppliers write them: other versions, orders, levels, separators, encodings."""

from __future__ import annotations

import pytest

from agent.dock.forms import read_notice
from agent.dock.notice import Item, Notice, NoticeError
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, PLUM, plan, sscc

SUPPLIER, RECEIVER = "4012345000009", "8012345000005"
APPLES, PEARS = Item(APPLE, 48), Item(PEAR, 24)


def goods(notice: Notice) -> dict[str, tuple[Item, ...]]:
    return {unit.sscc: unit.items for unit in notice.units}


def edifact(*segments: str, release: str = "D:01B:UN:EAN007", end: str = "'") -> bytes:
    """Return an interchange of one despatch advice, each segment closed by `end`."""
    message = (f"UNH+1+DESADV:{release}", *segments, f"UNT+{len(segments) + 2}+1")
    head = f"UNB+UNOC:3+{SUPPLIER}:14+{RECEIVER}:14+261122:0900+1"
    return "".join(f"{each}{end}" for each in (head, *message, "UNZ+1+1")).encode()


HEAD = ("BGM+351+ASN1099+9", "DTM+137:20261122:102")


def eancom(*segments: str) -> dict[str, tuple[Item, ...]]:
    return goods(read_notice(edifact(*HEAD, *segments)))


def test_goods_of_an_unlabelled_level_lie_in_the_labelled_one_around_it():
    found = eancom(
        "CPS+1", "PAC+1++201",
        "CPS+2+1", "PAC+1++201", "PCI+33E", f"GIN+BJ+{P1}",
        "CPS+3+2", "PAC+20++CT", f"LIN+1++{APPLE}:SRV", "QTY+12:48",
        "CPS+4+2", "PAC+1++CT", "PCI+33E", f"GIN+BJ+{P2}", f"LIN+2++{PEAR}:SRV", "QTY+12:24",
        "CPS+5+2", "PAC+5++CT", f"LIN+3++{PLUM}:SRV", "QTY+12:5",
    )  # fmt: skip
    assert found == {P1: (APPLES, Item(PLUM, 5)), P2: (PEARS,)}


def test_a_label_behind_its_line_and_a_line_over_two_labels():
    found = eancom(
        "CPS+1",
        f"LIN+1++{APPLE}:SRV", "QTY+12:48", "PCI+33E", f"GIN+BJ+{P1}",
        f"LIN+2++{PEAR}:SRV", "QTY+12:24", "PCI+33E", f"GIN+BJ+{P2}+{P9}",
        f"LIN+3++{PLUM}:SRV", "QTY+12:5", "PCI+33E", f"GIN+BJ+{P1}",
    )  # fmt: skip
    assert found == {P1: (APPLES, Item(PLUM, 5)), P2: (), P9: (), "": (PEARS,)}


def test_one_article_in_two_batches():
    found = eancom(
        "CPS+1", f"GIN+BJ+{P1}",
        f"LIN+1++{APPLE}:SRV", "QTY+12:48",
        "PCI+36E", "DTM+36:20270131:102", "QTY+12:30", "GIN+BX+L77",
        "PCI+36E", "DTM+36:20270228:102", "QTY+12:18", "GIN+BX+L78",
    )  # fmt: skip
    assert found == {
        P1: (Item(APPLE, 30, "L77", "2027-01-31"), Item(APPLE, 18, "L78", "2027-02-28")),
    }


def test_two_batches_without_a_quantity_each_are_refused():
    with pytest.raises(NoticeError, match=r"\(GIN\): article .* of batch L78 has no quantity"):
        eancom(f"LIN+1++{APPLE}:SRV", "QTY+12:48", "PCI+36E", "GIN+BX+L77", "PCI+36E", "GIN+BX+L78")


def test_ranges_of_labels_and_serial_numbers():
    found = eancom(
        "CPS+1", f"GIN+BJ+{sscc(1)}:{sscc(3)}",
        "CPS+2", f"GIN+BJ+{P9}", f"LIN+1++{APPLE}:SRV", "GIN+BN+A098:A101+B7",
    )  # fmt: skip
    assert list(found) == [sscc(1), sscc(2), sscc(3), P9]
    assert found[P9] == (Item(APPLE, 5, serials=("A098", "A099", "A100", "A101", "B7")),)


@pytest.mark.parametrize("numbers", ["A1:B2", "0002:0001", "1:22", "0:99999999", "x:y"])
def test_what_is_no_range(numbers):
    with pytest.raises(NoticeError, match=r"segment 7 \(GIN\): from .* is not a range"):
        eancom("CPS+1", f"LIN+1++{APPLE}:SRV", f"GIN+BN+{numbers}")


def test_release_96a_with_short_gtins_names_without_gtin_and_a_decimal_comma():
    short = ("GIN+BX+L77", "QTY+12:48,000:PCE", "DTM+361:202701:610")
    data = edifact(
        "BGM+351+ASN1099", "DTM+17:2611221200-2611231800:713", f"NAD+SU+{SUPPLIER}::9",
        "CPS+1", "LIN+1++4711:SA", f"PIA+5+{APPLE[1:]}:EN", *short, release="D:96A:UN:EAN005",
    )  # fmt: skip
    notice = read_notice(data)
    assert notice.due == "2026-11-23"
    assert goods(notice) == {"": (Item(APPLE, 48, "L77", best_before="2027-01-31"),)}


def test_an_article_that_only_its_supplier_knows_is_refused():
    with pytest.raises(NoticeError, match=r"segment 6 \(LIN\): a GTIN has"):
        eancom("CPS+1", "LIN+1++4711:SA", "QTY+12:48")


@pytest.mark.parametrize("end", ["'", "'\r\n", "'\n", "'\n    "])
@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\x1a", b"\r\n\x00\x00"])
def test_line_breaks_and_what_old_systems_leave_behind(end, behind):
    data = edifact(*HEAD, "CPS+1", f"LIN+1++{APPLE}:SRV", "QTY+12:48", end=end)
    assert goods(read_notice(data + behind)) == {"": (APPLES,)}


def test_other_separators_of_una():
    body = edifact(*HEAD, "CPS+1", f"GIN+BJ+{P1}", f"LIN+1++{APPLE}:SRV", "QTY+12:48")
    data = b"UNA|;,! ~" + body.translate(bytes.maketrans(b":+'?", b"|;~!"))
    assert goods(read_notice(data)) == {P1: (APPLES,)}


@pytest.mark.parametrize(
    ("syntax", "charset", "lot"),
    [
        ("UNOC", "latin-1", "Größe"),
        ("UNOC", "utf-8", "Größe"),
        ("UNOW", "utf-8-sig", "箱"),
        ("UNOD", "iso8859-2", "Łódź"),
        ("UNOE", "iso8859-5", "Яблоко"),
        ("UNOF", "iso8859-7", "Μήλο"),
    ],
)
def test_character_sets_of_edifact(syntax, charset, lot):
    text = edifact(*HEAD, f"LIN+1++{APPLE}:SRV", f"PIA+1+{lot}:NB", "QTY+12:48").decode()
    found = goods(read_notice(text.replace("UNOC", syntax).encode(charset)))
    assert found == {"": (Item(APPLE, 48, lot),)}


def x12(body: str, *, element: str = "*", component: str = ">", end: str = "~") -> bytes:
    """Return an interchange of one ship notice; `body` is written with `*` and `~`."""
    fixed = ("00", " " * 10, "00", " " * 10, "14", f"{SUPPLIER:15}", "14", f"{RECEIVER:15}")
    head = ("ISA", *fixed, "261122", "0900", "^", "00501", "000000001", "0", "P", component)
    around = f"~GS*SH*A*B*20261122*0900*1*X*005010~ST*856*0001~BSN*00*ASN1099*20261122*0900~{body}"
    whole = "*".join(head) + around.replace("\n", "") + "SE*9*0001~GE*1*1~IEA*1*000000001~"
    return whole.replace("*", element).replace("~", end).encode()


PICK_AND_PACK = f"""\
HL*1**S~HL*2*1*O~PRF*PO-7~HL*3*2*T~MAN*GM*00{P1}~HL*4*3*P~MAN*GM*{P2}~
HL*5*4*I~LIN**UK*{APPLE}~SN1**48*EA~HL*6*3*P~HL*7*6*I~LIN**UP*{PEAR}~SN1**24*EA~
HL*8*2*I~LIN**EN*{PLUM[1:]}~SN1**5*EA~"""
"""Shipment, order, tare, pack, item; one pack without a label; one item outside of them all."""


@pytest.mark.parametrize(
    ("element", "component", "end"),
    [
        ("*", ">", "~"),
        ("|", ":", "~\r\n"),
        ("*", ":", "\n"),
        ("*", "\\", "\r\n"),
        ("\x1d", "\x1f", "\x1c"),
    ],
)
def test_levels_of_a_ship_notice_with_any_separators(element, component, end):
    data = x12(PICK_AND_PACK, element=element, component=component, end=end)
    assert goods(read_notice(data)) == {P1: (PEARS,), P2: (APPLES,), "": (Item(PLUM, 5),)}


def test_packs_without_a_pallet():
    body = f"HL*1**S~HL*2*1*O~HL*3*2*P~MAN*AA*{P1}~HL*4*3*I~LIN*1*UK*{APPLE}~SN1*1*48*EA~"
    body += f"HL*5*2*P~MAN*AA*{P2}~HL*6*5*I~LIN*2*UK*{PEAR}*LT*B5~SN1*2*24*EA~"
    assert goods(read_notice(x12(body))) == {P1: (APPLES,), P2: (Item(PEAR, 24, "B5"),)}


def test_packs_under_their_item():
    body = f"HL*1**S~HL*2*1*O~HL*3*2*I~LIN**UK*{APPLE}~SN1**48*EA~HL*4*3*P~MAN*GM*{P1}~"
    body += f"HL*5*3*P~MAN*GM*{P2}~HL*6*2*I~LIN**UK*{PEAR}~SN1**24*EA~"
    assert goods(read_notice(x12(body))) == {"": (APPLES, PEARS), P1: (), P2: ()}


def test_a_period_of_delivery_and_a_name_in_latin_1():
    body = "DTM*017****RD8*20261122-20261123~N1*SF*Müller~HL*1**S~"
    notice = read_notice(x12(body + f"LIN**UK*{APPLE}~SN1**48*EA~").decode().encode("latin-1"))
    assert (notice.due, notice.supplier) == ("2026-11-23", "Müller")


def xml(body: str, action: str = "ADD") -> bytes:
    """Return a despatch advice in the order of the schema, behind its business header."""
    return f"""\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<da:despatchAdviceMessage xmlns:da="urn:gs1:ecom:despatch_advice:xsd:3" xmlns:sh="urn:sbdh">
 <sh:StandardBusinessDocumentHeader>
  <sh:DocumentIdentification><sh:Type>Despatch Advice</sh:Type></sh:DocumentIdentification>
 </sh:StandardBusinessDocumentHeader>
 <despatchAdvice>
  <creationDateTime>2026-11-22T09:00:00Z</creationDateTime>
  <documentStatusCode>ORIGINAL</documentStatusCode>
  <documentActionCode>{action}</documentActionCode>
  <despatchAdviceIdentification>
   <entityIdentification>ASN1099</entityIdentification>
   <contentOwner><gln>{SUPPLIER}</gln></contentOwner>
  </despatchAdviceIdentification>
  <receiver><gln>{RECEIVER}</gln></receiver><shipper><gln>{SUPPLIER}</gln></shipper>
  {body}
 </despatchAdvice>
</da:despatchAdviceMessage>""".encode()


def xml_line(gtin: str, quantity: int, more: str = "") -> str:
    return f"""\
<despatchAdviceLineItem>
 <lineItemNumber>1</lineItemNumber>
 <despatchedQuantity measurementUnitCode="EA">{quantity}</despatchedQuantity>
 <requestedQuantity>99</requestedQuantity>
 <transactionalTradeItem><gtin>{gtin}</gtin>{more}</transactionalTradeItem>
</despatchAdviceLineItem>"""


def xml_batch(lot: str, quantity: int) -> str:
    return f"""\
<transactionalItemData>
 <batchNumber>{lot}</batchNumber><tradeItemQuantity>{quantity}</tradeItemQuantity>
</transactionalItemData>"""


def xml_unit(number: str, level: int, parent: int, lines: str = "") -> str:
    label = f"<logisticUnitIdentification><sscc>{number}</sscc></logisticUnitIdentification>"
    return f"""\
<despatchAdviceLogisticUnit>{label if number else ""}
 <levelIdentification>{level}</levelIdentification>
 <parentLevelIdentification>{parent}</parentLevelIdentification>{lines}
</despatchAdviceLogisticUnit>"""


def test_quantities_that_come_before_their_articles():
    body = xml_unit(P1, 1, 0, xml_line(APPLE, 48) + xml_line(PEAR, 24))
    assert goods(read_notice(xml(body))) == {P1: (APPLES, PEARS)}


def test_levels_and_batches_of_gs1_xml():
    body = xml_unit(P1, 1, 0)
    body += xml_unit("", 2, 1, xml_line(APPLE, 48, xml_batch("L77", 30) + xml_batch("L78", 18)))
    body += xml_unit(P2, 3, 1, xml_line(PEAR, 24))
    assert goods(read_notice(xml(body))) == {
        P1: (Item(APPLE, 30, "L77"), Item(APPLE, 18, "L78")),
        P2: (PEARS,),
    }


@pytest.mark.parametrize(
    "data",
    [
        edifact("BGM+351+ASN1099+1", f"LIN+1++{APPLE}:SRV", "QTY+12:1"),
        x12("HL*1**S~").replace(b"BSN*00", b"BSN*01"),
        xml(xml_unit(P1, 1, 0), action="DELETE"),
    ],
    ids=["desadv", "x12-856", "gs1-xml"],
)
def test_a_cancellation_is_no_notice(data):
    if b"DELETE" in data:  # its number comes behind the action
        with pytest.raises(NoticeError, match="line 9: this message cancels"):
            read_notice(data)
    else:
        with pytest.raises(NoticeError, match=r"segment \d .*cancels notice 'ASN1099'"):
            read_notice(data)


CSV = f"""\
Notice;SSCC;GTIN;Quantity;Lot
ASN1099;{P1};{APPLE};48;Größe
;;;;
"""


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("head", ["", "sep=;\n"])
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_csv_as_spreadsheets_write_it(charset, head, delimiter):
    text = (head + CSV).replace(";", delimiter).replace("\n", "\r\n")
    assert goods(read_notice(text.encode(charset))) == {P1: (Item(APPLE, 48, "Größe"),)}


def test_a_mistake_below_a_line_that_names_the_separator():
    with pytest.raises(NoticeError, match="line 3: quantity 'x'"):
        read_notice(("sep=;\n" + CSV.replace(";48;", ";x;")).encode())


def test_goods_of_several_units_without_label_are_one_list():
    apples, pears = ({"gtin": APPLE, "quantity": 48}, {"gtin": PEAR, "quantity": 24})
    assert goods(read_notice(plan(("", [apples]), ("", [pears])))) == {"": (APPLES, PEARS)}
