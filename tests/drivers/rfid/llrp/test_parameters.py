"""Parameters and messages at the limits of their bytes, and layouts as their tables say."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame
from drivers.rfid.llrp.elements import (
    DEEPEST,
    Element,
    Skipped,
    decode_body,
    decode_parameters,
    element,
    encode_body,
    encode_parameter,
    read_body,
)
from drivers.rfid.llrp.frames import LONGEST, Frame, frame, split, unfinished
from drivers.rfid.llrp.layouts import Bits, LayoutError, table

REPORT = 61
ANTENNA = bytes.fromhex("81 0007")  # AntennaID 7
EVENT = bytes.fromhex("00ff 0007 01 0003")  # AntennaEvent: connected, antenna 3


def tlv(number, content=b""):
    return number.to_bytes(2) + (4 + len(content)).to_bytes(2) + content


def names(message):
    return [part.name for part in message.children]


@pytest.mark.parametrize(
    ("parameter", "data"),
    [
        (element("AntennaID", id=7), "81 0007"),
        (element("PeakRSSI", dbm=-50), "86 ce"),
        (element("C1G2XPCW2", xpc=0x1234), "94 1234"),
        (element("AntennaEvent", type=1, antenna=3), "00ff 0007 01 0003"),
        (element("GPIEvent", port=2, level=1), "00f8 0007 0002 80"),
        (element("EPCData", epc=Bits(12, b"\xab\xc0")), "00f1 0008 000c abc0"),
        (element("LLRPStatus", code=101, description="no"), "011f 000a 0065 0002 6e6f"),
        (element("AISpec", antennas=(1, 515)), "00b7 000a 0002 0001 0203"),
        (element("FixedFrequencyTable", khz=(865700,)), "0094 000a 0001 000d35a4"),
        (element("Identification", type=1, id=b"\x01\x02"), "00da 0009 01 0002 0102"),
        (element("Custom", vendor=7, subtype=9, data=b"x"), "03ff 000d 00000007 00000009 78"),
        (element("ImpinjPeakRSSI", centi_dbm=-5250), "03ff 000e 0000651a 00000039 eb7e"),
        (element("ROReportSpec", element("CustomLeaf", id=1), trigger=1, n=1), None),
    ],
)
def test_parameters_byte_by_byte(parameter, data):
    if data is None:
        with pytest.raises(KeyError):
            encode_parameter(parameter)
        return
    assert encode_parameter(parameter) == bytes.fromhex(data)
    assert decode_parameters(bytes.fromhex(data)) == (parameter,)


def test_fields_by_their_kinds():
    status = element("LLRPStatus", code=1, description="a\x1bb" + "c" * 300)
    assert status.number("code") == 1
    assert status.text("description") == "a?b" + "c" * 197
    assert element("AISpec", antennas=(1, 2)).numbers("antennas") == (1, 2)
    assert element("EPCData", epc=Bits(8, b"\xab")).data("epc") == b"\xab"
    assert element("EPC-96", epc=bytes(12)).data("epc") == bytes(12)


def test_a_tree_is_searched_at_its_own_level_and_walked_in_order():
    inner = element("b", element("c"))
    tree = element("a", inner, element("c"), inner)
    assert tree.first("b") is inner
    assert tree.first("d") is None
    assert list(tree.all("b")) == [inner, inner]
    assert len(list(tree.all("c"))) == 1
    assert [each.name for each in tree.walk()] == ["a", "b", "c", "c", "b", "c"]


def test_messages_byte_by_byte():
    assert encode_body(element("DELETE_ROSPEC", id=7)) == (21, bytes.fromhex("00000007"))
    assert encode_body(element("RO_ACCESS_REPORT", element("AntennaID", id=7))) == (61, ANTENNA)
    unknown = Element("Unknown", {"type": 900, "data": b"abc"})
    assert encode_body(unknown) == (900, b"abc")
    assert read_body(900, b"abc") == (unknown, ())
    assert frame(unknown, 5) == Frame(900, 5, b"abc")


@pytest.mark.parametrize("number", [21, 127])
def test_unknown_short_parameters_go_back_as_they_came(number):
    unknown = Element("Unknown", {"type": number, "data": b"abc"})
    data = bytes([0x80 | number]) + b"abc"
    assert encode_parameter(unknown) == data
    assert decode_body(REPORT, data).children == (unknown,)


def test_an_unknown_long_parameter_goes_back_as_it_came():
    unknown = Element("Unknown", {"type": 768, "data": b"abc"})
    assert encode_parameter(unknown) == tlv(768, b"abc")


def test_parameters_of_a_report_that_cannot_be_read_are_skipped_and_told():
    cut = tlv(255, b"\x01")
    message, skipped = read_body(REPORT, EVENT + cut + ANTENNA)
    assert names(message) == ["AntennaEvent", "Unknown", "AntennaID"]
    assert message.children[1].values == {"type": 255, "data": b"\x01"}
    assert skipped == [Skipped("AntennaEvent", "AntennaEvent is cut short")]
    assert str(skipped[0]) == "a damaged AntennaEvent: AntennaEvent is cut short"
    assert decode_body(REPORT, EVENT + cut + ANTENNA) == message
    with pytest.raises(BadFrame, match=r"^AntennaEvent is cut short$"):
        decode_parameters(cut)


def test_a_parameter_whose_length_is_impossible_ends_the_message_but_not_what_was_before():
    message, skipped = read_body(REPORT, ANTENNA + bytes.fromhex("00ff0003"))
    assert names(message) == ["AntennaID"]
    (told,) = map(str, skipped)
    assert told.startswith("a damaged RO_ACCESS_REPORT: parameter 255 has an impossible length; ")
    assert told.endswith("what is behind it was not read")
    with pytest.raises(BadFrame, match=r"^a damaged RO_ACCESS_REPORT: parameter 255 has an imposs"):
        read_body(REPORT, bytes.fromhex("00ff0003") + ANTENNA)


def test_an_unknown_short_parameter_is_told_with_what_it_took():
    _, skipped = read_body(REPORT, ANTENNA + b"\xff" + ANTENNA)
    told = "a damaged parameter 127: no length is known, 3 bytes were not read"
    assert [str(each) for each in skipped] == [told]


@pytest.mark.parametrize("vital", [tlv(241, bytes.fromhex("00ff ab")), tlv(287, b"\0")])
def test_without_an_epc_or_a_status_what_is_around_it_says_nothing(vital):
    message, skipped = read_body(REPORT, tlv(240, ANTENNA + vital))
    assert names(message) == ["Unknown"]
    assert [each.name for each in skipped] == ["TagReportData"]
    with pytest.raises(BadFrame, match=r"a damaged GET_ROSPECS_RESPONSE: .* is cut short"):
        read_body(36, vital)


@pytest.mark.parametrize(
    ("number", "body", "why"),
    [
        (62, b"\0", "1 bytes too many in KEEPALIVE"),
        (21, bytes(3), "DELETE_ROSPEC is cut short"),
        (21, bytes(5), "1 bytes too many in DELETE_ROSPEC"),
    ],
)
def test_messages_of_another_length_are_refused(number, body, why):
    with pytest.raises(BadFrame, match=f"^a damaged .*: {why}$"):
        read_body(number, body)


def nested(depth):
    """Return so many AccessCommands in each other."""
    data = b""
    for _ in range(depth):
        data = tlv(209, data)
    return data


def test_how_deep_parameters_may_be():
    """Twelve levels below a message; parameters on their own have one more."""
    assert sum(1 for _ in decode_parameters(nested(DEEPEST + 1))[0].walk()) == DEEPEST + 1
    with pytest.raises(BadFrame, match=f"^parameters nested deeper than {DEEPEST}$"):
        decode_parameters(nested(DEEPEST + 1) + nested(DEEPEST + 2))
    _, skipped = read_body(REPORT, nested(DEEPEST))
    assert not skipped
    _, skipped = read_body(REPORT, nested(DEEPEST + 1))
    assert [each.name for each in skipped] == ["AccessCommand"]


@pytest.mark.parametrize(("count", "fits"), [(26_000, True), (26_001, False)])
def test_how_many_parameters_a_message_may_have(count, fits):
    body = ANTENNA * count
    if fits:
        assert len(decode_body(REPORT, body).children) == count
        return
    with pytest.raises(BadFrame, match="more than 26000 parameters"):
        decode_body(REPORT, body)


@pytest.mark.parametrize(("count", "fits"), [(5000, True), (5001, False)])
def test_how_many_damaged_parameters_are_taken(count, fits):
    body = tlv(255, b"\x01") * count
    if fits:
        assert len(read_body(REPORT, body)[1]) == count
        return
    with pytest.raises(BadFrame, match="more than 5000 damaged parameters"):
        read_body(REPORT, body)


@pytest.mark.parametrize(("size", "fits"), [(0xFFFF - 4, True), (0xFFFF - 3, False)])
def test_the_longest_parameter(size, fits):
    unknown = Element("Unknown", {"type": 768, "data": bytes(size)})
    if fits:
        assert decode_parameters(encode_parameter(unknown)) == (unknown,)
        return
    with pytest.raises(LayoutError, match=f"parameter 768 has {size} bytes, too many"):
        encode_parameter(unknown)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (element("AntennaID", id=65536), "id does not fit 16 bits"),
        (element("AntennaID", id=-1), "id does not fit 16 bits"),
        (element("PeakRSSI", dbm=128), "dbm does not fit 8 bits"),
        (element("EPC-96", epc=bytes(11)), "epc does not fit 96 bits"),
        (element("AntennaID"), "AntennaID lacks id"),
        (element("AntennaID", id=1, colour=2), "AntennaID has no field colour"),
        (element("AntennaEvent", element("AntennaID", id=1), type=0, antenna=1),
         "AntennaEvent holds no parameters"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_where(wrong, why):
    with pytest.raises(LayoutError, match=f"^{why}$"):
        encode_parameter(wrong)
    for edge in (element("PeakRSSI", dbm=127), element("PeakRSSI", dbm=-128)):
        assert decode_parameters(encode_parameter(edge)) == (edge,)


def test_a_head_of_four_bytes_is_whole_and_one_of_three_is_not():
    assert decode_parameters(tlv(209)) == (element("AccessCommand"),)
    with pytest.raises(BadFrame, match="a parameter's head is cut short to 3 bytes"):
        decode_parameters(tlv(209)[:3])


@pytest.mark.parametrize(
    ("number", "vendor", "name"),
    [(57, 25882, "ImpinjPeakRSSI"), (57, 25883, "Custom"), (9999, 25882, "Custom")],
)
def test_extensions_by_vendor_and_subtype(number, vendor, name):
    data = tlv(1023, vendor.to_bytes(4) + number.to_bytes(4) + bytes(2))
    assert [each.name for each in decode_parameters(data)] == [name]
    assert decode_body(REPORT, tlv(1023, bytes(7))).children[0].name == "Unknown"


(LAID,) = table("7 Laid first:u3 p4 last:s1 wide:u16 words:u16s text:utf8 left:rest")


def test_a_layout_is_read_from_its_line():
    values = {"first": 5, "last": -1, "wide": 515, "words": (1, 2), "text": "é", "left": b"xy"}
    data = bytes.fromhex("a1 0203 0002 0001 0002 0002 c3a9 7879")
    assert LAID.pack(values) == data
    assert LAID.unpack(b"__" + data, 2, 2 + len(data)) == (values, 2 + len(data))
    assert list(LAID.names()) == ["first", "last", "wide", "words", "text", "left"]
    assert (LAID.number, LAID.name, LAID.nested, LAID.plain) == (7, "Laid", False, None)


@pytest.mark.parametrize(
    ("cut", "why"),
    [(2, "Laid is cut short"), (4, "words of Laid is cut short"), (8, "words of Laid is cut short"),
     (10, "text of Laid is cut short"), (12, "text of Laid is cut short")],
)  # fmt: skip
def test_a_layout_that_is_cut_says_where(cut, why):
    data = bytes.fromhex("a1 0203 0002 0001 0002 0002 c3a9 7879")
    with pytest.raises(LayoutError, match=f"^{why}$"):
        LAID.unpack(data, 0, cut)


@pytest.mark.parametrize(("count", "size"), [(0, 0), (1, 1), (8, 1), (9, 2)])
def test_strings_of_bits_take_whole_bytes(count, size):
    parameter = element("EPCData", epc=Bits(count, bytes(size)))
    data = tlv(241, count.to_bytes(2) + bytes(size))
    assert encode_parameter(parameter) == data
    assert decode_parameters(data) == (parameter,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "a message"),
        (bytes.fromhex("043d000000"), "a message"),
        (bytes.fromhex("043d00000164"), "a message of 356 bytes, of which 6 came"),
        (bytes.fromhex("043d0000016400"), "a message of 356 bytes, of which 7 came"),
    ],
)
def test_what_is_known_of_a_message_that_did_not_end(data, words):
    assert unfinished(data) == words


@pytest.mark.parametrize(("version", "fits"), [(0, False), (1, True), (2, True), (3, False)])
def test_versions(version, fits):
    data = (version << 10 | 62).to_bytes(2) + (10).to_bytes(4) + (5).to_bytes(4)
    found = split(data)
    if fits:
        assert (found.frames, found.rest, found.fault) == ((Frame(62, 5),), b"", "")
    else:
        assert (found.frames, found.rest) == ((), b"")
        assert found.fault == f"a message of version {version}, not LLRP 1"


def test_reserved_bits_are_another_protocol():
    data = bytes.fromhex("243e 0000000a 00000005")
    assert split(data).fault == "a message of version 1, not LLRP 1"


@pytest.mark.parametrize(("size", "fits"), [(LONGEST - 10, True), (LONGEST - 9, False)])
def test_the_longest_message(size, fits):
    data = Frame(61, 1, bytes(size)).to_bytes()
    found = split(data)
    assert bool(found.frames) is fits
    if not fits:
        assert found.fault == f"a message of {size + 10} bytes, not of 10 to 131072"
