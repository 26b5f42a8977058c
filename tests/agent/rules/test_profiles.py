"""The shipped profiles, WHO's worked examples, and what a file may not say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agent.rules import shipped
from agent.rules.profile import ProfileError, profile_of, read_profile
from agent.rules.rule import Mode, Reset, Rule, Severity, Side, State
from agent.rules.valid_time import Sample
from agent.rules.verdict import judged
from foundation.toml_file import TomlFile

MINUTE = 60_000


def series(*pieces, every=5):
    """Return samples every `every` minutes, of (minutes, °C)."""
    values = [value for minutes, value in pieces for _ in range(minutes // every)]
    return [Sample(index * every * MINUTE, value) for index, value in enumerate(values)]


def alarms(name, samples):
    """Return each rule that alarms with the minute of its alarm."""
    found = judged(shipped.find(name, Path()), "temperature", samples, 5 * MINUTE)
    return {
        each.rule.name: each.start // MINUTE
        for each in found.stretches
        if each.state is State.ALARM
    }


@pytest.mark.parametrize("name", shipped.names())
def test_each_shipped_profile_bears_its_name_and_digest(name):
    profile = shipped.find(name, Path())
    assert profile.name == name
    data = (shipped.FOLDER / f"{name}.toml").read_bytes()
    assert profile.digest == hashlib.sha256(data).digest()


def test_what_is_shipped():
    wanted = {"2-8", "15-25", "frozen", "who-type-1", "who-type-2", "food", "fixed-site"}
    wanted |= {"li-ion-small", "li-ion-large", "fragile", "battery"}
    assert wanted == set(shipped.names())


def test_who_type_1_heat_for_an_hour():
    assert alarms("who-type-1", series((60, 20), (55, 45), (60, 20))) == {}
    assert alarms("who-type-1", series((60, 20), (60, 45), (60, 20))) == {"45 °C for 1 h": 120}


def test_who_type_1_short_heat_adds_up():
    # Twelve times 50 min at 31 °C are 10 h: at the end of the twelfth, 11 h 10 min in between.
    dips = [(50, 31.0), (60, 20.0)] * 12
    assert alarms("who-type-1", series(*dips)) == {"30 °C for 10 h in all": 11 * 110 + 50}
    assert alarms("who-type-1", series(*dips[:-2])) == {}


def test_who_type_1_frost_at_exactly_its_limit():
    assert alarms("who-type-1", series((30, 4), (60, -0.5), (30, 4))) == {"-0.5 °C for 1 h": 90}
    assert alarms("who-type-1", series((30, 4), (600, -0.4))) == {}


def test_who_type_2_has_no_frost_and_a_lower_limit():
    assert alarms("who-type-2", series((600, -5), (1195, 10), (60, 4))) == {}
    assert alarms("who-type-2", series((600, -5), (1200, 10))) == {"10 °C for 20 h in all": 1800}


def test_two_to_eight():
    assert alarms("2-8", series((60, 5), (30, 9), (60, 5))) == {"too warm": 90}
    assert alarms("2-8", series((60, 5), (25, 9), (60, 5), (25, 9), (60, 5))) == {}
    assert alarms("2-8", series((60, 5), (5, 15.1), (60, 5))) == {"far too warm": 60}


def test_lithium_by_the_minute_of_a_ramp():
    # 2 °C a minute from 25 °C: 74 °C is the first value above T.2's 72 °C.
    ramp = [Sample(minute * MINUTE, 25.0 + 2.0 * minute) for minute in range(30)]
    found = judged(shipped.find("li-ion-small", Path()), "temperature", ramp)
    hot = [each for each in found.stretches if each.rule.name == "hotter than T.2"]
    assert [(each.state, each.start // MINUTE) for each in hot] == [
        (State.OK, 0),
        (State.ALARM, 24),
    ]


def test_lithium_in_thinner_air_than_t_1():
    # 11.6 kPa are 116 hPa: an aircraft's hold at 8,000 ft has 750.
    air = [Sample(index * MINUTE, hpa) for index, hpa in enumerate([1013, 750, 116, 115.9, 750])]
    found = judged(shipped.find("li-ion-large", Path()), "pressure", air)
    assert [(each.state, each.start // MINUTE) for each in found.stretches] == [
        (State.OK, 0),
        (State.ALARM, 3),
    ]


def test_lithium_says_what_it_cannot_watch():
    for name in ("li-ion-small", "li-ion-large"):
        assert "T.5 to T.8 are checks of documents" in shipped.find(name, Path()).head.remark


GOOD = """\
name = "mine"
version = 3
title = "cheese"
source = "our customer"

[[rule]]
name = "warm"
above = 8.0
minutes = 30
"""


def mistakes(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    try:
        read_profile(path)
    except ProfileError as error:
        return [(each.line, each.text) for each in error.problems]
    return []


def test_a_correct_file_has_no_mistakes(tmp_path):
    assert mistakes(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "right", "line", "said"),
    [
        ("version = 0", "version = 3", 2, "at least 1|from 1"),
        ('version = "3"', "version = 3", 2, "whole number"),
        ("above = nan", "above = 8.0", 8, "above must be"),
        ("abov = 8.0", "above = 8.0", 8, "did you mean 'above'"),
        ("above = 8.0\nbelow = 2.0", "above = 8.0", 6, "2 limits"),
        ("minutes = -1", "minutes = 30", 9, "minutes must be"),
        ('mode = "sum"', "minutes = 30", 9, "single, cumulative"),
        ('mode = "cumulative"', "minutes = 30", 9, "needs minutes"),
        ("window_hours = 2.0", "minutes = 30", 9, "for mode"),
        (
            'mode = "cumulative"\nminutes = 5\nreset = "recovery"',
            "minutes = 30",
            11,
            "reset must be person",
        ),
        ('field = "colour"', "minutes = 30", 9, "temperature"),
        ("minutes = 30\n[mkt]\nwindow_hours = 0.0", "minutes = 30", 11, "window_hours"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path, wrong, right, line, said):
    found = mistakes(tmp_path, GOOD.replace(right, wrong))
    assert len(found) == 1
    assert found[0][0] == line
    assert any(part in found[0][1] for part in said.split("|")), found


def test_two_rules_of_one_name_cannot_be_told_apart(tmp_path):
    twice = GOOD + GOOD[GOOD.index("[[rule]]") :]
    ((line, said),) = mistakes(tmp_path, twice)
    assert (line, said) == (11, "the name 'warm' is used twice")


def test_a_profile_without_rules_finds_nothing(tmp_path):
    assert "has no [[rule]]" in mistakes(tmp_path, GOOD.split("[[rule]]", maxsplit=1)[0])[0][1]


def test_all_mistakes_of_a_file_come_together(tmp_path):
    text = GOOD.replace("version = 3", "version = 0").replace("minutes = 30", "minutes = -1")
    assert [line for line, _ in mistakes(tmp_path, text)] == [2, 9]


SAID_WHOLE = """
[[rule]]
name = "damp"
field = "humidity"
below = 30.0
mode = "cumulative"
minutes = 1.5
window_hours = 24
hysteresis = 0.5
reset = "recovery"
severity = "warning"
[[rule]]
name = "hot"
at_or_above = 60.0
"""


def test_a_rule_is_what_its_file_says_and_the_rest_is_as_promised():
    head = GOOD[: GOOD.index("[[rule]]")]
    damp, hot = profile_of(TomlFile(Path("mine.toml"), (head + SAID_WHOLE).encode())).rules
    assert damp == Rule(
        "damp", "humidity", Side.BELOW, 30.0, Mode.CUMULATIVE, alarm_after=90_000,
        window=86_400_000, hysteresis=0.5, reset=Reset.RECOVERY, severity=Severity.WARNING,
    )  # fmt: skip
    assert hot == Rule(
        "hot", "temperature", Side.AT_OR_ABOVE, 60.0, Mode.SINGLE, alarm_after=0, window=0,
        hysteresis=0.0, reset=Reset.PERSON, severity=Severity.CRITICAL,
    )  # fmt: skip


def test_a_profile_of_ones_own_is_found_from_its_folder(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD)
    found = shipped.find("mine.toml", tmp_path)
    assert (found.head.title, found.head.version) == ("cheese", 3)
    assert shipped.find(str(tmp_path / "mine.toml"), Path("/nowhere")).digest == found.digest


def test_a_name_that_nobody_knows_is_answered_with_those_there_are(tmp_path):
    with pytest.raises(ProfileError) as error:
        shipped.find("2-9", tmp_path)
    assert "did you mean '2-8'" in str(error.value)
    assert "who-type-1" in str(error.value.advice)


@pytest.mark.parametrize(("minutes", "wrong"), [(60.0, False), (60.5, True)])
def test_a_window_has_room_for_the_minutes_that_make_an_alarm(tmp_path, minutes, wrong):
    window = f'minutes = {minutes}\nmode = "cumulative"\nwindow_hours = 1.0'
    said = [text for _, text in mistakes(tmp_path, GOOD.replace("minutes = 30", window))]
    assert said == (["more minutes than its window has: it never alarms"] if wrong else [])
