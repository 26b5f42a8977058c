"""An update is on trial: kept when it is well, else given back."""

from __future__ import annotations

import pytest

from agent.update.on_trial import BOOTS, STARTS, Trial
from agent.update.versions import OnTrial, Versions
from tests.agent.update.releases import install, runs


def test_an_update_is_on_trial_then_stays(release, tmp_path):
    folder = tmp_path / "update"
    versions = install(release, folder, release.make(1, "1.1"))
    assert (runs(folder), versions.trial.starts) == ("1.1", STARTS)
    with pytest.raises(OnTrial):
        install(release, folder, release.make(2, "1.2"))
    versions.commit()
    assert versions.trial is None
    assert versions.last()["result"] == "committed"
    install(release, folder, release.make(2, "1.2")).give_back("worse")
    assert runs(folder) == "1.1"
    assert versions.last() == {"name": "00000002-1.2", "result": "returned", "reason": "worse"}
    assert [path.name for path in (folder / "versions").iterdir()] == ["00000001-1.1"]


def test_a_crash_loop_ends_in_what_ran_before(release, tmp_path):
    folder = tmp_path / "update"
    versions = install(release, folder, release.make(1, "1.1"))
    assert [versions.starting() for _ in range(STARTS)] == [""] * STARTS
    assert runs(folder) == "1.1"
    assert "never well" in versions.starting()
    assert (runs(folder), versions.trial) == ("", None)
    assert versions.starting() == ""


@pytest.mark.parametrize("cuts", [3, BOOTS])
def test_quick_power_cycles_in_the_trial_lose_no_good_update(release, tmp_path, cuts):
    """The power goes in the trial's minute, again and again, and each boot starts the agent."""
    folder = tmp_path / "update"
    install(release, folder, release.make(1, "1.1"))
    for boot in range(1 + cuts):
        assert Versions(folder).starting(f"boot-{boot}") == ""
        assert runs(folder) == "1.1"
    versions = Versions(folder)
    versions.commit()
    assert (runs(folder), versions.last()["result"]) == ("1.1", "committed")


def test_a_version_that_makes_the_machine_fall_over_ends_in_what_ran_before(release, tmp_path):
    folder = tmp_path / "update"
    install(release, folder, release.make(1, "1.1"))
    for boot in range(1 + BOOTS):
        assert Versions(folder).starting(f"boot-{boot}") == ""
    assert "booted 5 times and it was never well" in Versions(folder).starting("boot-last")
    assert (runs(folder), Versions(folder).trial) == ("", None)


def test_a_crash_loop_ends_in_the_boot_that_it_began_in(release, tmp_path):
    folder = tmp_path / "update"
    versions = install(release, folder, release.make(1, "1.1"))
    assert [versions.starting("one") for _ in range(2)] == ["", ""]
    assert [versions.starting("two") for _ in range(STARTS)] == [""] * STARTS
    assert (versions.trial.starts, versions.trial.boots) == (0, BOOTS - 1)
    assert "started 3 times" in versions.starting("two")
    assert runs(folder) == ""


def test_a_boot_that_is_unknown_grants_no_starts(release, tmp_path):
    folder = tmp_path / "update"
    versions = install(release, folder, release.make(1, "1.1"))
    assert [versions.starting(boot) for boot in ("one", "", "one")] == [""] * STARTS
    assert "started 3 times" in versions.starting("")
    assert runs(folder) == ""


def test_a_trial_that_an_older_version_noted_goes_on():
    old = 'name = "00000001-1.1"\nprevious = ""\nbefore = "{}"\nstarts = 2\n'
    assert Trial.from_text(old) == Trial("00000001-1.1", "", "{}", 2, BOOTS)
    assert Trial.from_text(Trial("2-b", "1-a", "{}", 1, 4, "x").to_text()) == Trial(
        "2-b", "1-a", "{}", 1, 4, "x"
    )


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\x00" * 80,
        b"\xff\xfe",
        b"name = 7\n",
        b"starts = inf\n",
        b"starts = 9\n",
        b"starts = -1\n",
        b"starts = true\n",
        b"starts = [1]\n",
        b"boots = inf\n",
        b"boots = 99999999999999999999\n",
        b"boot = 5\n",
        b"more = " + b"[" * 5000,
    ],
)
def test_a_trial_whose_file_is_damaged_is_given_back_and_that_is_said(release, tmp_path, damage):
    folder = tmp_path / "update"
    versions = install(release, folder, release.make(1, "1.1"))
    lines = (folder / "trial.toml").read_bytes().splitlines(keepends=True)
    key = damage.partition(b" =")[0]
    rest = [line for line in lines if not line.startswith(key + b" =")] if b" =" in damage else []
    (folder / "trial.toml").write_bytes(b"".join(rest) + damage)
    assert versions.trial.damaged
    assert "cannot be read" in versions.starting("one")
    assert (runs(folder), versions.trial) == ("", None)
    assert "cannot be read" in versions.last()["reason"]


def test_a_trial_is_written_as_people_can_read_it():
    trial = Trial("00000002-b", "00000001-a", '{"x": 1}', 1, 4, "boot-7")
    assert trial.to_text() == (
        'name = "00000002-b"\nprevious = "00000001-a"\nbefore = "{\\"x\\": 1}"\n'
        'boot = "boot-7"\nstarts = 1\nboots = 4\n'
    )
    assert Trial.from_text(trial.to_text()) == trial


@pytest.mark.parametrize(("starts", "boots"), [(0, 0), (3, 5)])
def test_a_trial_has_three_starts_and_five_boots_at_most(starts, boots):
    text = 'name = "a"\nprevious = ""\nbefore = ""\n'
    assert Trial.from_text(f"{text}starts = {starts}\nboots = {boots}\n") == Trial(
        "a", "", "", starts, boots
    )
    for more in (f"starts = {starts}\nboots = 6\n", f"starts = 4\nboots = {boots}\n", ""):
        with pytest.raises(ValueError, match="is none of 0 to"):
            Trial.from_text(text + more)


def test_power_that_went_before_the_switch_is_said(release, tmp_path):
    folder = tmp_path / "update"
    versions = install(release, folder, release.make(1, "1.1"))
    (folder / "current").unlink()
    assert versions.starting("one") == "power was cut before the switch"
    assert versions.trial is None
    assert versions.last() == {
        "name": "00000001-1.1",
        "result": "returned",
        "reason": "power was cut before the switch",
    }


def test_where_no_trial_ever_ended_there_is_nothing_to_tell(tmp_path):
    versions = Versions(tmp_path)
    assert versions.last() == {}
    (tmp_path / "last.toml").write_text("rubbish")
    assert versions.last() == {}
    versions.give_back("worse")
    versions.commit()
    assert (versions.starting("one"), versions.trial, versions.sequence) == ("", None, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["last.toml"]
