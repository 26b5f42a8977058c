"""One node's frames become readings, once each, with what is known of its link."""

from drivers.reading import Quality
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
