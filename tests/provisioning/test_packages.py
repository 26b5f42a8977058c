"""The real packages: built twice, looked into, and run. `make package-test` asks for it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from wheelhouse import WrongWheel, wheels

from agent.update.floor import PACKAGE, packaged_sequence
from tests.provisioning.building import ARCHES, build, python313

MACHINE = {"amd64": 62, "arm64": 183}  # e_machine of ELF: EM_X86_64, EM_AARCH64

pytestmark = pytest.mark.skipif(
    not os.environ.get("PACKAGE_TEST"), reason="takes a minute: make package-test"
)


@pytest.fixture(scope="module")
def unpacked(packages, tmp_path_factory):
    """The content of each package `tallyman`, by architecture."""
    folders = {}
    for arch in ARCHES:
        folders[arch] = tmp_path_factory.mktemp(arch)
        (path,) = (packages / arch).glob(f"tallyman_*_{arch}.deb")
        subprocess.run(["dpkg-deb", "--extract", path, folders[arch]], check=True)
    return folders


@pytest.mark.parametrize("arch", ARCHES)
def test_built_again_it_is_the_same_whatever_python_builds_it(packages, tmp_path, arch):
    first = {path.name: digest(path) for path in (packages / arch).iterdir()}
    assert len(first) == 2
    built = build(arch, tmp_path, python=python313() or sys.executable)
    assert {path.name: digest(path) for path in built} == first


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("arch", ARCHES)
def test_binaries_are_of_the_architecture(unpacked, arch):
    binaries = [path for path in unpacked[arch].rglob("*.so*") if path.is_file()]
    assert len(binaries) > 4
    for path in binaries:
        head = path.read_bytes()[:20]
        assert head[:4] == b"\x7fELF"
        assert int.from_bytes(head[18:20], "little") == MACHINE[arch]


@pytest.mark.parametrize("arch", ARCHES)
def test_no_byte_code_of_the_builder_s_is_inside(unpacked, arch):
    library = unpacked[arch] / "opt/tallyman/lib"
    assert len(list(library.rglob("*.py"))) > 300
    assert list(unpacked[arch].rglob("*.pyc")) == []


@pytest.mark.skipif(not shutil.which("lintian"), reason="needs lintian: apt install lintian")
def test_lintian_finds_nothing_but_what_is_overridden_by_name(packages):
    files = [path for arch in ARCHES for path in (packages / arch).glob("*.deb")]
    command = ["lintian", "--allow-root", "--no-cfg", "--fail-on=error,warning", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arch", ARCHES)
def test_the_release_s_number_is_where_updates_look_for_it(unpacked, arch):
    inside = unpacked[arch] / PACKAGE.relative_to("/")
    assert packaged_sequence(inside) == 0
    assert inside.read_text() == "0\n", "none was given, and none is not missing"


def test_both_architectures_have_the_same_source(unpacked):
    one, other = (
        {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.suffix in (".service", ".rules", ".conf")
        }
        for folder in unpacked.values()
    )
    assert one == other
    assert "usr/lib/systemd/system/tallyman.service" in one


def test_nothing_private_and_nothing_of_the_tests_is_inside(unpacked):
    for folder in unpacked.values():
        library = folder / "opt/tallyman/lib"
        assert not {"hil", "tests", "pytest", "hypothesis"} & {p.name for p in library.iterdir()}
        assert not list(library.rglob("*.pem"))


def test_programs_start_from_the_package(unpacked):
    """With the interpreter of the devices, isolated, and nothing else installed."""
    python = python313()
    if python is None:
        pytest.skip("there is no Python 3.13 here; test_in_trixie.py has one")
    root = unpacked["amd64"]
    if os.uname().machine != "x86_64":
        root = unpacked["arm64"]
    for name, words in (("tallyman", ["--version"]), ("tallyman-ledger", ["--help"])):
        launcher = (root / "opt/tallyman/bin" / name).read_text()
        assert launcher.startswith("#!/usr/bin/python3 -I\n")
        moved = launcher.replace("/opt/tallyman/lib", str(root / "opt/tallyman/lib"))
        command = [python, "-I", "-c", moved, *words]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert name.split("-")[0] in said.stdout
    imports = (
        f"import sys; sys.path.insert(0, {str(root / 'opt/tallyman/lib')!r})\n"
        "import zmq, cryptography.hazmat.bindings._rust, serial, smbus2, pynmea2\n"
        "assert zmq.has('curve'), 'no CURVE'"
    )
    subprocess.run([python, "-I", "-c", imports], check=True)


def test_wheel_that_is_not_the_locked_one_is_refused(tmp_path):
    folder = tmp_path / "cache" / "arm64"
    folder.mkdir(parents=True)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"x==1 --hash=sha256:{hashlib.sha256(b'good').hexdigest()}\n")
    (folder / "complete").write_text(hashlib.sha256(lock.read_bytes()).hexdigest())
    (folder / "x-1.whl").write_bytes(b"good")
    assert wheels(lock, "arm64", tmp_path / "cache", ["false"]) == [folder / "x-1.whl"]
    (folder / "x-1.whl").write_bytes(b"evil")
    with pytest.raises(WrongWheel, match="is not what"):
        wheels(lock, "arm64", tmp_path / "cache", ["false"])
