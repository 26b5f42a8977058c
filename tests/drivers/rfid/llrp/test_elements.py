"""Messages and parameters: real bodies of an R420, round trips, damage."""

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadFrame
from drivers.rfid.llrp.elements import (
    DEEPEST,
    Element,
    decode_body,
    decode_parameters,
    element,
    encode_body,
    encode_parameter,
)
from drivers.rfid.llrp.layouts import Bits, Group, LayoutError
from drivers.rfid.llrp.reports import tag_reports
from drivers.rfid.llrp.tables import IMPINJ, IMPINJ_PARAMETERS, MESSAGES, PARAMETERS

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("TALLYMAN_DATA", ROOT.parent / "shared" / "data")) / "llrp"
TYPES = {
    "GetReaderCapabilitiesResponse-000": 11,
    "GetReaderConfigResponse-000": 12,
    "ROAccessReport-001": 61,
    "ROAccessReport-002": 61,
    "ReaderEventNotification-000": 63,
}


@pytest.fixture
def real():
    """Body and JSON reading of a message of a real R420 (firmware 5.14.0.240)."""
    if not DATA.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs the reference data, and {DATA} is not there")
        pytest.skip(f"no reference data at {DATA}: set TALLYMAN_DATA")

    def load(name):
        body = (DATA / f"{name}.bytes").read_bytes()
        return decode_body(TYPES[name], body), json.loads((DATA / f"{name}.json").read_text())

    return load


@pytest.mark.parametrize("name", TYPES)
def test_real_bodies_are_understood_to_the_last_bit(real, name):
    message, _ = real(name)
    assert all(part.name not in {"Unknown", "Custom"} for part in message.walk())
    assert encode_body(message) == (TYPES[name], (DATA / f"{name}.bytes").read_bytes())


@pytest.mark.parametrize("name", ["ROAccessReport-001", "ROAccessReport-002"])
def test_every_tag_of_a_real_report_is_read_as_its_json_says(real, name):
    message, said = real(name)
    found = list(tag_reports(message))
    assert [
        {
            "EPC": base64.b64encode(one.epc).decode(),
            "AntennaID": one.antenna,
            "PeakRSSI": one.rssi,
            "FirstSeenUTC": one.first.microseconds,
            "C1G2PC": one.pc,
            "count": one.count,
        }
        for one in found
    ] == [
        {
            "EPC": tag["EPC96"]["EPC"],
            "AntennaID": tag["AntennaID"],
            "PeakRSSI": tag["PeakRSSI"],
            "FirstSeenUTC": tag["FirstSeenUTC"],
            "C1G2PC": tag["C1G2PC"],
            "count": tag["TagSeenCount"] or 1,
        }
        for tag in said["TagReportData"]
    ]


def test_a_real_configuration_is_read_as_its_json_says(real):
    message, said = real("GetReaderConfigResponse-000")
    antennas = [
        {
            "AntennaID": part.number("antenna"),
            "power": part.first("RFTransmitter").number("power"),
            "mode": part.first("C1G2InventoryCommand").first("C1G2RFControl").number("mode"),
        }
        for part in message.all("AntennaConfiguration")
    ]
    assert antennas == [
        {
            "AntennaID": one["AntennaID"],
            "power": one["RFTransmitter"]["TransmitPowerIndex"],
            "mode": one["C1G2InventoryCommand"]["RFControl"]["RFModeID"],
        }
        for one in said["AntennaConfigurations"]
    ]
    connected = [bool(one.number("connected")) for one in message.all("AntennaProperties")]
    assert connected == [one["AntennaConnected"] for one in said["AntennaProperties"]]


def test_a_real_event_is_read_as_its_json_says(real):
    message, said = real("ReaderEventNotification-000")
    data = message.first("ReaderEventNotificationData")
    stamp = data.first("UTCTimestamp").number("microseconds")
    assert stamp == said["ReaderEventNotificationData"]["UTCTimestamp"]
    assert data.first("ConnectionCloseEvent") is not None


def values(layout):
    """A strategy for the fields of a layout."""
    kinds = {}
    for part in layout.parts:
        for field in part.fields if isinstance(part, Group) else (part,):
            if field.name:
                kinds[field.name] = value(field)
    return st.fixed_dictionaries(kinds)


def bits():
    return st.binary(max_size=20).flatmap(
        lambda data: st.integers(max(0, len(data) * 8 - 7), len(data) * 8).map(
            lambda count: Bits(count, data)
        )
    )


VARYING = {
    "utf8": st.text(max_size=20),
    "bytes": st.binary(max_size=20),
    "rest": st.binary(max_size=20),
    "bits": bits(),
    "u16s": st.lists(st.integers(0, 2**16 - 1), max_size=9).map(tuple),
    "u32s": st.lists(st.integers(0, 2**32 - 1), max_size=9).map(tuple),
}


def value(field):
    if field.varies:
        return VARYING[field.type]
    if field.type == "raw":
        return st.binary(min_size=field.width // 8, max_size=field.width // 8)
    low = -(1 << field.width - 1) if field.type == "s" else 0
    return st.integers(low, low + (1 << field.width) - 1)


def trees(layouts):
    def filled(layout, children):
        kept = st.lists(children, max_size=3).map(tuple) if layout.nested else st.just(())
        return st.builds(Element, st.just(layout.name), values(layout), kept)

    plain = [layout for layout in (*PARAMETERS, *IMPINJ_PARAMETERS) if layout.name != "Custom"]
    leaves = st.sampled_from([one for one in plain if not one.nested]).flatmap(
        lambda layout: filled(layout, st.nothing())
    )
    inner = st.recursive(
        leaves,
        lambda below: st.sampled_from(plain).flatmap(lambda layout: filled(layout, below)),
        max_leaves=6,
    )
    return st.sampled_from(layouts).flatmap(lambda layout: filled(layout, inner))


@given(trees(MESSAGES))
def test_what_was_encoded_is_decoded(message):
    number, body = encode_body(message)
    assert decode_body(number, body) == message


@given(trees([one for one in MESSAGES if one.nested]), st.data())
def test_damage_is_refused_or_read_but_never_anything_else(message, data):
    number, body = encode_body(message)
    damaged = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        if damaged:
            at = data.draw(st.integers(0, len(damaged) - 1))
            damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    del damaged[data.draw(st.integers(0, len(damaged))) :]
    try:
        decoded = decode_body(number, bytes(damaged))
    except BadFrame:
        return
    assert sum(1 for _ in decoded.walk()) <= len(damaged) + 1


@given(st.integers(0, 1023), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(number, body):
    try:
        list(tag_reports(decode_body(number, body)))
    except BadFrame as error:
        assert "damaged" in str(error)


def test_unknown_parameters_are_kept_and_harm_nothing():
    unknown = bytes.fromhex("0300 0006 cafe")
    foreign = bytes.fromhex("03ff 000e 0000007b 00000005 beef")
    known = encode_parameter(element("AntennaID", id=7))
    entry = decode_parameters(unknown + foreign + known)
    assert [part.name for part in entry] == ["Unknown", "Custom", "AntennaID"]
    assert (entry[0].number("type"), entry[0].data("data")) == (768, b"\xca\xfe")
    assert (entry[1].number("vendor"), entry[1].data("data")) == (123, b"\xbe\xef")
    assert b"".join(map(encode_parameter, entry)) == unknown + foreign + known


def test_an_unknown_short_parameter_takes_the_rest_as_its_length_is_unknown():
    [rest] = decode_parameters(bytes.fromhex("ff 01 02 03"))
    assert (rest.name, rest.number("type"), rest.data("data")) == ("Unknown", 127, b"\1\2\3")


def test_extensions_of_impinj_are_known_by_vendor_and_subtype():
    part = element("ImpinjSerializedTID", tid=(0xE280, 0x1160))
    data = encode_parameter(part)
    assert data[:12] == bytes.fromhex("03ff 0012") + IMPINJ.to_bytes(4) + (55).to_bytes(4)
    assert decode_parameters(data) == (part,)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("00f0 0003", "impossible length"),
        ("00f0 0008 81", "impossible length"),
        ("00f0 0005 81", "AntennaID is cut short"),
        ("00ff 0009 00 0001 0000", "2 bytes too many in AntennaEvent"),
        ("011f 000a 0000 0005 6162", "description of LLRPStatus is cut short"),
        ("00", "head is cut short"),
    ],
)
def test_lengths_are_strict(data, why):
    with pytest.raises(BadFrame, match=why):
        decode_parameters(bytes.fromhex(data))


def test_nesting_is_bounded():
    data = b""
    for _ in range(DEEPEST + 2):
        data = (209).to_bytes(2) + (4 + len(data)).to_bytes(2) + data
    with pytest.raises(BadFrame, match="deeper"):
        decode_parameters(data)


@pytest.mark.parametrize(
    "wrong",
    [
        element("AntennaID", id=65536),
        element("AntennaID"),
        element("AntennaID", id=1, colour=2),
        element("PeakRSSI", dbm=-129),
        Element("AntennaEvent", {"type": 0, "antenna": 1}, (element("AntennaID", id=1),)),
    ],
)
def test_what_does_not_fit_is_not_sent(wrong):
    with pytest.raises(LayoutError):
        encode_parameter(wrong)


def test_a_report_of_seven_reads_counts_seven():
    """LLRP 1.1 §17.2.7.3: TagReportData (240) with EPC-96 (13) and TagSeenCount (8)."""
    epc = bytes.fromhex("8D 3074257BF7194E4000001A85")
    for count in (7, 65535):
        parts = epc + bytes.fromhex("88") + count.to_bytes(2, "big")
        body = (240).to_bytes(2, "big") + (4 + len(parts)).to_bytes(2, "big") + parts
        (report,) = tag_reports(decode_body(61, body))
        assert report.count == count
