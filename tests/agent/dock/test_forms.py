"""One delivery in five forms is one notice; what is wrong is told with its line or segment."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dock import segments
from agent.dock.forms import FORMS, form_of, read_notice
from agent.dock.goods_identity import Identity, IdentityError, date, of_text, of_uri
from agent.dock.notice import MOST_BYTES, MOST_TEXT, Item, NoticeError, Unit, bounded
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, item, plan, sscc

UNITS = (
    Unit(P1, (Item(APPLE, 2, "L77", "2027-01-31", ("0071", "0072")),)),
    Unit(P2, (Item(PEAR, 24, "B5", "2026-12-24"),)),
)
SUPPLIER, RECEIVER = "4012345000009", "8012345000005"

JSON = plan(
    (P1, [item(APPLE, serials=["0071", "0072"], lot="L77", expiry="2027-01-31")]),
    (P2, [item(PEAR, 24, lot="B5", expiry="2026-12-24")]),
    order="PO-7", due="2026-11-23", supplier=SUPPLIER, receiver=RECEIVER,
)  # fmt: skip

CSV = f"""\
notice,order,due,sscc,gtin,quantity,lot,expiry,serial
ASN1099,PO-7,2026-11-23,{P1},{APPLE},,L77,2027-01-31,0071
ASN1099,PO-7,2026-11-23,{P1},{APPLE},,L77,2027-01-31,0072
ASN1099,PO-7,2026-11-23,{P2},{PEAR},24,B5,2026-12-24,
""".encode()

DESADV = f"""\
UNA:+.? '
UNB+UNOC:3+{SUPPLIER}:14+{RECEIVER}:14+261122:0900+1'
UNH+1+DESADV:D:01B:UN:EAN007'
BGM+351+ASN1099+9'
DTM+137:20261122:102'
DTM+17:202611231200:203'
RFF+ON:PO-7'
NAD+SU+{SUPPLIER}::9'
NAD+DP+{RECEIVER}::9'
CPS+1'
PAC+2++201::9'
CPS+2+1'
PCI+33E'
GIN+BJ+{P1}'
LIN+1++{APPLE}:SRV'
PIA+1+L77:NB'
QTY+12:2'
DTM+36:20270131:102'
GIN+BN+0071:0072'
CPS+3+1'
GIN+BJ+{P2}'
LIN+2++{PEAR}:SRV'
IMD+C++:::Pears?, 12 ?+ 12'
QTY+12:24'
DTM+36:20261224:102'
PCI+36E'
GIN+BX+B5'
CNT+2:2'
UNT+26+1'
UNZ+1+1'
""".encode()


def _isa(body: str) -> bytes:
    head = "ISA*00*          *00*          *14*4012345000009  *14*8012345000005  *261122*0900*U*00401*000000001*0*P*>~"
    assert len(head) == 106
    return (head + body).replace("\n", "").encode()


X12 = _isa(f"""\
GS*SH*A*B*20261122*0900*1*X*004010~ST*856*0001~BSN*00*ASN1099*20261122*0900~
HL*1**S~DTM*017*20261123~N1*SF*Supplier*UL*{SUPPLIER}~N1*ST*Door*UL*{RECEIVER}~
HL*2*1*O~PRF*PO-7~HL*3*2*T~MAN*GM*00{P1}~HL*4*3*I~LIN**UK*{APPLE}*LT*L77~SN1**2*EA~
DTM*036*20270131~REF*SE*0071~REF*SE*0072~
HL*5*2*T~MAN*GM*{P2}~HL*6*5*I~LIN**UK*{PEAR}~SN1**24*EA~REF*LT*B5~DTM*036*20261224~
CTT*6~SE*24*0001~GE*1*1~IEA*1*000000001~""")

XML = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<da:despatchAdviceMessage xmlns:da="urn:gs1:ecom:despatch_advice:xsd:3">
 <despatchAdvice>
  <creationDateTime>2026-11-22T09:00:00Z</creationDateTime>
  <despatchAdviceIdentification><entityIdentification>ASN1099</entityIdentification></despatchAdviceIdentification>
  <receiver><gln>{RECEIVER}</gln></receiver>
  <shipper><gln>{SUPPLIER}</gln></shipper>
  <despatchInformation><estimatedDeliveryDateTime>2026-11-23T12:00:00+01:00</estimatedDeliveryDateTime></despatchInformation>
  <purchaseOrder><entityIdentification>PO-7</entityIdentification></purchaseOrder>
  <despatchAdviceLogisticUnit>
   <logisticUnitIdentification><sscc>{P1}</sscc></logisticUnitIdentification>
   <despatchAdviceLineItem>
    <lineItemNumber>1</lineItemNumber>
    <transactionalTradeItem><gtin>{APPLE}</gtin><transactionalItemData>
      <batchNumber>L77</batchNumber><itemExpirationDate>2027-01-31</itemExpirationDate>
      <serialNumber>0071</serialNumber><serialNumber>0072</serialNumber>
    </transactionalItemData></transactionalTradeItem>
    <despatchedQuantity measurementUnitCode="EA">2</despatchedQuantity>
   </despatchAdviceLineItem>
  </despatchAdviceLogisticUnit>
  <despatchAdviceLogisticUnit>
   <logisticUnitIdentification><sscc>{P2}</sscc></logisticUnitIdentification>
   <despatchAdviceLineItem>
    <transactionalTradeItem><gtin>{PEAR}</gtin><transactionalItemData>
      <lotNumber>B5</lotNumber><itemExpirationDate>2026-12-24</itemExpirationDate>
    </transactionalItemData></transactionalTradeItem>
    <despatchedQuantity>24.000</despatchedQuantity>
   </despatchAdviceLineItem>
  </despatchAdviceLogisticUnit>
 </despatchAdvice>
</da:despatchAdviceMessage>
""".encode()

ALL = {"json": JSON, "csv": CSV, "desadv": DESADV, "gs1-xml": XML, "x12-856": X12}


@pytest.mark.parametrize("form", FORMS)
def test_one_delivery_in_every_form(form):
    data = ALL[form]
    assert form_of(data) == form
    notice = read_notice(data)
    assert (notice.form, notice.digest) == (form, hashlib.sha256(data).digest())
    assert (notice.number, notice.order, notice.due) == ("ASN1099", "PO-7", "2026-11-23")
    assert notice.units == UNITS
    if form != "csv":
        assert (notice.supplier, notice.receiver) == (SUPPLIER, RECEIVER)
    assert len(notice.identities) == 4


def swap(data: bytes, old: str, new: str) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode(), 1)


WRONG = P1[:-1] + str((int(P1[-1]) + 1) % 10)
MISTAKES = [
    (swap(JSON, P1, WRONG), "unit 1: SSCC .* has a wrong check digit"),
    (swap(JSON, APPLE, "4012345"), "unit 1, item 1: a GTIN has 8, 12, 13 or 14 digits"),
    (swap(JSON, '"quantity": 24', '"quantity": 1.5'), "unit 2, item 1: quantity '1.5' is not a whole number"),
    (swap(JSON, '"0072"', '"0071"'), "unit 1, item 1: serial number 0071 is named twice"),
    (swap(JSON, P2, P1), f"SSCC {P1} is named twice"),
    (swap(JSON, '"notice": "ASN1099"', '"notice": ""'), "no number of its own"),
    (b'{"notice": "A"}', "notice A names no goods"),
    (b'{"notice": 5}', "notice must be text"),
    (b'{"units": 5}', "units must be a list"),
    (swap(JSON, '"serials"', '"serial"'), "unit 1, item 1: unknown key 'serial': choose from gtin, quantity"),
    (swap(JSON, '"items"', '"lines"'), "unit 1: unknown key 'lines': choose from sscc, items"),
    (swap(JSON, '"notice"', '"number"'), "the notice: unknown key 'number': choose from notice, supplier"),
    (b'{"notice":\n nonsense}', "line 2: not JSON"),
    (b"{" * 100_000, "line 1: not JSON|too deep"),
    (b'{"a":' * 100_000, "too deep"),
    (b'{"notice": ' + b"9" * 5000 + b"}", "too long"),
    (swap(CSV, "sscc,", "pallet,"), "line 1: unknown column 'pallet'"),
    (swap(CSV, "24,B5", "2000000,B5"), "line 4: quantity 2000000 is not in 1"),
    (swap(CSV, "24,B5", "-1,B5"), "line 4: quantity '-1' is not a whole number"),
    (swap(CSV, "24,B5", ",B5"), "line 4: quantity '' is not a whole number"),
    (swap(CSV, "2026-12-24", "2026-13-24"), "line 4: '2026-13-24' is not a date"),
    (swap(CSV, "ASN1099,PO-7,2026-11-23," + P2, "ASN2,PO-7,2026-11-23," + P2), "line 4: notice 'ASN2': one file"),
    (b"gtin\n\xff", "line 2: the notice is not UTF-8: save it as"),
    (b"PK\x03\x04\x14\x00\x06\x00\xb5\x90", "line 1: the file is not a notice but a workbook or a ZIP archive"),
    (b"", "line 1: the file is not a notice"),
    (b"sscc,quantity", "line 1: no column 'gtin'"),
    (b"%PDF-1.4\nnonsense", "line 1: the file is not a notice but a PDF; ask for CSV, JSON, XML, EDIFACT or X12"),
    (b"nonsense\nnonsense", "line 1: the file is not a notice: neither JSON, XML, EDIFACT or X12, nor CSV"),
    (b"PK\x03\x04\x14", "line 1: the file is not a notice"),
    (swap(DESADV, P1, WRONG), r"segment 13 \(GIN\): SSCC"),
    (swap(DESADV, "QTY+12:2'", "QTY+12:x'"), r"segment 16 \(QTY\): quantity 'x'"),
    (swap(DESADV, "DESADV:D", "INVOIC:D"), r"segment 2 \(UNH\): an INVOIC message, not a DESADV: an invoice"),
    (DESADV[:-40], "no message from UNH to UNT|cut short"),
    (DESADV[:200], "cut short"),
    (swap(DESADV, "UNZ+1+1'", "UNH+2+DESADV'"), "a second message"),
    (b"UNA", r"segment 1 \(UNA\) is cut short"),
    (swap(DESADV, "LIN+1++" + APPLE + ":SRV'", ""), r"segment 14 \(PIA\): no article was named"),
    (b"ISA*00*", r"segment 1 \(ISA\) is cut short"),
    (swap(X12, "ST*856", "ST*810"), "transaction set 810, not 856"),
    (swap(X12, "SN1**2*", "SN1**5*"), "2 serial numbers for 5"),
    (swap(X12, "UK*" + PEAR, "VN*123"), r"segment 22 \(LIN\): a GTIN has"),
    (swap(XML, "<despatchAdvice>", "<other>"), "line 30: not well-formed XML: mismatched tag"),
    (b"<a/>", "holds no despatchAdvice"),
    (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "line 1: a DOCTYPE has no place"),
    (b"<a>" * 50, "too deep"),
    (swap(XML, "<gtin>" + PEAR, "<gtin>1"), "line 24: a GTIN has"),
    (b" " * (MOST_BYTES + 1), "more than 4194304: split it"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), MISTAKES)
def test_what_is_wrong_is_told_with_its_place(data, message):
    with pytest.raises(NoticeError, match=message):
        read_notice(data)


@given(st.sampled_from(FORMS), st.data())
def test_a_damaged_notice_is_a_notice_error_or_a_notice(form, data):
    whole = bytearray(ALL[form])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for damaged in (bytes(whole), cut):
        try:
            read_notice(damaged)
        except NoticeError as error:
            assert str(error)


@given(st.binary(max_size=200), st.sampled_from([b"", b"{", b"<a", b"UNB+", b"UNA:+.? '"]))
def test_rubbish_is_a_notice_error(data, head):
    with pytest.raises(NoticeError):
        read_notice(head + data)


def test_a_huge_element_takes_no_time():
    with pytest.raises(NoticeError):
        read_notice(b"UNH+1+DESADV'BGM+351+" + b"A" * (MOST_BYTES - 100) + b"'UNT'")


def test_several_labels_over_one_list_of_lines():
    data = swap(DESADV, f"GIN+BJ+{P1}'", f"GIN+BJ+{P1}+{sscc(3)}'")
    units = read_notice(data).units
    assert [(unit.sscc, len(unit.items)) for unit in units] == [
        ("", 1), (P1, 0), (sscc(3), 0), (P2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("urn:epc:id:sgtin:0614141.812345.6789", "(01)80614141123458(21)6789"),
        ("urn:epc:id:sscc:0614141.1234567890", "(00)106141412345678908"),
        ("urn:epc:id:sgtin:0614141.812345.32a%2Fb", "(01)80614141123458(21)32a/b"),
        ("urn:epc:id:grai:0614141.12345.6789", "urn:epc:id:grai:0614141.12345.6789"),
    ],
)
def test_tags_name_what_barcodes_name(uri, shown):
    identity = of_uri(uri, "30AA")
    assert str(identity) == shown
    if shown.startswith("("):
        assert of_text(shown).identity == identity
    assert of_text(uri).identity == identity


def test_a_tag_of_no_known_scheme_is_its_epc():
    assert of_uri("", "E2801160") == Identity(epc="E2801160")


def test_what_a_hand_types():
    label = of_text(f"(01){APPLE}(21)0071(10)L77(17)270131")
    assert (label.identity, label.lot, label.expiry) == (
        Identity(gtin=APPLE, serial="0071"), "L77", "2027-01-31",
    )  # fmt: skip
    assert of_text(P1).identity == Identity(sscc=P1)
    assert of_text(APPLE[1:]).identity == Identity(gtin=APPLE)
    assert of_text("96385074").identity == Identity(gtin="00000096385074")  # EAN-8
    assert of_text("04252614").identity == Identity(gtin="00042100005264")  # UPC-E
    with pytest.raises(IdentityError, match="type 00000009999992 or 099999000092"):
        of_text("09999992")


@pytest.mark.parametrize(
    "text", ["", "12", WRONG, "(21)5", "(01)" + APPLE + "x(", f"(00){WRONG}", "abc"]
)
def test_what_a_hand_types_wrong(text):
    with pytest.raises(IdentityError):
        of_text(text)


def test_dates():
    assert date("270200") == "2027-02-28"
    assert date("261200") == "2026-12-31"
    assert date("20270131") == date("2027-01-31T10:00:00Z") == date("202701311200") == "2027-01-31"


@pytest.mark.parametrize("behind", ["junk", "junk+", "\r\njunk\r\n", "+"])
def test_what_is_left_behind_the_last_segment_is_told(behind):
    with pytest.raises(NoticeError, match="the last segment has no end: the file is cut short"):
        read_notice(DESADV + behind.encode())


@pytest.mark.parametrize("behind", ["", "\r\n", " \t\r\n", "\x00\x00\x1a"])
def test_padding_of_old_systems_is_no_segment(behind):
    assert read_notice(DESADV.rstrip() + behind.encode()).units == UNITS


def test_a_file_may_not_have_segments_without_end(monkeypatch):
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 20)
    assert len(list(segments.edifact("LIN+1'" * 20))) == 20
    with pytest.raises(NoticeError, match="more than 20 segments"):
        list(segments.edifact("LIN+1'" * 21))


def test_a_range_may_be_of_one_number():
    assert read_notice(swap(DESADV, "0071:0072", "0071:0071+0072:0072")).units == UNITS
    with pytest.raises(NoticeError, match="from '0072' to '0071' is not a range"):
        read_notice(swap(DESADV, "0071:0072", "0072:0071"))


def test_the_longest_text_that_is_taken():
    assert bounded(" " + "x" * MOST_TEXT + " ", "line 1") == "x" * MOST_TEXT
    with pytest.raises(NoticeError, match="line 1: 'xxxxxxxxxxxxxxxxxxxx'… is too long"):
        bounded("x" * (MOST_TEXT + 1), "line 1")
