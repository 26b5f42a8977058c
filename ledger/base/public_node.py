"""node.pub: what one operator hands to the others, as TOML."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from evidence.keys import PublicKey
from evidence.note import NoteKey
from foundation.options import Option, option, options_of, or_none, settings_of
from foundation.toml_file import Place, TomlFile
from ledger.base.curve_text import curve_key
from ledger.base.key_text import cose_key, cosigner_key, log_key
from ledger.base.toml_text import TomlValue, to_toml


class Role(StrEnum):
    """What a node does for a log."""

    SEQUENCER = "sequencer"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class PublicNode:
    """A node as others know it; `log` and `receipt` are a sequencer's only."""

    name: str = option(str, "the node's name in policies and lists", form=r".+")
    role: Role = option(str, "what it does for a log", choices=tuple(Role), parse=Role)
    endpoint: str = option(str, "where others reach it", form=r".+")
    curve: str = option(str, "its CURVE public key", parse=curve_key)
    cosigner: NoteKey = option(str, "the key that it cosigns with", parse=cosigner_key)
    log: NoteKey | None = option(
        str,
        "the key that signs its log",
        default="",
        parse=or_none(log_key),
    )
    receipt: PublicKey | None = option(
        str,
        "the key that signs its receipts",
        default="",
        parse=or_none(cose_key),
    )

    def to_toml(self) -> str:
        """Return the file's content."""
        values: dict[str, TomlValue] = {
            "name": self.name,
            "role": str(self.role),
            "endpoint": self.endpoint,
            "curve": self.curve,
            "cosigner": self.cosigner.to_text(),
        }
        if self.log is not None and self.receipt is not None:
            values["log"] = self.log.to_text()
            values["receipt"] = base64.b64encode(self.receipt.to_cose()).decode()
        return to_toml(values)


OPTIONS = options_of(PublicNode)
OF_A_LOG = ("log", "receipt")
"""Keys that a sequencer must have, and a witness none of."""


def read_public_node(path: Path) -> PublicNode:
    """Read a node.pub; WrongFile names the file and its lines."""
    file = TomlFile.read(path, advice="ask that node's operator for its node.pub")
    values = node_values(file, (), file.tree, path.name)
    file.finish()
    return public_node(values)


def node_values(
    file: TomlFile, place: Place, given: Mapping[str, object], where: str
) -> dict[str, Any]:
    """Return what the table at `place` says of a node, for `public_node` after `finish`."""
    return file.table(place, given, _options(given.get("role")), where)


def public_node(values: Mapping[str, Any]) -> PublicNode:
    """Return the node that checked values describe."""
    return settings_of(PublicNode, {**dict.fromkeys(OF_A_LOG, ""), **values})


def _options(role: object) -> list[Option]:
    if role == Role.SEQUENCER:
        return [replace(each, default=None) for each in OPTIONS]
    return [each for each in OPTIONS if each.name not in OF_A_LOG]
