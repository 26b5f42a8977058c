"""Tags in a reader's reports: each field, and what makes an EPC doubtful."""

from __future__ import annotations

import dataclasses

import pytest

from drivers.driver import Health
from drivers.reading import Quality
from drivers.rfid.llrp import tags as llrp_tags
from drivers.rfid.llrp.elements import element
from drivers.rfid.llrp.layouts import Bits
from drivers.rfid.llrp.reports import (
    Scale,
    Stamp,
    TagReport,
    is_epc_length,
    stamp,
    tag_report,
    tag_reports,
)
from drivers.rfid.llrp.tags import Tags
from tests.drivers.rfid.llrp.chosen import chosen

EPC = bytes.fromhex("3074257BF7194E4000001A85")
URI = "urn:epc:id:sgtin:0614141.812345.6789"
SHORT = element("EPC-96", epc=EPC)
NOTHING = TagReport(EPC, None, None, None, None, 1, None, None, None)


def moment(name, microseconds):
    return element(name, microseconds=microseconds)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (element("AntennaID", id=3), "antenna", 3),
        (element("PeakRSSI", dbm=-52), "rssi", -52),
        (element("ImpinjPeakRSSI", centi_dbm=-5250), "rssi", -52.5),
        (element("TagSeenCount", count=7), "count", 7),
        (element("TagSeenCount", count=0), "count", 1),
        (element("C1G2PC", pc=0x3000), "pc", 0x3000),
        (element("ImpinjSerializedTID", tid=(0xE280, 0x1160)), "tid", b"\xe2\x80\x11\x60"),
        (element("ImpinjSerializedTID", tid=()), "tid", None),
        (element("C1G2ReadOpSpecResult", result=0, id=1, data=(0xE280,)), "tid", b"\xe2\x80"),
        (element("C1G2ReadOpSpecResult", result=1, id=1, data=(0xE280,)), "tid", None),
        (element("ImpinjRFPhaseAngle", angle=0), "phase", 0.0),
        (element("ImpinjRFPhaseAngle", angle=1024), "phase", 90.0),
        (element("ImpinjRFPhaseAngle", angle=4096), "phase", 0.0),
        (moment("LastSeenTimestampUTC", 5), "last", Stamp(Scale.UTC, 5)),
        (moment("LastSeenTimestampUptime", 5), "last", Stamp(Scale.UPTIME, 5)),
    ],
)
def test_fields_of_a_tag(part, field, value):
    found = tag_report(element("TagReportData", SHORT, part))
    assert found == dataclasses.replace(NOTHING, **{field: value})


def test_a_tag_seen_once_was_last_seen_when_it_was_first_seen():
    entry = element("TagReportData", SHORT, moment("FirstSeenTimestampUTC", 9))
    first = Stamp(Scale.UTC, 9)
    assert tag_report(entry) == dataclasses.replace(NOTHING, first=first, last=first)


def test_utc_goes_before_uptime_and_events_have_names_of_their_own():
    parts = {each.name: each for each in (
        moment("LastSeenTimestampUptime", 1), moment("LastSeenTimestampUTC", 2),
        moment("UTCTimestamp", 3), moment("Uptime", 4),
    )}  # fmt: skip
    assert stamp(parts, "LastSeenTimestamp") == Stamp(Scale.UTC, 2)
    assert stamp(parts, "") == Stamp(Scale.UTC, 3)
    del parts["UTCTimestamp"]
    assert stamp(parts, "") == Stamp(Scale.UPTIME, 4)
    assert stamp({}, "") is None


def test_an_epc_of_any_length_counts_its_bits_and_an_entry_without_one_is_none():
    long = element("EPCData", epc=Bits(92, EPC))
    assert tag_report(element("TagReportData", long)) == dataclasses.replace(NOTHING, bits=92)
    assert tag_report(element("TagReportData", element("AntennaID", id=1))) is None
    message = element(
        "RO_ACCESS_REPORT", element("TagReportData", SHORT), element("TagReportData"),
        element("Custom", vendor=1, subtype=1, data=b""), element("TagReportData", long),
    )  # fmt: skip
    assert [each.bits for each in tag_reports(message)] == [None, 92]


@pytest.mark.parametrize(
    ("bits", "pc", "fits"),
    [
        (0, None, False), (8, None, False), (16, None, True), (24, None, False), (17, None, False),
        (95, None, False), (96, None, True), (496, None, True), (512, None, False),
        (96, 0x3000, True), (96, 0x2800, False), (96, 0x3800, False),
        (96, 0x3200, True), (96, 0x3A00, True), (96, 0x4200, True), (96, 0x4A00, False),
        (96, 0x2A00, False), (16, 0x0800, True),
    ],
)  # fmt: skip
def test_lengths_that_an_epc_can_have(bits, pc, fits):
    """31 words at most; a PC word counts them, and one or two words of extended PC as well."""
    assert is_epc_length(bits, pc) is fits


def stamped(first, last, scale=Scale.UTC):
    return {
        "first": Stamp(scale, round(first * 1e6)), "last": Stamp(scale, round(last * 1e6)),
    }  # fmt: skip


def report(**more):
    return dataclasses.replace(NOTHING, antenna=1, rssi=-50, count=2, pc=0x3000, **more)


def taken(*reports, arrival=1000.0, **options):
    """Return the readings of some reports, and the counters of the health."""
    health = Health()
    tags = Tags("door", chosen(**options), health)
    for each in reports:
        tags.take(each, arrival)
    return list(tags.drain()), health.counters


def test_a_reading_has_all_that_was_asked_for_and_no_more():
    ((reading,), counters) = taken(report(**stamped(99.5, 100.0)), antennas="1: door 2")
    assert reading.fields == {
        "epc": "3074257BF7194E4000001A85", "uri": URI, "tid": None, "pc": 0x3000, "antenna": 1,
        "read_point": "door 2", "rssi": -50, "count": 2, "first_seen": 500.0,
    }  # fmt: skip
    assert (reading.device, reading.kind, reading.monotonic) == ("door", "tag", 1000.0)
    assert reading.quality is Quality.OK
    assert counters == {"reads": 2}


def test_phase_and_the_readers_own_utc_are_told_where_they_are_wanted():
    ((reading,), _) = taken(
        report(tid=b"\xe2\x80", phase=90.0, **stamped(0, 86_400)), phase=True, reader_utc=True,
    )  # fmt: skip
    assert reading.fields["phase"] == 90.0
    assert reading.fields["reader_utc"].isoformat() == "1970-01-02T00:00:00+00:00"
    assert reading.fields["tid"] == "E280"
    ((reading,), _) = taken(report(**stamped(0, 1, Scale.UPTIME)), phase=True, reader_utc=True)
    assert (reading.fields["phase"], reading.fields["reader_utc"]) == (None, None)


@pytest.mark.parametrize(("antenna", "place"), [(None, None), (1, "door"), (2, None), (3, None)])
def test_a_read_point_is_what_the_options_say_of_an_antenna(antenna, place):
    ((reading,), _) = taken(dataclasses.replace(report(), antenna=antenna), antennas="1: door, 2")
    assert reading.fields["read_point"] == place


@pytest.mark.parametrize(
    ("first", "last", "timed"),
    [(0, 0, True), (0, 86_400, True), (0, 86_401, False), (1, 0, False)],
)
def test_a_stay_that_no_tag_has_makes_its_times_doubtful(first, last, timed):
    ((reading,), _) = taken(report(**stamped(first, last)))
    assert reading.quality is (Quality.OK if timed else Quality.SUSPECT)
    assert reading.fields["first_seen"] == (1000.0 * (last - first) if timed else 0.0)


def test_moments_of_two_clocks_are_no_stay():
    mixed = report(first=Stamp(Scale.UPTIME, 0), last=Stamp(Scale.UTC, 9_000_000))
    ((reading,), _) = taken(mixed)
    assert (reading.fields["first_seen"], reading.quality) == (0.0, Quality.OK)


def test_a_report_without_times_is_of_its_arrival():
    ((reading,), _) = taken(report())
    assert (reading.monotonic, reading.fields["first_seen"]) == (1000.0, 0.0)


@pytest.mark.parametrize(
    ("epc", "bits", "pc", "uri", "doubtful"),
    [
        (EPC, None, 0x3000, URI, None),
        (EPC, None, None, URI, None),
        (EPC, None, 0x3100, None, None),  # not GS1's
        (EPC, None, 0x2800, None, 96),
        (EPC, 92, 0x3000, None, 92),
        (b"", None, None, None, 0),
        (b"\xff" * 12, None, 0x3000, None, None),
    ],
)
def test_doubtful_epcs(epc, bits, pc, uri, doubtful):
    told = dataclasses.replace(report(), epc=epc, bits=bits, pc=pc)
    ((reading,), counters) = taken(told)
    assert reading.fields["uri"] == uri
    assert reading.fields.get("epc_bits") == doubtful
    assert reading.quality is (Quality.OK if doubtful is None else Quality.SUSPECT)
    assert counters.get("doubtful EPCs", 0) == (doubtful is not None)


@pytest.mark.parametrize(
    ("epc", "pc", "plain", "doubled", "doubtful"),
    [
        (EPC.hex().upper().encode(), 0x6000, False, 1, False),
        (EPC.hex().upper().encode(), 0x3000, False, 1, False),  # the tag's own PC word
        (b"FF" * 12, 0x6000, True, 0, False),
        (EPC.hex()[:22].encode(), 0x5800, True, 0, False),  # too short for one of 96 bits
        (b"\xf0" * 24, 0x6000, True, 0, False),
    ],
)
def test_an_epc_sent_as_its_own_text(epc, pc, plain, doubled, doubtful):
    ((reading,), counters) = taken(dataclasses.replace(report(), epc=epc, pc=pc))
    assert reading.fields["epc"] == (epc.hex().upper() if plain else EPC.hex().upper())
    assert reading.fields["uri"] == (None if plain else URI)
    assert counters.get("double-encoded EPCs", 0) == doubled
    assert ("epc_bits" in reading.fields) is doubtful


def test_a_report_that_the_reader_repeats_is_counted_apart():
    twice = report(**stamped(1, 2))
    ((reading,), counters) = taken(twice, twice)
    assert reading.fields["count"] == 2
    assert counters == {"reads": 2, "repeated reports": 1}


def test_no_tag_is_a_reading_of_its_own():
    nothing = Tags("door", chosen(), Health()).nothing(7.0)
    names = ("epc", "uri", "tid", "pc", "antenna", "read_point", "rssi", "count", "first_seen")
    assert (nothing.fields, nothing.quality) == (dict.fromkeys(names), Quality.NO_ANSWER)
    assert (nothing.device, nothing.kind, nothing.monotonic) == ("door", "tag", 7.0)


def test_identities_are_remembered_up_to_a_bound(monkeypatch):
    assert llrp_tags.MOST_URIS == 10_000
    monkeypatch.setattr(llrp_tags, "MOST_URIS", 3)
    tags = Tags("door", chosen(), Health())
    for number in range(10):
        tags.take(dataclasses.replace(report(), epc=number.to_bytes(12)), 1000.0)
        list(tags.drain())
        assert len(tags._uris) <= 3
    tags.take(report(), 1000.0)
    assert [each.fields["uri"] for each in tags.drain()] == [URI]
