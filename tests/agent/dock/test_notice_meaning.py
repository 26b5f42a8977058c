"""What qualifiers say: units, dates, packages, totals, and what has several meanings."""

from __future__ import annotations

import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dock.articles import Articles, BadTable, read_articles
from agent.dock.forms import form_of, read_notice
from agent.dock.notice import Item, NoticeError
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, item, plan, sscc
from tests.agent.dock.test_other_notices import (
    HEAD,
    eancom,
    edifact,
    goods,
    x12,
    xml,
    xml_line,
    xml_unit,
)

LINE = f"LIN+1++{APPLE}:SRV"


def one(found) -> Item:
    (items,) = [items for items in found.values() if items]
    (only,) = items
    return only


# Units


@pytest.mark.parametrize(
    ("quantity", "item_"),
    [
        ("48", Item(APPLE, 48)),
        ("48:PCE", Item(APPLE, 48)),
        ("48:H87", Item(APPLE, 48)),
        ("10:DZN", Item(APPLE, 120)),
        ("2:GRO", Item(APPLE, 288)),
        ("10:CT", Item(APPLE, 10, package="carton")),
        ("10:CS", Item(APPLE, 10, package="case")),
        ("125.000:KGM", Item(APPLE, 0, weight_g=125_000)),
        ("125,5:KGM", Item(APPLE, 0, weight_g=125_500)),
        ("2.5:TNE", Item(APPLE, 0, weight_g=2_500_000)),
    ],
)
def test_units_of_edifact(quantity, item_):
    assert one(eancom("CPS+1", LINE, f"QTY+12:{quantity}")) == item_


def test_the_same_letters_mean_another_unit_in_x12():
    def sent(quantity: str, more: str = "") -> Item:
        return one(goods(read_notice(x12(f"HL*1**I~LIN**UK*{APPLE}~SN1**{quantity}~{more}"))))

    assert sent("12*CA") == Item(APPLE, 12, package="case")
    assert sent("12*CA", "PO4*24*1*EA~") == Item(APPLE, 12, package="case", content=24)
    assert sent("10*DZ") == Item(APPLE, 120)
    assert sent("125*LB") == Item(APPLE, 0, weight_g=56_699)


def test_units_of_gs1_xml():
    body = xml_unit(P1, 1, 0, xml_line(APPLE, 125).replace('"EA"', '"KGM"'))
    assert one(goods(read_notice(xml(body)))) == Item(APPLE, 0, weight_g=125_000)


@pytest.mark.parametrize("unit", ["LTR", "MTR", "XXX"])
def test_what_is_neither_pieces_nor_packages_nor_weight_is_refused(unit):
    with pytest.raises(
        NoticeError, match=rf"segment 7 \(QTY\): a quantity in '{unit}' is no count"
    ):
        eancom("CPS+1", LINE, f"QTY+12:5:{unit}")


def test_pieces_and_cartons_of_one_line_are_two_facts():
    for both in (("QTY+12:48:PCE", "QTY+12:4:CT"), ("QTY+12:4:CT", "QTY+12:48:PCE")):
        assert one(eancom("CPS+1", LINE, *both)).quantity == 48
    assert one(eancom("CPS+1", LINE, "QTY+12:5:CT", "QTY+12:62.5:KGM")) == Item(
        APPLE, 5, package="carton", weight_g=62_500
    )
    with pytest.raises(NoticeError, match="quantities 48 and 50 of the same goods: ask"):
        eancom("CPS+1", LINE, "QTY+12:48", "QTY+12:50")


# Dates


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("20261226:102", "2026-12-26"),
        ("261226:101", "2026-12-26"),
        ("261226:2", "2026-12-26"),
        ("122626:3", "2026-12-26"),
        ("26122026:4", "2026-12-26"),
        ("2612261200:201", "2026-12-26"),
        ("202612261200:203", "2026-12-26"),
        ("20261226120000:204", "2026-12-26"),
        ("2612:609", "2026-12-31"),
        ("202612:610", "2026-12-31"),
        ("20261220-20261226:718", "2026-12-26"),
        ("202612201200-202612261200:719", "2026-12-26"),
        ("20261226", "2026-12-26"),
    ],
)
def test_date_formats_of_edifact(date, day):
    assert one(eancom("CPS+1", LINE, "QTY+12:1", f"DTM+36:{date}")).expiry == day


@pytest.mark.parametrize(
    "date", ["202612:616", "26123:103", "311226", "5:804", "x:102", "2026:102"]
)
def test_dates_that_name_no_day_are_refused(date):
    with pytest.raises(NoticeError, match=r"segment 8 \(DTM\)"):
        eancom("CPS+1", LINE, "QTY+12:1", f"DTM+36:{date}")


def test_the_day_and_not_the_year_comes_first_in_format_2():
    assert one(eancom("CPS+1", LINE, "QTY+12:1", "DTM+361:311226:2")).best_before == "2026-12-31"


def test_goods_that_were_past_their_date_when_they_were_sent_are_remarked():
    data = edifact(*HEAD, "CPS+1", LINE, "QTY+12:1", "DTM+36:20261101:102")
    (remark,) = read_notice(data).remarks
    assert remark.endswith("was good until 2026-11-01, before it was sent")


# Packages, sub-lines, ranges, repeated segments


def test_batch_and_dates_of_a_package_are_those_of_all_that_is_in_it():
    found = eancom(
        "CPS+1", "PAC+1++201", "PCI+33E", "DTM+361:20261231:102", "GIN+BX+L7", f"GIN+BJ+{P1}",
        LINE, "QTY+12:48", f"LIN+2++{PEAR}:SRV", "QTY+12:24", "PIA+1+L8:NB",
        "CPS+2", f"GIN+BJ+{P2}", f"LIN+3++{APPLE}:SRV", "QTY+12:5",
    )  # fmt: skip
    assert found == {
        P1: (
            Item(APPLE, 48, "L7", best_before="2026-12-31"),
            Item(PEAR, 24, "L8", best_before="2026-12-31"),
        ),
        P2: (Item(APPLE, 5),),
    }


def test_a_pack_of_x12_says_batch_date_and_count_before_its_items():
    body = f"HL*1**S~HL*2*1*P~MAN*GM*{P1}~SN1**288*CA~REF*LT*B77~DTM*036*20270101~"
    body += f"HL*3*2*I~SN1**12*EA~LIN**UK*{APPLE}~HL*4*2*I~LIN**UK*{PEAR}~SN1**5*EA~REF*LT*B78~"
    assert goods(read_notice(x12(body))) == {
        P1: (Item(APPLE, 12, "B77", "2027-01-01"), Item(PEAR, 5, "B78", "2027-01-01"))
    }


def test_what_lies_in_an_article_is_told_and_not_counted():
    data = edifact(
        *HEAD, "CPS+1", LINE, "QTY+12:12", f"LIN+2++{PEAR}:SRV+1:1", "QTY+12:4", "PIA+1+L9:NB",
        "LIN+3++96385074:EN", "QTY+12:6",
    )  # fmt: skip
    notice = read_notice(data)
    assert goods(notice) == {"": (Item(APPLE, 12), Item("00000096385074", 6))}
    assert f"segment 8 (LIN): {PEAR} lies in the goods of line 1" in notice.remarks


def test_ranges_of_labels_in_x12_and_twenty_digits_anywhere():
    body = f"HL*1**T~MAN*GM*00{sscc(1)}*00{sscc(3)}~HL*2**T~MAN*GM*(00) {P1[:9]} {P1[9:]}~"
    with pytest.raises(NoticeError, match="is named twice"):
        read_notice(x12(body))
    assert list(eancom("CPS+1", f"GIN+BJ+00{P1}", LINE, "QTY+12:1")) == [P1]
    assert list(eancom("CPS+1", f"GIN+BJ+00{sscc(1)}:00{sscc(2)}", LINE, "QTY+12:1")) == [
        "", sscc(1), sscc(2),
    ]  # fmt: skip


def test_a_level_may_come_before_the_one_around_it():
    assert eancom("CPS+2+1", LINE, "QTY+12:48", "CPS+1", f"GIN+BJ+{P1}") == {P1: (Item(APPLE, 48),)}
    circle = eancom("CPS+1+2", LINE, "QTY+12:48", "CPS+2+1", f"LIN+2++{PEAR}:SRV", "QTY+12:1")
    assert circle == {"": (Item(APPLE, 48), Item(PEAR, 1))}


def test_a_line_of_which_nothing_was_sent_is_left_out():
    assert eancom("CPS+1", LINE, "QTY+12:48", f"LIN+2++{PEAR}:SRV", "QTY+12:0", "QTY+21:12") == {
        "": (Item(APPLE, 48),)
    }
    with pytest.raises(NoticeError, match="names no goods"):
        eancom("CPS+1", LINE, "QTY+12:0")


@pytest.mark.parametrize("twice", ["GIN+BX+L1+L2", "DTM+36:20261231:102'DTM+36:20261230:102"])
def test_two_batches_or_dates_of_one_quantity_are_refused(twice):
    with pytest.raises(NoticeError, match="of the same goods: ask the supplier which is meant"):
        eancom("CPS+1", LINE, "QTY+12:48", *twice.split("'"))


def test_serial_numbers_say_how_many_of_each_batch():
    batch = """<transactionalItemData><batchNumber>{}</batchNumber>{}</transactionalItemData>"""
    parts = batch.format("L1", "<serialNumber>1</serialNumber><serialNumber>2</serialNumber>")
    parts += batch.format("L2", "<serialNumber>3</serialNumber>")
    found = goods(read_notice(xml(xml_unit(P1, 1, 0, xml_line(APPLE, 3, parts)))))
    assert found[P1] == (
        Item(APPLE, 2, "L1", serials=("1", "2")), Item(APPLE, 1, "L2", serials=("3",)),
    )  # fmt: skip


# Messages


def test_una_without_its_fifth_character():
    body = edifact(*HEAD, "CPS+1", LINE, "QTY+12:48").decode()
    for head in ("UNA:+.?'\n", "UNA:+.?'\r\n", "UNA:+.?'"):
        assert goods(read_notice((head + body).encode())) == {"": (Item(APPLE, 48),)}


def test_totals_of_a_message_that_lost_a_line_are_remarked():
    data = edifact(*HEAD, "CPS+1", LINE, "QTY+12:48", "CNT+2:2").replace(b"UNT+8", b"UNT+10")
    assert read_notice(data).remarks == (
        "segment 8 (CNT) counts 2 lines, 1 came: a part may be lost on the way",
        "segment 9 (UNT) counts 10 segments, 8 came: a part may be lost on the way",
    )
    assert read_notice(edifact(*HEAD, "CPS+1", LINE, "QTY+12:48", "CNT+2:1")).remarks == ()


def several_forms() -> dict[str, bytes]:
    message = ("CPS+1", LINE, "QTY+12:48")
    first = edifact(*HEAD, *message).decode()
    unh = first[first.index("UNH+") : first.index("UNZ")]
    second = unh.replace("ASN1099", "ASN2").replace("48'", "5'")
    other = unh.replace("DESADV:", "INVOIC:")
    st = x12(f"HL*1**I~LIN**UK*{APPLE}~SN1**48*EA~").decode()
    set_ = st[st.index("ST*") : st.index("GE*")]
    advice = xml(xml_unit(P1, 1, 0, xml_line(APPLE, 48))).decode()
    notice = advice[advice.index(" <despatchAdvice>") : advice.index("</da:despatchAdviceMessage>")]
    return {
        "desadv": first.replace("UNZ+1", second + other + "UNZ+3").encode(),
        "x12-856": st.replace("GE*", set_.replace("ASN1099", "ASN2").replace("48*", "5*") + "GE*").encode(),
        "gs1-xml": advice.replace(
            notice, notice + notice.replace("ASN1099", "ASN2").replace(">48<", ">5<")
        ).encode(),
        "csv": f"notice,gtin,quantity\nASN1099,{APPLE},48\nASN2,{APPLE},5\n".encode(),
        "json": json.dumps(
            [json.loads(plan(("", [item(APPLE, n)]), notice=name)) for name, n in (("ASN1099", 48), ("ASN2", 5))]
        ).encode(),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["desadv", "x12-856", "gs1-xml", "csv", "json"])
def test_of_several_notices_in_a_file_one_is_chosen(form):
    data = several_forms()[form]
    with pytest.raises(NoticeError, match="2 notices: ASN1099, ASN2: choose one with --notice"):
        read_notice(data)
    for number, count in (("ASN1099", 48), ("ASN2", 5)):
        notice = read_notice(data, number)
        assert (notice.number, one(goods(notice)).quantity) == (number, count)
    with pytest.raises(NoticeError, match="2 notices"):
        read_notice(data, "ASN3")


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("form", ["gs1-xml", "json", "desadv"])
def test_unicode_in_two_bytes(form, charset):
    text = {
        "gs1-xml": xml(xml_unit(P1, 1, 0, xml_line(APPLE, 48))).decode().replace("UTF-8", "UTF-16"),
        "json": plan((P1, [item(APPLE, 48)])).decode(),
        "desadv": edifact(*HEAD, "CPS+1", f"GIN+BJ+{P1}", LINE, "QTY+12:48").decode(),
    }[form]
    if charset == "utf-8-sig":
        text = text.replace("UTF-16", "UTF-8")
    if charset in ("utf-16-le", "utf-16-be") and form != "gs1-xml":
        mark = codecs.BOM_UTF16_LE if charset == "utf-16-le" else codecs.BOM_UTF16_BE
        data = mark + text.encode(charset)
    else:
        data = text.encode(charset)
    assert form_of(data) == form
    assert goods(read_notice(data)) == {P1: (Item(APPLE, 48),)}


# Spreadsheets


def sheet(head: str, *rows: str) -> Item:
    return one(goods(read_notice("\n".join((head, *rows)).encode())))


@pytest.mark.parametrize("number", ["1.000", "1,000", "12.000", "1.234.567"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_mark_that_may_part_thousands_is_refused(number, delimiter):
    cell = f'"{number}"' if delimiter == "," else number
    with pytest.raises(NoticeError, match=r"line 2: the mark in .* may part thousands or decimals"):
        sheet(delimiter.join(("notice", "gtin", "quantity")), delimiter.join(("N1", APPLE, cell)))


def test_numbers_that_mean_one_thing():
    for number in ("48", "48.0", "48,0", "48.00"):
        assert sheet("notice;gtin;quantity", f"N1;{APPLE};{number}").quantity == 48
    with pytest.raises(NoticeError, match="not a whole number"):
        sheet("notice;gtin;quantity", f"N1;{APPLE};48,5")


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2027-01-31", "2027-01-31"), ("20270131", "2027-01-31"), ("31.01.2027", "2027-01-31"),
        ("1.2.2027", "2027-02-01"), ("01/31/2027", "2027-01-31"), ("31/01/2027", "2027-01-31"),
    ],
)  # fmt: skip
def test_dates_as_spreadsheets_write_them(date, day):
    assert sheet("notice,gtin,quantity,expiry", f"N1,{APPLE},1,{date}").expiry == day


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("01/02/2027", "may be 2027-01-02 or 2027-02-01: write it like 2027-01-02"),
        ("010227", "may begin with its year or its day"),
        ("Jan 2027", "is not a date: write it like 2027-01-31"),
        ("2027-13-01", "is not a date"),
    ],
)
def test_dates_that_may_be_two_days_are_refused(date, words):
    with pytest.raises(NoticeError, match=words):
        sheet("notice,gtin,quantity,expiry", f"N1,{APPLE},1,{date}")


def test_columns_that_a_notice_has_no_use_for_are_named():
    data = f"notice,sku,description,gtin,quantity,price\nN1,4711,Apples,{APPLE},48,1.99\n"
    notice = read_notice(data.encode())
    assert one(goods(notice)) == Item(APPLE, 48)
    assert notice.remarks == ("columns that are not read: description, price",)


def test_rows_of_one_unit_need_not_stand_together():
    rows = [f"N1,{unit},{gtin},5" for gtin in (APPLE, PEAR) for unit in (P1, P2)]
    data = "\n".join(("notice,sscc,gtin,quantity", *rows)).encode()
    both = (Item(APPLE, 5), Item(PEAR, 5))
    assert goods(read_notice(data)) == {P1: both, P2: both}


@pytest.mark.parametrize("quantity", ["48", "2", "0"])
def test_a_quantity_beside_a_serial_number_is_refused(quantity):
    with pytest.raises(NoticeError, match="beside one serial number"):
        sheet("notice,gtin,quantity,serial", f"N1,{APPLE},{quantity},s1")


def test_weights_and_packages_in_a_spreadsheet():
    assert sheet("notice;gtin;weight", f"N1;{APPLE};125,5") == Item(APPLE, 0, weight_g=125_500)
    assert sheet("notice;gtin;quantity;package;content", f"N1;{APPLE};12;Case;24") == Item(
        APPLE, 12, package="case", content=24
    )


def test_a_number_of_the_suppliers_own_is_looked_up():
    data = edifact(*HEAD, "CPS+1", "LIN+1++4711:SA", "QTY+12:48")
    assert one(goods(read_notice(data, articles=Articles({"4711": APPLE})))) == Item(APPLE, 48)
    body = "HL*1**I~LIN**BP*88*VP*PY9~SN1**2*EA~"
    assert one(goods(read_notice(x12(body), articles=Articles({"PY9": APPLE})))) == Item(APPLE, 2)
    with pytest.raises(NoticeError, match=r"only 4711 \(SA\)"):
        read_notice(data, articles=Articles({"4712": APPLE}))


def test_a_table_of_articles_gives_gtins_names_and_what_is_in_a_package():
    table = read_articles(
        f"GTIN;number;supplier_number;name;content\n{APPLE[1:]};88;4711;Apples 1 kg;12\n;;;;\n{PEAR};;;Pears;\n".encode()
    )
    assert table.gtins == {"88": APPLE, "4711": APPLE}
    assert table.names == {APPLE: "Apples 1 kg", PEAR: "Pears"}
    data = edifact(*HEAD, "CPS+1", "LIN+1++4711:SA", "QTY+12:5:CT")
    found = one(goods(read_notice(data, articles=table)))
    assert found == Item(APPLE, 5, package="carton", content=12)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("name\nx", "line 1: no column 'gtin'"),
        (f"gtin\n{APPLE}\n123", "line 3: a GTIN has"),
        (f"gtin,number\n{APPLE},7\n{PEAR},7", "line 3: number '7' is that of"),
        (f"gtin,content\n{APPLE},x", "line 2: content 'x' is not a whole number"),
        ("gtin\n\xff", "line 2: save it as UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_with_its_line(table, words):
    with pytest.raises(BadTable, match=words):
        read_articles(table.encode("latin-1"))


# UBL, EPCIS


PEPPOL = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:despatch_advice:3</cbc:CustomizationID>
 <cbc:ID>DA-77</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate>
 <cac:OrderReference><cbc:ID>PO-7</cbc:ID></cac:OrderReference>
 <cac:DespatchSupplierParty><cac:Party><cbc:EndpointID schemeID="0088">4012345000009</cbc:EndpointID>
  <cac:PartyIdentification><cbc:ID>4012345000016</cbc:ID></cac:PartyIdentification></cac:Party></cac:DespatchSupplierParty>
 <cac:DeliveryCustomerParty><cac:Party><cac:PartyIdentification><cbc:ID schemeID="0088">8012345000005</cbc:ID></cac:PartyIdentification></cac:Party></cac:DeliveryCustomerParty>
 <cac:BuyerCustomerParty><cac:Party><cac:PartyIdentification><cbc:ID>1</cbc:ID></cac:PartyIdentification></cac:Party></cac:BuyerCustomerParty>
 <cac:Shipment><cbc:ID>1</cbc:ID>
  <cac:Delivery><cac:EstimatedDeliveryPeriod><cbc:StartDate>2026-11-23</cbc:StartDate><cbc:EndDate>2026-11-24</cbc:EndDate></cac:EstimatedDeliveryPeriod></cac:Delivery>
  <cac:TransportHandlingUnit><cbc:ID schemeID="SSCC">{P1}</cbc:ID></cac:TransportHandlingUnit>
  <cac:TransportHandlingUnit><cbc:ID>{P2}</cbc:ID></cac:TransportHandlingUnit>
 </cac:Shipment>
 <cac:DespatchLine><cbc:ID>1</cbc:ID><cbc:DeliveredQuantity unitCode="C62">3</cbc:DeliveredQuantity>
  <cac:Item><cbc:Name>Apples</cbc:Name>
   <cac:SellersItemIdentification><cbc:ID>4711</cbc:ID></cac:SellersItemIdentification>
   <cac:StandardItemIdentification><cbc:ID schemeID="0160">{APPLE}</cbc:ID></cac:StandardItemIdentification>
   <cac:ItemInstance><cbc:BestBeforeDate>2027-01-31</cbc:BestBeforeDate><cbc:SerialID>s1</cbc:SerialID><cac:LotIdentification><cbc:LotNumberID>L1</cbc:LotNumberID></cac:LotIdentification></cac:ItemInstance>
   <cac:ItemInstance><cbc:BestBeforeDate>2027-01-31</cbc:BestBeforeDate><cbc:SerialID>s2</cbc:SerialID><cac:LotIdentification><cbc:LotNumberID>L1</cbc:LotNumberID></cac:LotIdentification></cac:ItemInstance>
   <cac:ItemInstance><cbc:SerialID>s3</cbc:SerialID><cac:LotIdentification><cbc:LotNumberID>L2</cbc:LotNumberID><cbc:ExpiryDate>2027-02-28</cbc:ExpiryDate></cac:LotIdentification></cac:ItemInstance>
  </cac:Item>
  <cac:Shipment><cbc:ID>NA</cbc:ID><cac:TransportHandlingUnit><cbc:ID>{P1}</cbc:ID></cac:TransportHandlingUnit></cac:Shipment>
 </cac:DespatchLine>
 <cac:DespatchLine><cbc:ID>2</cbc:ID><cbc:DeliveredQuantity unitCode="KGM">12.5</cbc:DeliveredQuantity>
  <cac:Item><cac:StandardItemIdentification><cbc:ID schemeID="0160">{PEAR}</cbc:ID></cac:StandardItemIdentification></cac:Item>
  <cac:Shipment><cbc:ID>NA</cbc:ID><cac:TransportHandlingUnit><cbc:ID>{P2}</cbc:ID></cac:TransportHandlingUnit></cac:Shipment>
 </cac:DespatchLine>
</DespatchAdvice>
"""


def test_a_despatch_advice_of_peppol():
    notice = read_notice(PEPPOL.encode())
    assert form_of(PEPPOL.encode()) == notice.form == "ubl"
    assert (notice.number, notice.order, notice.due) == ("DA-77", "PO-7", "2026-11-24")
    assert (notice.supplier, notice.receiver) == ("4012345000009", "8012345000005")
    assert goods(notice) == {
        P1: (
            Item(APPLE, 2, "L1", serials=("s1", "s2"), best_before="2027-01-31"),
            Item(APPLE, 1, "L2", "2027-02-28", ("s3",)),
        ),
        P2: (Item(PEAR, 0, weight_g=12_500),),
    }


def test_other_papers_of_ubl_are_named():
    data = PEPPOL.replace("<DespatchAdvice ", "<Invoice ").replace(
        "</DespatchAdvice>", "</Invoice>"
    )
    with pytest.raises(NoticeError, match="holds no despatchAdvice: it is an invoice"):
        read_notice(data.encode())


def event(kind: str, step: str, **more) -> dict:
    return {
        "type": kind, "eventTime": "2026-11-22T09:00:00Z", "eventTimeZoneOffset": "+01:00",
        "bizStep": step, "action": "ADD" if kind == "AggregationEvent" else "OBSERVE",
    } | more  # fmt: skip


PACKED = [
    event("ObjectEvent", "commissioning", action="ADD",
          epcList=["urn:epc:id:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.011111.2"],
          ilmd={"cbvmda:lotNumber": "L7", "cbvmda:itemExpirationDate": "2027-01-31"}),
    event("AggregationEvent", "packing", parentID=f"https://id.gs1.org/00/{P1}",
          childEPCs=[f"https://id.gs1.org/01/{APPLE}/21/{n}" for n in (1, 2, 3)],
          childQuantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.022222.B5", "quantity": 24}]),
    event("AggregationEvent", "packing", action="DELETE", parentID=f"https://id.gs1.org/00/{P1}",
          childEPCs=[f"https://id.gs1.org/01/{APPLE}/21/3"]),
    event("AggregationEvent", "packing", parentID=f"https://id.gs1.org/00/{P2}",
          childQuantityList=[{"epcClass": f"https://id.gs1.org/01/{PEAR}", "quantity": 12.5, "uom": "KGM"}]),
]  # fmt: skip
SHIPPED = event(
    "ObjectEvent", "shipping", epcList=[f"https://id.gs1.org/00/{P1}"],
    bizTransactionList=[
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:ASN1099"},
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:8012345000005:PO-7"},
    ],
    sourceList=[{"type": "owning_party", "source": "https://id.gs1.org/417/4012345000009"}],
)  # fmt: skip
FIRST = (
    Item(APPLE, 2, "L7", "2027-01-31", ("1", "2")), Item(PEAR, 24, "B5"),
)  # fmt: skip


def document(*events: dict) -> bytes:
    tree = {"@context": ["x"], "type": "EPCISDocument", "epcisBody": {"eventList": list(events)}}
    return json.dumps(tree).encode()


def test_events_of_packing_and_shipping_are_a_notice_of_what_was_shipped():
    notice = read_notice(document(*PACKED, SHIPPED))
    assert (notice.number, notice.order, notice.supplier) == ("ASN1099", "PO-7", "4012345000009")
    assert goods(notice) == {P1: FIRST}


def test_events_of_packing_alone_are_a_notice_of_all_of_it():
    assert goods(read_notice(document(*PACKED))) == {
        P1: FIRST, P2: (Item(PEAR, 0, weight_g=12_500),),
    }  # fmt: skip


def test_events_in_xml():
    data = """<?xml version="1.0"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" xmlns:cbvmda="urn:epcglobal:cbv:mda"><EPCISBody><EventList>
<AggregationEvent><eventTime>2026-11-22T09:00:00Z</eventTime><parentID>urn:epc:id:sscc:4012345.3000000001</parentID>
<childEPCs><epc>urn:epc:id:sgtin:4012345.011111.1</epc></childEPCs><action>ADD</action><bizStep>urn:epcglobal:cbv:bizstep:packing</bizStep>
<extension><childQuantityList><quantityElement><epcClass>urn:epc:class:lgtin:4012345.022222.B5</epcClass><quantity>24</quantity></quantityElement></childQuantityList></extension></AggregationEvent>
<ObjectEvent><eventTime>2026-11-22T10:00:00Z</eventTime><epcList><epc>urn:epc:id:sscc:4012345.3000000001</epc></epcList><action>OBSERVE</action>
<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep><bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:desadv">urn:epcglobal:cbv:bt:4012345000009:ASN1099</bizTransaction></bizTransactionList></ObjectEvent>
</EventList></EPCISBody></epcis:EPCISDocument>"""
    notice = read_notice(data.encode())
    assert (notice.number, goods(notice)) == (
        "ASN1099", {P1: (Item(APPLE, 1, serials=("1",)), Item(PEAR, 24, "B5"))},
    )  # fmt: skip


def test_events_that_are_no_notice_are_named():
    with pytest.raises(NoticeError, match="EPCIS events of receiving are no notice"):
        read_notice(document(event("ObjectEvent", "receiving", epcList=[])))
    with pytest.raises(NoticeError, match=r"lie in itself|deep"):
        read_notice(document(event(
            "AggregationEvent", "packing", parentID=f"https://id.gs1.org/00/{P1}",
            childEPCs=[f"https://id.gs1.org/00/{P1}"]), SHIPPED))  # fmt: skip


@given(st.sampled_from([PEPPOL.encode(), document(*PACKED, SHIPPED)]), st.data())
def test_damaged_events_and_advices_are_refused_or_read(whole, data):
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_notice(bytes(damaged))
    except NoticeError as error:
        assert str(error)


@pytest.mark.parametrize("epc", ["urn:epc:id:sgtin:x.y.1", "urn:epc:id:sscc:1", "", "https://a", 5])
def test_events_about_things_that_have_no_number_are_refused(epc):
    with pytest.raises(NoticeError):
        read_notice(document(event("ObjectEvent", "shipping", epcList=[epc])))
