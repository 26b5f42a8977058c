"""Making a node: its keys, its files, and a sequencer's log with entry 0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evidence.note import KeyType, NoteKey
from evidence.policy import parse_policy
from foundation.durable import sync_folder, write_file
from foundation.errors import Fatal
from foundation.names import is_name
from ledger.base.config import ADDRESS, STORE_URL, NodeConfig
from ledger.base.key_files import SigningKey, make_curve_key, make_signing_key
from ledger.base.node_files import PUBLIC_MODE, NodeFiles
from ledger.base.public_node import PublicNode, Role
from ledger.log.genesis import Genesis, sign_genesis
from ledger.policy.text import RESERVED, new_policy, quorum_for
from ledger.store.stores import create_store

ORIGIN = re.compile(r"[!-*,-~]{1,200}")
"""A log's name: printable ASCII, no space and no plus sign (c2sp.org/signed-note)."""

_ANY_ADDRESS = frozenset({"0.0.0.0", "*", "[::]"})  # noqa: S104  refused, not bound
_FOLDER_MODE = 0o700


@dataclass(frozen=True, slots=True)
class Plan:
    """What the node will be.

    `endpoint` is how others reach it; `quorum` None is the default, `store` None is SQLite; `enrol`
    is where a sequencer lets gateways enrol, None for nowhere.
    """

    name: str
    role: Role
    listen: str
    endpoint: str
    origin: str
    witnesses: tuple[PublicNode, ...] = ()
    quorum: int | None = None
    store: str | None = None
    enrol: str | None = None


def check_plan(plan: Plan) -> None:
    """Raise Fatal for a plan that no working node comes of."""
    if not is_name(plan.name):
        raise _wrong("--name", plan.name, "use letters, digits, dots and dashes, 63 at most")
    if plan.name in RESERVED:
        raise _wrong("--name", plan.name, "choose another: the policy uses it for itself")
    if not ORIGIN.fullmatch(plan.origin):
        raise _wrong("--origin", plan.origin, "use a form like example.org/log")
    for option, address in (("--listen", plan.listen), ("--endpoint", plan.endpoint)):
        if not ADDRESS.fullmatch(address):
            raise _wrong(option, address, "use a form like tcp://192.0.2.7:7411")
    if plan.enrol is not None and not ADDRESS.fullmatch(plan.enrol):
        raise _wrong("--enrol", plan.enrol, "use a form like tcp://0.0.0.0:7412")
    host = ADDRESS.fullmatch(plan.endpoint)
    if host is not None and host["host"] in _ANY_ADDRESS:
        advice = "say how others reach this node: --endpoint tcp://HOST:PORT"
        raise _wrong("--endpoint", plan.endpoint, advice)
    if plan.store is not None and not STORE_URL.match(plan.store):
        raise _wrong("--store", plan.store, "use a form like postgresql://HOST/DATABASE")
    _check_members(plan)


def init_node(files: NodeFiles, plan: Plan, now: int) -> PublicNode:
    """Make the node in a new or empty folder; return what others need of it.

    node.toml comes last: a folder without it is half made, and may be removed.
    """
    check_plan(plan)
    _make_folders(files)
    curve = make_curve_key(files.curve_key).public.decode("ascii")
    cosigner = make_signing_key(files.cosigner_key).note_key(plan.name, KeyType.COSIGNATURE)
    public = PublicNode(plan.name, plan.role, plan.endpoint, curve, cosigner)
    if plan.role is Role.SEQUENCER:
        public = _found_log(files, plan, public, now)
    else:
        create_store(files, plan.store)
    config = NodeConfig(
        plan.name,
        plan.role,
        plan.listen,
        store=plan.store,
        enrol_listen=plan.enrol,
        witnesses=plan.witnesses,
    )
    write_file(files.public, public.to_toml().encode(), PUBLIC_MODE)
    write_file(files.config, config.to_toml().encode(), PUBLIC_MODE)
    return public


def _found_log(files: NodeFiles, plan: Plan, node: PublicNode, now: int) -> PublicNode:
    log_key, receipt_key = make_signing_key(files.log_key), make_signing_key(files.receipt_key)
    log = log_key.note_key(plan.origin, KeyType.NOTE)
    members = _members(plan, node.cosigner)
    quorum = quorum_for(len(members)) if plan.quorum is None else plan.quorum
    text = new_policy(log, receipt_key.cose_key(), members, quorum)
    write_file(files.policy, text.encode(), PUBLIC_MODE)
    create_store(files, plan.store, _genesis(plan, text, receipt_key, now))
    receipt = receipt_key.cose_key()
    return PublicNode(node.name, node.role, node.endpoint, node.curve, node.cosigner, log, receipt)


def _genesis(plan: Plan, policy: str, key: SigningKey, now: int) -> bytes:
    genesis = Genesis(plan.origin, now, parse_policy(policy).digest)
    return sign_genesis(genesis, key.cose_key(), key.sign)


def _members(plan: Plan, own: NoteKey) -> dict[str, NoteKey]:
    return {plan.name: own} | {witness.name: witness.cosigner for witness in plan.witnesses}


def _check_members(plan: Plan) -> None:
    if plan.role is Role.WITNESS and plan.enrol is not None:
        raise Fatal("a witness admits no gateways", advice="leave --enrol to the sequencer")
    if plan.role is Role.WITNESS and (plan.witnesses or plan.quorum is not None):
        raise Fatal("a witness has no witnesses and no quorum", advice="use --role sequencer")
    names = [plan.name, *(witness.name for witness in plan.witnesses)]
    _check_distinct(names, "name")
    _check_distinct([witness.cosigner.public.hex() for witness in plan.witnesses], "cosigner key")
    for witness in plan.witnesses:
        if witness.role is not Role.WITNESS:
            raise Fatal(f"{witness.name} is no witness", advice="make it with --role witness")
    members = len(names)
    if plan.quorum is not None and not 1 <= plan.quorum <= members:
        raise _wrong("--quorum", str(plan.quorum), f"use 1 to {members}, as many as there are")


def _check_distinct(values: Sequence[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise Fatal(
                f"two members have the {what} {value}",
                advice="each member's node needs its own: init one of them again",
            )


def _make_folders(files: NodeFiles) -> None:
    folder = files.folder
    if folder.exists() and not folder.is_dir():
        raise Fatal(f"{folder} is no folder", advice="choose another name")
    if files.config.exists():
        raise Fatal(f"{folder} holds a node already", advice="choose another folder")
    if folder.exists() and any(folder.iterdir()):
        raise Fatal(
            f"{folder} is not empty",
            advice="choose another folder; if an init was cut off here, remove it first",
        )
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        files.keys.mkdir(mode=_FOLDER_MODE)
        sync_folder(folder.parent)
    except OSError as error:
        raise Fatal(
            f"cannot make {error.filename or folder}: {error.strerror}",
            advice="choose a folder that you may write to",
        ) from error


def _wrong(option: str, value: str, advice: str) -> Fatal:
    return Fatal(f"{option} {value}: not usable", advice=advice)
