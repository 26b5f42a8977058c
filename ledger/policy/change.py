"""Exchanging witnesses: propose, sign by the old quorum, publish (docs/operate/consortium.md).

Each member signs by hand: no running node ever signs an update. What a member signed is on his disk
before the signature leaves it, so he signs one update of a number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evidence.errors import EvidenceError, UntrustedError
from evidence.note import Note, NoteKey, cosign_note, sign_note
from evidence.policy import Policy, parse_policy
from evidence.policy_update import (
    Change,
    PolicyUpdate,
    follow,
    parse_update,
    without_gateways,
)
from foundation.durable import lock_file, write_file
from foundation.errors import Fatal
from ledger.base.config import read_config, with_witnesses
from ledger.base.node_files import PUBLIC_MODE, NodeFiles
from ledger.base.public_node import PublicNode, Role
from ledger.gateways.pins import read_pins
from ledger.log.log_identity import load_cosigner, load_log_identity
from ledger.log.policy_chain import keep_update, load_chain
from ledger.policy.text import new_policy, quorum_for

_FOLDER_MODE = 0o700


def propose(
    files: NodeFiles, witnesses: Sequence[PublicNode], quorum: int | None, now: int
) -> PolicyUpdate:
    """Return the update to a policy of this node's operator and `witnesses`, signed by the log.

    The operator's own cosignature is on it, where the policy in force names his key. Proposed again
    with the same members it is the same update.
    """
    identity = load_log_identity(files)
    name = read_config(files.config).name
    own, _ = load_cosigner(files, name)
    members = {name: own} | {witness.name: witness.cosigner for witness in witnesses}
    if len(members) != len(witnesses) + 1:
        raise Fatal("two members have one name", advice="init one of their nodes again")
    wanted = quorum_for(len(members)) if quorum is None else quorum
    if not 1 <= wanted <= len(members):
        raise Fatal(f"--quorum {wanted}: not usable", advice=f"use 1 to {len(members)}")
    text = new_policy(identity.policy.log, identity.receipt_key.cose_key(), members, wanted)
    policy = parse_policy(text)
    if any(policy.digest == known.digest for known in identity.chain.policies):
        raise Fatal(
            "these witnesses and this quorum are in force, or were before",
            advice="give at least one member a new key: tallyman-ledger init",
        )
    number, old = identity.chain.sequence + 1, identity.policy.digest
    change = Change(identity.origin, number, policy.digest, old, now)
    before = _signed_last(files, identity.origin)
    if before is not None and replace(before, valid_from=now) == change:
        change = before  # its file was lost, or never written: the same change again
    line = sign_note(change.to_text(), identity.policy.log, identity.log_key.sign)
    update = PolicyUpdate(change, Note(change.to_text(), (line,)), text, policy)
    in_force = own in identity.policy.witnesses.values()
    return sign(files, update, now) if in_force else update


def sign(files: NodeFiles, update: PolicyUpdate, now: int) -> PolicyUpdate:
    """Return the update with this member's cosignature; Fatal where he signed another like it.

    A repeat signs the same update again.
    """
    config = read_config(files.config)
    log = _log_of(files, update.change.origin, config.role)
    update.note.verify(log)
    own, key = load_cosigner(files, config.name)
    with lock_file(files.edit_lock):
        _remember(files, update.change)
    line = cosign_note(update.note.text, own, now, key.sign)
    others = tuple(each for each in update.note.signatures if not each.is_by(own))
    return replace(update, note=Note(update.note.text, (*others, line)))


def publish(
    files: NodeFiles, copies: Sequence[PolicyUpdate], witnesses: Sequence[PublicNode]
) -> tuple[str, ...]:
    """Put an update in force that the old quorum signed; return the names of who signed.

    `copies` are the update as its signers gave it back, `witnesses` its members but this node's
    operator. The node must not run meanwhile. Doing it again completes what was cut off.
    """
    with lock_file(files.run_lock), lock_file(files.edit_lock):
        chain = load_chain(files)
        kept = [each for each in chain.updates if each.note.text == copies[0].note.text]
        old = chain.policies[chain.updates.index(kept[0])] if kept else chain.policies[-1]
        update = kept[0] if kept else _joined(copies, old)
        signers = _checked(update, old)
        if not kept:
            follow(chain.policies[0], (*chain.updates, update))
        elif kept[0] != chain.updates[-1]:
            raise Fatal("this update was followed by others", advice="nothing is left to do")
        _check_members(files, update, witnesses)
        text = files.policy.read_text(encoding="utf-8")
        if not kept:
            keep_update(files, without_gateways(text), update)
        gateways = [line for line in text.split("\n") if line.split()[:1] == ["gateway"]]
        lines = (update.text.rstrip("\n"), *gateways)
        write_file(files.policy, "".join(f"{line}\n" for line in lines).encode(), PUBLIC_MODE)
        config = with_witnesses(files.config.read_text(encoding="utf-8"), witnesses)
        write_file(files.config, config.encode(), PUBLIC_MODE)
    return tuple(sorted(signers))


def _checked(update: PolicyUpdate, old: Policy) -> dict[str, int]:
    try:
        return update.check(old)
    except UntrustedError as error:
        raise Fatal(
            str(error), advice="give --update all files that the members signed and gave back"
        ) from error


def read_update(path: Path) -> PolicyUpdate:
    """Read an update's file; Fatal when it is none."""
    advice = "ask for the file of policy-propose"
    try:
        return parse_update(path.read_bytes())
    except OSError as error:
        raise Fatal(f"{path} cannot be read: {error.strerror}", advice=advice) from error
    except EvidenceError as error:
        raise Fatal(f"{path} is no policy update: {error}", advice=advice) from error


def _log_of(files: NodeFiles, origin: str, role: Role) -> NoteKey:
    if role is Role.SEQUENCER:
        logs = [load_log_identity(files).policy.log]
    else:
        logs = [pin.log for pin in read_pins(files.pinned)]
    for log in logs:
        if log.name == origin:
            return log
    raise Fatal(f"the log {origin!r} is not pinned here", advice="sign for logs you cosign only")


def _remember(files: NodeFiles, change: Change) -> None:
    """Keep what is about to be signed; Fatal when something else of its number was."""
    files.signed_updates.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    before = _signed_last(files, change.origin)
    if before is not None and before != change and change.sequence <= before.sequence:
        raise Fatal(
            f"this member signed another policy update {before.sequence} of this log",
            advice="two updates of one number would split the log's gateways: refuse it",
        )
    write_file(_signed_path(files, change.origin), change.to_text().encode())


def _signed_last(files: NodeFiles, origin: str) -> Change | None:
    """Return the newest update of the log that this member signed."""
    path = _signed_path(files, origin)
    return Change.from_text(path.read_text(encoding="utf-8")) if path.exists() else None


def _signed_path(files: NodeFiles, origin: str) -> Path:
    return files.signed_updates / f"{hashlib.sha256(origin.encode()).hexdigest()[:16]}.txt"


def _joined(copies: Sequence[PolicyUpdate], old: Policy) -> PolicyUpdate:
    """Return the update with each line of a key that the old policy names, once."""
    first = copies[0]
    if any(copy.note.text != first.note.text for copy in copies):
        raise Fatal("the files are of different updates", advice="give the copies of one update")
    lines = [
        next((line for copy in copies for line in copy.note.signatures if line.is_by(key)), None)
        for key in (old.log, *old.witnesses.values())
    ]
    kept = tuple(line for line in lines if line is not None)
    return replace(first, note=Note(first.note.text, kept))


def _check_members(files: NodeFiles, update: PolicyUpdate, witnesses: Sequence[PublicNode]) -> None:
    name = read_config(files.config).name
    own = load_cosigner(files, name)[0]
    given = {own.to_text(), *(witness.cosigner.to_text() for witness in witnesses)}
    if given != {key.to_text() for key in update.policy.witnesses.values()}:
        raise Fatal(
            "the --witness files are not the members of the update",
            advice="give the same node.pub files as to policy-propose",
        )
