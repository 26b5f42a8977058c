"""Updates: only what is signed, newer and for this machine; kept when well, else given back.

The kill matrix cuts the power before and after each change that an update makes on the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import sys
import tarfile
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.signing.file_key import FileKey
from agent.update.floor import keep_sequence, kept_sequence, packaged_sequence
from agent.update.health import fault, snapshot
from agent.update.on_trial import BOOTS, STARTS, Trial
from agent.update.package import Manifest, UpdateRefused, read_keys, read_package, sign_package
from agent.update.trial import watch
from agent.update.versions import ENTRY, LIB, PYTHON, OnTrial, Versions
from evidence import cbor, cose
from evidence.errors import MalformedError
from evidence.keys import EDDSA
from foundation.durable import Disk, WriteFailed

BEFORE = snapshot(
    {
        "version": "1.0",
        "devices": [{"name": "cargo", "state": "running"}, {"name": "old", "state": "missing"}],
        "nodes": [{"name": "harbour", "state": "ok"}],
    }
)


def archive(version: str, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    files = {ENTRY: b"main = 1\n", "agent/machine/version.py": f'VERSION = "{version}"\n'.encode()}
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        for name, data in (files | members).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Release:
    """Where updates are built: a key, its public line, and a folder for files."""

    def __init__(self, folder: Path) -> None:
        import base64

        self.folder = folder
        self.key = FileKey.make(folder / "update.pem", EDDSA)
        self.keys = folder / "update.keys"
        self.keys.write_text(f"# ours\n{base64.b64encode(self.key.public.to_cose()).decode()}\n")

    def make(self, sequence: int, version: str, data: bytes | None = None, **more) -> Path:
        data = archive(version) if data is None else data
        plain = self.folder / "archive"
        plain.write_bytes(data)
        fields = {"arch": platform.machine(), "python": PYTHON} | more
        digest = hashlib.sha256(data).digest()
        manifest = Manifest(version, sequence, digest=digest, length=len(data), **fields)
        key = self.key
        head = sign_package(plain, manifest, key.public, key.algorithm, key.sign)
        path = self.folder / f"{sequence}.update"
        path.write_bytes(head + data)
        return path


@pytest.fixture
def release(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    return Release(folder)


def install(release, folder: Path, path: Path, disk=None) -> Versions:
    versions = Versions(folder, disk or Disk())
    manifest, start = read_package(path, read_keys(release.keys))
    versions.install(manifest, path, start, BEFORE)
    return versions


def runs(folder: Path) -> str:
    """What the launcher would start, checked to be whole: a version, or "" for the package's."""
    lib = folder / "current" / LIB
    if not (lib / ENTRY).exists():
        return ""
    assert (lib / ENTRY).read_bytes() == b"main = 1\n"
    return (lib / "agent/machine/version.py").read_text().split('"')[1]


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


def test_only_what_is_signed_whole_newer_and_for_this_machine_is_installed(release, tmp_path):
    folder = tmp_path / "update"
    good = release.make(5, "1.5")
    keys = read_keys(release.keys)
    data = good.read_bytes()
    for at in (0, 9, 40, len(data) // 2, len(data) - 1):
        bad = tmp_path / "bad"
        bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(UpdateRefused):
            read_package(bad, keys)
    bad.write_bytes(data[:-1])
    with pytest.raises(UpdateRefused, match="damaged"):
        read_package(bad, keys)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    with pytest.raises(UpdateRefused, match="not pinned here"):
        read_package(Release(stranger).make(6, "1.6"), keys)
    with pytest.raises(UpdateRefused, match="no update key is pinned"):
        read_keys(tmp_path / "none")
    install(release, folder, good).commit()
    for sequence in (4, 5):
        with pytest.raises(UpdateRefused, match="not newer than 5"):
            install(release, folder, release.make(sequence, "1.4"))
    assert runs(folder) == "1.5"
    with pytest.raises(UpdateRefused, match="holds no agent"):
        empty = io.BytesIO()
        with tarfile.open(fileobj=empty, mode="w:xz"):
            pass
        install(release, folder, release.make(7, "1.7", empty.getvalue()))
    with pytest.raises((UpdateRefused, WriteFailed)):
        install(release, folder, release.make(8, "1.8", archive("1.8", **{"../../x": b""})))
    assert not (tmp_path / "x").exists()
    assert runs(folder) == "1.5"


def test_no_release_older_than_one_that_was_kept(release, tmp_path):
    """Whatever runs now: the package's own version, or one for another Python, counts as old."""
    folder = tmp_path / "update"
    install(release, folder, release.make(4, "1.4")).commit()
    install(release, folder, release.make(6, "1.6")).commit()
    (folder / "current").unlink()  # what a newly installed package does
    for sequence in (1, 4, 5):
        with pytest.raises(UpdateRefused, match="older than 6, which was kept here") as refused:
            install(release, folder, release.make(sequence, "1.0"))
        assert "take release 6 or a newer one" in refused.value.advice
    assert (runs(folder), Versions(folder).trial) == ("", None)
    install(release, folder, release.make(7, "1.7")).give_back("worse")
    assert Versions(folder).floor == 6, "a release that did not stay raises nothing"
    install(release, folder, release.make(6, "1.6")).commit()
    assert runs(folder) == "1.6", "the newest that was kept may come again"


def test_a_version_of_another_python_is_no_way_back(release, tmp_path):
    """Of a gateway from before floors were noted: the link alone tells what was kept."""
    folder = tmp_path / "update"
    install(release, folder, release.make(5, "1.5")).commit()
    (folder / "floor").unlink()
    (folder / "versions/00000005-1.5" / LIB).rename(folder / "versions/00000005-1.5/lib-3.9")
    assert Versions(folder).current == ""
    with pytest.raises(UpdateRefused, match="older than 5"):
        install(release, folder, release.make(4, "1.4"))


def test_the_package_is_a_release_too(release, tmp_path):
    folder, package = tmp_path / "update", tmp_path / "sequence"
    assert packaged_sequence(package) == 0, "built without one"
    package.write_text("12\n")
    versions = Versions(folder, packaged=packaged_sequence(package))
    for sequence in (11, 12):
        manifest, start = read_package(release.make(sequence, "1.1"), read_keys(release.keys))
        with pytest.raises(UpdateRefused, match="not newer than 12"):
            versions.install(manifest, release.folder / f"{sequence}.update", start, BEFORE)
    package.write_text("twelve")
    with pytest.raises(UpdateRefused, match="holds no number"):
        packaged_sequence(package)


def test_a_floor_that_cannot_be_read_refuses_updates_and_ends_no_trial(release, tmp_path):
    folder = tmp_path / "update"
    install(release, folder, release.make(3, "1.3")).commit()
    (folder / "floor").write_text("")
    with pytest.raises(UpdateRefused, match="holds no number") as refused:
        install(release, folder, release.make(4, "1.4"))
    assert "sequence of the newest release" in refused.value.advice
    (folder / "floor").write_text("3")
    versions = install(release, folder, release.make(4, "1.4"))
    (folder / "floor").write_text("x")
    versions.commit()
    assert (runs(folder), Versions(folder).floor) == ("1.4", 4)


def test_a_stick_that_says_something_else_the_second_time_is_refused(release, tmp_path):
    folder, path = tmp_path / "update", release.make(1, "1.1")
    manifest, start = read_package(path, read_keys(release.keys))
    path.write_bytes(path.read_bytes()[:start] + archive("6.6"))
    with pytest.raises(UpdateRefused, match="changed while it was read"):
        Versions(folder).install(manifest, path, start, BEFORE)
    assert (runs(folder), Versions(folder).trial) == ("", None)


def test_groups(release):
    labels = [f"truck-{n}" for n in range(1000)]
    some = Manifest("1", 3, "", "", bytes(32), 0, 10, ("truck-7",))
    share = sum(map(some.is_for, labels))
    assert 60 < share < 140
    assert some.is_for("truck-7")
    assert all(map(Manifest("1", 3, "", "", bytes(32), 0, 100).is_for, labels))
    other = Manifest("1", 4, "", "", bytes(32), 0, 10)
    assert set(filter(other.is_for, labels)) != set(filter(some.is_for, labels)), (
        "not always the same go first"
    )


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


def test_a_version_is_compiled_where_it_is_installed(release, tmp_path):
    """Updates bring no byte code: that of the builder's Python would be another one's."""
    folder = tmp_path / "update"
    data = archive("1.1", **{"zmq/odd.py": b"no python"})
    install(release, folder, release.make(1, "1.1", data))
    library = folder / "versions/00000001-1.1" / LIB
    (compiled,) = (library / "agent/cli/__pycache__").iterdir()
    assert compiled.name == f"main.{sys.implementation.cache_tag}.pyc"
    code = compiled.read_bytes()
    assert int.from_bytes(code[4:8], "little") == 0b01, "PEP 552: by hash, never checked"
    assert str(library / ENTRY).encode() in code, "tracebacks name the file as it lies there"
    assert not (library / "zmq/__pycache__/odd.pyc").exists(), "nor does it matter"


def test_a_full_disk_changes_nothing(release, tmp_path):
    class Full(Disk):
        def write(self, fd, data):
            raise OSError(28, "No space left on device")

    folder = tmp_path / "update"
    path = release.make(1, "1.1")
    with pytest.raises(WriteFailed):
        install(release, folder, path, Full())
    assert runs(folder) == ""
    assert Versions(folder).trial is None


def status(version="1.1", cargo="running", node="ok"):
    return {
        "version": version,
        "devices": [{"name": "cargo", "state": cargo}],
        "nodes": [{"name": "harbour", "state": node}],
    }


def test_what_counts_as_well():
    assert fault(BEFORE, "1.1", status()) == ""
    assert "does not answer" in fault(BEFORE, "1.1", None)
    assert "version 1.0 runs" in fault(BEFORE, "1.1", status("1.0"))
    assert "cargo ran before the update and is missing now" in fault(
        BEFORE, "1.1", status(cargo="missing")
    )
    assert "no ledger node answers" in fault(BEFORE, "1.1", status(node="unreachable"))
    offline = json.dumps({"devices": ["cargo"], "nodes": {"harbour": "unreachable"}})
    assert fault(offline, "1.1", status(node="unreachable")) == "", "the old reason, unchanged"
    assert fault(offline, "1.1", status(node="ok")) == ""
    assert "was unreachable before" in fault(offline, "1.1", status(node="refused"))
    assert fault(snapshot(None), "1.1", status(cargo="missing", node="refused")) == ""


@pytest.mark.parametrize(
    ("ill_at", "kept", "ended"),
    [
        ((), True, 60.0),
        (range(5), True, 68.0),  # the fifth time is at eight seconds
        (range(10**6), False, 600.0),
        (range(0, 10**6, 30), False, 600.0),  # each minute
        (range(0, 10**6, 31), True, 62.0 - 2.0),
    ],
)
def test_a_version_stays_only_after_a_minute_without_a_fault(ill_at, kept, ended):
    now, asked = [0.0], [0]

    def ask():
        asked[0] += 1
        return None if asked[0] - 1 in ill_at else status()

    def sleep(seconds):
        assert seconds == 2.0
        now[0] += seconds

    reason = watch(BEFORE, "1.1", ask, lambda: now[0], sleep)
    assert reason == ("" if kept else "the agent does not answer")
    assert now[0] == ended


def test_what_is_compared_of_a_gateway():
    devices = [
        {"name": "old", "state": "missing"},
        {"name": "door", "state": "running"},
        {"name": "cargo", "state": "running"},
    ]
    nodes = [{"name": "harbour", "state": "ok"}]
    assert snapshot({"version": "1.0", "devices": devices, "nodes": nodes}) == (
        '{"devices": ["cargo", "door"], "nodes": {"harbour": "ok"}}'
    )
    assert snapshot(None) == "{}"


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({}, {}, ""),
        ({"devices": ["cargo"]}, {}, "cargo ran before the update and is gone now"),
        ({"nodes": {"a": "ok"}}, {}, "no ledger node answers, and one did before the update"),
        ({"nodes": {"a": "ok", "b": "refused"}}, {"b": "ok"}, ""),
        ({"nodes": {"a": "refused"}}, {}, "node a was refused before the update and is None now"),
        ({"nodes": {"a": "refused", "b": "refused"}}, {"a": "refused", "b": "ok"}, ""),
        (
            {"nodes": {"a": "refused", "b": "refused"}},
            {"a": "ok", "b": "unreachable"},
            "node b was refused before the update and is unreachable now",
        ),
    ],
)
def test_what_is_worse_than_before_is_named(before, now, said):
    nodes = [{"name": name, "state": state} for name, state in now.items()]
    found = {"version": "1.1", "devices": [], "nodes": nodes}
    assert fault(json.dumps(before), "1.1", found) == said
    assert fault("", "1.1", found) == ""
    assert fault("", "1.2", found) == "version 1.1 runs, not 1.2"


MANIFEST = Manifest("1.1", 5, "aarch64", "3.13", bytes(32), 7, 10, ("truck-7",))
FIELDS = {1: "1.1", 2: 5, 3: "aarch64", 4: "3.13", 5: bytes(32), 6: 7, 7: 10, 8: ("truck-7",)}


def test_a_manifest_is_the_documented_map():
    assert cbor.decode(MANIFEST.to_bytes()) == FIELDS
    assert Manifest.from_bytes(cbor.encode(FIELDS)) == MANIFEST
    assert MANIFEST.name == "00000005-1.1"
    assert Manifest.from_bytes(cbor.encode(FIELDS | {7: 100})).percent == 100


@pytest.mark.parametrize(
    "changed",
    [
        {7: 101},
        {7: "10"},
        {5: bytes(31)},
        {5: "x" * 32},
        {1: ""},
        {1: "1/2"},
        {1: "1.ü"},
        {2: -1},
        {8: "truck-7"},
        {8: (7,)},
        {9: 1},
    ],
)
def test_a_manifest_of_anything_else_is_refused(changed):
    with pytest.raises(MalformedError):
        Manifest.from_bytes(cbor.encode(FIELDS | changed))


def signed(release, manifest: Manifest, *, type_: str = "tallyman/update") -> bytes:
    """Return the signed manifest alone, whatever it says."""
    key = release.key
    header = {cose.ALG: key.algorithm, cose.KID: key.public.kid, cose.TYP: type_}
    return cose.sign(header, manifest.to_bytes(), key.sign).to_bytes()


def refused(release, path: Path, head: bytes, rest: bytes = b"") -> str:
    path.write_bytes(b"TALLYUP1" + len(head).to_bytes(4, "big") + head + rest)
    with pytest.raises(UpdateRefused) as caught:
        read_package(path, read_keys(release.keys))
    return str(caught.value)


def test_a_file_is_the_documented_one_and_its_bytes_are_counted(release, tmp_path):
    path = release.make(1, "1.1")
    data, told = path.read_bytes(), []
    length = int.from_bytes(data[8:12], "big")
    manifest, start = read_package(
        path, read_keys(release.keys), lambda done, whole: told.append((done, whole))
    )
    assert (data[:8], start) == (b"TALLYUP1", 12 + length)
    assert (manifest.sequence, manifest.length) == (1, len(data) - start)
    assert told == [(manifest.length, manifest.length)]
    versions, told = Versions(tmp_path / "update"), []
    versions.install(manifest, path, start, BEFORE, lambda done, whole: told.append((done, whole)))
    assert told[-1] == (manifest.length, manifest.length)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_a_stick_may_cost_before_it_is_refused_is_bounded(release, tmp_path):
    path = tmp_path / "bad"
    assert refused(release, path, bytes(64 * 1024 + 1)) == f"{path} is not an update"
    assert "is not signed by a pinned key" in refused(release, path, bytes(64 * 1024))
    most = 256 * 1024 * 1024
    fields = {"version": "1", "sequence": 1, "arch": "", "python": "", "digest": bytes(32)}
    large = signed(release, Manifest(**fields, length=most + 1))
    assert refused(release, path, large).endswith("the archive is too large")
    allowed = signed(release, Manifest(**fields, length=most))
    assert "its archive is not the one that was signed" in refused(release, path, allowed)


def test_an_object_that_is_signed_for_something_else_is_no_update(release, tmp_path):
    other = signed(release, MANIFEST, type_="tallyman/statement")
    said = refused(release, tmp_path / "bad", other)
    assert said.endswith("the object is not the manifest of an update")


def test_a_file_that_is_not_there_or_holds_no_keys_is_said(release, tmp_path):
    with pytest.raises(UpdateRefused, match="cannot be read: No such file"):
        read_package(tmp_path / "none", read_keys(release.keys))
    line = release.keys.read_text().splitlines()[1]
    release.keys.write_text(f"\n  # a comment\n\n  {line}  \n{line}\n")
    assert read_keys(release.keys) == [release.key.public] * 2
    for text in ("no base64!", line[:-8], "ü"):
        release.keys.write_text(text)
        with pytest.raises(UpdateRefused, match="holds no keys") as caught:
            read_keys(release.keys)
        assert caught.value.advice == "restore it"


def test_the_floor_only_rises(tmp_path):
    assert kept_sequence(tmp_path) == 0
    for sequence, floor in ((3, 3), (2, 3), (3, 3), (4, 4)):
        keep_sequence(tmp_path, sequence)
        assert kept_sequence(tmp_path) == floor
    assert (tmp_path / "floor").read_bytes() == b"4\n"
    assert (tmp_path / "floor").stat().st_mode & 0o777 == 0o644
    (tmp_path / "floor").unlink()
    (tmp_path / "floor").mkdir()
    with pytest.raises(UpdateRefused, match="cannot be read"):
        kept_sequence(tmp_path)


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


def test_a_version_that_is_kept_leaves_the_one_before_as_a_way_back(release, tmp_path):
    folder = tmp_path / "update"
    for sequence in (1, 2, 3):
        install(release, folder, release.make(sequence, f"1.{sequence}")).commit()
    kept = sorted(path.name for path in (folder / "versions").iterdir())
    assert kept == ["00000002-1.2", "00000003-1.3"]
    assert Versions(folder).sequence == 3
    assert (folder / "current").readlink() == Path("versions/00000003-1.3")
    assert Versions(folder).last()["reason"] == "the gateway did as well as before"
    assert (folder / "last.toml").stat().st_mode & 0o777 == 0o644


def test_an_archive_with_a_link_in_it_is_refused(release, tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        link = tarfile.TarInfo("agent/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    path = release.make(1, "1.1", buffer.getvalue())
    with pytest.raises(UpdateRefused, match="holds 'agent/link', which is not a plain file"):
        install(release, tmp_path / "update", path)


def test_the_command(release, tmp_path, capsys):
    config = tmp_path / "tallyman.toml"
    config.write_text(
        f'[gateway]\nname = "truck-7"\nstate_dir = "{tmp_path}"\ncontrol = "{tmp_path}/control"\n'
    )
    folder = tmp_path / "update"
    folder.mkdir()
    words = [
        "update",
        "--config",
        str(config),
        "--folder",
        str(folder),
        "--keys",
        str(release.keys),
        "--no-restart",
    ]
    late = release.make(1, "1.1", percent=0)
    assert main([*words, str(late)]) == 2
    assert "it is not truck-7's turn" in capsys.readouterr().err
    assert main([*words, str(release.make(2, "1.2", arch="riscv64"))]) == 2
    assert "is for riscv64" in capsys.readouterr().err
    assert main([*words, "--now", str(late)]) == 0
    assert main(words) == 0
    told = "on trial   00000001-1.1, 3 starts left in this boot, 5 boots after it"
    assert told in capsys.readouterr().out
    assert main([*words, "--starting"]) == 0
    assert main([*words, "--back", "not today"]) == 0
    assert main([*words, "--back", "again"]) == 2
    capsys.readouterr()
    assert main(words) == 0
    assert "00000001-1.1: returned, not today" in capsys.readouterr().out
