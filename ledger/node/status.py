"""How a node does: from its store, read only, and by asking it and its witnesses."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import zmq.asyncio

from evidence.checkpoint import parse_checkpoint
from evidence.errors import EvidenceError
from evidence.wire import REQUEST_ID_BYTES, Envelope, Label, Type, labels
from foundation.counting import counted
from foundation.words import one_line
from ledger.base import times
from ledger.base.config import NodeConfig, read_config
from ledger.base.key_files import CurveKey, load_curve_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.gateways.gateways import read_gateways
from ledger.gateways.listing import each_gateway
from ledger.gateways.pins import read_pins, read_policy
from ledger.store.store import Kept, Slot, Store
from ledger.store.stores import open_store
from ledger.wire.client import NodeClient

ANSWERS = "answers"
TIME_OUT = 2.0
"""Seconds that a node gets to answer."""

_new_id = functools.partial(secrets.token_bytes, REQUEST_ID_BYTES)


@dataclass(frozen=True, slots=True)
class LogState:
    """What a node holds of one log; `cosigners` are those of the served checkpoint."""

    origin: str
    entries: int
    kept: Kept | None
    cosigners: Sequence[str]


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node's state; `answers` says by name of each node asked whether and how it answered.

    `gateways` counts those that are let in, however many keys each has, and `out` the others;
    `ending` counts keys that are shut out and have no end yet.
    """

    config: NodeConfig
    logs: Sequence[LogState]
    gateways: int
    out: int
    ending: int
    exhibits: Mapping[str, int]
    answers: Mapping[str, str]


async def read_status(files: NodeFiles) -> NodeStatus:
    """Return the state of the node in `files`; Fatal when it is not whole."""
    config = read_config(files.config)
    store = open_store(files, config, read_only=True)
    try:
        logs = _logs(files, config, store)
        kinds = [exhibit.kind for exhibit in store.evidence()]
    finally:
        store.close()
    keys = read_gateways(files.admitted)
    listed = each_gateway(keys)
    out = sum(all(key.out for key in one) for one in listed)
    return NodeStatus(
        config,
        logs,
        len(listed) - out,
        out,
        sum(key.fenced is not None for key in keys),
        {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        await _ask_all(files, config),
    )


def to_dict(status: NodeStatus) -> dict[str, object]:
    """Return the state for programs; times are UTC seconds, None: nothing is cosigned yet."""
    return {
        "node": status.config.name,
        "role": str(status.config.role),
        "listen": status.config.listen,
        "logs": [_log_values(log) for log in status.logs],
        "gateways": {"admitted": status.gateways, "out": status.out, "keys_to_end": status.ending},
        "evidence": dict(status.exhibits),
        "answers": dict(status.answers),
    }


def _log_values(log: LogState) -> dict[str, object]:
    kept = log.kept
    return {
        "origin": log.origin,
        "entries": log.entries,
        "cosigned_size": None if kept is None else kept.size,
        "cosigned_at": None if kept is None else kept.at,
        "cosigners": list(log.cosigners),
    }


def to_text(status: NodeStatus, now: int) -> str:
    """Return the state for people, in lines of less than 80 columns."""
    config = status.config
    rows = [("node", f"{config.name}, {config.role}, listens on {config.listen}")]
    for log in status.logs:
        rows += _log_rows(log, config.role, now)
    if not status.logs:
        rows.append(("log", "none; let it cosign one: tallyman-ledger pin --help"))
    ending = f", {counted(status.ending, 'key')} to end" if status.ending else ""
    rows.append(("gateways", f"{status.gateways} admitted, {status.out} out of service{ending}"))
    found = ", ".join(f"{count} × {kind}" for kind, count in status.exhibits.items())
    rows.append(("evidence", found or "none"))
    rows += [(f"ask {name}", answer) for name, answer in status.answers.items()]
    width = max(len(label) for label, _ in rows)
    return "".join(f"{label:<{width}}  {one_line(text)}\n" for label, text in rows)


def _log_rows(log: LogState, role: Role, now: int) -> list[tuple[str, str]]:
    rows = [("log", log.origin)]
    if log.kept is None:
        return [*rows, ("cosigned", "nothing yet")]
    age = max(0, now - log.kept.at)
    rows.append(("cosigned", f"size {log.kept.size} on {times.to_text(log.kept.at)}, {age} s ago"))
    if role is Role.SEQUENCER:
        rows.append(("by", ", ".join(log.cosigners)))
        waiting = log.entries - log.kept.size
        rows.append(("waiting", f"{waiting} of {log.entries} entries"))
    return rows


def _logs(files: NodeFiles, config: NodeConfig, store: Store) -> list[LogState]:
    if config.role is Role.WITNESS:
        names = [pin.log.name for pin in read_pins(files.pinned)]
        return [LogState(name, 0, store.kept(Slot.WITNESSED, name), ()) for name in names]
    policy = read_policy(files.policy)
    kept = store.kept(Slot.COSIGNED, policy.log.name)
    cosigners = policy.cosigners(parse_checkpoint(kept.note)) if kept is not None else {}
    return [LogState(policy.log.name, store.size(), kept, sorted(cosigners))]


async def _ask_all(files: NodeFiles, config: NodeConfig) -> dict[str, str]:
    own = read_public_node(files.public)
    curve = load_curve_key(files.curve_key)
    nodes = {node.name: node for node in (own, *config.witnesses)}
    origin = read_policy(files.policy).log.name if config.role is Role.SEQUENCER else None
    with zmq.asyncio.Context() as context:
        answers = [
            _ask(context, node.endpoint, node.curve, curve, origin) for node in nodes.values()
        ]
        return dict(zip(nodes, await asyncio.gather(*answers), strict=True))


async def _ask(
    context: zmq.asyncio.Context, endpoint: str, server: str, own: CurveKey, origin: str | None
) -> str:
    client = NodeClient(context, endpoint, server, own)
    header = labels({} if origin is None else {Label.ORIGIN: origin})
    try:
        async with asyncio.timeout(TIME_OUT):
            answer = await client.ask(Envelope(Type.HELLO, _new_id(), header))
    except TimeoutError:
        return f"no answer from {endpoint} within {TIME_OUT:g} s"
    except EvidenceError as error:
        return f"no proper answer from {endpoint}: {error}"
    finally:
        client.close()
    if answer.type is Type.ERROR:
        return f"answers: {answer.header.get(Label.TEXT, 'an error')}"
    return ANSWERS
