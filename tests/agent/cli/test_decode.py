"""What `tallyman decode` finds, row by row and for programs; and what it cannot explain, and why."""

from __future__ import annotations

import pytest

from agent.cli.decode import NoEpc, find
from agent.cli.errors import Mistake

SGTIN = "3074257BF7194E4000001A85"  # GS1 TDS 2.1, E.3
URI, LINK = "urn:epc:id:sgtin:0614141.812345.6789", "https://id.gs1.org/01/80614141123458/21/6789"
KEYS = [("(01) GTIN", "80614141123458"), ("(21) serial number", "6789")]
TAG = [
    ("scheme", "sgtin-96, filter 3"), *KEYS, ("tag URI", "urn:epc:tag:sgtin-96:3.0614141.812345.6789"),
    ("Digital Link", LINK), ("EPC", SGTIN),
]  # fmt: skip
OF_KEYS = [*KEYS, ("Digital Link", LINK), ("EPC (sgtin+)", "F7080614141123458046A140")]
FOREIGN = [("no EPC", "not a GS1 tag: AFI 0xA2"), ("EPC", SGTIN),
           ("PC word", "31A2: 96 bits, not GS1, AFI 0xA2")]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "digits", "title", "rows"),
    [
        (SGTIN, None, URI, TAG),
        ("30-74 257BF7194E40 00001A85", None, URI, TAG),
        (f"urn:epc:raw:96.x{SGTIN}", None, URI, TAG),
        (f"3000{SGTIN}", None, URI, [*TAG, ("PC word", "3000: 96 bits")]),
        (f"3400{SGTIN}", None, URI, [*TAG, ("PC word", "3400: 96 bits, data in user memory")]),
        (f"3001{SGTIN}", None, URI, [*TAG, ("PC word", "3001: 96 bits, hazardous goods")]),
        (f"31A2{SGTIN}", None, f"urn:epc:raw:96.xA2.x{SGTIN}", FOREIGN),
        (f"urn:epc:raw:96.xa2.x{SGTIN}", None, f"urn:epc:raw:96.xA2.x{SGTIN}", FOREIGN),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", None, URI,
         [*TAG, ("PC word", "3000, to be written before it")]),
        ("(01)80614141123458(21)6789", 7, "GS1 barcode", [*OF_KEYS, ("EPC URI", URI)]),
        (f"{LINK}?x=1", 7, "GS1 Digital Link", [*OF_KEYS, ("EPC URI", URI), ("not of GS1", "x=1")]),
        (LINK, None, "GS1 Digital Link", OF_KEYS),
        (r"]C10180614141123458216789\x1d10L1", 7, "GS1-128",
         [*KEYS, ("(10) lot", "L1"),
          ("Digital Link", "https://id.gs1.org/01/80614141123458/10/L1/21/6789"), OF_KEYS[-1],
          ("EPC URI", URI)]),
        ("80614141123458", None, "GS1 barcode",
         [KEYS[0], ("Digital Link", "https://id.gs1.org/01/80614141123458"),
          ("no EPC", "(01) without (21) names no single thing")]),
        ("(10)L1", None, "GS1 barcode",
         [("(10) lot", "L1"), ("no EPC", "no key among them that an EPC could be made of")]),
        ("(01)80614141123459(21)6789", None, "GS1 barcode",
         [KEYS[1], ("doubtful", "the check digit of (01) 80614141123459 is 9, where 8 belongs")]),
    ],
)  # fmt: skip
def test_what_it_finds_is_told_row_by_row(text, digits, title, rows):
    found = find(text, digits)
    assert (found.title, found.rows) == (title, rows)


def test_an_epc_that_is_no_gs1_key_has_its_fields():
    found = find("350000001000002000000003")  # GID-96: manager, class and serial number
    assert found.title == "urn:epc:id:gid:1.2.3"
    assert found.rows[:4] == [
        ("scheme", "gid-96"), ("manager", "1"), ("object class", "2"), ("serial", "3"),
    ]  # fmt: skip
    assert "undecoded" not in found.data


def test_what_follows_an_epc_and_is_not_understood_is_shown_as_it_is():
    """An SSCC+ with a lot, and with a net weight, which is not read here (TDS 2, 15.3)."""
    found = find("F98095201234567891235" + "1023ABC" + "3103FFFFF" + "000")
    rows = dict(found.rows)
    assert (rows["(00) SSCC"], rows["(10) lot"]) == ("095201234567891235", "ABC")
    assert rows["not understood"] == found.data["undecoded"]
    assert rows["not understood"].startswith("3103FFFFF")


def test_what_a_tag_says_of_itself_beside_its_pc_word_is_told():
    found = find(f"3A000008{SGTIN}")  # XI, and one word of XPC
    assert (found.title, found.rows[-1]) == (URI, ("extended PC", "0008"))
    assert found.data["xpc"] == [8]


EPC_DATA = {
    "epc": SGTIN.lower(), "uri": URI, "tag_uri": "urn:epc:tag:sgtin-96:3.0614141.812345.6789",
    "scheme": "sgtin-96", "filter": 3, "keys": {"01": "80614141123458", "21": "6789"},
    "attributes": {}, "digital_link": LINK,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (f"3400{SGTIN}", EPC_DATA | {"pc": 0x3400, "afi": None, "xpc": []}),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", EPC_DATA | {"pc": 0x3000}),
        (f"31A2{SGTIN}",
         {"epc": SGTIN.lower(), "uri": None, "raw": f"urn:epc:raw:96.xA2.x{SGTIN}",
          "problem": "not a GS1 tag: AFI 0xA2", "pc": 0x31A2, "afi": 0xA2, "xpc": []}),
        (f"{LINK}?x=1",
         {"keys": EPC_DATA["keys"], "digital_link": LINK, "uri": None,
          "epc": "f7080614141123458046a140", "not_of_gs1": "x=1"}),
        ("]E04006381333931",
         {"keys": {"01": "04006381333931"}, "uri": None, "epc": None, "symbology": "EAN/UPC",
          "digital_link": "https://id.gs1.org/01/04006381333931"}),
        ("(01)80614141123459(21)6789",
         {"keys": {"21": "6789"}, "digital_link": None, "uri": None, "epc": None,
          "problem": "the check digit of (01) 80614141123459 is 9, where 8 belongs",
          "symbology": None}),
    ],
)  # fmt: skip
def test_programs_are_told_the_same(text, data):
    assert find(text).data == data


@pytest.mark.parametrize(
    ("text", "error", "said", "advice"),
    [
        ("", Mistake, "there is nothing to explain", "give an EPC, a URI or a scan"),
        ("zz", Mistake, "'zz' is not hexadecimal, a URI", "give an EPC as an even number"),
        ("urn:epc:raw:x", Mistake, "'urn:epc:raw:x' is not a raw URI", "it looks like urn:epc:raw"),
        (f"urn:epc:raw:{'y' * 53}", Mistake, f"'urn:epc:raw:{'y' * 52}' is not a raw URI", ""),
        (f"urn:epc:raw:95.x{SGTIN}", Mistake, "has 96 bits, and says 95", "compare it with what"),
        ("00", NoEpc, "header 0x00 is of no EPC scheme", "as a raw URI it is urn:epc:raw:8.x00"),
        ("3500", NoEpc, "gid-96 has 96 bits, not 16", "as a raw URI it is urn:epc:raw:16.x3500"),
        ("urn:epc:id:sgtin:1", NoEpc, "", "compare it with the label or the tag"),
        ("]Q3hello", NoEpc, "no Application Identifier begins", "scan it again, or compare it"),
        ("]Q1https://example.com", NoEpc, "a barcode without GS1 keys", "no tag and no link"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_told_with_why_and_what_next(text, error, said, advice):
    with pytest.raises(error) as caught:
        find(text)
    assert said in str(caught.value)
    assert caught.value.advice.startswith(advice)
