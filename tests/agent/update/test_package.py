"""The file of an update: what is signed, and what a stick may bring."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from agent.update.package import Manifest, UpdateRefused, read_keys, read_package
from agent.update.versions import Versions
from evidence import cbor, cose
from evidence.errors import MalformedError
from tests.agent.update.releases import BEFORE, archive, install, runs


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
    nobody, first = (Manifest("1", 3, "", "", bytes(32), 0, percent) for percent in (0, 1))
    assert not any(map(nobody.is_for, labels))
    assert any(map(first.is_for, labels))
    other = Manifest("1", 4, "", "", bytes(32), 0, 10)
    assert set(filter(other.is_for, labels)) != set(filter(some.is_for, labels)), (
        "not always the same go first"
    )


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


def test_an_archive_with_a_link_in_it_is_refused(release, tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        link = tarfile.TarInfo("agent/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    path = release.make(1, "1.1", buffer.getvalue())
    with pytest.raises(UpdateRefused, match="holds 'agent/link', which is not a plain file"):
        install(release, tmp_path / "update", path)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../keys", "agent/../../keys"])
def test_an_archive_that_leads_out_of_its_folder_is_refused(release, tmp_path, name):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    path = release.make(1, "1.1", buffer.getvalue())
    with pytest.raises(UpdateRefused, match="which leads out of it"):
        install(release, tmp_path / "update", path)
