"""The versions on the disk: which may be installed, and which is a way back."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.update.floor import keep_sequence, kept_sequence, packaged_sequence
from agent.update.package import UpdateRefused, read_keys, read_package
from agent.update.versions import ENTRY, LIB, Versions
from foundation.durable import Disk, WriteFailed
from tests.agent.update.releases import BEFORE, Release, archive, install, runs


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


def test_whoever_runs_the_agent_may_read_it_and_only_root_may_change_it(release, tmp_path):
    folder, before = tmp_path / "update", os.umask(0o077)
    try:
        install(release, folder, release.make(1, "1.1"))
    finally:
        os.umask(before)
    library = folder / "versions/00000001-1.1" / LIB
    modes = {path.stat().st_mode & 0o7777 for path in library.rglob("*.py")}
    assert modes == {0o644}
    assert {path.stat().st_mode & 0o7777 for path in (library, *library.glob("agent"))} == {0o755}
