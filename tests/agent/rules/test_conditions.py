"""The fold over records: what is told, once, through reboots and clocks that are set."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from agent.rules import shipped
from agent.rules.conditions import Conditions, Report
from agent.rules.profile import profile_of
from agent.rules.rule import State
from agent.rules.watched import Watched
from evidence.leaf import Record
from foundation.toml_file import TomlFile

MINUTE = 60_000
WALL = 1_790_000_000_000
TWO_EIGHT = shipped.find("2-8", Path())
SHOCKS = profile_of(
    TomlFile(
        Path("shocks.toml"),
        b'name = "shocks"\nversion = 1\ntitle = "glass"\nsource = "ours"\n'
        b'[[rule]]\nname = "hit"\nfield = "peak"\nabove = 50.0\n',
    )
)


class Gateway:
    """Makes records one behind another, and tells what is due as the agent does."""

    def __init__(self, profile=TWO_EIGHT, interval=60.0) -> None:
        self.watched = {"cargo": Watched("cargo", profile, interval)}
        self.fold = Conditions(self.watched)
        self.boot, self.now, self.wall, self.bound = 1, 0, WALL, 100
        self.records = []
        self.told = []
        self.put("profile", {"digest": profile.digest})

    def put(self, kind, values, quality="ok"):
        record = Record(
            len(self.records),
            "cargo",
            kind,
            self.boot,
            self.now,
            self.wall + self.now,
            "ntp",
            self.bound,
            quality,
            values,
        )
        self.records.append(record)
        self.fold.apply(record)

    def temperature(self, celsius, quality="ok"):
        values = {} if celsius is None else {"temperature": round(celsius * 100)}
        self.put("temperature", values, quality)
        self.tell()

    def minutes(self, count, celsius):
        for _ in range(count):
            self.temperature(celsius)
            self.now += MINUTE

    def wait(self, minutes):
        for _ in range(minutes):
            self.now += MINUTE
            self.tell()

    def tell(self):
        while due := list(self.fold.due(self.fold.line.of_boot(self.now))):
            for each in due:
                self.told.append((each.rule.name, str(each.before), str(each.state)))
                kind = "alarm" if each.state is State.ALARM else "excursion"
                self.put(kind, {"rule": each.rule.name, "state": str(each.state)})

    def restart(self):
        """Begin anew with what the records say, as after a crash without a snapshot."""
        self.fold = Conditions(self.watched)
        for record in self.records:
            self.fold.apply(record)

    def restart_with_snapshot(self):
        plain = json.loads(json.dumps(self.fold.to_json()))
        self.fold = Conditions(self.watched)
        self.fold.restore(plain)

    def reboot(self, off, *, known=True):
        """Let the machine be off for so many minutes; `known`: its clock says so afterwards."""
        self.wall += self.now + off * MINUTE if known else -self.wall
        self.boot, self.now = self.boot + 1, 0
        self.bound = 100 if known else None
        self.restart_with_snapshot()

    def states(self):
        now = self.fold.line.of_boot(self.now)
        return {rule.name: standing.state for _, rule, standing in self.fold.standings(now)}


def warm(gateway):
    return [(before, state) for rule, before, state in gateway.told if rule == "too warm"]


def test_half_an_hour_too_warm_is_told_as_it_comes():
    gateway = Gateway()
    gateway.minutes(5, 5.0)
    assert gateway.told == []  # that all is well is no news
    gateway.minutes(1, 9.0)
    assert warm(gateway) == [("ok", "excursion")]
    gateway.minutes(30, 9.0)
    assert warm(gateway)[1:] == [("excursion", "alarm")]
    gateway.minutes(5, 5.0)
    assert len(warm(gateway)) == 2  # an alarm lasts until a person ends it
    assert gateway.states()["too warm"] is State.ALARM


def test_the_alarm_comes_with_the_time_not_with_the_next_value():
    gateway = Gateway(interval=600.0)
    for _ in range(3):
        gateway.temperature(9.0)
        gateway.wait(10)
    assert warm(gateway) == [("ok", "excursion"), ("excursion", "alarm")]


def test_a_lost_sensor_is_unknown_after_two_and_a_half_intervals_and_told_once():
    gateway = Gateway()
    gateway.minutes(5, 5.0)
    gateway.now += MINUTE  # the last value is two intervals old
    gateway.tell()
    assert warm(gateway) == []
    gateway.wait(30)
    assert warm(gateway) == [("ok", "unknown")]
    gateway.minutes(3, 5.0)
    assert warm(gateway)[1:] == [("unknown", "ok")]


def test_values_that_come_one_by_one_say_nothing_of_each_other():
    gateway = Gateway()
    for _ in range(36):
        gateway.temperature(9.0)
        gateway.put("temperature", {"humidity": 6000})
        gateway.tell()
        gateway.now += MINUTE
    assert warm(gateway) == [("ok", "excursion"), ("excursion", "alarm")]


def test_humidity_alone_keeps_no_temperature_alive():
    gateway = Gateway()
    gateway.minutes(5, 5.0)
    for _ in range(5):
        gateway.put("temperature", {"humidity": 6000})
        gateway.tell()
        gateway.now += MINUTE
    assert warm(gateway) == [("ok", "unknown")]


def test_an_excursion_goes_on_behind_a_gap():
    gateway = Gateway()
    gateway.minutes(20, 9.0)
    gateway.wait(60)
    gateway.minutes(12, 9.0)
    # 20 min and half a minute before the gap: 9.5 more make the alarm.
    assert [state for _, state in warm(gateway)] == ["excursion", "unknown", "excursion", "alarm"]


@pytest.mark.parametrize("quality", ["corrupt", "suspect", "no-answer"])
def test_doubtful_values_are_no_time_within_limits(quality):
    gateway = Gateway()
    gateway.minutes(2, 5.0)
    for _ in range(5):
        gateway.temperature(None if quality == "no-answer" else 5.0, quality)
        gateway.now += MINUTE
    assert gateway.states()["too warm"] is State.UNKNOWN


def test_an_override_ends_an_alarm_and_what_lasts_begins_anew():
    gateway = Gateway()
    gateway.minutes(35, 9.0)
    gateway.put("override", {"rule": "too warm", "state": "alarm"})
    assert gateway.states()["too warm"] is None
    gateway.tell()
    assert warm(gateway) == [("ok", "excursion"), ("excursion", "alarm")]
    gateway.minutes(35, 9.0)
    assert warm(gateway)[2:] == [("ok", "excursion"), ("excursion", "alarm")]


def test_a_closed_unknown_stays_closed_until_a_value_comes():
    gateway = Gateway()
    gateway.minutes(5, 5.0)
    gateway.wait(30)
    gateway.put("override", {"rule": "too warm", "state": "unknown"})
    gateway.wait(60)
    assert warm(gateway) == [("ok", "unknown")]
    gateway.minutes(2, 9.0)
    assert warm(gateway)[1:] == [("ok", "excursion")]


def test_each_shock_beyond_the_limit_is_an_alarm_and_silence_is_nothing():
    gateway = Gateway(SHOCKS, None)
    for peak in (30, 60, 30, 70):
        gateway.put("shock", {"peak": peak * 100})
        gateway.tell()
        gateway.wait(60)
    assert gateway.told == [("hit", "ok", "alarm"), ("hit", "alarm", "alarm")]


def test_a_saturated_shock_below_the_limit_is_unknown_and_above_it_an_alarm():
    gateway = Gateway(SHOCKS, None)
    gateway.put("shock", {"peak": 1600}, "saturated")  # a 16 g part: the truth is larger
    gateway.tell()
    gateway.put("shock", {"peak": 19000}, "saturated")
    gateway.tell()
    assert [state for _, _, state in gateway.told] == ["unknown", "alarm"]


def test_another_profile_begins_anew():
    gateway = Gateway()
    gateway.minutes(35, 9.0)
    strict = shipped.find("food", Path())
    gateway.watched["cargo"] = Watched("cargo", strict, 60.0)
    gateway.restart()
    assert [each.device for each in gateway.fold.unannounced()] == ["cargo"]
    gateway.put("profile", {"digest": strict.digest})
    assert list(gateway.fold.unannounced()) == []
    gateway.minutes(1, 4.0)
    assert set(gateway.states()) == {"too warm", "warm for 4 h in all", "freezing"}
    assert set(gateway.states().values()) == {State.OK}


def test_a_clock_that_is_set_moves_no_time():
    gateway = Gateway()
    gateway.minutes(20, 9.0)
    gateway.wall += 30 * 365 * 24 * 60 * MINUTE  # satellites say that it is not 1996
    gateway.minutes(9, 9.0)
    assert gateway.states()["too warm"] is State.EXCURSION
    gateway.minutes(2, 9.0)
    assert gateway.states()["too warm"] is State.ALARM


@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_known_of_a_night_without_power(known):
    gateway = Gateway()
    gateway.minutes(20, 9.0)
    gateway.reboot(600, known=known)
    gateway.minutes(1, 9.0)
    # 20 min before, and at most 1.5 of the night: no alarm yet, nor is the excursion over.
    assert gateway.states()["too warm"] is State.EXCURSION
    gateway.minutes(7, 9.0)
    assert gateway.states()["too warm"] is State.EXCURSION
    gateway.minutes(4, 9.0)
    assert gateway.states()["too warm"] is State.ALARM


@pytest.mark.parametrize(("known", "state"), [(True, State.ALARM), (False, State.EXCURSION)])
def test_no_value_lasts_through_a_stop_of_which_nobody_knows_how_long_it_was(known, state):
    """19 minutes too warm, a minute after the start without a value, 10 more too warm.

    After a stop of no time the value before lasts for that minute, too: half an hour in all.
    """
    gateway = Gateway()
    gateway.minutes(20, 9.0)
    gateway.now -= MINUTE
    gateway.reboot(0, known=known)
    gateway.put("boot", {})
    gateway.now += MINUTE
    gateway.minutes(11, 9.0)
    gateway.now -= MINUTE
    assert gateway.states()["too warm"] is state


def random_day(gateway, rng, between):
    value = 5.0
    for _ in range(60):
        value = max(0.0, min(11.0, value + rng.choice([-2, -0.5, 0, 0, 0.5, 2])))
        gateway.temperature(value, rng.choice(["ok"] * 9 + ["corrupt"]))
        between()
        gateway.now += rng.choice([1, 1, 1, 1, 2, 7]) * MINUTE
        gateway.tell()


@pytest.mark.parametrize("seed", range(20))
def test_a_restart_at_every_record_changes_nothing(seed):
    runs = []
    for name in ("", "restart", "restart_with_snapshot"):
        gateway = Gateway()
        between = getattr(gateway, name) if name else lambda: None
        random_day(gateway, random.Random(seed), between)
        runs.append((gateway.told, gateway.states(), gateway.records))
    assert runs[0] == runs[1] == runs[2]
    assert runs[0][0] or seed  # something was told


def test_what_came_to_pass_unseen_is_told_at_the_next_start():
    gateway = Gateway()
    gateway.minutes(5, 5.0)
    for celsius in (16.0, 5.0, 5.0):  # committed, and the agent died before it could tell
        gateway.put("temperature", {"temperature": round(celsius * 100)})
        gateway.now += MINUTE
    gateway.restart()
    gateway.tell()
    assert ("far too warm", "ok", "alarm") in gateway.told
    assert warm(gateway) == [("ok", "excursion"), ("excursion", "ok")]


def test_what_a_battery_reports_is_kept_with_its_record_until_it_reports_nothing():
    gateway = Gateway(shipped.find("battery", Path()))
    assert gateway.fold.reported("cargo") is None
    gateway.put("battery", {"charge": 5000})
    assert gateway.fold.reported("cargo") is None
    gateway.now += MINUTE
    gateway.put("battery", {"faults": "hot"})
    at = gateway.fold.line.newest
    hot = Report("hot", len(gateway.records) - 1, at)
    assert gateway.fold.reported("cargo") == hot
    gateway.put("alarm", {"rule": "fault", "state": "alarm", "reports": "hot"})
    assert gateway.fold.to_json()["further"] == {}, "an alarm has named it"
    gateway.put("battery", {"faults": "low, hot"})
    further = Report("low, hot", len(gateway.records) - 1, at)
    assert gateway.fold.reported("cargo") == further
    again = Conditions(gateway.watched)
    again.restore(json.loads(json.dumps(gateway.fold.to_json())))
    assert again.reported("cargo") == further
    assert again.to_json() == gateway.fold.to_json()
    gateway.put("temperature", {"temperature": 500})  # says nothing of the battery
    assert gateway.fold.to_json()["named"] == {"cargo": ["hot"]}
    gateway.put("battery", {"charge": 5000})
    assert gateway.fold.to_json()["named"] == {}
    assert gateway.fold.reported("cargo") == further  # what it did last


def test_a_profile_that_begins_anew_on_one_device_leaves_the_others_as_they_are():
    watched = {name: Watched(name, TWO_EIGHT, 60.0) for name in ("cargo", "tail")}
    fold = Conditions(watched)
    announced = {"digest": TWO_EIGHT.digest}

    def put(device, kind, values, at):
        fold.apply(Record(at, device, kind, 1, at, WALL + at, "ntp", 5, "ok", values))

    for device in watched:
        put(device, "profile", announced, 0)
        put(device, "temperature", {"temperature": 900}, 1000)
        told = {"rule": "too warm", "state": "excursion"}
        put(device, "excursion", told, 2000)

    def seen():
        return {each.device for each, _, _ in fold.standings(fold.line.newest)}

    assert seen() == {"cargo", "tail"}
    before = {each.watched.device for each in fold.due(fold.line.newest)}
    put("tail", "profile", announced, 3000)
    assert seen() == {"cargo"}
    assert [key for key, *_ in fold.to_json()["told"]] == ["cargo"] * len(
        {rule.name for rule in TWO_EIGHT.rules if rule.field == "temperature"}
    )
    assert {each.watched.device for each in fold.due(fold.line.newest)} == before - {"tail"}


def test_of_a_device_that_nobody_watches_any_more_nothing_is_told():
    gateway = Gateway()
    gateway.minutes(5, 9.0)
    again = Conditions({})
    again.restore(json.loads(json.dumps(gateway.fold.to_json())))
    now = again.line.newest
    assert list(again.standings(now)) == list(again.due(now)) == []


def test_a_snapshot_says_nothing_of_a_device_that_has_another_profile_by_now():
    gateway = Gateway()
    gateway.minutes(40, 9.0)
    kept = json.loads(json.dumps(gateway.fold.to_json()))
    again = Conditions({"cargo": Watched("cargo", SHOCKS, 60.0)})
    again.restore(kept)
    assert [each.device for each in again.unannounced()] == ["cargo"]
    assert {name: again.to_json()[name] for name in ("courses", "told", "trails")} == {
        "courses": [], "told": [], "trails": [],
    }  # fmt: skip


def test_what_a_device_says_that_nobody_watches_is_nothing_to_the_fold():
    gateway = Gateway()
    gateway.minutes(1, 5.0)
    before = gateway.fold.to_json()
    stranger = gateway.records[-1]._replace(device="stranger", number=len(gateway.records))
    gateway.fold.apply(stranger)
    assert gateway.fold.to_json() == before
    assert gateway.fold.watched("stranger") is None
    assert gateway.fold.watched("cargo") is gateway.watched["cargo"]
    assert list(gateway.fold.all_watched()) == [gateway.watched["cargo"]]


def test_a_state_in_a_word_of_a_later_version_was_not_told():
    gateway = Gateway()
    gateway.minutes(2, 9.0)
    assert warm(gateway) == [("ok", "excursion")]
    gateway.put("excursion", {"rule": "too warm", "state": "melted"})
    gateway.tell()
    assert warm(gateway)[1:] == [("ok", "excursion")]


def faults_due(gateway):
    """What should be told of the battery's faults, with the moment since when."""
    found = gateway.fold.due(gateway.fold.line.of_boot(gateway.now))
    return [(str(each.before), str(each.state), each.since) for each in found
            if each.rule.field == "faults"]  # fmt: skip


def test_each_fault_of_a_battery_that_no_alarm_named_is_an_alarm_though_another_lasts():
    gateway = Gateway(shipped.find("battery", Path()))
    (rule,) = [
        each.name for each in gateway.watched["cargo"].profile.rules if each.field == "faults"
    ]
    told = {"rule": rule, "state": "alarm"}
    gateway.put("battery", {"faults": "hot"})
    assert faults_due(gateway) == [("ok", "alarm", gateway.fold.line.newest)]
    gateway.put("alarm", told | {"reports": "hot"})
    assert faults_due(gateway) == []
    gateway.now += MINUTE
    gateway.put("battery", {"faults": "low, hot"})
    first = gateway.fold.line.newest
    gateway.now += MINUTE
    gateway.put("battery", {"faults": "hot"})
    assert faults_due(gateway) == [("alarm", "alarm", first)]
    gateway.put("alarm", told | {"reports": "low, hot"})
    assert faults_due(gateway) == []
    gateway.put("override", told)
    gateway.now += MINUTE
    gateway.put("battery", {"faults": "hot"})
    assert [each[:2] for each in faults_due(gateway)] == [("ok", "alarm")]
    assert gateway.fold.reported("cargo").faults == "hot"


def test_of_many_impacts_that_nobody_was_told_of_the_newest_are_told():
    gateway = Gateway(SHOCKS, None)
    for _ in range(70):
        gateway.put("shock", {"peak": 6000})
        gateway.now += MINUTE
    gateway.tell()
    assert len(gateway.told) == 64 + 1  # what the newest record says needs no room
