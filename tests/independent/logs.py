"""Policies of several logs (PROTOCOL.md, "Several logs")."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass

from tests.independent.cbor import Item, encode
from tests.independent.chain import Finding
from tests.independent.policy import MAX_SIZE, Gateway, Policy, read_policy
from tests.independent.reasons import Refused


@dataclass(frozen=True)
class Logs:
    """The policies of one log or several, and how many must vouch."""

    threshold: int
    parts: dict[str, Policy]

    @property
    def several(self) -> bool:
        """Whether there is more than one log."""
        return len(self.parts) > 1

    @property
    def digest(self) -> bytes:
        """The digest of one policy, or of several."""
        digests: list[Item] = sorted(part.digest for part in self.parts.values())
        if not self.several:
            return next(iter(self.parts.values())).digest
        return hashlib.sha256(encode([self.threshold, digests])).digest()

    def gateways(self, issuer: str, kid: bytes) -> dict[str, Gateway]:
        """A gateway's key in each part that lists it."""
        found = {origin: part.gateway(issuer, kid) for origin, part in self.parts.items()}
        return {origin: gateway for origin, gateway in found.items() if gateway is not None}

    def check_valid(
        self, listed: dict[str, Gateway], issued: int, times: dict[str, dict[str, int]]
    ) -> dict[str, dict[str, int]]:
        """The logs among `times` under which a key was valid, K at least."""
        good, reasons = {}, []
        for origin, signed in times.items():
            if origin in listed:
                try:
                    self.parts[origin].check_time(listed[origin], issued, signed)
                    good[origin] = signed
                except Refused as refused:
                    reasons.append(refused.code)
        if len(good) < self.threshold:
            raise Finding(reasons[0] if reasons else "logs", 3)
        return good


def read_logs(data: bytes) -> Logs:
    """Read a policy's text, of one log or several."""
    if len(data) > MAX_SIZE:
        raise Refused("policy")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("policy") from None
    lines = data.split(b"\n")
    words = [re.split(b"[ \t]+", line.strip(b" \t")) for line in lines]
    rules = [at for at, line in enumerate(words) if line[0] and not line[0].startswith(b"#")]
    if not rules or words[rules[0]][0] != b"logs":
        policy = read_policy(data)
        return Logs(1, {policy.log_key.name: policy})
    starts = [at for at in rules if words[at][0] == b"log"]
    if len(rules) < 2 or starts[:1] != rules[1:2]:
        raise Refused("policy")
    ends = [*starts[1:], len(lines)]
    head = b"\n".join(lines[: rules[0]] + lines[rules[0] + 1 : starts[0]]) + b"\n"
    parts = [
        read_policy(head + b"\n".join(lines[start:end]))
        for start, end in zip(starts, ends, strict=True)
    ]
    _check_apart(parts)
    logs = {part.log_key.name: part for part in parts}
    return Logs(_threshold([word.decode() for word in words[rules[0]]], len(parts)), logs)


def _check_apart(parts: list[Policy]) -> None:
    for one, two in itertools.combinations(parts, 2):
        first, second = one.log_key, two.log_key
        if first.name == second.name or first.key == second.key:
            raise Refused("policy")
        if one.receipt_key.raw == two.receipt_key.raw:
            raise Refused("policy")


def _threshold(words: list[str], logs: int) -> int:
    if len(words) != 2 or logs < 2:
        raise Refused("policy")
    if words[1] not in ("any", "all") and not re.fullmatch("[0-9]{1,4}", words[1]):
        raise Refused("policy")
    wanted = {"any": 1, "all": logs}.get(words[1]) or int(words[1])
    if not 1 <= wanted <= logs:
        raise Refused("policy")
    return wanted
