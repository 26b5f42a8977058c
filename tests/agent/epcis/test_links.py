"""Keys in URIs as the one link that a hash wants: examples of GS1's TDS 2.0 (§6 to 8) and CBV 2.0."""

from __future__ import annotations

import pytest

from agent.epcis.links import canonical

GS1 = "https://id.gs1.org"


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("urn:epc:id:sgtin:0614141.112345.400", "/01/10614141123459/21/400"),
        ("urn:epc:id:sgtin:0614141.112345.4.0%2F0", "/01/10614141123459/21/4.0%2F0"),
        ("urn:epc:idpat:sgtin:0614141.112345.*", "/01/10614141123459"),
        ("urn:epc:class:lgtin:4012345.012345.998877", "/01/04012345123456/10/998877"),
        ("urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7'SDB",
         "/01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7'SDB"),
        ("urn:epc:id:sscc:0614141.1234567890", "/00/106141412345678908"),
        ("urn:epc:id:sgln:0614141.12345.400", "/414/0614141123452/254/400"),
        ("urn:epc:id:sgln:0614141.12345.0", "/414/0614141123452"),
        ("urn:epc:id:pgln:1234567.89012", "/417/1234567890128"),
        ("urn:epc:id:grai:0614141.12345.400", "/8003/00614141123452400"),
        ("urn:epc:id:giai:0614141.12345400", "/8004/061414112345400"),
        ("urn:epc:id:gsrn:0614141.1234567890", "/8018/061414112345678902"),
        ("urn:epc:id:gsrnp:0614141.1234567890", "/8017/061414112345678902"),
        ("urn:epc:id:gdti:0614141.12345.006847", "/253/0614141123452006847"),
        ("urn:epc:id:sgcn:4012345.67890.04711", "/255/401234567890104711"),
        ("urn:epc:id:cpi:0614141.123ABC.123456789", "/8010/0614141123ABC/8011/123456789"),
        ("urn:epc:id:cpi:0614141.123ABC", "/8010/0614141123ABC"),
        ("urn:epc:id:ginc:0614141.xyz3311cba", "/401/0614141xyz3311cba"),
        ("urn:epc:id:gsin:0614141.123456789", "/402/06141411234567890"),
        ("urn:epc:id:itip:4012345.012345.01.02.987", "/8006/040123451234560102/21/987"),
        ("https://example.com/some/01/04012345123456/10/L1/21/400?17=261031",
         "/01/04012345123456/21/400"),
        ("https://example.com/8004/a%2F1", "/8004/a%2F1"),
        ("http://example.com/01/04012345123456/10/L1", "/01/04012345123456/10/L1"),
        ("https://example.com/01/04012345123456/235/TPX", "/01/04012345123456/235/TPX"),
        ("https://id.gs1.org/00/106141412345678908/", "/00/106141412345678908"),
        ("https://example.com/414/0614141123452/254/400", "/414/0614141123452/254/400"),
        ("https://example.com/8010/0614141123ABC/8011/7", "/8010/0614141123ABC/8011/7"),
        ("https://example.com/8006/040123451234560102/10/L/21/9", "/8006/040123451234560102/21/9"),
    ],
)  # fmt: skip
def test_a_key_has_one_link(uri, link):
    assert canonical(uri) == GS1 + link


@pytest.mark.parametrize("ai", ["253", "255", "401", "402", "417", "8003", "8004", "8017", "8018"])
def test_a_key_that_has_no_qualifier_is_a_link_by_itself(ai):
    assert canonical(f"https://example.com/x/{ai}/0614141123452") == f"{GS1}/{ai}/0614141123452"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:gid:95100000.12345.400",
        "urn:epc:id:usdod:2S194.12345678901",
        "urn:epc:id:sgtin:0614141",
        "urn:epc:id:sgtin:0614141.",
        "urn:epc:raw:96.x30",
        "urn:uuid:1b37cc34-c2cb-4b9a-a8ef-6b2a5b5b7b7e",
        "https://example.com/shelf/7",
        "https://example.com/01/",
        "https://example.com/01/04012345123456/21",
        "https://example.com/01//21/5",
        "ftp://example.com/01/04012345123456",
    ],
)
def test_what_has_none_stays_as_it_is(uri):
    assert canonical(uri) == uri
