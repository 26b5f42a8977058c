"""What updates are tried with: a key that signs them, files, and a folder that takes them."""

from __future__ import annotations

import hashlib
import io
import platform
import tarfile
from pathlib import Path

from agent.signing.file_key import FileKey
from agent.update.health import snapshot
from agent.update.package import Manifest, read_keys, read_package, sign_package
from agent.update.versions import ENTRY, LIB, PYTHON, Versions
from evidence.keys import EDDSA
from foundation.durable import Disk

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
