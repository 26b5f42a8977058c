"""The options of a reader: lists of antennas and channels, and values at their bounds."""

from __future__ import annotations

import dataclasses
import ssl

import pytest

from drivers.links.tcp import Address
from drivers.rfid.llrp.antenna_map import antenna_map, antenna_numbers
from drivers.rfid.llrp.settings import tls_context
from foundation.options import OptionError
from tests.drivers.rfid.llrp.chosen import chosen
from tests.drivers.rfid.llrp.test_llrp_tls import certificate


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", {1: ""}),
        (" 1 - 3 : door 2 , 256", {1: "door 2", 2: "door 2", 3: "door 2", 256: ""}),
        ("7-7: a:b", {7: "a:b"}),
        (",, 1: a ,", {1: "a"}),
    ],
)
def test_antennas_and_their_values(text, found):
    assert antenna_map(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x: a", "'x' is not an antenna"),
        ("1-: a", "'1-' is not an antenna"),
        ("-2: a", "'-2' is not an antenna"),
        ("1-x", "'1-x' is not an antenna"),
        ("0", "from 1 to 256, not 0"),
        ("257", "from 1 to 256, not 257"),
        ("250-257", "from 1 to 256, not 250-257"),
        ("3-2", "from 1 to 256, not 3-2"),
        ("1-3, 2: a", "antenna 2 is named twice"),
    ],
)
def test_what_is_no_list_of_antennas(text, why):
    with pytest.raises(ValueError, match=f"{why}$"):
        antenna_map(text)


@pytest.mark.parametrize(
    ("value", "fits"), [("0", True), ("33", True), ("-0.1", False), ("33.1", False)]
)
def test_numbers_of_antennas_have_bounds(value, fits):
    if fits:
        assert antenna_numbers(f"3: {value}", 0.0, 33.0, "a power") == {3: float(value)}
        return
    with pytest.raises(ValueError, match=r"^antenna 3: a power must be from 0 to 33$"):
        antenna_numbers(f"3: {value}", 0.0, 33.0, "a power")


def test_an_antenna_without_a_number_is_named():
    with pytest.raises(ValueError, match=r"^antenna 3 needs a power, not 'full'$"):
        antenna_numbers("3: full", 0.0, 33.0, "a power")


@pytest.mark.parametrize(
    ("option", "value", "kept"),
    [
        ("channels", "1, 64,", (1, 64)),
        ("channels", "0", "channels are numbered from 1 to 64"),
        ("channels", "65", "channels are numbered from 1 to 64"),
        ("channels", "4, 4", "a channel is named twice"),
        ("antenna_mode", "1: 0, 2: 65535", {1: 0, 2: 65535}),
        ("antenna_mode", "1: 65536", "an RF mode must be from 0 to 65535"),
        ("antenna_power", "1: 33", {1: 33.0}),
        ("antenna_power", "1: 34", "a power in dBm must be from 0 to 33"),
        ("mode", -1, -1),
        ("mode", 65535, 65535),
        ("mode", -2, "mode"),
        ("session", 3, 3),
        ("session", 4, "session"),
        ("session", 0, 0),
        ("session", -1, "session"),
        ("population", 0, "population"),
        ("population", 1, 1),
        ("population", 65535, 65535),
        ("population", 65536, "population"),
        ("gpi_port", 0, "gpi_port"),
        ("gpi_port", 1, 1),
        ("keepalive", 1, 1.0),
        ("keepalive", 600, 600.0),
        ("keepalive", 601, "keepalive"),
        ("period", 0.9, "period"),
        ("period", 1, 1.0),
        ("period", 86400, 86400.0),
        ("period", 86401, "period"),
        ("duration", 0.09, "duration"),
        ("duration", 0.1, 0.1),
        ("duration", 3600, 3600.0),
        ("duration", 3601, "duration"),
        ("power_dbm", 0, 0.0),
        ("power_dbm", 33, 33.0),
        ("gpi_port", 8, 8),
        ("gpi_port", 9, "gpi_port"),
        ("keepalive", 0.5, "keepalive"),
        ("power_dbm", 33.1, "power_dbm"),
    ],
)
def test_options_at_their_bounds(option, value, kept):
    if not isinstance(kept, str):
        assert getattr(chosen(**{option: value}), option) == kept
        return
    with pytest.raises(OptionError, match=kept):
        chosen(**{option: value})


def test_what_stands_where_nothing_is_chosen():
    plain = chosen()
    assert dataclasses.asdict(plain) == {
        "address": "reader", "tls": False, "tls_ca": "", "tls_name": "", "antennas": {},
        "power_dbm": 30.0, "antenna_power": {}, "mode": -1, "antenna_mode": {}, "region": "as-set",
        "session": 1, "population": 32, "search_mode": "dual", "channels": (),
        "low_duty_cycle": False, "tid": False, "phase": False, "trigger": "immediate",
        "period": 60.0, "duration": 10.0, "gpi_port": 1, "gpi_level": True, "inputs": False,
        "reader_utc": False, "keepalive": 10.0, "report_interval": 1.0,
    }  # fmt: skip
    assert plain.endpoint == Address("reader", 5084)
    assert chosen(tls=True).endpoint == Address("reader", 5085)
    assert tls_context(plain) is None


@pytest.mark.parametrize(
    ("pinned", "name", "checks_name"),
    [(False, "", True), (False, "door", True), (True, "", False), (True, "door", True)],
)
def test_the_name_in_a_certificate_is_checked_but_where_the_certificate_is_pinned(
    tmp_path, pinned, name, checks_name
):
    pem, _ = certificate(tmp_path)
    context = tls_context(chosen(tls=True, tls_ca=str(pem) if pinned else "", tls_name=name))
    assert context.check_hostname is checks_name
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    by_rsa = {"AES128-GCM-SHA256", "AES128-SHA"} <= {each["name"] for each in context.get_ciphers()}
    assert by_rsa is pinned


def test_a_file_of_certificates_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        tls_context(chosen(tls=True, tls_ca=str(tmp_path / "none.pem")))
