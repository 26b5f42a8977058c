"""A channel's courier over a made-up agent and receiver: what is tried again, and what is said."""

from __future__ import annotations

from itertools import pairwise

import pytest

from agent.desks.notify_causes import FAILING, UNREACHED
from agent.desks.status import ChannelState
from agent.notify.channel import Refusal, Report, Undelivered
from agent.notify.courier import FIRST_RETRY, LONGEST_RETRY, Courier
from agent.notify.cursor import Cursor
from agent.notify.event import Sender
from agent.notify.source import Beginning, Lost, Passed
from evidence.leaf import Record
from foundation.durable import WriteFailed
from foundation.errors import Retry

US = Sender("9f86", "truck-7")


def record(number, kind="alarm"):
    return Record(number, "cargo", kind, 1, number, 1_790_000_000_000, "ntp", 5, "ok", {})


class Agent:
    """Tells its words, then is gone."""

    def __init__(self, *words, first=0, next_number=0):
        self.words, self.first, self.next_number, self.asked = list(words), first, next_number, []

    def begin(self):
        return Beginning(US, self.first, self.next_number)

    def follow(self, since, kinds):
        self.asked.append(since)
        yield from self.words
        raise Retry("the agent stops")


class Ear:
    """A receiver: `answers` are raised, one a try, before it takes what comes."""

    name, kinds = "webhook", ("temperature",)

    def __init__(self, *answers):
        self.answers, self.taken, self.shown, self.lost = list(answers), [], [], None

    def open(self, sender):
        return False

    def deliver(self, event):
        if self.answers:
            raise self.answers.pop(0)
        self.taken.append(event.number)

    def show(self, record):
        self.shown.append(record.number)

    def trouble(self):
        return self.lost


class Rig:
    """A courier whose time passes with its waits alone; it ends with the agent's words."""

    def __init__(self, folder, agent, ear):
        self.now, self.waits, self.reports = 0.0, [], []
        self.agent, self.ear = agent, ear
        self.courier = Courier(
            ear, agent, Cursor(folder / "cursor"), ["alarm"],
            wait=self.wait, monotonic=lambda: self.now, random=lambda: 0.5,
            changed=lambda: self.reports.append(self.courier.report()),
        )  # fmt: skip

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        return not self.ear.answers

    def run(self):
        self.courier.run()
        return self.courier.report()


def away(count):
    return [Undelivered("gone", cause=UNREACHED) for _ in range(count)]


def test_a_receiver_that_is_away_is_tried_ever_less_often_and_then_has_it(tmp_path):
    ear = Ear(*away(12))
    rig = Rig(tmp_path, Agent(record(0), record(1)), ear)
    rig.courier._wait = lambda seconds: rig.waits.append(seconds) or len(rig.waits) > 12
    report = rig.run()
    assert ear.taken == [0, 1]
    waits = rig.waits[:12]
    assert waits[0] == FIRST_RETRY == 1.0
    assert all(before <= after <= LONGEST_RETRY for before, after in pairwise(waits))
    assert waits[-1] == LONGEST_RETRY == 300.0  # docs/operate/notify.md
    assert (report.state, report.delivered, report.detail) == (ChannelState.OK, 2, "")
    failing = next(each for each in rig.reports if each.state == ChannelState.FAILING)
    assert (failing.detail, failing.cause) == ("gone", "notify.unreached")
    assert failing.waiting_ms == 1_790_000_000_000


def test_a_receiver_that_asks_for_a_pause_gets_it(tmp_path):
    rig = Rig(tmp_path, Agent(record(0)), Ear(Undelivered("busy", cause=FAILING, wait=90.0)))
    rig.courier._wait = lambda seconds: rig.waits.append(seconds) or len(rig.waits) > 1
    rig.run()
    assert rig.waits[0] == 90.0
    assert rig.ear.taken == [0]


def test_a_way_that_opens_again_by_itself_is_looked_at_often(tmp_path):
    ear = Ear(*(Undelivered("broke off", cause=UNREACHED, again=2.0) for _ in range(9)))
    rig = Rig(tmp_path, Agent(record(0)), ear)
    rig.courier._wait = lambda seconds: rig.waits.append(seconds) or len(rig.waits) > 9
    rig.run()
    assert rig.waits[:9] == [2.0] * 9
    assert ear.taken == [0]


def test_an_event_that_is_refused_for_good_keeps_no_other_back_and_is_counted(tmp_path):
    rig = Rig(tmp_path, Agent(record(0), record(1)), Ear(Refusal("413", cause=FAILING)))
    report = rig.run()
    assert rig.ear.taken == [1]
    assert (report.lost, report.delivered) == (1, 1)


def test_a_restart_goes_on_where_the_last_one_was(tmp_path):
    Rig(tmp_path, Agent(record(7), first=7, next_number=7), Ear()).run()
    again = Rig(tmp_path, Agent(record(8), next_number=9), Ear())
    again.run()
    assert again.agent.asked == [8]


def test_the_first_start_begins_with_the_agents_run_and_another_journal_with_its_first(tmp_path):
    first = Rig(tmp_path, Agent(first=31, next_number=40), Ear())
    first.run()
    assert first.agent.asked == [31]
    newer = Rig(tmp_path, Agent(next_number=3), Ear())
    newer.run()
    assert newer.agent.asked == [0]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"gateway": "9f86"}', b'{"next": "x"}'])
def test_a_damaged_cursor_tells_all_again_and_nothing_too_little(tmp_path, data):
    (tmp_path / "cursor").write_bytes(data)
    rig = Rig(tmp_path, Agent(next_number=40), Ear())
    rig.run()
    assert rig.agent.asked == [0]


def test_records_that_went_untold_are_counted_and_never_passed_over(tmp_path):
    rig = Rig(tmp_path, Agent(Lost(3, 10), record(10)), Ear())
    report = rig.run()
    assert (report.lost, report.delivered) == (7, 1)


def test_what_passed_is_not_written_to_the_card_each_time(tmp_path):
    rig = Rig(tmp_path, Agent(*(Passed(each) for each in range(1, 9))), Ear())
    rig.run()
    assert b'"next": 0' in (tmp_path / "cursor").read_bytes()
    rig.courier.save()
    assert b'"next": 8' in (tmp_path / "cursor").read_bytes()


def test_readings_of_before_are_not_shown_as_new(tmp_path):
    words = [record(number, "temperature") for number in (4, 5, 6)]
    rig = Rig(tmp_path, Agent(*words, next_number=6), Ear())
    rig.run()
    assert rig.ear.shown == [6]


def test_a_way_that_broke_off_is_failing_before_an_alarm_finds_out(tmp_path):
    rig = Rig(tmp_path, Agent(record(0)), Ear())
    rig.run()
    rig.now += 3600.0
    rig.ear.lost = Undelivered("broke off", cause=UNREACHED)
    rig.courier.report()
    rig.now += 60.0
    report = rig.courier.report()
    assert (report.state, report.cause) == (ChannelState.FAILING, "notify.unreached")
    assert report.told(rig.now)["for_ms"] == 60_000, "not since it was last well"
    rig.ear.lost = None
    assert rig.courier.report().state == ChannelState.OK


def test_an_agent_that_is_off_for_long_is_one_line_of_the_log(tmp_path, caplog):
    agent = Agent()
    agent.begin = lambda: (_ for _ in ()).throw(Retry("no agent answers"))
    rig = Rig(tmp_path, agent, Ear())
    rig.courier._wait = lambda seconds: rig.waits.append(seconds) or len(rig.waits) > 50
    with caplog.at_level("INFO"):
        rig.run()
    assert [each.message for each in caplog.records] == ["webhook: no agent answers"]


def test_a_fleet_does_not_come_back_as_one(tmp_path):
    for number, (dice, first) in enumerate(((0.0, 0.8), (0.5, 1.0), (1.0, 1.2))):
        rig = Rig(tmp_path / f"{number}", Agent(record(0)), Ear(*away(3)))
        (tmp_path / f"{number}").mkdir()
        rig.courier._random = lambda dice=dice: dice
        rig.courier._wait = lambda seconds, rig=rig: rig.waits.append(seconds) or len(rig.waits) > 3
        rig.run()
        assert rig.waits[:3] == pytest.approx([first, 2 * first, 4 * first])
        assert rig.waits[3] == pytest.approx(first)  # the agent is gone


def test_where_it_is_is_kept_after_ten_minutes_without_an_event(tmp_path):
    class Slowly(Agent):
        def follow(self, since, kinds):
            for rig.now, word in ((599.9, Passed(5)), (600.0, Passed(6)), (1199.9, Passed(7))):
                yield word
                kept.append((tmp_path / "cursor").read_bytes()[-3:-2])
            raise Retry("the agent stops")

    kept = []
    rig = Rig(tmp_path, Slowly(), Ear())
    rig.run()
    assert kept == [b"0", b"6", b"6"]


def test_each_event_and_each_loss_is_kept_at_once(tmp_path):
    class Watching(Agent):
        def follow(self, since, kinds):
            assert list(kinds) == ["alarm", "temperature"]
            for word in self.words:
                yield word
                kept.append((tmp_path / "cursor").read_bytes())
            raise Retry("the agent stops")

    kept = []
    Rig(
        tmp_path, Watching(record(4), Lost(5, 9), record(9, "temperature"), Passed(12)), Ear()
    ).run()
    assert [int(each.split(b'"next": ')[1].split(b"}")[0]) for each in kept] == [5, 9, 9, 9]


def test_a_refusal_says_why_and_the_next_that_arrives_ends_it(tmp_path):
    rig = Rig(tmp_path, Agent(record(0)), Ear(Refusal("413", cause=FAILING)))
    report = rig.run()
    assert (report.state, report.detail, report.cause, report.waiting_ms) == (
        ChannelState.FAILING, "413", "notify.failing", None,
    )  # fmt: skip
    assert [(each.state, each.lost) for each in rig.reports] == [
        (ChannelState.FAILING, 0), (ChannelState.FAILING, 1),
    ]  # fmt: skip
    rig = Rig(tmp_path, Agent(record(1), record(2)), Ear(Refusal("413", cause=FAILING)))
    report = rig.run()
    assert (report.state, report.lost, report.delivered, report.detail) == (
        ChannelState.OK, 1, 1, "",
    )  # fmt: skip


def test_what_once_worked_is_not_forgotten_because_the_agent_came_again(tmp_path):
    class Once(Agent):
        def follow(self, since, kinds):
            words, self.words = self.words, []
            yield from words
            raise Retry("the agent stops")

    rig = Rig(tmp_path, Once(record(0)), Ear())
    opened = []
    rig.ear.open = lambda sender: bool(opened.append(sender))
    rig.courier._wait = lambda seconds: rig.waits.append(seconds) or len(rig.waits) > 1
    report = rig.run()
    assert opened == [US, US]
    assert (report.state, report.delivered) == (ChannelState.OK, 1)
    assert [each.state for each in rig.reports] == [ChannelState.UNKNOWN, ChannelState.OK]


def test_a_receiver_that_is_away_is_one_line_of_the_log_and_failing_since_the_first(
    tmp_path, caplog
):
    rig = Rig(tmp_path, Agent(record(0)), Ear(*away(3)))
    rig.now = 50.0

    def wait(seconds):
        rig.now += seconds
        return rig.courier.report().state == ChannelState.OK

    rig.courier._wait = wait
    with caplog.at_level("WARNING"):
        report = rig.run()
    (line,) = caplog.records
    assert line.message.startswith("webhook: gone: ")
    failing = [each for each in rig.reports if each.state == ChannelState.FAILING]
    assert {each.since for each in failing} == {50.0}
    assert report.since == 57.0  # 1, 2 and 4 s later


def test_a_channel_that_shows_by_itself_that_it_is_well_is(tmp_path):
    rig = Rig(tmp_path, Agent(), Ear())
    rig.ear.open = lambda sender: True
    assert rig.run().state == ChannelState.OK
    unknown = Rig(tmp_path, Agent(), Ear())
    assert unknown.run().state == ChannelState.UNKNOWN


def test_a_cursor_begins_anew_with_another_journal_and_is_written_only_where_it_moved(
    tmp_path, monkeypatch
):
    written = []
    monkeypatch.setattr("agent.notify.cursor.write_file", lambda _, data: written.append(data))
    cursor = Cursor(tmp_path / "cursor")
    cursor.open(Beginning(US, 3, 40))
    cursor.save()
    cursor.next = 35
    cursor.save()
    cursor.save()
    assert [each[-4:-2] for each in written] == [b" 3", b"35"]
    (tmp_path / "cursor").write_text('{"gateway": "9f86", "next": 35}')
    cursor.open(Beginning(Sender("other", "x"), 3, 40))
    assert cursor.next == 0


def test_where_it_is_is_written_again_after_a_disk_that_refused_it(tmp_path, monkeypatch, caplog):
    taken = []

    def full(path, data):
        raise WriteFailed("no space left", advice="make room")

    cursor = Cursor(tmp_path / "cursor")
    monkeypatch.setattr("agent.notify.cursor.write_file", full)
    cursor.open(Beginning(US, 3, 40))
    assert "no space left: events may be told again: make room" in caplog.text
    monkeypatch.setattr("agent.notify.cursor.write_file", lambda _, data: taken.append(data))
    cursor.save()
    cursor.save()
    assert taken == [b'{"gateway": "9f86", "next": 3}\n']


def test_a_report_tells_for_how_long_it_is_so():
    told = Report("webhook", ChannelState.OK, 100.0, "d", "c", 7, 3, 2).told(101.2345)
    assert told == {
        "name": "webhook", "state": "ok", "for_ms": 1234, "detail": "d", "cause": "c",
        "waiting_ms": 7, "delivered": 3, "lost": 2,
    }  # fmt: skip
    assert Report("webhook", ChannelState.OK, 100.0).told(99.0) == {
        "name": "webhook", "state": "ok", "for_ms": 0, "detail": "", "cause": "",
        "waiting_ms": None, "delivered": 0, "lost": 0,
    }  # fmt: skip


def test_a_cursor_of_another_gateway_is_no_cursor_of_this_one(tmp_path):
    file = tmp_path / "cursor"
    for text, asked in (
        ('{"gateway": "9f86", "next": 40}', 40),
        ('{"gateway": "9f86", "next": 41}', 0),
        ('{"gateway": "other", "next": 7}', 0),
    ):
        file.write_text(text)
        rig = Rig(tmp_path, Agent(first=31, next_number=40), Ear())
        rig.run()
        assert rig.agent.asked == [asked]
        assert file.read_bytes() == f'{{"gateway": "9f86", "next": {asked}}}\n'.encode()
