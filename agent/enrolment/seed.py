"""The seed: one TOML file on a fresh card that says who the gateway is to be and where to enrol.

It is read once and then erased. It never holds a private key: every key that it does not know is
refused, with its line (docs/operate/cards.md, "Seed").
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.config.keys import (
    ENDPOINT,
    NODE,
    Z85_KEY,
    Key,
)
from agent.config.settings import LedgerNode
from drivers.errors import OptionError
from drivers.options import Option
from evidence.enrolment import TOKEN, token_digest
from evidence.errors import EvidenceError
from evidence.policy import Policy, parse_policy
from evidence.statement import MAX_REASON_BYTES, Follows
from foundation.durable import sync_folder
from foundation.errors import Fatal
from foundation.hints import hint
from foundation.names import NAME
from foundation.toml_lines import key_lines

VERSION = 1

MAX_BYTES = 64 * 1024
"""A seed is about 2 KiB; a larger file is something else."""

APN = r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}"
"""An access point name: labels of a host name (3GPP TS 23.003 §9)."""

HEAD = (
    Key("version", int, "of this format"),
    Key("label", str, "the gateway's name", pattern=NAME, example="truck-7"),
    Key("site", str, "where it stands", pattern=NAME, example="turin"),
    Key("profile", str, "what it is", pattern=NAME, example="truck"),
    Key("apn", str, "of its SIM card", "", pattern=APN, example="internet.example"),
)
ENROL = (
    Key("endpoint", str, "where to enrol", pattern=ENDPOINT, example="tcp://host:7412"),
    Key("server_key", str, "the node's CURVE key", pattern=Z85_KEY, example="40 characters of Z85"),
    Key("token", str, "lets it in once", pattern=TOKEN.pattern, example="26 characters of base32"),
)
LEDGER = (Key("policy", str, "text of the policy to pin"),)
CONTINUES = (
    Key(
        "gateway",
        str,
        "whose place it takes",
        pattern=r"urn:uuid:[0-9a-f-]{36}",
        example="urn:uuid:…",
    ),
    Key(
        "epoch",
        str,
        "the old gateway's last",
        pattern=r"[0-9a-f]{32}",
        example="32 hexadecimal digits",
    ),
    Key("seq", int, "its last statement in the log", minimum=0),
    Key(
        "digest", str, "of that statement", pattern=r"[0-9a-f]{64}", example="64 hexadecimal digits"
    ),
    Key("reason", str, "why, and who did it"),
)
"""What a new gateway signs of the one whose place it takes."""


class SeedUnusable(Fatal):
    """The seed cannot be read or does not say what is needed."""

    advice = "make a new one on the node: tallyman-ledger token new DIR …"
    exit_code = 2


@dataclass(frozen=True, slots=True)
class PlaceOf:
    """The gateway whose place this one takes, and what its order goes on from."""

    gateway: str
    follows: Follows


@dataclass(frozen=True, slots=True)
class Seed:
    """What a seed says; `path` is where it lies."""

    path: Path
    label: str
    site: str
    profile: str
    apn: str
    endpoint: str
    server_key: str
    token: str
    policy_text: str
    policy: Policy
    nodes: tuple[LedgerNode, ...]
    place_of: PlaceOf | None = None

    @property
    def digest(self) -> str:
        """What may be kept of the token."""
        return token_digest(self.token)

    def erase(self) -> None:
        """Remove the seed durably; OSError where its disk cannot be written."""
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)


def read_seed(path: Path) -> Seed:
    """Read a seed; SeedUnusable names the line of what is wrong."""
    text = _text(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SeedUnusable(f"{path}: not TOML: {error}") from error
    return _Reader(path, key_lines(text)).seed(tree)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise SeedUnusable(f"{path} is larger than {MAX_BYTES} bytes: it is no seed")
        return data.decode().replace("\r\n", "\n")  # people edit FAT partitions on Windows
    except UnicodeDecodeError:
        raise SeedUnusable(f"{path} is not UTF-8") from None
    except OSError as error:
        raise SeedUnusable(f"{path} cannot be read: {error.strerror}") from error


class _Reader:
    def __init__(self, path: Path, lines: Mapping[tuple[str | int, ...], int]) -> None:
        self._path = path
        self._lines = lines

    def seed(self, tree: dict[str, Any]) -> Seed:
        head = self._values((), tree, HEAD, ("enrol", "ledger", "continues"))
        if head.pop("version") != VERSION:
            raise self._wrong(("version",), f"this software reads version {VERSION}")
        enrol = self._values(("enrol",), tree.get("enrol"), ENROL)
        ledger = self._values(("ledger",), tree.get("ledger"), LEDGER, ("node",))
        given = tree["ledger"].get("node", [])
        if not isinstance(given, list) or not given:
            raise self._wrong(("ledger",), "the seed needs at least one [[ledger.node]]")
        nodes = tuple(
            LedgerNode(**self._values(("ledger", "node", index), node, NODE))
            for index, node in enumerate(given)
        )
        text = ledger["policy"]
        try:
            policy = parse_policy(text)
        except EvidenceError as error:
            raise self._wrong(("ledger", "policy"), str(error)) from error
        return Seed(
            self._path,
            **head,
            **enrol,
            policy_text=text,
            policy=policy,
            nodes=nodes,
            place_of=self._place_of(tree),
        )

    def _place_of(self, tree: dict[str, Any]) -> PlaceOf | None:
        if "continues" not in tree:
            return None
        said = self._values(("continues",), tree["continues"], CONTINUES)
        epoch, digest = (bytes.fromhex(said[name]) for name in ("epoch", "digest"))
        reason = said["reason"]
        if len(reason.encode()) > MAX_REASON_BYTES:
            raise self._wrong(("continues", "reason"), f"{MAX_REASON_BYTES} bytes at most")
        return PlaceOf(said["gateway"], Follows(epoch, said["seq"], digest, said["seq"], reason))

    def _values(
        self,
        place: tuple[str | int, ...],
        given: object,
        options: tuple[Option, ...],
        tables: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise self._wrong(place, f"the seed needs the table [{'.'.join(map(str, place))}]")
        known = [option.name for option in options]
        for key in given:
            if key not in known and key not in tables:
                raise self._wrong((*place, key), f"unknown key {key!r}{hint(key, known)}")
        values: dict[str, Any] = {}
        for option in options:
            if option.name not in given and option.default is None:
                raise self._wrong(place, f"the key {option.name!r} is missing: {option.help}")
            try:
                values[option.name] = option.check(given.get(option.name, option.default))
            except OptionError as error:
                raise self._wrong((*place, option.name), str(error)) from error
        return values

    def _wrong(self, place: tuple[str | int, ...], text: str) -> SeedUnusable:
        line = self._lines.get(place)
        return SeedUnusable(f"{self._path}:{line}: {text}" if line else f"{self._path}: {text}")
