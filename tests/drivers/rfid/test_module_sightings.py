"""Reads of a serial module become one reading of each tag and antenna, with what is known of it."""

from __future__ import annotations

import pytest

from drivers.reading import Quality, Reading
from drivers.rfid.sightings import MOST, Heard, Sightings

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


def test_what_is_kept_is_bounded():
    sightings = Sightings("gate")
    for number in range(MOST - 1):
        sightings.add(heard(number.to_bytes(12)), 1.0)
    assert not sightings.full
    sightings.add(heard(), 1.0)
    assert sightings.full
    assert MOST == 20_000
