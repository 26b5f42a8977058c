"""The file of an update: a signed manifest, and behind it the archive that it names by its hash.

docs/PROTOCOL.md, "Update". The gateway believes the keys that are pinned on it, no others.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence import cbor, cose
from evidence.cose import Sign
from evidence.errors import EvidenceError, MalformedError
from evidence.keys import PublicKey
from evidence.shape import as_array, as_map, as_text, as_uint, exactly
from foundation.errors import Fatal
from foundation.progress import Progress, unheard

MAGIC = b"TALLYUP1"
LENGTH_BYTES = 4
MAX_MANIFEST_BYTES = 64 * 1024
"""Room for some hundred labels."""

MAX_ARCHIVE_BYTES = 256 * 1024 * 1024
"""Ten times what agent and libraries are packed: bounds what a hostile stick costs before it is
refused."""

TYPE = "tallyman/update"
CHUNK = 1024 * 1024
EVERYBODY = 100

_HEADER = {cose.ALG: "alg", cose.KID: "kid", cose.TYP: "typ"}
_FIELDS = {
    1: "version",
    2: "sequence",
    3: "arch",
    4: "python",
    5: "archive hash",
    6: "archive length",
    7: "percent",
    8: "labels",
}


class UpdateRefused(Fatal):
    """The file is no update for this gateway; nothing was changed."""

    advice = "get the file again from where updates are released"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is signed of an update.

    `sequence` grows with each release, so that an old one cannot be slipped in. It is for `percent`
    of all gateways, by a hash of their names, and for those in `labels` before.
    """

    version: str
    sequence: int
    arch: str
    python: str
    digest: bytes
    length: int
    percent: int = EVERYBODY
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the folder that it becomes."""
        return f"{self.sequence:08}-{self.version}"

    def is_for(self, label: str) -> bool:
        """Tell whether a gateway of this name is in the group that gets it now."""
        place = hashlib.sha256(f"{self.sequence} {label}".encode()).digest()
        return label in self.labels or int.from_bytes(place[:8], "big") % EVERYBODY < self.percent

    def to_bytes(self) -> bytes:
        """Return the signed payload."""
        values = (self.version, self.sequence, self.arch, self.python, self.digest, self.length)
        fields = (*values, self.percent, tuple(self.labels))
        return cbor.encode(dict(zip(_FIELDS, fields, strict=True)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a signed payload; MalformedError otherwise."""
        fields = as_map(cbor.decode(data), "manifest")
        exactly(fields, _FIELDS)
        digest = fields[5]
        if not isinstance(digest, bytes) or len(digest) != hashlib.sha256().digest_size:
            raise MalformedError("update", "the archive's hash is no SHA-256")
        names = as_array(fields[8], "labels")
        version = as_text(fields[1], "version")
        if not version or not all(c.isascii() and (c.isalnum() or c in ".+~-") for c in version):
            raise MalformedError(
                "update",
                "the version holds characters other than letters, digits and dots",
            )
        percent = as_uint(fields[7], "percent")
        if percent > EVERYBODY:
            raise MalformedError("update", f"{percent} percent are more than all gateways")
        return cls(
            version,
            as_uint(fields[2], "sequence"),
            as_text(fields[3], "arch"),
            as_text(fields[4], "python"),
            digest,
            as_uint(fields[6], "length"),
            percent,
            tuple(as_text(name, "label") for name in names),
        )


def sign_package(archive: Path, manifest: Manifest, key: PublicKey, alg: int, sign: Sign) -> bytes:
    """Return the head of an update's file: what stands before the archive."""
    header: dict[int | str, cbor.Value] = {cose.ALG: alg, cose.KID: key.kid, cose.TYP: TYPE}
    signed = cose.sign(header, manifest.to_bytes(), sign).to_bytes()
    assert (file_digest(archive), archive.stat().st_size) == (manifest.digest, manifest.length)
    return MAGIC + len(signed).to_bytes(LENGTH_BYTES, "big") + signed


def read_keys(path: Path) -> Sequence[PublicKey]:
    """Return the pinned keys: a COSE_Key in base64 on each line that is no comment."""
    try:
        lines = [line.strip() for line in path.read_text("ascii").splitlines()]
        words = [line for line in lines if line and not line.startswith("#")]
        return [PublicKey.from_cose(base64.b64decode(word, validate=True)) for word in words]
    except FileNotFoundError:
        raise UpdateRefused(
            f"no update key is pinned here: {path} is missing",
            advice="make a key where updates are built, and put its public line on the image",
        ) from None
    except (OSError, ValueError, EvidenceError) as error:
        raise UpdateRefused(f"{path} holds no keys: {error}", advice="restore it") from error


def read_package(
    path: Path, keys: Sequence[PublicKey], progress: Progress = unheard
) -> tuple[Manifest, int]:
    """Return the manifest, once signature and the archive's hash hold, and the archive's place.

    `progress` counts the archive's bytes.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC) + LENGTH_BYTES)
            length = int.from_bytes(head[len(MAGIC) :], "big")
            if head[: len(MAGIC)] != MAGIC or length > MAX_MANIFEST_BYTES:
                raise UpdateRefused(f"{path} is not an update")
            manifest = _manifest(file.read(length), keys)
            start = len(head) + length
            found, size = hashlib.sha256(), 0
            while chunk := file.read(CHUNK):
                found.update(chunk)
                size += len(chunk)
                progress(size, manifest.length)
    except OSError as error:
        raise UpdateRefused(f"{path} cannot be read: {error.strerror}") from error
    except EvidenceError as error:
        raise UpdateRefused(
            f"{path} is not signed by a pinned key, or is damaged: {error}",
        ) from error
    if (size, found.digest()) != (manifest.length, manifest.digest):
        raise UpdateRefused(f"{path} is damaged: its archive is not the one that was signed")
    return manifest, start


def file_digest(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _manifest(data: bytes, keys: Sequence[PublicKey]) -> Manifest:
    signed = cose.parse(data)
    exactly(signed.header, _HEADER)
    if signed.header[cose.TYP] != TYPE or signed.unprotected or signed.payload is None:
        raise MalformedError("update", "the object is not the manifest of an update")
    key = next((each for each in keys if each.kid == signed.kid), None)
    if key is None:
        raise MalformedError("update", f"key {signed.kid.hex()} is not pinned here")
    signed.verify(key)
    manifest = Manifest.from_bytes(signed.payload)
    if manifest.length > MAX_ARCHIVE_BYTES:
        raise MalformedError("update", "the archive is too large")
    return manifest
