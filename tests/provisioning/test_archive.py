"""Packages are a function of their content; a second reader (Python's own, dpkg) agrees."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile

import debian_archive as archive
import pytest

EPOCH = 1_790_000_000
DATA = {
    "usr/bin/tool": archive.Entry(link="/opt/tool/bin/tool"),
    "opt/tool/bin/tool": archive.Entry(b"#!/bin/sh\n", archive.PROGRAM_MODE),
    "opt/tool/" + "deep/" * 30 + "name": archive.Entry(b"odd"),
    "etc/tool/": archive.Entry(),
}
CONTROL = {
    "control": archive.Entry(
        b"Package: tool\nVersion: 1\nArchitecture: all\nMaintainer: T <t@t.invalid>\nDescription: t\n"
    )
}


def members(package: bytes):
    assert package.startswith(b"!<arch>\n")
    at = 8
    while at < len(package):
        header = package[at : at + 60]
        assert header.endswith(b"`\n")
        size = int(header[48:58])
        yield header[:16].decode().strip(), package[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


def test_order_of_the_input_does_not_matter():
    made = archive.package(CONTROL, DATA, EPOCH)
    assert made == archive.package(CONTROL, dict(reversed(DATA.items())), EPOCH)
    assert made != archive.package(CONTROL, DATA, EPOCH + 1)


def test_members_owners_modes_and_times():
    made = dict(members(archive.package(CONTROL, DATA, EPOCH)))
    assert list(made) == ["debian-binary", "control.tar.xz", "data.tar.xz"]
    with tarfile.open(fileobj=io.BytesIO(made["data.tar.xz"])) as tar:
        infos = tar.getmembers()
        assert [info.name for info in infos] == sorted(info.name for info in infos)
        assert {(info.uid, info.gid, info.uname, info.mtime) for info in infos} == {
            (0, 0, "root", EPOCH)
        }
        by_name = {info.name: info for info in infos}
        assert by_name["./opt/tool/bin/tool"].mode == 0o755
        assert by_name["./usr/bin/tool"].linkname == "/opt/tool/bin/tool"
        assert by_name["./usr/bin"].isdir()
        assert by_name["./etc/tool"].isdir()
        deep = next(info for info in infos if info.name.endswith("name"))
        assert tar.extractfile(deep).read() == b"odd"


def test_dpkg_reads_it(tmp_path):
    if shutil.which("dpkg-deb") is None:
        pytest.skip("no dpkg-deb: this is not Debian")
    path = tmp_path / "tool.deb"
    path.write_bytes(archive.package(CONTROL, DATA, EPOCH))
    said = subprocess.run(["dpkg-deb", "--info", path], capture_output=True, text=True, check=True)
    assert "Package: tool" in said.stdout
    subprocess.run(["dpkg-deb", "--extract", path, tmp_path / "root"], check=True)
    assert (tmp_path / "root/opt/tool/bin/tool").read_bytes() == b"#!/bin/sh\n"
