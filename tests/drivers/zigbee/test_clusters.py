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


@pytest.mark.parametrize(
    ("cluster", "text", "fields", "quality"),
    [
        # ZCL §4.4.2.2.1, §4.7.2.2.1, §4.5.2.2.1 and §3.3.2.2.3, to the ends
        (0x0402, "00 00 29 4d 95", {"temperature": -273.15}, "ok"),
        (0x0402, "00 00 29 4c 95", {"temperature": -273.16}, "out-of-range"),
        (0x0402, "00 00 29 ff 7f", {"temperature": 327.67}, "ok"),
        (0x0402, "00 00 29 f1 d8", {"temperature": -99.99}, "ok"),
        (0x0402, "00 00 29 ef d8", {"temperature": -100.01}, "ok"),
        (0x0405, "00 00 21 10 27", {"humidity": 100.0}, "ok"),
        (0x0405, "00 00 21 00 00", {"humidity": 0.0}, "ok"),
        (0x0405, "00 00 21 f0 d8", {"humidity": 555.36}, "out-of-range"),
        (0x0403, "00 00 29 00 00", {"pressure": 0.0}, "ok"),
        (0x0403, "00 00 29 ff ff", {"pressure": -1.0}, "out-of-range"),
        (0x0403, "00 00 29 ff 7f", {"pressure": 32767.0}, "ok"),
        (0x0403, "00 00 29 f0 d8", {"pressure": -10000.0}, "out-of-range"),
        (0x0001, "20 00 20 fe", {"battery": 25.4}, "ok"),
        (0x0001, "20 00 20 00", {"battery": 0.0}, "ok"),
        (0x0001, "21 00 20 c9", {"battery_percent": 100.5}, "out-of-range"),
        (0x0006, "00 00 10 00", {"state": "off", "level": 0}, "ok"),
        (0x0006, "00 00 10 02", {"state": None, "level": None}, "no-answer"),
    ],
)
def test_each_quantity_to_the_ends_of_its_cluster(cluster, text, fields, quality):
    ((_, found, mark),) = told(cluster, REPORT + text)
    assert (found, mark) == (fields, Quality(quality))


@pytest.mark.parametrize(
    ("cluster", "text", "problem"),
    [
        (0x0006, "00 00 20 01", "attribute 0x0000 came as uint8, and the cluster has boolean"),
        (0x0500, "02 00 21 01 00", "attribute 0x0002 came as uint16, and the cluster has bitmap16"),
        (0x0001, "20 00 21 1e 00", "attribute 0x0020 came as uint16, and the cluster has uint8"),
    ],
)
def test_a_value_of_another_type_is_none(cluster, text, problem):
    ((kind, fields, mark),) = told(cluster, REPORT + text)
    assert (kind, mark) == ("zigbee-frame", Quality.SUSPECT)
    assert (fields["cluster"], fields["problem"]) == (f"{cluster:04X}", problem)


@pytest.mark.parametrize(
    ("cluster", "text"),
    [
        (0x0500, REPORT + "01 00 31 15 00"),  # a zone's type
        (0x0006, REPORT + "01 40 20 00"),  # a switch's attributes of other kinds
        (0x0402, REPORT + "02 00 19 01 00"),  # a zone's number in another cluster
        (0x0006, "19 07 00 01 00"),  # a command that is none of a zone's
        (0x0500, "19 07 01 01 00"),  # another command of a zone's
        (0x0500, "18 07 00 01 00"),  # and one that all clusters have
    ],
)
def test_what_no_record_has_a_place_for_says_nothing(cluster, text):
    assert told(cluster, text) == []


def test_a_zone_s_status_of_two_bytes_is_enough_and_of_one_is_not():
    assert told(0x0500, "19 07 00 01 00", zone_type=0x15) == [
        ("input", {"state": "open", "level": 1}, Quality.OK)
    ]
    ((_, fields, _),) = told(0x0500, "19 07 00 01", zone_type=0x15)
    assert fields == {
        "cluster": "0500",
        "problem": "a zone's status has 1 of 2 bytes",
        "raw": b"\x01",
    }
    assert told(0x0500, "19 07 00 fe ff", zone_type=0x15) == [
        ("input", {"state": "closed", "level": 0}, Quality.OK)
    ]
