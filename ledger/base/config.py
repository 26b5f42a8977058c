"""node.toml: how a node runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.options import option, options_of, or_none, settings_of
from foundation.toml_file import TomlFile
from ledger.base.public_node import PublicNode, Role, node_values, public_node
from ledger.base.rate import PER_SECOND
from ledger.base.toml_text import TomlValue, to_tables, to_toml

CHECKPOINT_EVERY_MS = 1000
COSIGN_TIMEOUT_MS = 2000
_MIN_MS, _MAX_MS = 10, 60_000
_PORT = r"0*(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3})"
ADDRESS = re.compile(rf"tcp://(?P<host>[^:/\s]+|\[[0-9a-fA-F:]+\]):(?P<port>{_PORT})")
"""ZeroMQ takes a port beyond 65,535, and listens on another."""

STORE_URL = re.compile(r"postgres(ql)?://.*")


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A node's settings; only a sequencer uses those from `keep_bodies` on.

    `store` is the URL of a PostgreSQL database; None is SQLite in the node's folder. `publish` is
    the folder, from the node's own on, that the log's tiles are written to. Without `enrol_listen`
    no gateway can let itself in.
    """

    name: str = option(str, "the node's name in policies and lists", form=r".+")
    role: Role = option(str, "what it does for a log", choices=tuple(Role), parse=Role)
    listen: str = option(
        str, "where its socket binds", form=ADDRESS.pattern, example="tcp://0.0.0.0:7411"
    )
    keep_bodies: bool = option(bool, "whether batches are kept whole", default=True)
    checkpoint_every_ms: int = option(
        int,
        "from one checkpoint to the next",
        default=CHECKPOINT_EVERY_MS,
        minimum=_MIN_MS,
        maximum=_MAX_MS,
        unit="ms",
    )
    cosign_timeout_ms: int = option(
        int,
        "the time that a witness has to answer",
        default=COSIGN_TIMEOUT_MS,
        minimum=_MIN_MS,
        maximum=_MAX_MS,
        unit="ms",
    )
    messages_per_second: int = option(
        int, "taken from one address", default=PER_SECOND, minimum=1, maximum=100_000
    )
    store: str | None = option(
        str,
        "URL of a PostgreSQL database",
        default="",
        form=STORE_URL.pattern,
        example="postgresql://HOST/DATABASE",
        parse=or_none(str),
    )
    publish: str | None = option(
        str, "folder that the log's tiles are written to", default="", parse=or_none(str)
    )
    enrol_listen: str | None = option(
        str,
        "where the socket for enrolment binds",
        default="",
        form=ADDRESS.pattern,
        example="tcp://0.0.0.0:7412",
        parse=or_none(str),
    )
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
    """Read node.toml; WrongFile names its lines."""
    file = TomlFile.read(path, advice="make a node first: tallyman-ledger init --help")
    options = options_of(NodeConfig)
    given = file.table((), file.tree, options, path.name, subtables=("witness",))
    if given["role"] == Role.WITNESS and given["enrol_listen"]:
        text = "enrol_listen is for a sequencer: a witness admits no gateways"
        file.problem(("enrol_listen",), text)
    witnesses = []
    for place, table in file.each("witness"):
        witnesses.append(node_values(file, place, table, "[[witness]]"))
        if table.get("role") == Role.SEQUENCER:
            file.problem((*place, "role"), "role must be witness here")
    file.finish()
    return settings_of(NodeConfig, given, witnesses=tuple(map(public_node, witnesses)))
