"""Who this gateway is: its id, the epoch of its order, and the count of its boots.

Id and epoch are made once, at first boot; losing them loses the gateway's place in the ledger, so
a damaged file stops the agent instead of making a new identity in silence.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from evidence import cbor
from evidence.errors import EvidenceError
from evidence.statement import Follows
from foundation.dataclass import dataclass
from foundation.durable import WriteFailed, advice_for, write_file
from foundation.errors import Fatal, Retry

log = logging.getLogger(__name__)

EPOCH_BYTES = 16
UUID_BYTES = 16

IDENTITY_FILE = "identity.toml"
BOOT_FILE = "boot.toml"

_GATEWAY = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EPOCH = re.compile(r"[0-9a-f]{32}")
_VERSION = 1

Entropy = Callable[[int], bytes]
"""Random bytes for keys and names: os.urandom, or a fixed sequence in tests."""


class IdentityDamaged(Fatal):
    """The identity file is not as it was written."""

    advice = "restore identity.toml from a backup of the state folder; do not delete it"


class IdentityUnread(IdentityDamaged):
    """The disk or a missing right keeps it from being read: the next try may."""

    exit_code = Retry.exit_code


class NotTheHeir(Fatal):
    """A gateway that has recorded under its own name cannot become another one."""

    advice = "replace a gateway with a card that was never started"


@dataclass(frozen=True, slots=True)
class Identity:
    """`gateway` is a urn:uuid, stable over key rotation; `epoch` is one life of its order.

    `follows` is what is known of the epoch before; None for a gateway's first.
    """

    gateway: str
    epoch: bytes
    follows: Follows | None = None


@dataclass(frozen=True, slots=True)
class Boot:
    """The machine's boot, counted from 1; `new` when the agent sees it for the first time."""

    number: int
    new: bool


def load_or_make(state_dir: Path, entropy: Entropy) -> Identity:
    """Return the identity kept in `state_dir`, made durable there if this is the first start."""
    path = state_dir / IDENTITY_FILE
    if path.exists():
        return load(path)
    import uuid  # noqa: PLC0415  only the very first start needs it and what it imports

    identity = Identity(uuid.UUID(bytes=entropy(UUID_BYTES), version=4).urn, entropy(EPOCH_BYTES))
    write_file(path, to_text(identity).encode())
    return identity


def take_place(state_dir: Path, gateway: str, follows: Follows, entropy: Entropy) -> None:
    """Make the identity of a gateway that takes another's place, durably, unless one is there.

    It goes on under the old one's id, in a new epoch that names the old one's last.
    """
    path = state_dir / IDENTITY_FILE
    if path.exists():
        if load(path).gateway != gateway:
            raise NotTheHeir(f"this gateway has an identity of its own already: {path}")
        return
    write_file(path, to_text(Identity(gateway, entropy(EPOCH_BYTES), follows)).encode())


def to_text(identity: Identity) -> str:
    """Return the content of identity.toml."""
    text = (
        "# Made at first boot. Losing or changing this file ends the gateway's order of records.\n"
        f'version = {_VERSION}\ngateway = "{identity.gateway}"\nepoch = "{identity.epoch.hex()}"\n'
    )
    if identity.follows is not None:
        # The claim as its statement carries it: one form, and any reason is within it.
        text += f'follows = "{cbor.encode(identity.follows.to_value()).hex()}"\n'
    return text


def load(path: Path) -> Identity:
    """Return the identity in the file at `path`; IdentityDamaged where it holds none."""
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        advice = advice_for(error.errno)
        raise IdentityUnread(f"cannot read {path}: {why}", advice=advice) from error
    except ValueError as error:
        raise IdentityDamaged(f"cannot read {path}: {error}") from error
    gateway, epoch = str(tree.get("gateway")), str(tree.get("epoch"))
    if tree.get("version") != _VERSION:
        raise IdentityDamaged(f"{path} is of version {tree.get('version')}, not {_VERSION}")
    if not _GATEWAY.fullmatch(gateway) or not _EPOCH.fullmatch(epoch):
        raise IdentityDamaged(f"{path} holds no gateway id and epoch")
    return Identity(gateway, bytes.fromhex(epoch), _follows(path, tree.get("follows")))


def _follows(path: Path, text: object) -> Follows | None:
    if text is None:
        return None
    try:
        return Follows.from_value(cbor.decode(bytes.fromhex(str(text))))
    except (ValueError, EvidenceError) as error:
        raise IdentityDamaged(f"{path} says nothing readable of the previous epoch") from error


def count_boot(state_dir: Path, boot_id: str, last_recorded: int | None) -> Boot:
    """Return the number of the boot with the kernel's `boot_id`, made durable when it is new.

    `last_recorded` is the boot number of the newest record: should the counter be lost, or the disk
    be full, no two boots with records get the same number.
    """
    path = state_dir / BOOT_FILE
    known_id, known = _last_boot(path)
    if boot_id and boot_id == known_id and known >= (last_recorded or 0):
        return Boot(known, new=False)
    number = max(known, last_recorded or 0) + 1
    safe = boot_id if re.fullmatch(r"[0-9A-Za-z-]*", boot_id) else ""
    try:
        write_file(path, f'id = "{safe}"\nnumber = {number}\n'.encode())
    except WriteFailed as error:
        log.warning("%s: the boot's number stays in the journal alone", error)
    return Boot(number, new=True)


def _last_boot(path: Path) -> tuple[str, int]:
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return "", 0  # the journal's newest record keeps the count from starting anew
    number = tree.get("number")
    if type(number) is not int or number < 1:
        return "", 0
    return str(tree.get("id", "")), number
