"""node.toml: how a node runs. Unknown keys are errors, with a suggestion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.base.public_node import PublicNode, Role, parse_public_node
from ledger.base.rate import PER_SECOND
from ledger.base.toml_table import Table, TomlValue, to_tables, to_toml

CHECKPOINT_EVERY_MS = 1000
COSIGN_TIMEOUT_MS = 2000
_MIN_MS, _MAX_MS = 10, 60_000
_MAX_PER_SECOND = 100_000
_PORT = r"0*(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3})"
ADDRESS = re.compile(rf"tcp://(?P<host>[^:/\s]+|\[[0-9a-fA-F:]+\]):(?P<port>{_PORT})")
"""ZeroMQ takes a port beyond 65,535, and listens on another."""

STORE_URL = re.compile(r"postgres(ql)?://")


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A node's settings.

    `listen` is where the socket binds. Only a sequencer uses the rest: `keep_bodies`, the time
    between checkpoints and the time a witness gets to answer (both in ms), and its witnesses.
    `store` is the URL of a PostgreSQL database; None is SQLite in the node's folder. `publish` is
    the folder, from the node's own on, that the log's tiles are written to. `enrol_listen` is where
    the socket for enrolment binds; without it there is none.
    """

    name: str
    role: Role
    listen: str
    keep_bodies: bool = True
    checkpoint_every_ms: int = CHECKPOINT_EVERY_MS
    cosign_timeout_ms: int = COSIGN_TIMEOUT_MS
    messages_per_second: int = PER_SECOND
    store: str | None = None
    publish: str | None = None
    enrol_listen: str | None = None
    witnesses: tuple[PublicNode, ...] = ()

    def to_toml(self) -> str:
        """Return the file's content; what is a default is left out."""
        values: dict[str, TomlValue] = {
            "name": self.name,
            "role": str(self.role),
            "listen": self.listen,
        }
        if self.store is not None:
            values["store"] = self.store
        if self.publish is not None:
            values["publish"] = self.publish
        if self.enrol_listen is not None:
            values["enrol_listen"] = self.enrol_listen
        text = (
            f"# This ledger node. Its keys are in keys/; node.pub is for others.\n{to_toml(values)}"
        )
        return text + _witness_tables(self.witnesses)


def with_witnesses(text: str, witnesses: Sequence[PublicNode]) -> str:
    """Return the content of a node.toml with these witnesses in place of those it has."""
    head, _, _ = text.partition("\n[[witness]]")
    return head.rstrip("\n") + "\n" + _witness_tables(witnesses)


def _witness_tables(witnesses: Sequence[PublicNode]) -> str:
    tables: list[dict[str, TomlValue]] = [
        {
            "name": witness.name,
            "role": str(witness.role),
            "endpoint": witness.endpoint,
            "curve": witness.curve,
            "cosigner": witness.cosigner.to_text(),
        }
        for witness in witnesses
    ]
    return to_tables("witness", tables)


def read_config(path: Path) -> NodeConfig:
    """Read node.toml; Fatal names the line."""
    table = Table.read(path, advice="make a node first: tallyman-ledger init --help")
    role = table.text("role")
    if role not in set(Role):
        raise table.wrong("role", f"must be one of {', '.join(Role)}")
    config = NodeConfig(
        name=table.text("name"),
        role=Role(role),
        listen=_address(table, "listen", "tcp://0.0.0.0:7411"),
        keep_bodies=table.flag("keep_bodies", default=True),
        checkpoint_every_ms=_ms(table, "checkpoint_every_ms", CHECKPOINT_EVERY_MS),
        cosign_timeout_ms=_ms(table, "cosign_timeout_ms", COSIGN_TIMEOUT_MS),
        messages_per_second=table.number(
            "messages_per_second", default=PER_SECOND, low=1, high=_MAX_PER_SECOND
        ),
        store=_store(table),
        publish=table.text("publish") if "publish" in table else None,
        enrol_listen=_enrol_listen(table, Role(role)),
        witnesses=tuple(_witness(item) for item in table.tables("witness")),
    )
    table.finish()
    return config


def _enrol_listen(table: Table, role: Role) -> str | None:
    if "enrol_listen" not in table:
        return None
    if role is Role.WITNESS:
        raise table.wrong("enrol_listen", "is for a sequencer: a witness admits no gateways")
    return _address(table, "enrol_listen", "tcp://0.0.0.0:7412")


def _address(table: Table, key: str, example: str) -> str:
    address = table.text(key)
    if not ADDRESS.fullmatch(address):
        raise table.wrong(key, f"must have the form {example}")
    return address


def _ms(table: Table, key: str, default: int) -> int:
    return table.number(key, default=default, low=_MIN_MS, high=_MAX_MS)


def _store(table: Table) -> str | None:
    if "store" not in table:
        return None
    url = table.text("store")
    if not STORE_URL.match(url):
        raise table.wrong("store", "must have the form postgresql://HOST/DATABASE")
    return url


def _witness(table: Table) -> PublicNode:
    node = parse_public_node(table)
    if node.role is not Role.WITNESS:
        raise table.wrong("role", "must be witness here")
    table.finish()
    return node
