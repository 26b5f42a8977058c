"""Policies (PROTOCOL.md, "Policy")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from tests.independent.cbor import Item, encode
from tests.independent.cose import PublicKey, read_key
from tests.independent.note import COSIGNER, LOG, Note, VKey, read_vkey, signers, unbase64
from tests.independent.reasons import Refused


@dataclass(frozen=True)
class Gateway:
    """A gateway's key and when it is believed."""

    issuer: str
    key: PublicKey
    since: int
    until: int | None
    revoked: int | None


@dataclass(frozen=True)
class Group:
    """A group and its threshold."""

    threshold: int
    members: list[str]


@dataclass
class Policy:
    """A policy that has been read."""

    log: VKey | None = None
    receipt: PublicKey | None = None
    quorum: str | None = None
    witnesses: dict[str, VKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    gateways: list[Gateway] = field(default_factory=list)

    @property
    def log_key(self) -> VKey:
        """The log's key, which a policy has."""
        if self.log is None:
            raise Refused("policy")
        return self.log

    @property
    def receipt_key(self) -> PublicKey:
        """The key of receipts, which a policy has."""
        if self.receipt is None:
            raise Refused("policy")
        return self.receipt

    def satisfied(self, vkeys: set[str]) -> bool:
        """Whether these witnesses satisfy the quorum."""
        good = {"none": True}
        good.update((name, key.text in vkeys) for name, key in self.witnesses.items())
        for name, group in self.groups.items():  # members stand on lines above
            good[name] = sum(good[member] for member in group.members) >= group.threshold
        return self.quorum is not None and good[self.quorum]

    def _quorum_digest(self) -> bytes:
        """The digest of a witness, a group or none."""
        found = {"none": _hash([0, []])}
        found.update((name, _hash(key.text)) for name, key in self.witnesses.items())
        for name, group in self.groups.items():
            members: list[Item] = sorted(found[member] for member in group.members)
            found[name] = _hash([group.threshold, members])
        return found[self.quorum or "none"]

    @property
    def digest(self) -> bytes:
        """The policy digest."""
        return _hash([self.log_key.text, self.receipt_key.raw, self._quorum_digest()])

    def gateway(self, issuer: str, kid: bytes) -> Gateway | None:
        """The gateway key with this issuer and kid."""
        fitting = (one for one in self.gateways if one.issuer == issuer and one.key.kid == kid)
        return next(fitting, None)

    def signers(self, note: Note) -> dict[str, int]:
        """Who of this policy signed a note."""
        return signers(note, self.log_key, list(self.witnesses.values()))

    def check_time(self, gateway: Gateway, issued: int, times: dict[str, int]) -> None:
        """Refuse a key that was not valid ("Policy", a gateway key may sign)."""
        seen = sorted(times.values())[len(times) // 2] if times else 0
        if gateway.revoked is not None and (self.quorum == "none" or seen >= gateway.revoked):
            raise Refused("key-revoked")
        if self.quorum != "none" and seen < gateway.since:
            raise Refused("key-early")
        if gateway.until is not None and issued >= gateway.until:
            raise Refused("key-expired")


def _hash(item: Item) -> bytes:
    return hashlib.sha256(encode(item)).digest()


def read_time(word: str) -> int:
    """Seconds since 1970 of a time like 2026-01-31T12:00:00Z."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", word):
        raise Refused("policy")
    try:
        moment = datetime.strptime(word, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise Refused("policy") from None
    return int(moment.timestamp())


MAX_SIZE = 16 * 1024 * 1024


def read_policy(data: bytes) -> Policy:
    """Read a policy's text."""
    if len(data) > MAX_SIZE:
        raise Refused("policy")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("policy") from None
    if re.search("[\0-\x08\x0b-\x1f\x7f]", whole):
        raise Refused("policy")
    policy = Policy()
    for line in whole.split("\n"):
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            try:
                _rule(policy, words)
            except Refused:
                raise Refused("policy") from None
    if policy.log is None or policy.receipt is None or policy.quorum is None:
        raise Refused("policy")
    return policy


def _rule(policy: Policy, words: list[str]) -> None:
    rule = (words[0], len(words))
    if rule in (("log", 2), ("log", 3)) and policy.log is None:
        policy.log = read_vkey(words[1], LOG)
    elif rule == ("receipt", 2) and policy.receipt is None:
        policy.receipt = read_key(unbase64(words[1]))
    elif rule in (("witness", 3), ("witness", 4)):
        _witness(policy, words[1], read_vkey(words[2], COSIGNER))
    elif words[0] == "group" and len(words) > 3:
        _group(policy, words[1], words[2], words[3:])
    elif rule == ("quorum", 2) and policy.quorum is None:
        if words[1] != "none" and not _known(policy, words[1]):
            raise Refused("policy")
        policy.quorum = words[1]
    elif words[0] == "gateway" and len(words) in (5, 7, 9):
        _gateway(policy, words)
    else:
        raise Refused("policy")


def _known(policy: Policy, name: str) -> bool:
    return name in policy.witnesses or name in policy.groups


def _witness(policy: Policy, name: str, key: VKey) -> None:
    if name == "none" or _known(policy, name):
        raise Refused("policy")
    if any(key.key == other.key for other in policy.witnesses.values()):
        raise Refused("policy")
    policy.witnesses[name] = key


def _group(policy: Policy, name: str, threshold: str, members: list[str]) -> None:
    if name == "none" or _known(policy, name):
        raise Refused("policy")
    taken = {member for group in policy.groups.values() for member in group.members}
    if len(set(members)) != len(members) or taken & set(members):
        raise Refused("policy")
    if not all(_known(policy, member) for member in members):
        raise Refused("policy")
    if threshold not in ("any", "all") and not re.fullmatch("[0-9]{1,4}", threshold):
        raise Refused("policy")
    wanted = {"any": 1, "all": len(members)}.get(threshold) or int(threshold)
    if not 1 <= wanted <= len(members):
        raise Refused("policy")
    policy.groups[name] = Group(wanted, members)


def _gateway(policy: Policy, words: list[str]) -> None:
    key = read_key(unbase64(words[2]))
    times = dict(zip(words[3::2], map(read_time, words[4::2]), strict=False))
    if words[3] != "from" or len(times) != len(words[3::2]):
        raise Refused("policy")
    if not set(times) <= {"from", "until", "revoked"}:
        raise Refused("policy")
    if any(key.raw == other.key.raw for other in policy.gateways):
        raise Refused("policy")
    policy.gateways.append(
        Gateway(words[1], key, times["from"], times.get("until"), times.get("revoked"))
    )
