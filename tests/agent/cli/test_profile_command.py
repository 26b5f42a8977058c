"""`tallyman profile` as its user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import profile
from agent.cli.main import main
from agent.rules import shipped
from agent.rules.plausibility import Doubt

SERIES = """\
time,value,quality
2026-01-01T00:00:00Z,5.0,ok
2026-01-01T00:10:00Z,9.0,ok
2026-01-01T00:20:00Z,9.5,ok
2026-01-01T00:30:00Z,9.0,ok
2026-01-01T00:40:00Z,9.0,corrupt
2026-01-01T00:50:00Z,5.0,ok
2026-01-01T02:00:00Z,5.0,ok
"""


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(SERIES)
    return path


def at(clock):
    return f"2026-01-01T{clock}:00.000Z"


def test_try_prints_exactly_what_was_asked_for(capsys, series):
    assert main(["profile", "try", "2-8", str(series), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["states", "zones", "mkt", "min", "max", "unknown_minutes"]
    warm = [each for each in found["states"] if each["rule"] == "too warm"]
    assert warm == [
        {"rule": "too warm", "state": "ok", "from": at("00:00"), "to": at("00:10")},
        {"rule": "too warm", "state": "excursion", "from": at("00:10"), "to": at("00:40")},
        # 30 min are reached as the sensor is lost: an alarm does not end with its sensor.
        {"rule": "too warm", "state": "alarm", "from": at("00:40"), "to": at("02:15")},
    ]
    cold = [each["state"] for each in found["states"] if each["rule"] == "too cold"]
    # 00:40 to 00:50 is not believed; 5.0 of 00:50 holds for 15 min, then 55 min are a gap. The
    # last value holds for as long as that one did.
    assert cold == ["ok", "unknown", "ok", "unknown", "ok"]
    assert found["unknown_minutes"] == 65.0
    assert sum(found["zones"].values()) == 70.0
    assert (found["min"], found["max"]) == (5.0, 9.5)


def test_try_says_which_temperatures_no_goods_can_have(capsys, monkeypatch, series):
    asked = []

    def doubts(samples, beside):
        asked.append(([each.value for each in beside], [each.value for each in samples]))
        return [Doubt("stuck", samples[0].at, samples[-1].at, "no change")]

    monkeypatch.setattr(profile, "doubts", doubts)
    beside = series.with_name("beside.csv")
    beside.write_text(SERIES.partition("\n")[0] + "\n2026-01-01T00:00:00Z,7.0,ok\n")
    for more, others in (([], []), (["--beside", str(beside)], [7.0])):
        assert main(["profile", "try", "2-8", str(series), *more]) == 0
        assert "doubt     stuck: no change" in capsys.readouterr().out
        assert asked.pop() == (others, [5.0, 9.0, 9.5, 9.0, None, 5.0, 5.0])


def test_the_page_fits_a_console(capsys, series):
    assert main(["profile", "try", "2-8", str(series)]) == 0
    page = capsys.readouterr().out
    assert all(len(line) < 80 for line in page.splitlines())
    assert "ALARM" in page
    assert "UNKNOWN" in page


def test_one_row_tells_its_value_and_no_time(capsys, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("time,value\n2026-01-01T00:00:00Z,5.0\n")
    assert main(["profile", "try", "2-8", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["min"], found["max"], found["unknown_minutes"]) == (5.0, 5.0, 0.0)
    assert found["mkt"] is None  # it weighs by time, and there is none
    assert {each["state"] for each in found["states"]} == {"ok"}


def test_an_interval_that_is_given_counts_more_than_the_series_own(capsys, series):
    main(["profile", "try", "2-8", str(series), "--interval", "60", "--json"])
    # Each of five believed values before the last holds for 1.5 of 10, 10, 10, 10 and 70 min.
    assert json.loads(capsys.readouterr().out)["unknown_minutes"] == 4 * 8.5 + 10 + 68.5


def test_the_numbers_do_not_depend_on_the_order_of_rows(capsys, series):
    main(["profile", "try", "2-8", str(series), "--json"])
    wanted = capsys.readouterr().out
    head, *rows = SERIES.splitlines()
    series.write_text("\n".join([head, *reversed(rows)]))
    main(["profile", "try", "2-8", str(series), "--json"])
    assert capsys.readouterr().out == wanted


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["try", "2-9", "SERIES"], "did you mean '2-8'"),
        (["try", "2-8", "/nowhere.csv"], "cannot read /nowhere.csv"),
        (["try", "2-8", "/tmp"], "cannot read /tmp"),
        (["try", "2-8", "SERIES", "--field", "peak"], "no rule about peak"),
        (["try", "2-8", "SERIES", "--zone", "Mars/Base"], "no time zone 'Mars/Base'"),
        (["check", "/nowhere.toml"], "/nowhere.toml"),
        (["check", "SERIES"], "not TOML"),
        (["frobnicate"], "frobnicate"),
        ([], "ACTION"),
        (["show"], "which profile?"),
        (["try", "2-8"], "which series?"),
    ],
)
def test_what_is_wrong_is_told_in_two_lines(capsys, series, argv, said):
    assert main(["profile", *(str(series) if each == "SERIES" else each for each in argv)]) != 0
    told = capsys.readouterr()
    assert said in " ".join(told.err.split())
    assert "Traceback" not in told.err
    assert told.out == ""


def test_many_mistakes_of_a_series_are_cut(capsys, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("time,value\n" + "yesterday,5\n" * 100)
    assert main(["profile", "try", "2-8", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"{path}:2: 'yesterday' is not a time" in " ".join(told.split())
    assert "and 80 mistakes more" in told


def test_list_show_and_check(capsys):
    assert main(["profile", "list"]) == 0
    assert "who-type-1" in capsys.readouterr().out
    assert main(["profile", "show", "who-type-1"]) == 0
    page = capsys.readouterr().out
    assert "temperature at or above 30 °C for 10 h 0 min in all" in " ".join(page.split())


def test_programs_are_told_the_same(capsys):
    assert main(["profile", "list", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "who-type-2" in {each["name"] for each in found}
    assert main(["profile", "show", "2-8", "--json"]) == 0
    (shown,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown in found
    assert shown["rules"][0]["rule"] == "too warm"


def test_a_list_is_of_names_and_titles_in_two_columns(capsys):
    assert main(["profile", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()
    (row,) = [row for row in rows if row.startswith("2-8 ")]
    assert (row[:14], row[14] != " ") == (f"{'2-8':14}", True)


@pytest.mark.parametrize(("most", "more"), [(20, ""), (21, "and 1 mistake more")])
def test_of_mistakes_twenty_are_told(capsys, tmp_path, most, more):
    path = tmp_path / "bad.csv"
    path.write_text("time,value\n" + "yesterday,5\n" * most)
    assert main(["profile", "try", "2-8", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.count("is not a time") == 20
    assert ("mistake more" in told, more in told) == (bool(more), True)


def test_a_file_without_a_mistake_is_told_with_its_version(capsys):
    path = Path(shipped.__file__).parent / "profiles" / "2-8.toml"
    rules = path.read_text().count("[[rule]]")
    assert main(["profile", "check", str(path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{path} is correct: 2-8 version ")
    assert told.endswith(f", {rules} rules\n")
    assert main(["profile", "check", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rules"]) == rules
