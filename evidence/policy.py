"""The policy a person pins: which log, which witnesses, how many of them, which gateways.

The text is a C2SP tlog-policy (`log`, `witness`, `group`, `quorum`) of one log, with two keywords
of ours: `receipt` for the log's receipt key and `gateway` for the keys that may sign statements.
docs/PROTOCOL.md, "Policy", has the grammar.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime

from evidence import cbor
from evidence.checkpoint import SignedCheckpoint
from evidence.errors import EvidenceError, MalformedError, UntrustedError
from evidence.keys import PublicKey
from evidence.note import KeyType, Note, NoteKey, decode_base64
from evidence.shape import shown
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Members (names of witnesses or groups), of which `threshold` must have signed."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GatewayKey:
    """A gateway's statement key and when it may sign, in UTC seconds."""

    issuer: str
    key: PublicKey
    valid_from: int
    valid_until: int | None = None
    revoked_at: int | None = None

    def check(self, issued_at: int, anchored_at: int) -> None:
        """Return None when the key may have signed a statement, else UntrustedError.

        `anchored_at` is when the quorum had seen the statement: a thief cannot sign into the past
        of a revocation. `issued_at` is the word of whoever has the key, so `valid_until` binds an
        honest gateway alone: only a revocation ends a key.
        """
        if self.revoked_at is not None and anchored_at >= self.revoked_at:
            raise UntrustedError("key-revoked", f"the key of {self.issuer} was revoked before")
        if anchored_at < self.valid_from:
            raise UntrustedError("key-early", f"the key of {self.issuer} was not yet valid")
        if self.valid_until is not None and issued_at >= self.valid_until:
            raise UntrustedError("key-expired", f"the key of {self.issuer} had expired")


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy; `digest` names what it takes for a valid checkpoint and receipt.

    `groups` stand in the order of the text: a member is defined before the group that names it.
    """

    log: NoteKey
    receipt_key: PublicKey
    witnesses: Mapping[str, NoteKey]
    groups: Mapping[str, Group]
    quorum: str
    gateways: tuple[GatewayKey, ...]
    digest: bytes

    def gateway_key(self, issuer: str, kid: bytes) -> GatewayKey:
        """Return the pinned key of `issuer` with `kid`, or raise UntrustedError."""
        for entry in self.gateways:
            if entry.issuer == issuer and entry.key.kid == kid:
                return entry
        raise unknown_gateway(issuer, kid)

    def cosigners(self, signed: SignedCheckpoint) -> dict[str, int]:
        """Return who of the policy cosigned and when; a known key's bad line raises."""
        times = {name: signed.note.cosigned_at(key) for name, key in self.witnesses.items()}
        return {name: time for name, time in times.items() if time is not None}

    def check(self, signed: SignedCheckpoint) -> dict[str, int]:
        """Return the cosigners' times (UTC seconds) of a checkpoint that satisfies the policy.

        In this order: the origin is the policy's log, the log's own key signed, no known cosigner's
        line is bad, and the quorum's distinct keys cosigned.
        """
        origin = signed.checkpoint.origin
        if origin != self.log.name:
            raise UntrustedError(
                "origin", f"{shown(origin)} is not the policy's log {self.log.name!r}"
            )
        signed.note.verify(self.log)
        times = self.cosigners(signed)
        if not self.satisfied(set(times)):
            names = ", ".join(sorted(times)) or "nobody"
            raise UntrustedError("quorum", f"cosigned by {names}: not the quorum {self.quorum!r}")
        return times

    def satisfied(self, names: set[str]) -> bool:
        """Tell whether cosignatures of the witnesses `names` satisfy the quorum."""
        held = set(names)
        for name, group in self.groups.items():
            if len(held.intersection(group.members)) >= group.threshold:
                held.add(name)
        return self.quorum in held

    def minimal(
        self, signed: SignedCheckpoint, cosigners: Iterable[str] | None = None
    ) -> SignedCheckpoint:
        """Return the checkpoint with the log's line and exactly one quorum's lines.

        Witnesses stand in the order of their vkeys, as local names mean nothing elsewhere.
        `cosigners` are the names that `check` returned, where it was asked already.
        """
        names = self.check(signed) if cosigners is None else cosigners
        order = sorted(names, key=lambda name: self.witnesses[name].to_text())
        keep = set(order)
        for name in order:
            if self.satisfied(keep - {name}):
                keep.remove(name)
        keys = [self.log, *(self.witnesses[name] for name in order if name in keep)]
        lines = tuple(line for key in keys if (line := signed.note.by(key)) is not None)
        return SignedCheckpoint(signed.checkpoint, Note(signed.note.text, lines))


def seen_at(times: Collection[int]) -> int | None:
    """Return by when (UTC seconds) more than half of these cosigners had seen a log; None: nobody.

    One liar among three cannot move it beyond what the others say.
    """
    return sorted(times)[len(times) // 2] if times else None


NOBODY = "none"
"""The quorum that no cosignature is needed for (tlog-policy)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # and halves of a surrogate pair
_BYTE_ORDER_MARK = "\ufeff"
_WHITE = re.compile("[ \t]+")  # nothing else separates words (tlog-policy)
_MAX_THRESHOLD_DIGITS = 4

MAX_POLICY_BYTES = 16 * 1024 * 1024
"""Some 80,000 gateways."""


def parse_policy(text: str) -> Policy:
    """Read a policy; MalformedError names the line and what it wants."""
    return parse_rules(rules_of(text))


Rule = tuple[int, list[str]]
"""The number of a line, from 1, and its words."""


def rules_of(text: str) -> list[Rule]:
    """Return the lines that say something."""
    if len(text.encode(errors="surrogatepass")) > MAX_POLICY_BYTES:
        raise _wrong(f"a policy has {MAX_POLICY_BYTES} bytes at most")
    if text.startswith(_BYTE_ORDER_MARK):
        raise wrong_at(1, "a byte order mark; save the file as UTF-8 without one")
    rules = []
    for number, line in enumerate(text.split("\n"), start=1):
        if _CONTROL.search(line):
            raise wrong_at(number, "a control character; lines end with a line feed alone")
        words = _WHITE.split(line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            rules.append((number, words))
    return rules


def parse_rules(rules: Iterable[Rule]) -> Policy:
    """Read the rules of one log's policy; see `parse_policy`."""
    parser = _Parser()
    for number, words in rules:
        try:
            parser.keyword(words)
        except EvidenceError as error:
            raise wrong_at(number, str(error)) from error
    return parser.policy()


def wrong_at(number: int, message: str) -> MalformedError:
    """Return the error that names a line."""
    return MalformedError("policy", f"policy line {number}: {message}")


@dataclass(slots=True)
class _Parser:
    log: NoteKey | None = None
    receipt_key: PublicKey | None = None
    quorum: str | None = None
    witnesses: dict[str, NoteKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    gateways: list[GatewayKey] = field(default_factory=list)
    kids: set[bytes] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    digests: dict[str, bytes] = field(default_factory=dict)

    def keyword(self, words: list[str]) -> None:
        handlers = {
            "log": self.on_log,
            "receipt": self.on_receipt,
            "witness": self.on_witness,
            "group": self.on_group,
            "quorum": self.on_quorum,
            "gateway": self.on_gateway,
        }
        if words[0] not in handlers:
            raise _wrong(f"{shown(words[0])} is not one of {', '.join(handlers)}")
        handlers[words[0]](words[1:])

    def on_log(self, words: list[str]) -> None:
        if self.log is not None or len(words) not in (1, 2):
            raise _wrong("wanted once: log VKEY [URL]")
        self.log = _note_key(words[0], KeyType.NOTE)

    def on_receipt(self, words: list[str]) -> None:
        if self.receipt_key is not None or len(words) != 1:
            raise _wrong("wanted once: receipt COSE-KEY")
        self.receipt_key = PublicKey.from_cose(decode_base64(words[0], "receipt key"))

    def on_witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise _wrong("wanted: witness NAME VKEY [URL]")
        key = _note_key(words[1], KeyType.COSIGNATURE)
        if any(key.public == other.public for other in self.witnesses.values()):
            raise _wrong("two witnesses with one key would count twice")
        name = self.new_name(words[0])
        self.witnesses[name] = key
        self.digests[name] = _digest(key.to_text())

    def on_group(self, words: list[str]) -> None:
        if len(words) < 3:  # noqa: PLR2004  a name, a threshold, a member
            raise _wrong("wanted: group NAME THRESHOLD|any|all MEMBER...")
        name, wanted, *members = words
        for member in members:
            self.known(member)
            if member in self.members:
                raise _wrong(f"{member!r} is a member already and would count twice")
            self.members.add(member)
        threshold = threshold_of(wanted, len(members))
        if not 1 <= threshold <= len(members):
            raise _wrong(f"group {name!r} wants {shown(wanted)} of {len(members)}")
        self.groups[self.new_name(name)] = Group(threshold, tuple(members))
        below = tuple(sorted(self.digests[member] for member in members))
        self.digests[name] = _digest((threshold, below))

    def on_quorum(self, words: list[str]) -> None:
        if self.quorum is not None or len(words) != 1:
            raise _wrong("wanted once: quorum NAME")
        if words[0] == NOBODY:
            self.groups[NOBODY] = Group(0, ())
            self.digests[NOBODY] = _digest((0, ()))
        else:
            self.known(words[0])
        self.quorum = words[0]

    def on_gateway(self, words: list[str]) -> None:
        """`gateway ISSUER COSE-KEY from TIME [until TIME] [revoked TIME]`."""
        if len(words) not in (4, 6, 8) or words[2] != "from":
            raise _wrong("wanted: gateway ISSUER COSE-KEY from TIME [until TIME] [revoked TIME]")
        times = dict(zip(words[2::2], map(_seconds, words[3::2]), strict=True))
        if not times.keys() <= {"from", "until", "revoked"} or len(times) != len(words) // 2 - 1:
            raise _wrong("a gateway key has a time `from`, and perhaps `until` and `revoked`")
        key = PublicKey.from_cose(decode_base64(words[1], "gateway key"))
        if key.kid in self.kids:
            raise _wrong("this key stands on an earlier line: one key, one gateway, one line")
        self.kids.add(key.kid)
        until, revoked = times.get("until"), times.get("revoked")
        self.gateways.append(GatewayKey(words[0], key, times["from"], until, revoked))

    def known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise _wrong(f"{name!r} is no witness or group named above")

    def new_name(self, name: str) -> str:
        if name in self.witnesses or name in self.groups or name == NOBODY:
            raise _wrong(f"the name {name!r} is taken")
        return name

    def policy(self) -> Policy:
        if self.log is None or self.receipt_key is None or self.quorum is None:
            raise _wrong("a policy needs a log, a receipt key and a quorum")
        trusted = (self.log.to_text(), self.receipt_key.to_cose(), self.digests[self.quorum])
        return Policy(
            self.log,
            self.receipt_key,
            self.witnesses,
            self.groups,
            self.quorum,
            tuple(self.gateways),
            _digest(trusted),
        )


def unknown_gateway(issuer: str, kid: bytes) -> UntrustedError:
    """Return the error that says that nobody pinned this key."""
    return UntrustedError(
        "unknown-gateway", f"the policy has no key {shown(kid.hex())} of {shown(issuer)}"
    )


def _wrong(message: str) -> MalformedError:
    return MalformedError("policy", message)


def _digest(value: cbor.Value) -> bytes:
    return hashlib.sha256(cbor.encode(value)).digest()


def threshold_of(wanted: str, members: int) -> int:
    """Return how many of `members` the word says; a number that cannot be for what is no such."""
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= _MAX_THRESHOLD_DIGITS:
        return int(wanted)
    return {"any": 1, "all": members}.get(wanted, 0)


def _note_key(vkey: str, wanted: KeyType) -> NoteKey:
    key = NoteKey.from_text(vkey)
    if key.type is not wanted:
        raise _wrong(f"the key of {key.name!r} is of type {key.type}, wanted {wanted}")
    return key


def _seconds(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        moment = None
    # strptime takes short and foreign digits too
    if moment is None or moment.isoformat() != text.replace("Z", "+00:00"):
        raise _wrong(f"{shown(text)} is no time of the form 2026-01-31T12:00:00Z")
    return int(moment.timestamp())
