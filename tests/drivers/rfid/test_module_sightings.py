"""Reads of a serial module become one reading of each tag and antenna, with what is known of it."""

from __future__ import annotations

import pytest

from drivers.catalog import check_options
from drivers.reading import Quality, Reading
from drivers.rfid import shown
from drivers.rfid.sightings import MOST, Heard, Sightings
from foundation.options import OptionError

SGTIN = bytes.fromhex("3074257BF7194E4000001A85")
URI = "urn:epc:id:sgtin:0614141.812345.6789"
PC = 0x3000  # six words of EPC


def heard(epc=SGTIN, *, pc=PC, rssi=-50, antenna=1, intact=True, count=1):
    return Heard(pc, epc, rssi, antenna, intact, count)


def reported(*reads):
    """Return the readings of `reads`, which come a quarter of a second apart."""
    sightings = Sightings("gate")
    for number, read in enumerate(reads):
        sightings.add(read, 100.0 + number / 4)
    return sightings.report()


def test_reads_of_one_tag_are_one_reading_with_their_span_and_their_strongest():
    (reading,) = reported(heard(rssi=-60), heard(rssi=-40, count=3), heard(rssi=-55))
    fields = {
        "epc": "3074257BF7194E4000001A85", "uri": URI, "pc": PC, "antenna": 1, "rssi": -40,
        "count": 5, "first_seen": 500.0,
    }  # fmt: skip
    assert reading == Reading("gate", "tag", fields, 100.5, Quality.OK)


@pytest.mark.parametrize(
    ("rssis", "strongest"),
    [((None, -60), -60), ((-60, None), -60), ((None, None), None), ((0, -1), 0)],
)
def test_a_module_may_not_tell_how_strong_a_tag_was(rssis, strongest):
    (reading,) = reported(*(heard(rssi=rssi) for rssi in rssis))
    assert reading.fields["rssi"] == strongest


def test_antennas_and_damaged_reads_are_readings_of_their_own():
    readings = reported(heard(), heard(antenna=2), heard(intact=False), heard())
    told = [(each.fields["antenna"], each.fields["count"], each.quality) for each in readings]
    assert told == [(1, 2, "ok"), (2, 1, "ok"), (1, 1, "corrupt")]


@pytest.mark.parametrize(
    ("read", "uri", "quality"),
    [
        (heard(), URI, Quality.OK),
        (heard(intact=False), None, Quality.CORRUPT),
        (heard(pc=PC | 0x100), None, Quality.OK),  # an identifier of ISO/IEC 15961
        (heard(b"\xff" * 12), None, Quality.OK),  # of no scheme
        (heard(b"", pc=0), None, Quality.SUSPECT),
        (heard(b"", pc=0, intact=False), None, Quality.CORRUPT),
    ],
)
def test_what_is_said_of_an_epc(read, uri, quality):
    (reading,) = reported(read)
    assert (reading.fields["uri"], reading.quality) == (uri, quality)
    assert reading.fields.get("epc_bits") == (0 if quality is Quality.SUSPECT else None)


def test_a_report_forgets_what_it_reports():
    sightings = Sightings("gate")
    assert len(sightings) == 0
    sightings.add(heard(), 1.0)
    sightings.add(heard(antenna=2), 1.0)
    assert len(sightings) == 2
    assert len(sightings.report()) == 2
    assert sightings.report() == []
    sightings.add(heard(), 2.0)
    sightings.clear()
    assert sightings.report() == []


def test_no_tag_is_a_reading_without_any_field():
    empty = dict.fromkeys(("epc", "uri", "pc", "antenna", "rssi", "count", "first_seen"))
    assert Sightings("gate").nothing(7.0) == Reading("gate", "tag", empty, 7.0, Quality.NO_ANSWER)


def test_what_is_kept_is_bounded(monkeypatch):
    assert MOST == 20_000
    monkeypatch.setattr("drivers.rfid.sightings.MOST", 100)
    sightings = Sightings("gate")
    for number in range(99):
        sightings.add(heard(number.to_bytes(12)), 1.0)
    assert not sightings.full
    sightings.add(heard(), 1.0)
    assert sightings.full


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"+CMTI: 1\r\n", '"+CMTI: 1"'),
        (b"0123456789abcdefgh", '"0123456789abcdef"'),
        (b"ab\x00", "61 62 00"),
        (b"\xff" * 20, " ".join(["ff"] * 16)),
        (b"", '""'),
    ],
)
def test_what_a_device_sent_as_people_see_it(data, told):
    assert shown.sample(data) == told


def test_text_of_a_device_is_one_bounded_line():
    assert shown.text("a\x1b[2J\nb") == "a?[2J?b"
    assert shown.text("x" * 201) == "x" * 200


@pytest.mark.parametrize("kind", ["rfid.m100", "rfid.mercury", "rfid.llrp"])
@pytest.mark.parametrize(
    ("interval", "fits"), [(0.05, True), (3600, True), (0.04, False), (3601, False)]
)
def test_report_intervals(kind, interval, fits):
    given = {"address": "reader"} if kind == "rfid.llrp" else {"port": "/dev/x"}
    assert check_options(kind, given)["report_interval"] == 1.0
    assert check_options(kind, given)["region"] == "as-set"
    if fits:
        check_options(kind, given | {"report_interval": interval})
        return
    with pytest.raises(OptionError):
        check_options(kind, given | {"report_interval": interval})


@pytest.mark.parametrize(
    ("kind", "option", "fits", "refused"),
    [
        ("rfid.m100", "power_dbm", (0, 30), (-1, 30.1)),
        ("rfid.mercury", "power_dbm", (0, 31.5), (-1, 31.6)),
        ("rfid.mercury", "search_ms", (50, 5000), (49, 5001)),
        ("rfid.mercury", "antennas", ("1", "16, 1"), ("0", "17")),
        ("rfid.mfrc522", "speed_hz", (10_000, 10_000_000), (9_999, 10_000_001)),
        ("rfid.mfrc522", "poll_interval", (0.05, 60), (0.04, 60.1)),
        ("rfid.mfrc522", "leave_after", (0.1, 600), (0.09, 600.1)),
        ("rfid.mfrc522", "gain_db", (18, 23, 33, 38, 43, 48), (17, 24)),
    ],
)
def test_options_of_readers_at_their_bounds(kind, option, fits, refused):
    given = {"bus": "/dev/spidev0.0"} if kind == "rfid.mfrc522" else {"port": "/dev/x"}
    for value in fits:
        assert check_options(kind, given | {option: value})[option] == value
    for value in refused:
        with pytest.raises(OptionError):
            check_options(kind, given | {option: value})


def test_what_stands_where_nothing_is_chosen():
    assert check_options("rfid.mfrc522", {"bus": "/dev/spidev0.0"}) == {
        "bus": "/dev/spidev0.0", "speed_hz": 1_000_000, "gain_db": 38, "poll_interval": 0.25,
        "leave_after": 1.0, "keys": "FFFFFFFFFFFF", "self_test": False,
    }  # fmt: skip
    assert check_options("rfid.m100", {"port": "/dev/x"}) == {
        "port": "/dev/x", "baudrate": 115200, "power_dbm": 20.0, "region": "as-set",
        "report_interval": 1.0,
    }  # fmt: skip
    assert check_options("rfid.mercury", {"port": "/dev/x"}) == {
        "port": "/dev/x", "baudrate": 115200, "power_dbm": 20.0, "region": "as-set",
        "antennas": "1", "search_ms": 200, "report_interval": 1.0,
    }  # fmt: skip
