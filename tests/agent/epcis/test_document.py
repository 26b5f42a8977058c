"""What all documents share, letter by letter: moments, names of our own, links of GS1 keys."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.epcis.document import (
    article,
    document,
    is_gln,
    logistic_unit,
    moment,
    own,
    party,
    piece,
    place,
    read_point,
    to_bytes,
    transactions,
    urn,
)

AT = datetime(2026, 9, 21, 14, 13, 20, 7_999, tzinfo=UTC)
GLN = "4012345000009"


def test_a_document_names_its_context_its_version_and_its_moment():
    assert document(iter([{"type": "ObjectEvent"}]), AT) == {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"tallyman": "urn:tallyman:epcis:"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-09-21T14:13:20.007Z",
        "epcisBody": {"eventList": [{"type": "ObjectEvent"}]},
    }


def test_a_file_has_a_field_a_line_and_letters_as_they_are():
    assert to_bytes({"bizStep": "über", "list": [1]}) == (
        '{\n "bizStep": "über",\n "list": [\n  1\n ]\n}\n'.encode()
    )


@pytest.mark.parametrize(
    ("made", "uri"),
    [
        (own("seals"), "tallyman:seals"),
        (urn("shipment", "truck:7", "W/B 7"), "urn:tallyman:shipment:truck%3A7:W%2FB%207"),
        (read_point("door 2")["id"], "urn:tallyman:readpoint:door%202"),
        (article("04012345123456"), "https://id.gs1.org/01/04012345123456"),
        (article("04012345123456", "L/1"), "https://id.gs1.org/01/04012345123456/10/L%2F1"),
        (piece("04012345123456", "a/1"), "https://id.gs1.org/01/04012345123456/21/a%2F1"),
        (logistic_unit("340123450000000017"), "https://id.gs1.org/00/340123450000000017"),
        (party(GLN), f"https://id.gs1.org/417/{GLN}"),
        (place(GLN), f"https://id.gs1.org/414/{GLN}"),
        (place("yard 3"), "urn:tallyman:place:yard%203"),
        (moment(AT.replace(microsecond=0)), "2026-09-21T14:13:20.000Z"),
    ],
)
def test_what_has_a_key_is_named_by_it_and_what_has_none_by_a_name_of_ours(made, uri):
    assert made == uri


def test_a_transaction_is_a_uri_already_or_of_whose_number_it_is():
    said = [
        ("po", "PO/7", GLN), ("desadv", "ASN1", "a farm"), ("bol", "", GLN), ("inv", "urn:x:y", GLN),
    ]  # fmt: skip
    assert transactions(*said) == [
        {"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:{GLN}:PO%2F7"},
        {"type": "desadv", "bizTransaction": "urn:tallyman:transaction:ASN1"},
        {"type": "inv", "bizTransaction": "urn:x:y"},
    ]


@pytest.mark.parametrize(
    ("text", "holds"),
    [(GLN, True), (GLN[1:], False), (GLN + "0", False), ("a" * 13, False), ("²" * 13, False)],
)
def test_a_gln_has_thirteen_digits(text, holds):
    assert is_gln(text) is holds
