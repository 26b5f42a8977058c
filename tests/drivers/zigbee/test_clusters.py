"""What nodes' frames say: values by the cluster's type, or a mark; bytes as captures have them."""

import pytest

from drivers.reading import Quality
from drivers.zigbee.clusters import CLUSTERS, said

REPORT = "18 07 0a "  # from the server, transaction 7, report attributes


def told(cluster, text, **known):
    return [
        (each.kind, dict(each.fields), each.quality)
        for each in said(cluster, bytes.fromhex(text), **known)
    ]


@pytest.mark.parametrize(
    ("cluster", "text", "kind", "fields", "quality"),
    [
        (0x0402, "00 00 29 c6 f8", "temperature", {"temperature": -18.5}, "ok"),
        (0x0402, "00 00 29 00 80", "temperature", {"temperature": None}, "no-answer"),
        (0x0402, "00 00 29 f0 d8", "temperature", {"temperature": -100.0}, "suspect"),
        (0x0402, "00 00 29 00 90", "temperature", {"temperature": -286.72}, "out-of-range"),
        (0x0405, "00 00 21 94 11", "temperature", {"humidity": 45.0}, "ok"),
        (0x0405, "00 00 21 ff ff", "temperature", {"humidity": None}, "no-answer"),
        (0x0405, "00 00 21 11 27", "temperature", {"humidity": 100.01}, "out-of-range"),
        (0x0403, "00 00 29 f5 03", "temperature", {"pressure": 1013.0}, "ok"),
        (0x0001, "20 00 20 1e", "zigbee-node", {"battery": 3.0}, "ok"),
        (0x0001, "20 00 20 ff", "zigbee-node", {"battery": None}, "no-answer"),
        (0x0001, "21 00 20 c8", "zigbee-node", {"battery_percent": 100.0}, "ok"),
        (0x0001, "21 00 20 ff", "zigbee-node", {"battery_percent": None}, "no-answer"),
        (0x0006, "00 00 10 01", "input", {"state": "on", "level": 1}, "ok"),
        (0x0006, "00 00 10 ff", "input", {"state": None, "level": None}, "no-answer"),
    ],
)
def test_a_report_becomes_a_value_or_a_mark(cluster, text, kind, fields, quality):
    assert told(cluster, REPORT + text) == [(kind, fields, Quality(quality))]


def test_a_frame_with_two_attributes_makes_two_records():
    both = told(0x0001, REPORT + "20 00 20 1d  21 00 20 64")
    assert [fields for _, fields, _ in both] == [{"battery": 2.9}, {"battery_percent": 50.0}]


def test_a_makers_frame_and_attributes_of_no_record_are_passed_over():
    assert told(0x0402, "1c 5f 11 07 0a  00 00 29 2c 01") == [
        ("temperature", {"temperature": 3.0}, Quality.OK)
    ]
    assert told(0x0402, REPORT + "03 00 21 32 00") == []  # its tolerance
    assert told(0x0402, "18 07 01 00 00 00 29 c6 f8") == []  # an answer to a question of ours


@pytest.mark.parametrize(
    ("text", "raw", "quality", "words"),
    [
        ("00 00 21 c6 f8", "c6 f8", "suspect", "came as uint16, and the cluster has int16"),
        ("00 00 29 c6", "00 00 29 c6", "corrupt", "has 1 of 2 bytes of int16"),
        ("00 00", "00 00", "corrupt", "within an attribute's head"),
        ("", "", "corrupt", "without an attribute"),
        ("00 00 77 01", "00 00 77 01", "corrupt", "type 0x77"),
    ],
)
def test_what_is_no_value_is_kept_with_its_bytes(text, raw, quality, words):
    ((kind, fields, mark),) = told(0x0402, REPORT + text)
    assert (kind, fields["raw"], mark) == ("zigbee-frame", bytes.fromhex(raw), Quality(quality))
    assert fields["cluster"] == "0402"
    assert words in fields["problem"]


def test_what_came_before_the_cut_counts():
    good, cut = told(0x0001, REPORT + "20 00 20 1e  21 00 20")
    assert good == ("zigbee-node", {"battery": 3.0}, Quality.OK)
    assert cut[2] is Quality.CORRUPT


@pytest.mark.parametrize("text", ["", "18", "18 07", "1c 5f 11 07"])
def test_a_frame_shorter_than_its_header_is_kept(text):
    ((kind, fields, quality),) = told(0x0402, text)
    assert (kind, quality, fields["raw"]) == ("zigbee-frame", Quality.CORRUPT, bytes.fromhex(text))


@pytest.mark.parametrize(
    ("zone", "status", "state"),
    [
        (0x15, "01 00", "open"),
        (0x15, "00 00", "closed"),
        (0x2A, "01 00", "alarm"),
        (None, "00 00", "quiet"),
    ],
)
def test_a_zone_tells_by_command_and_by_report(zone, status, state):
    wanted = [("input", {"state": state, "level": int(status[:2])}, Quality.OK)]
    assert told(0x0500, f"19 07 00 {status} 00 00 00 00", zone_type=zone) == wanted
    assert told(0x0500, REPORT + f"02 00 19 {status}", zone_type=zone) == wanted
    ((kind, _, quality),) = told(0x0500, "19 07 00 01", zone_type=zone)
    assert (kind, quality) == ("zigbee-frame", Quality.CORRUPT)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_no_bytes_at_all_break_it(cluster):
    whole = bytes.fromhex(REPORT + "00 00 29 c6 f8 20 00 20 1e 02 00 19 01 00 00 00 10 01")
    for end in range(len(whole)):
        for value in range(256):
            said(cluster, whole[:end] + bytes([value]))
