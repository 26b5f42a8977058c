"""What a stack and the agent say to each other, line by line, and what a feed keeps."""

import json

import pytest

from drivers.driver import Host, State
from drivers.errors import BadFrame
from drivers.reading import Quality, Reading
from drivers.stack import wire
from drivers.stack.causes import ABSENT, ENDED, MUTE, NO_WORDS, SAID
from drivers.stack.feed import Feed
from drivers.stack.follower import Follower
from drivers.stack.host import StackHost
from drivers.zigbee.causes import NODE_SILENT
from foundation.cause import UNKNOWN, no, yes
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.promised import facts


def reading(value=4.0, kind="temperature", quality=Quality.OK):
    return Reading("", kind, {"temperature": value}, 7.5, quality)


def test_a_message_is_a_line():
    assert wire.line({"detail": "−18 °C", "n": [1, None]}) == (
        '{"detail":"−18 °C","n":[1,null]}\n'.encode()
    )
    assert wire.parse(b'{"a": 1}\n') == {"a": 1}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xff\n", "a line that is no JSON: b'\\xff\\n'"),
        (b"[]\n", "a line that is no message: b'[]\\n'"),
        (b"7" * 50, "a line that is no message: b'" + "7" * 40 + "'"),
        (b"[" * 100_000, "a line that is no JSON: b'" + "[" * 40 + "'"),
    ],
)
def test_what_is_no_message_says_so(data, problem):
    with pytest.raises(BadFrame) as raised:
        wire.parse(data)
    assert str(raised.value) == problem


def test_a_reading_as_a_message():
    fields = {"raw": b"\xff", "cluster": "0402", "problem": None}
    said = wire.from_reading(Reading("x", "zigbee-frame", fields, 7.5, Quality.CORRUPT))
    assert said == {
        "kind": "zigbee-frame", "fields": fields | {"raw": {"hex": "ff"}}, "monotonic": 7.5,
        "quality": "corrupt",
    }  # fmt: skip
    there = Reading("cold", "zigbee-frame", fields, 7.5, Quality.CORRUPT)
    assert wire.to_reading(said, "cold") == there
    del said["quality"]
    assert wire.to_reading(said | {"monotonic": 7}, "cold").quality is Quality.OK


def fields_of(count):
    fields = {str(number): 1 for number in range(count)}
    return {"kind": "k", "fields": fields, "monotonic": 1.0, "quality": "suspect"}


def test_a_reading_has_at_most_64_fields():
    assert len(wire.to_reading(fields_of(64), "cold").fields) == 64
    with pytest.raises(BadFrame, match="a reading has a kind and fields"):
        wire.to_reading(fields_of(65), "cold")


NO_KIND = "a reading has a kind and fields"
NO_MOMENT = "a reading has the monotonic moment at which it was made"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"kind": 7}, NO_KIND), ({"fields": []}, NO_KIND), ({"monotonic": True}, NO_MOMENT),
        ({"monotonic": "1"}, NO_MOMENT), ({"monotonic": float("nan")}, NO_MOMENT),
        ({"quality": "fine"}, "no quality 'fine'"),
        ({"fields": {"a": True}}, "a of a reading is 'True', which is no value"),
        ({"fields": {"a": float("inf")}}, "a of a reading is 'inf', which is no value"),
        ({"fields": {"a": {"hex": "zz"}}}, "a of a reading is \"{'hex': 'zz'}\", which is no value"),
        ({"fields": {"a": {"hex": 7}}}, "a of a reading is \"{'hex': 7}\", which is no value"),
    ],
)  # fmt: skip
def test_what_is_no_reading_says_so(more, problem):
    with pytest.raises(BadFrame) as raised:
        wire.to_reading(fields_of(1) | more, "cold")
    assert str(raised.value) == problem


def test_numbers_and_texts_of_a_message():
    assert (wire.number({"n": 0}, "n"), wire.number({"n": 7}, "n")) == (0, 7)
    for value in (-1, True, 1.0, "7", None):
        with pytest.raises(BadFrame, match=f"n is '{value}', no whole number"):
            wire.number({"n": value}, "n")
    assert (wire.text({"t": "x"}, "t"), wire.text({}, "t")) == ("x", "")
    with pytest.raises(BadFrame, match="t is '7', no text"):
        wire.text({"t": 7}, "t")


def lines(sent):
    return [json.loads(each) for each in sent]


def test_a_feed_tells_its_follower_what_waits_and_then_what_comes():
    feed, sent = Feed("cold"), []
    assert (feed.followed, feed.ever_followed, feed.dropped, len(feed)) == (False, False, 0, 0)
    assert feed.said == {"state": "opening", "detail": ""}
    feed.put(reading(1.0))
    feed.follow({"interval": 5}, sent.append)
    feed.put(reading(2.0))
    assert (feed.followed, feed.ever_followed, feed.told) == (True, True, {"interval": 5})
    first, second, third = lines(sent)
    assert first == {"state": "opening", "detail": ""}
    assert (second["serial"], second["reading"]["fields"]) == (1, {"temperature": 1.0})
    assert (third["serial"], third["reading"]["fields"]) == (2, {"temperature": 2.0})
    feed.durable(1)
    assert len(feed) == 1
    again = []
    feed.follow({}, again.append)
    feed.leave(sent.append)  # who was there before: the other one stays
    assert feed.followed
    assert [each.get("serial") for each in lines(again)] == [None, 2]
    other = again.append
    feed.follow({}, other)
    feed.leave(other)
    assert (feed.followed, feed.ever_followed) == (False, True)
    feed.durable(9)
    assert len(feed) == 0


def test_a_state_is_sent_when_it_is_another():
    feed, sent = Feed("cold"), []
    feed.say(State.RUNNING, "well")
    feed.follow({}, sent.append)
    feed.say(State.RUNNING, "well")
    feed.say(State.MISSING, "no report", NODE_SILENT)
    feed.say(State.MISSING, "no report", NODE_SILENT)
    assert lines(sent) == [
        {"state": "running", "detail": "well"},
        {"state": "missing", "detail": "no report", "cause": NODE_SILENT.id,
         "advice": NODE_SILENT.next},
    ]  # fmt: skip
    assert feed.said["cause"] == NODE_SILENT.id


def test_a_host_knows_its_feeds_by_their_keys(tmp_path):
    host = StackHost(tmp_path / "socket", "life", None)
    cold = host.feed("radio-1/cold")
    assert host.feed("radio-1/cold") is cold
    host.feed("radio-1"), host.feed("radio-1/warm"), host.feed("radio-2/x")
    assert host.keys_after("radio-1/") == ["cold", "warm"]


def follower(tmp_path, kinds=("temperature", "input")):
    given = ({"interval": 5}, kinds, (NODE_SILENT,), "stack-unit")
    return Follower("cold", Host(FakeTiming()), tmp_path / "none", "cold", *given)


def test_what_is_not_there_says_how_to_see_why(tmp_path):
    rows = [row.of(service="unit", path="/s") for row in (ABSENT, ENDED, MUTE, NO_WORDS, SAID)]
    assert [row.next for row in rows] == [
        "see whether it runs: systemctl status unit", "see why: journalctl -u unit",
        "start it anew: sudo systemctl restart unit",
        "see what listens there: /s must be the socket of unit", "see its log: journalctl -u unit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("there", "finding"),
    [(None, UNKNOWN), (True, no("/s is there now")), (False, yes("there is no /s"))],
)
def test_a_process_that_does_not_run_has_no_socket(there, finding):
    assert ABSENT.test(facts(stack="/s", files={"/s": there})) == finding


async def test_who_has_no_process_is_missing(tmp_path):
    driver = follower(tmp_path)
    async with driver:
        with pytest.raises(Exception, match=r"stack-unit does not answer at .*/none: No such file"):
            await driver.read_once()
        assert driver.health.cause.id == "stack.absent"


def test_what_was_lost_is_marked_by_the_newest_of_the_main_kind(tmp_path):
    driver = follower(tmp_path)
    assert driver.no_answer() is None
    driver.newest = Reading("cold", "temperature", {"temperature": 4.0, "humidity": 60}, 7.5)
    driver.timing.now = 200.0
    nothing = {"temperature": None, "humidity": None}
    assert driver.no_answer() == Reading("cold", "temperature", nothing, 200.0, Quality.NO_ANSWER)
