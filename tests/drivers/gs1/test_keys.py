"""Which single thing GS1 keys name, and the fields of its EPC and back, by the examples of TDS."""

from __future__ import annotations

import pytest

from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.keys import fields_of, identity_of, keys_of

COMPANY = {"company_prefix": "0614141"}
EXAMPLES = [
    ("sgtin", {"01": "80614141123458", "21": "6789"},
     {"item_reference": "812345", "serial": "6789"}),
    ("sscc", {"00": "106141412345678908"}, {"serial_reference": "1234567890"}),
    ("sgln", {"414": "0614141123452", "254": "400"},
     {"location_reference": "12345", "extension": "400"}),
    ("sgln", {"414": "0614141123452"}, {"location_reference": "12345", "extension": "0"}),
    ("grai", {"8003": "00614141123452400"}, {"asset_type": "12345", "serial": "400"}),
    ("giai", {"8004": "061414112345400"}, {"asset_reference": "12345400"}),
    ("gsrn", {"8018": "061414112345678902"}, {"service_reference": "1234567890"}),
    ("gsrnp", {"8017": "061414112345678902"}, {"service_reference": "1234567890"}),
    ("gdti", {"253": "0614141123452006847"}, {"document_type": "12345", "serial": "006847"}),
    ("cpi", {"8010": "061414112345", "8011": "6789"},
     {"part_reference": "12345", "serial": "6789"}),
    ("sgcn", {"255": "061414167890704711"}, {"coupon_reference": "67890", "serial": "04711"}),
    ("itip", {"8006": "406141411234500102", "21": "987"},
     {"item_reference": "412345", "piece": "01", "total": "02", "serial": "987"}),
]  # fmt: skip


@pytest.mark.parametrize(("identity", "keys", "fields"), EXAMPLES)
def test_examples_there_and_back(identity, keys, fields):
    assert identity_of(keys) == identity
    assert fields_of(keys, 7) == (identity, COMPANY | fields)
    assert keys_of(identity, COMPANY | fields) == keys


@pytest.mark.parametrize("identity", ["gid", "usdod", "adi"])
def test_identities_that_are_not_gs1s_have_no_keys(identity):
    assert keys_of(identity, {}) == {}


@pytest.mark.parametrize(
    ("keys", "fault", "text"),
    [
        ({}, Fault.UNSUPPORTED, "no key among them that an EPC could be made of"),
        ({"10": "LOT"}, Fault.UNSUPPORTED, "no key among them that an EPC could be made of"),
        ({"01": "80614141123458"}, Fault.CLASS, "(01) without (21) names no single thing"),
        ({"8006": "406141411234500102"}, Fault.CLASS, "(8006) without (21) names no single thing"),
        ({"8010": "061414112345"}, Fault.CLASS, "(8010) without (8011) names no single thing"),
        ({"8003": "00614141123452"}, Fault.CLASS,
         "(8003) without a serial number names no single thing"),
        ({"253": "0614141123452"}, Fault.CLASS,
         "(253) without a serial number names no single thing"),
        ({"255": "0614141678909"}, Fault.CLASS,
         "(255) without a serial number names no single thing"),
    ],
)  # fmt: skip
def test_what_names_no_single_thing(keys, fault, text):
    with pytest.raises(Gs1Error) as caught:
        identity_of(keys)
    assert (caught.value.fault, str(caught.value)) == (fault, text)


@pytest.mark.parametrize(("digits", "fits"), [(5, False), (6, True), (12, True), (13, False)])
def test_how_long_a_company_prefix_may_be(digits, fits):
    keys = {"00": "106141412345678908"}
    if fits:
        _, fields = fields_of(keys, digits)
        assert fields["company_prefix"] == "061414123456"[:digits]
        assert fields["serial_reference"] == "1" + "0614141234567890"[digits:]
        return
    with pytest.raises(Gs1Error, match=f"has 6 to 12 digits, not {digits}") as caught:
        fields_of(keys, digits)
    assert caught.value.fault is Fault.PARTITION
