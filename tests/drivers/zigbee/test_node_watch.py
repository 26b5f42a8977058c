"""One node's frames become readings, once each, with what is known of its link."""

import pytest

from drivers.reading import Quality
from drivers.zigbee import epc_list
from drivers.zigbee.host.book import KnownNode
from drivers.zigbee.host.node_watch import Incoming, NodeWatch

IEEE = "00158d0000000002"


def watch(**known):
    return NodeWatch(KnownNode(IEEE, 0x1000, **known), 0.0)


def frame(text, at, cluster=0x0402, lqi=90, rssi=None):
    return Incoming(IEEE, 1, cluster, bytes.fromhex(text), lqi, rssi, at)


def test_the_same_bytes_within_ten_seconds_are_one_frame():
    node = watch()
    report = "18 01 0a 00 00 29 2c 01"
    assert len(node.take(frame(report, 1.0))) == 1
    assert node.take(frame(report, 2.0)) == []
    assert node.repeated == 1
    assert len(node.take(frame("18 02 0a 00 00 29 2c 01", 3.0))) == 1  # another transaction
    assert len(node.take(frame("18 01 0a 00 00 29 2d 01", 4.0))) == 1  # another value
    assert len(node.take(frame(report, 30.0))) == 1


def test_link_and_parent_come_with_the_battery_and_once_an_hour():
    node = watch(parent="00158d0000000001")
    node.parent_at = 90.0
    (told,) = node.take(frame("18 01 0a 20 00 20 1e", 100.0, 0x0001, rssi=-61))
    assert dict(told.fields) == {
        "battery": 3.0,
        "battery_days": None,
        "ieee": IEEE,
        "parent": "00158d0000000001",
        "parent_ms": 10_000.0,
        "lqi": 90,
        "rssi": -61,
    }
    kinds = []
    for minute in range(1, 121):
        at = 100.0 + minute * 60
        kinds += [each.kind for each in node.take(frame(f"18 {minute:02x} 0a 00 00 29 2c 01", at))]
    assert kinds.count("zigbee-node") == 2
    assert kinds.count("temperature") == 120


def test_silence_is_counted_from_the_start_or_the_last_frame():
    node = watch()
    assert node.overdue(10.0, 25.0) is None
    assert node.overdue(10.0, 25.1) == 25.1
    node.take(frame("18 01 0a 00 00 29 2c 01", 26.0))
    assert node.overdue(10.0, 51.0) is None
    assert node.overdue(10.0, 52.0) == 26.0


def test_a_chunk_that_is_none_is_kept_with_its_bytes():
    (told,) = watch().take(frame("19 01 00 01 00", 1.0, 0xFCE1))
    assert (told.kind, told.quality) == ("zigbee-frame", Quality.CORRUPT)
    assert told.fields["raw"] == bytes.fromhex("1901000100")


def test_a_frame_is_held_against_those_of_ten_seconds_and_sixteen_frames():
    node, report = watch(), "18 01 0a 00 00 29 2c 01"

    def others(count, at):
        for number in range(count):
            node.take(frame(f"18 {number + 2:02x} 0a 00 00 29 2c 01", at))

    assert len(node.take(frame(report, 0.0))) == 1
    assert node.take(frame(report, 9.5)) == []
    assert len(node.take(frame(report, 19.5))) == 1  # ten seconds later it is a new one
    others(15, 20.0)
    assert node.take(frame(report, 20.0)) == []
    others(16, 21.0)
    assert len(node.take(frame(report, 21.0))) == 1


def test_a_link_without_a_strength_keeps_the_last_one():
    node = watch()
    node.take(frame("18 01 0a 20 00 20 1e", 1.0, 0x0001, rssi=-61))
    (told,) = node.take(frame("18 02 0a 20 00 20 1d", 2.0, 0x0001, lqi=None))
    assert (told.fields["rssi"], told.fields["lqi"]) == (-61, None)
    assert (told.fields["parent"], told.fields["parent_ms"]) == (None, None)
    assert node.battery == 2.9
    (told,) = node.take(frame("18 03 0a 20 00 20 ff", 3.0, 0x0001))  # it has no word of it
    assert (told.fields["battery"], told.quality) == (None, Quality.NO_ANSWER)
    assert "battery_days" not in told.fields
    assert node.battery == 2.9


def test_the_condition_comes_an_hour_after_it_was_told_last():
    node = watch()
    node.happened("joined", 100.0)
    for second, kinds in ((3699.9, ["temperature"]), (3700.0, ["temperature", "zigbee-node"]),
                          (3701.0, ["temperature"])):  # fmt: skip
        report = f"18 {int(second) % 256:02x} 0a 00 00 29 2c 01"
        assert [each.kind for each in node.take(frame(report, second))] == kinds


def test_what_became_of_a_node_is_told_with_all_that_is_known():
    node = watch(maker="ACME", parent="00158d0000000001")
    node.parent_at = 1.5
    told = node.happened("moved", 2.0, "its parent is hall now")
    assert (told.device, told.kind, told.monotonic) == (IEEE, "zigbee-node", 2.0)
    assert told.fields == {
        "state": "moved", "ieee": IEEE, "parent": "00158d0000000001", "parent_ms": 500.0,
        "lqi": None, "rssi": None, "maker": "ACME", "model": None,
        "detail": "its parent is hall now",
    }  # fmt: skip
    assert "detail" not in node.happened("left", 3.0).fields


@pytest.mark.parametrize(
    ("text", "cluster"),
    [
        ("18 01 0a 00 00 29 2c 01", 0x0B04),  # a cluster that no record has a place for
        ("19 01 01 01 00", 0xFCE1),  # another command of a shelf
        ("18 01 00 01 00", 0xFCE1),  # and one that all clusters have
    ],
)
def test_what_is_none_of_ours_says_nothing(text, cluster):
    assert watch().take(frame(text, 1.0, cluster)) == []


EPC = bytes.fromhex("3074257BF7194E4000001A85")


def chunk(number=1, antenna=0, index=0, chunks=1, tags=1, epcs=(EPC,), crc=0x0033):
    made = epc_list.Chunk(number, antenna, index, chunks, tags, crc, 6, epcs)
    return "19 01 00" + made.to_bytes().hex()


@pytest.mark.parametrize(
    ("given", "of_tag", "of_list", "missing"),
    [
        ({}, "ok", "ok", None),
        ({"crc": 0x0034}, "corrupt", "corrupt", None),
        ({"tags": 2}, "ok", "corrupt", None),  # it names more tags than came
        ({"index": 1, "chunks": 3, "tags": 11}, "ok", "suspect", "0 2"),
    ],
)
def test_a_shelf_s_list_is_its_tags_and_how_much_of_it_came(given, of_tag, of_list, missing):
    node = watch()
    found = node.take(frame(chunk(**given), 1.0, 0xFCE1)) + node.due(31.0)
    tag, summary = found
    assert (tag.kind, tag.device, tag.quality) == ("tag", "", Quality(of_tag))
    assert tag.fields == {
        "epc": "3074257BF7194E4000001A85", "uri": "urn:epc:id:sgtin:0614141.812345.6789",
        "antenna": None,
    }  # fmt: skip
    assert (summary.kind, summary.device, summary.quality) == ("epc-list", "", Quality(of_list))
    assert summary.fields == {
        "list": 1, "antenna": None, "tags": given.get("tags", 1), "received": 1,
        "missing": missing,
    }  # fmt: skip
    assert {each.monotonic for each in found} == {31.0 if missing else 1.0}


def test_an_antenna_is_told_and_an_epc_of_no_scheme_has_no_uri():
    tag, summary = watch().take(frame(chunk(antenna=2, epcs=(b"\xff" * 12,), crc=0), 1.0, 0xFCE1))
    assert (tag.fields["antenna"], summary.fields["antenna"]) == (2, 2)
    assert (tag.fields["epc"], tag.fields["uri"]) == ("FF" * 12, None)
