"""The power goes before or after each change that an update makes on the disk."""

from __future__ import annotations

import pytest

from agent.update.on_trial import STARTS
from agent.update.versions import Versions
from foundation.durable import Disk
from tests.agent.update.releases import install, runs


class Cut(BaseException):
    """Power goes: nothing behind this happens, no clean-up either."""


class Cutting(Disk):
    """Lets `left` changes through; the next one is lost (`late`: made, and then power goes)."""

    def __init__(self, left: int, *, late: bool) -> None:
        self.left, self.late = left, late

    def _step(self) -> bool:
        self.left -= 1
        if self.left < 0 and not self.late:
            raise Cut
        return self.left < 0

    def write(self, fd, data):
        last = self._step()
        done = super().write(fd, data[: len(data) // 2] if last else data)
        if last:
            raise Cut
        return done

    def fsync(self, fd):
        if self._step():
            raise Cut

    def replace(self, source, target):
        last = self._step()
        super().replace(source, target)
        if last:
            raise Cut


STEPS = {
    "install": lambda release, folder, disk: install(
        release, folder, release.folder / "2.update", disk
    ),
    "commit": lambda _release, folder, disk: Versions(folder, disk).commit(),
    "give back": lambda _release, folder, disk: Versions(folder, disk).give_back("worse"),
    "start": lambda _release, folder, disk: Versions(folder, disk).starting(),
    "last start": lambda _release, folder, disk: Versions(folder, disk).starting(),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("first", ["", "1.1"])
@pytest.mark.parametrize("step", STEPS)
def test_power_cut_in_each_step_ends_in_one_of_the_two_versions(
    release, tmp_path, step, first, late
):
    release.make(1, "1.1")
    release.make(2, "1.2")
    allowed = {first, "1.2"}
    ends = set()
    for left in range(100):
        folder = tmp_path / f"update-{left}"
        if first:
            install(release, folder, release.folder / "1.update").commit()
        if step != "install":
            install(release, folder, release.folder / "2.update")
            for _ in range(STARTS if step == "last start" else 0):
                Versions(folder).starting()
        try:
            STEPS[step](release, folder, Cutting(left, late=late))
            cut = False
        except Cut:
            cut = True
        assert runs(folder) in allowed, "the very next start has a whole version"
        after = Versions(folder)
        for _ in range(STARTS + 2):  # the machine boots, and the new version is never well
            after.starting()
            assert runs(folder) in allowed
        assert after.trial is None
        ends.add(runs(folder))
        assert step == "commit" or runs(folder) == first
        again = install(release, folder, release.make(9, "1.9"))
        again.commit()
        assert runs(folder) == "1.9", "and the next update goes through"
        if not cut:
            break
    else:
        pytest.fail("the step never ended")
    assert left > 2, "the power was cut somewhere"
    assert step != "commit" or "1.2" in ends
