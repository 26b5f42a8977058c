import pytest
from epcpy.utils.common import ConvertException
from epcpy.utils.parsers import hex_to_tag_encodable
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.gs1.bits import BitReader
from drivers.gs1.characters import CHARACTERS
from drivers.gs1.epc import EpcError, decode, raw_uri
from drivers.gs1.epc_encode import encode_tag_uri
from drivers.gs1.epc_schemes import SCHEMES
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.pc_word import PcWord
from drivers.gs1.plus_segments import _read_code40
from tests.drivers.gs1.epc_examples import EXAMPLES, words

# Worked examples of GS1's Tag Data Standard, confirmed by epcpy.
VECTORS = {
    "3074257BF7194E4000001A85": "sgtin:0614141.812345.6789",
    "3174257BF4499602D2000000": "sscc:0614141.1234567890",
    "3314257BF40C0E4000001A85": "grai:0614141.12345.6789",
    "3614257BF7194E59B2C2BF100000000000000000000000000000": "sgtin:0614141.812345.32a%2Fb",
}

headers_96 = st.sampled_from([header for header, scheme in SCHEMES.items() if scheme.bits == 96])


def packed(*parts):
    """Bits from (value, width) pairs, zero-filled to whole words."""
    text = "".join(f"{value:0{width}b}" if width else "" for value, width in parts)
    text += "0" * (-len(text) % 16)
    return int(text, 2).to_bytes(len(text) // 8)


@pytest.mark.parametrize("text", VECTORS)
def test_worked_examples(text):
    assert decode(bytes.fromhex(text)).uri == f"urn:epc:id:{VECTORS[text]}"


def test_parts_of_a_decoded_epc():
    epc = decode(bytes.fromhex("3074257BF7194E4000001A85"))
    assert epc.scheme == "sgtin-96"
    assert epc.filter == 3
    assert epc.tag_uri == "urn:epc:tag:sgtin-96:3.0614141.812345.6789"
    assert epc.fields == {
        "company_prefix": "0614141",
        "item_reference": "812345",
        "serial": "6789",
    }


def test_a_place_and_an_asset():
    sgln = packed((0x32, 8), (1, 3), (5, 3), (614141, 24), (12345, 17), (400, 41))
    assert decode(sgln).uri == "urn:epc:id:sgln:0614141.12345.400"
    giai = packed((0x34, 8), (0, 3), (5, 3), (614141, 24), (5678, 58))
    assert decode(giai).uri == "urn:epc:id:giai:0614141.5678"


@pytest.mark.parametrize(
    ("header", "widths", "uri"),
    [
        (0x32, (40, 1, 41), "urn:epc:id:sgln:952110153221..7"),
        (0x33, (40, 4, 38), "urn:epc:id:grai:952110153221..7"),
    ],
)
def test_a_twelve_digit_prefix_leaves_no_digit_for_the_reference(header, widths, uri):
    prefix, reference, serial = widths
    epc = packed((header, 8), (0, 3), (0, 3), (952110153221, prefix), (0, reference), (7, serial))
    assert decode(epc).uri == uri
    with pytest.raises(EpcError, match="more than 0 digits"):
        decode(
            packed((header, 8), (0, 3), (0, 3), (952110153221, prefix), (1, reference), (7, serial))
        )


@pytest.mark.parametrize(
    ("text", "fault", "reason"),
    [
        ("", Fault.EMPTY, "empty"),
        ("E20010710000529B0940B402", Fault.HEADER, "header 0xE2"),
        ("000000000000000000000000", Fault.HEADER, "header 0x00"),
        ("307C257BF7194E4000001A85", Fault.PARTITION, "sgtin-96: partition 7 is reserved"),
        ("3074257BF7194E4000001A", Fault.LENGTH, "96 bits, not 88"),
        ("3074257BF7194E4000001A850000", Fault.LENGTH, "96 bits, not 112"),
        ("3077FFFFFF194E4000001A85", Fault.RANGE, "company prefix .* has more than 7 digits"),
        ("3074257BF7FFFFC000001A85", Fault.RANGE, "item reference .* has more than 6 digits"),
        ("3174257BF4499602D2000001", Fault.PADDING, "padding of sscc-96 is not zero"),
        ("3614257BF7194E59B2C2BF100000000000000000000000000001", Fault.PADDING, "of sgtin-198"),
        ("3614257BF7194E40000000000000000000000000000000000000", Fault.LENGTH, "without a serial"),
        ("3C76451FD7FFFFFF80003039", Fault.RANGE, "part reference .* has more than 8 digits"),
        ("3F76451FD612640000000000", Fault.ENCODING, "begin with its mark 1"),
        ("3F76451FD612640000000001", Fault.ENCODING, "begin with its mark 1"),
        ("2F320434147494900000162E", Fault.CHARACTER, "'I' may not be in a cage"),
        ("3B0E0CF5E76C90477500", Fault.LENGTH, "bits too early"),
        ("4076451FD40C0EFF820000000F54", Fault.RANGE, "total 127 has more than 2 digits|piece"),
        ("FD3795211411234538566CB0AFC525065F1876F0D996D800", Fault.UNSUPPORTED, "host name"),
        ("F73795211411234548566CB0AFC4", Fault.CHECK_DIGIT, r"\(01\) 79521141123454 is 4, where 3"),
        ("F7379521141123453CA0", Fault.ENCODING, "encoding indicator 6 is reserved"),
        ("F737952114112345380000000000", Fault.LENGTH, "of 0 characters"),
        ("F737952114112345F804000000", Fault.CHARACTER, "which is no digit"),
        ("F90095201234567891235001", Fault.PADDING, "padding of sscc\\+ is not zero"),
        ("FB3F2CDE795211411234538566CB0AFC4000", Fault.ENCODING, "date type 15 is reserved"),
        ("FB342FFE795211411234538566CB0AFC4000", Fault.DATE, "no day of the calendar"),
        ("FA3E83C2BF100000", Fault.CHARACTER, "does not begin with a company prefix"),
    ],
)
def test_what_is_no_epc_is_refused_with_the_reason(text, fault, reason):
    with pytest.raises(EpcError, match=reason) as caught:
        decode(bytes.fromhex(text))
    assert caught.value.fault is fault
    assert caught.value.raw == raw_uri(bytes.fromhex(text))


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_standard_both_ways(text):
    epc = decode(words(text))
    assert EXAMPLES[text] in {epc.tag_uri, epc.digital_link}
    if epc.tag_uri is not None:
        assert encode_tag_uri(epc.tag_uri) == words(text)


def test_raw_uri():
    assert raw_uri(bytes.fromhex("E20010710000529B0940B402")) == (
        "urn:epc:raw:96.xE20010710000529B0940B402"
    )
    assert raw_uri(bytes.fromhex("A1B2"), afi=0xC2) == "urn:epc:raw:16.xC2.xA1B2"


def sgtin_198(serial):
    characters = [(ord(character), 7) for character in serial.ljust(20, "\0")]
    return packed((0x36, 8), (1, 3), (5, 3), (614141, 24), (812345, 20), *characters)


@given(st.text(st.sampled_from(sorted(CHARACTERS)), min_size=1, max_size=20))
def test_every_serial_number_that_is_allowed_is_read_and_escaped(serial):
    epc = decode(sgtin_198(serial))
    assert epc.fields["serial"] == serial
    escaped = epc.uri.removeprefix("urn:epc:id:sgtin:0614141.812345.")
    assert not set(escaped) & set('"&/<>?')
    assert bytes(escaped, "ascii").replace(b"%", b"\\x").decode("unicode_escape") == serial


@pytest.mark.parametrize("serial", ["a b", "a#b", "a\0b", "a\x7fb", "a$b"])
def test_other_characters_are_refused(serial):
    with pytest.raises(EpcError, match="may not be in a serial"):
        decode(sgtin_198(serial))


def theirs(epc):
    """epcpy's reading of `epc`, or None."""
    try:
        return hex_to_tag_encodable(epc.hex().upper()).epc_uri
    except ConvertException:
        return None


# What TDS forbids and epcpy takes: an EPC whose padding is not zero, a reference where the
# company prefix leaves no digit for one, a part reference of more digits than its table allows.
MORE_STRICT = ("the padding of", "more than 0 digits", "cpi-96: part reference")


@given(headers_96, st.binary(min_size=11, max_size=11))
@example(0x31, bytes.fromhex("74257BF4499602D2000001"))
def test_random_bits_are_read_as_epcpy_reads_them(header, rest):
    epc = bytes([header]) + rest
    try:
        ours = decode(epc).uri
    except EpcError as error:
        if not any(reason in str(error) for reason in MORE_STRICT):
            assert theirs(epc) is None
        return
    assert ours == theirs(epc)


@st.composite
def valid_epcs(draw):
    """A 96-bit EPC whose fields are all in range, so that no example is wasted."""
    scheme = SCHEMES[
        draw(headers_96.filter(lambda header: SCHEMES[header].identity in PARTITIONED))
    ]
    partition = scheme.segments[0]
    value = draw(st.integers(0, 6))
    row = partition.rows[value]
    most = min(10**row.limit, 1 << row.bits) - 1
    rest = 96 - 8 - 3 - 3 - row.prefix_bits - row.bits - scheme.zeros
    return packed(
        (scheme.header, 8),
        (draw(st.integers(0, 7)), 3),
        (value, 3),
        (draw(st.integers(0, 10**row.prefix_digits - 1)), row.prefix_bits),
        (draw(st.integers(0, most)), row.bits),
        (draw(st.integers(0, (1 << rest) - 1)), rest),
        (0, scheme.zeros),
    )


PARTITIONED = {"sgtin", "sscc", "sgln", "grai", "giai", "gsrn", "gsrnp", "gdti", "cpi"}


@given(valid_epcs())
def test_valid_epcs_are_read_as_epcpy_reads_them(epc):
    assert decode(epc).uri == theirs(epc)


# Without "/": epcpy takes the hexadecimal of an escape for decimal digits and fails on some.
@given(st.text(st.sampled_from("0123456789ABCDEFabcxyz-.:_"), min_size=1, max_size=20))
def test_sgtin_198_as_epcpy_reads_it(serial):
    epc = sgtin_198(serial)
    assert decode(epc).uri == theirs(epc)


@given(st.binary(max_size=40))
def test_any_bytes_are_decoded_or_refused(epc):
    try:
        assert decode(epc).uri.startswith(("urn:epc:id:", "https://id.gs1.org/"))
    except EpcError as error:
        assert error.raw.startswith("urn:epc:raw:")


def test_pc_word():
    word = PcWord(0x3400)
    assert word.epc_bytes == 12
    assert word.has_user_memory
    assert not word.extended
    assert word.is_gs1
    assert word.afi is None
    foreign = PcWord(0x31A1)
    assert not foreign.is_gs1
    assert foreign.afi == 0xA1
    assert PcWord(0x3200).extended


@pytest.mark.parametrize("group", [64001, 65535])
def test_a_group_that_is_none_of_code_40_is_refused(group):
    """§14.5.6.5: three characters of 40 make 1 to 64000 of the 65536."""
    bits = BitReader(group.to_bytes(2, "big"))
    with pytest.raises(Gs1Error, match="is no group of URN Code 40"):
        _read_code40(3, bits)
