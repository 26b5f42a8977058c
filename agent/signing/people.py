"""Keys of people who sign at the door: made here, opened by a PIN for one signature at a time.

A PIN of a few digits keeps a colleague from signing; it does not keep who copied the file from
trying all of them, so the file lies in the state folder, mode 0600, and scrypt makes each try cost.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing.file_key import FileKey
from agent.signing.identity import Entropy
from evidence.keys import PublicKey
from foundation.dataclass import dataclass
from foundation.durable import write_file
from foundation.errors import AgentError, Fatal
from foundation.names import NAME
from foundation.private_file import PRIVATE_MODE, read_private_file

FOLDER = "people"
ROLES = ("keeper", "driver", "receiver")
SIGNED_BY = ("unsigned", "unilateral", "signed")
"""How something is signed that two people sign, by how many of them did."""

LEAST_PIN = 4
REMOVED, LOCKED = "removed", "locked"
"""Ends of the names of files that say so of a person; their keys' end with toml."""

SALT_BYTES = 16
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 14, 8, 1
"""16 MB and about 0.2 s on a Pi: 10,000 PINs take half an hour, on a machine that has the file."""


class NoSuchPerson(AgentError):
    """Nobody of that name may sign here."""

    exit_code = 2
    advice = "see who may: tallyman people; or enrol them: tallyman people add NAME"


class Locked(AgentError):
    """Too many wrong PINs were typed for this person."""

    exit_code = 2
    advice = "make sure who tried, then: tallyman people unlock NAME"


class WrongPin(AgentError):
    """The PIN does not open the key."""

    exit_code = 2
    advice = "nothing was decided: decide again, and type it when you are asked"


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed, and the key that verifies it."""

    name: str
    role: str
    key: FileKey

    @property
    def public(self) -> PublicKey:
        """The key that verifies."""
        return self.key.public


def enrol(state_dir: Path, name: str, role: str, pin: str, entropy: Entropy) -> Person:
    """Make a person's key; Fatal where the name is taken, AgentError for an unfit PIN."""
    _check_name(name)
    if len(pin) < LEAST_PIN:
        raise AgentError(f"a PIN has at least {LEAST_PIN} characters", advice="choose a longer one")
    path = _path(state_dir, name)
    if path.exists() or _mark(state_dir, name, REMOVED).exists():
        raise Fatal(
            f"{name} has a key already", advice="choose another name: old receipts bear this one"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _keep(path, role, key, pin, entropy(SALT_BYTES))
    return Person(name, role, FileKey(key))


def _keep(path: Path, role: str, key: ec.EllipticCurvePrivateKey, pin: str, salt: bytes) -> None:
    """Write a person's file, in place of the one before."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  2.5 MB: see pkcs8.py

    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(_secret(pin, salt)),
    )
    text = f'role = "{role}"\nsalt = "{salt.hex()}"\nkey = """\n{pem.decode()}"""\n'
    write_file(path, text.encode(), mode=PRIVATE_MODE)


def change_pin(state_dir: Path, name: str, pin: str, new: str, entropy: Entropy) -> Person:
    """Have another PIN open a person's key, which stays the same; as `open_key` and `enrol`."""
    if len(new) < LEAST_PIN:
        raise AgentError(f"a PIN has at least {LEAST_PIN} characters", advice="choose a longer one")
    role, key = _opened(state_dir, name, pin)
    _keep(_path(state_dir, name), role, key, new, entropy(SALT_BYTES))
    return Person(name, role, FileKey(key))


def remove(state_dir: Path, name: str) -> None:
    """Have nobody sign under a name from now on; the name is not given again."""
    _check_name(name)
    path = _path(state_dir, name)
    if not path.exists():
        raise NoSuchPerson(f"nobody called {name} may sign here")
    write_file(_mark(state_dir, name, REMOVED), b"", mode=PRIVATE_MODE)
    path.unlink()
    set_locked(state_dir, name, locked=False)


def set_locked(state_dir: Path, name: str, *, locked: bool) -> None:
    """Let no PIN open a person's key, or let the right one again."""
    mark = _mark(state_dir, name, LOCKED)
    if locked:
        write_file(mark, b"", mode=PRIVATE_MODE)
    else:
        mark.unlink(missing_ok=True)


def is_locked(state_dir: Path, name: str) -> bool:
    """Tell whether a person's key is locked."""
    _check_name(name)
    return _mark(state_dir, name, LOCKED).exists()


def _mark(state_dir: Path, name: str, what: str) -> Path:
    return state_dir / FOLDER / f"{name}.{what}"


def enrolled(state_dir: Path) -> dict[str, str]:
    """Return who may sign here, each with their role; Fatal where a file holds no person's key."""
    paths = sorted((state_dir / FOLDER).glob("*.toml"))
    return {path.stem: str(_fields(path)["role"]) for path in paths}


def open_key(state_dir: Path, name: str, pin: str) -> Person:
    """Return a person with the key that the PIN opens; NoSuchPerson, WrongPin or Locked."""
    role, key = _opened(state_dir, name, pin)
    return Person(name, role, FileKey(key))


def _opened(state_dir: Path, name: str, pin: str) -> tuple[str, ec.EllipticCurvePrivateKey]:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  2.5 MB: see pkcs8.py

    if is_locked(state_dir, name):
        raise Locked(f"{name} is locked: too many wrong PINs")
    try:
        fields = _fields(_path(state_dir, name))
    except FileNotFoundError:
        raise NoSuchPerson(f"nobody called {name} may sign here") from None
    secret = _secret(pin, bytes.fromhex(fields["salt"]))
    try:
        key = serialization.load_pem_private_key(fields["key"].encode(), secret)
    except ValueError as error:
        raise WrongPin(f"the PIN of {name} is wrong") from error
    assert isinstance(key, ec.EllipticCurvePrivateKey), "enrol makes no other"
    return fields["role"], key


def _fields(path: Path) -> dict[str, str]:
    """Return a person's file; FileNotFoundError without one, Fatal where it is none or open."""
    try:
        fields = tomllib.loads(read_private_file(path).decode())
        bytes.fromhex(fields["salt"])
        return {name: str(fields[name]) for name in ("role", "salt", "key")}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Fatal(
            f"{path} holds no person's key",
            advice="move it away, then add the person again",
        ) from error


def _path(state_dir: Path, name: str) -> Path:
    return state_dir / FOLDER / f"{name}.toml"


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise AgentError(
            f"{name[:40]!r} cannot name a key file", advice="use letters, digits, dots, dashes"
        )


def _secret(pin: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415  see pkcs8.py

    scrypt = Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)
    return scrypt.derive(pin.encode()).hex().encode()
