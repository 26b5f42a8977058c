"""The seed: one TOML file on a fresh card that says who the gateway is to be and where to enrol.

It is read once and then erased. It never holds a private key: every key that it does not know is
refused, with its line (docs/operate/cards.md, "Seed").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.config.forms import ENDPOINT, Z85_KEY
from agent.config.ledger import NODE, LedgerNode
from evidence.enrolment import TOKEN, token_digest
from evidence.errors import EvidenceError
from evidence.policy import Policy, parse_policy
from evidence.statement import MAX_REASON_BYTES, Follows
from foundation.durable import sync_folder
from foundation.names import NAME
from foundation.options import Option, settings_of
from foundation.toml_file import Problem, TomlFile, WrongFile

VERSION = 1

MAX_BYTES = 64 * 1024
"""A seed is about 2 KiB; a larger file is something else."""

APN = r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}"
"""An access point name: labels of a host name (3GPP TS 23.003 §9)."""


def _version(number: int) -> int:
    if number != VERSION:
        raise ValueError(f"this software reads version {VERSION}")
    return number


HEAD = (
    Option("version", int, "of this format", parse=_version),
    Option("label", str, "the gateway's name", form=NAME, example="truck-7"),
    Option("site", str, "where it stands", form=NAME, example="turin"),
    Option("profile", str, "what it is", form=NAME, example="truck"),
    Option("apn", str, "of its SIM card", default="", form=APN, example="internet.example"),
)
ENROL = (
    Option("endpoint", str, "where to enrol", form=ENDPOINT, example="tcp://host:7412"),
    Option("server_key", str, "the node's CURVE key", form=Z85_KEY, example="40 characters of Z85"),
    Option("token", str, "lets it in once", form=TOKEN.pattern, example="26 characters of base32"),
)
LEDGER = (Option("policy", str, "text of the policy to pin"),)
CONTINUES = (
    Option(
        "gateway",
        str,
        "whose place it takes",
        form=r"urn:uuid:[0-9a-f-]{36}",
        example="urn:uuid:…",
    ),
    Option(
        "epoch",
        str,
        "the old gateway's last",
        form=r"[0-9a-f]{32}",
        example="32 hexadecimal digits",
    ),
    Option("seq", int, "its last statement in the log", minimum=0),
    Option(
        "digest", str, "of that statement", form=r"[0-9a-f]{64}", example="64 hexadecimal digits"
    ),
    Option("reason", str, "why, and who did it"),
)
"""What a new gateway signs of the one whose place it takes."""


class SeedUnusable(WrongFile):
    """The seed cannot be read or does not say what is needed."""

    advice = "make a new one on the node: tallyman-ledger token new DIR …"


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
    """Read a seed; SeedUnusable names the lines of what is wrong."""
    file = TomlFile(path, _data(path), SeedUnusable)
    head = file.table((), file.tree, HEAD, "the seed", subtables=("enrol", "ledger", "continues"))
    del head["version"]
    enrol = file.section("enrol", ENROL)
    text = file.section("ledger", LEDGER, subtables=("node",))["policy"]
    nodes = _nodes(file)
    place_of = _place_of(file)
    policy = _policy(file, text)
    file.finish()
    assert policy is not None
    return Seed(
        path, **head, **enrol, policy_text=text, policy=policy, nodes=nodes, place_of=place_of
    )


def _data(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise SeedUnusable(path, [Problem(0, text)]) from error
    if len(data) > MAX_BYTES:
        raise SeedUnusable(path, [Problem(0, f"larger than {MAX_BYTES} bytes: it is not a seed")])
    return data


def _nodes(file: TomlFile) -> tuple[LedgerNode, ...]:
    nodes = tuple(
        settings_of(LedgerNode, file.table(place, node, NODE, "[[ledger.node]]"))
        for place, node in file.each("ledger", "node")
    )
    if not nodes:
        file.problem(("ledger",), "the seed needs at least one [[ledger.node]]")
    return nodes


def _policy(file: TomlFile, text: str) -> Policy | None:
    try:
        return parse_policy(text)
    except EvidenceError as error:
        if text:
            file.problem(("ledger", "policy"), str(error))
        return None


def _place_of(file: TomlFile) -> PlaceOf | None:
    """Return whose place the gateway takes; None where it is a new one."""
    if "continues" not in file.tree:
        return None
    before = len(file.problems)
    said = file.section("continues", CONTINUES)
    if len(said["reason"].encode()) > MAX_REASON_BYTES:
        file.problem(("continues", "reason"), f"reason: {MAX_REASON_BYTES} bytes at most")
    if len(file.problems) > before:
        return None
    epoch, digest = (bytes.fromhex(said[name]) for name in ("epoch", "digest"))
    follows = Follows(epoch, said["seq"], digest, said["seq"], said["reason"])
    return PlaceOf(said["gateway"], follows)
