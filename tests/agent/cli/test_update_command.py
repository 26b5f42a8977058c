"""`tallyman update`: what it says of the versions, whom it refuses, and what it has restarted."""

from __future__ import annotations

import json
import platform
from types import SimpleNamespace

import pytest

from agent.cli import update
from agent.cli.main import main
from agent.cli.update import check_fit
from agent.desks.control_client import NotAllowed, NotRunning, Refused
from agent.update.package import UpdateRefused
from agent.update.versions import PYTHON

TRIAL = SimpleNamespace(
    name="release-1.2.0", previous="release-1.1.0", starts=2, boots=1, before={"devices": 3}
)


class Versions:
    """What is installed, and what was done with it."""

    def __init__(self, trial=None, current="", floor=0, last=None, rolled_back=""):
        self.trial, self.current, self.floor = trial, current, floor
        self._last, self._rolled_back = last, rolled_back
        self.done = []

    def last(self):
        return self._last

    def starting(self, boot):
        self.done.append(("starting", boot))
        return self._rolled_back

    def give_back(self, reason):
        self.done.append(("back", reason))

    def commit(self):
        self.done.append(("commit",))

    def install(self, manifest, file, start, before, line):
        self.done.append(("install", manifest.name, str(file), start, before))


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A gateway without systemd: `ask` runs the command over `versions`."""
    restarted = []
    config = tmp_path / "tallyman.toml"
    config.write_text(
        f'[gateway]\nname = "truck-12"\nstate_dir = "{tmp_path}"\ncontrol = "{tmp_path}/c.sock"\n'
    )
    monkeypatch.setattr(update, "boot_id", lambda: "boot 5")
    monkeypatch.setattr(update.os, "umask", lambda _: None)
    monkeypatch.setattr(
        update.subprocess, "run", lambda words, check: restarted.append((words, check))
    )

    def ask(versions, *words):
        monkeypatch.setattr(update, "Versions", lambda folder, **_: versions)
        return main(["update", "--config", str(config), "--folder", str(tmp_path), *words])

    return SimpleNamespace(ask=ask, restarted=restarted, folder=tmp_path)


def systemctl(unit):
    return ["/usr/bin/systemctl", "--no-block", "restart", unit], False


def test_what_runs_is_told(machine, capsys):
    assert machine.ask(Versions()) == 0
    assert capsys.readouterr().out == "version    the packaged one\n"
    last = {"name": "release-1.1.0", "result": "rolled back", "reason": "no answer"}
    assert machine.ask(Versions(TRIAL, "release-1.2.0", 7, last)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "version    release-1.2.0",
        "floor      7: no release of a lower sequence is installed",
        "on trial   release-1.2.0, 2 starts left in this boot, 1 boot after it",
        "           then back to release-1.1.0",
        "last       release-1.1.0: rolled back, no answer",
    ]
    first = SimpleNamespace(**{**vars(TRIAL), "previous": ""})
    machine.ask(Versions(first, "release-1.2.0"))
    assert "           then back to the packaged one\n" in capsys.readouterr().out
    assert machine.restarted == []


def test_programs_are_told_the_same(machine, capsys):
    assert machine.ask(Versions(), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"version": None, "on_trial": None, "last": None}
    machine.ask(Versions(TRIAL, "release-1.2.0", last={"name": "x"}), "--json")
    assert json.loads(capsys.readouterr().out) == {
        "version": "release-1.2.0",
        "on_trial": {
            "name": "release-1.2.0", "starts_left": 2, "boots_left": 1,
            "previous": "release-1.1.0",
        },
        "last": {"name": "x"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "said"),
    [("", ""), ("it failed 3 times", "<2>the update is rolled back: it failed 3 times\n")],
)
def test_a_start_is_counted_and_a_roll_back_told_to_the_log(machine, capsys, reason, said):
    versions = Versions(TRIAL, rolled_back=reason)
    assert machine.ask(versions, "--starting") == 0
    assert versions.done == [("starting", "boot 5")]
    assert capsys.readouterr().out == said


def test_who_rolls_back_has_the_agent_restarted(machine, capsys):
    versions = Versions(TRIAL)
    assert machine.ask(versions, "--back", "it is slow") == 0
    assert versions.done == [("back", "it is slow")]
    assert machine.restarted == [systemctl("tallyman.service")]
    assert machine.ask(Versions(), "--back", "it is slow") == 2
    assert "no version is on trial" in capsys.readouterr().err
    assert len(machine.restarted) == 1


@pytest.mark.parametrize("reason", ["", "2 devices fewer"])
def test_the_judge_keeps_a_version_or_gives_it_back(machine, monkeypatch, capsys, reason):
    asked = []

    def watch(before, version, status, monotonic, sleep):
        asked.append((before, version, status()))
        return reason

    monkeypatch.setattr(update, "watch", watch)
    versions = Versions(TRIAL)
    assert machine.ask(versions, "--watch") == 0
    assert asked == [({"devices": 3}, "1.2.0", None)], "no agent answers here"
    if reason:
        assert versions.done == [("back", reason)]
        assert capsys.readouterr().out == "<2>release-1.2.0 is rolled back: 2 devices fewer\n"
        assert machine.restarted == [systemctl("tallyman.service")]
    else:
        assert versions.done == [("commit",)]
        assert capsys.readouterr().out == "release-1.2.0 stays\n"
        assert machine.restarted == []


def test_without_a_trial_there_is_nothing_to_judge(machine, capsys):
    versions = Versions()
    assert machine.ask(versions, "--watch") == 0
    assert (versions.done, capsys.readouterr().out) == ([], "")


def manifest(arch=None, python=PYTHON, percent=100):
    fields = {"name": "release-1.2.0", "arch": arch or platform.machine(), "python": python}
    return SimpleNamespace(**fields, percent=percent, is_for=lambda label: percent == 100)


def installs(monkeypatch, made=None):
    package = made or manifest()
    monkeypatch.setattr(update, "read_keys", lambda path: [str(path)])
    monkeypatch.setattr(update, "read_package", lambda file, keys, line: (package, 42))
    monkeypatch.setattr(update, "snapshot", lambda status: {"before": status})
    monkeypatch.setattr(update, "status_of", lambda place: {"devices": 3})


def test_an_update_is_unpacked_and_agent_and_judge_are_restarted(machine, monkeypatch, capsys):
    installs(monkeypatch)
    versions = Versions(current="release-1.2.0")
    assert machine.ask(versions, "usb.update") == 0
    assert versions.done == [
        ("install", "release-1.2.0", "usb.update", 42, {"before": {"devices": 3}})
    ]
    assert capsys.readouterr().out.splitlines() == [
        "installed  release-1.2.0, on trial",
        "next       in a few minutes, tallyman update tells whether it stays",
    ]
    assert machine.restarted == [
        systemctl("tallyman.service"),
        systemctl("tallyman-update.service"),
    ]
    assert machine.ask(versions, "usb.update", "--no-restart", "--json") == 0
    assert json.loads(capsys.readouterr().out)["version"] == "release-1.2.0"
    assert len(machine.restarted) == 2


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_done(
    machine, monkeypatch, capsys
):
    installs(monkeypatch)
    monkeypatch.setattr(update.os, "access", lambda path, how: False)
    versions = Versions()
    assert machine.ask(versions, "usb.update") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (versions.done, machine.restarted) == ([], [])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (manifest(arch="z80"), "the update is for z80 with Python"),
        (manifest(python="2.7"), "with Python 2.7; this is"),
        (manifest(percent=10), "it is not truck-12's turn: the update goes to 10 % of all"),
    ],
)
def test_what_is_for_another_machine_or_not_its_turn_is_refused(made, said):
    with pytest.raises(UpdateRefused) as caught:
        check_fit(made, "truck-12", now=False)
    assert said in str(caught.value)


def test_who_cannot_wait_need_not():
    check_fit(manifest(percent=10), "truck-12", now=True)
    check_fit(manifest(), "truck-12", now=False)


@pytest.mark.parametrize("error", [NotRunning("no"), NotAllowed("no"), Refused("no"), None])
def test_what_the_agent_says_of_itself_is_known_where_it_answers(monkeypatch, error):
    def ask_one(control, request):
        assert (control, request) == ("socket", {"verb": "status"})
        if error is not None:
            raise error
        return {"version": "1"}

    monkeypatch.setattr(update, "ask_one", ask_one)
    found = update.status_of(SimpleNamespace(control="socket"))
    assert found == ({"version": "1"} if error is None else None)
