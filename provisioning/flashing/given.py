"""What is put onto a card by hand besides the seed: public keys and the package, checked before."""

from __future__ import annotations

import base64
import binascii
import io
import lzma
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashing.errors import GivenWrong

KEY_TYPES = re.compile(
    r"(?:sk-)?(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))(?:@openssh\.com)?"
)
"""What OpenSSH 10 of trixie takes (sshd(8), AUTHORIZED_KEYS FILE FORMAT); ssh-dss is gone."""

NAME = re.compile(r"tallyman_([A-Za-z0-9.+~-]+)_arm64\.deb")
_BUILD = "make it: make package"
AR, AR_HEADER = b"!<arch>\n", 60
"""ar(5): a magic line; before each member a header, which ends with its size and a mark."""


def public_keys(path: Path) -> Sequence[str]:
    """Return the public keys of a file, one a line; GivenWrong names the line that is none.

    Comments and empty lines are left out (sshd(8)). A file without a key is refused: nobody has a
    password on that machine.
    """
    text = path.read_text(errors="replace")
    if "PRIVATE KEY" in text:
        text = "a private key is never put on a card"
        raise GivenWrong(text, advice=f"name the public key: {path}.pub")
    keys = []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if line and not line.startswith("#"):
            if not _is_key(line):
                text = f"{path}, line {number}: no public key of OpenSSH: {line[:40]!r}"
                raise GivenWrong(text, advice="make one: ssh-keygen -t ed25519, and name its .pub")
            keys.append(line)
    if not keys:
        text = f"{path} holds no public key: nobody could log in"
        raise GivenWrong(text, advice="name the .pub file of who is to log in")
    return keys


def _is_key(line: str) -> bool:
    """Whether a line is TYPE BASE64 [COMMENT], and the base64 names that type (RFC 4253 §6.6)."""
    kind, _, rest = line.partition(" ")
    if not KEY_TYPES.fullmatch(kind) or not line.isprintable() or '"' in line or "\\" in line:
        return False
    try:
        data = base64.b64decode(rest.split(" ")[0], validate=True)
    except (binascii.Error, ValueError):
        return False
    size = int.from_bytes(data[:4], "big")
    return data[4 : 4 + size] == kind.encode() and len(data) > 4 + size


@dataclass(frozen=True, slots=True)
class GivenPackage:
    """A package for the card."""

    path: Path
    version: str


def arm64_package(path: Path) -> GivenPackage:
    """Return a package `tallyman` for arm64; GivenWrong where it is none, or not all of one."""
    match = NAME.fullmatch(path.name)
    if match is None:
        raise GivenWrong(f"{path.name} is no tallyman_VERSION_arm64.deb", advice=_BUILD)
    try:
        fields = _control(path.read_bytes())
    except (ValueError, KeyError, lzma.LZMAError, tarfile.TarError) as error:
        text = f"{path} is no whole package: {error}"
        raise GivenWrong(text, advice="build or copy it anew: make package") from error
    wanted = {"Package": "tallyman", "Architecture": "arm64", "Version": match[1]}
    for name, value in wanted.items():
        if fields.get(name) != value:
            text = f"{path} says {name}: {fields.get(name, 'nothing')}, not {value}"
            raise GivenWrong(text, advice=_BUILD)
    return GivenPackage(path, match[1])


def _control(data: bytes) -> dict[str, str]:
    """Return the fields of a package's control file (deb(5), deb-control(5))."""
    members = dict(_members(data))
    if "data.tar.xz" not in members:
        raise ValueError("it ends before its files")
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(members["control.tar.xz"]))) as tar:
        file = tar.extractfile("./control")
        lines = file.read().decode().splitlines() if file is not None else []
    pairs = (line.partition(": ") for line in lines if not line.startswith(" "))
    return {name: value for name, _, value in pairs}


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    if not data.startswith(AR):
        raise ValueError(f"{len(data)} bytes that are no Debian package")
    at = len(AR)
    while at < len(data):
        header, begin = data[at : at + AR_HEADER], at + AR_HEADER
        size = int(header[48:58] or b"?")
        if begin + size > len(data):
            raise ValueError(f"it ends after {len(data)} bytes, within a file")
        yield header[:16].decode().strip(" /"), data[begin : begin + size]
        at = begin + size + size % 2
