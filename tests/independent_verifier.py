"""A second verifier of bundles, after docs/PROTOCOL.md; it imports nothing of agent.

    python tests/independent_verifier.py BUNDLE POLICY

prints the verdict and exits with its code. Slow and plain on purpose: python-ecdsa for signatures,
cbor2 for decoding (checked by encoding anew), and the recursive definitions of RFC 9162.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cbor2
from ecdsa import BadSignatureError, Ed25519, NIST256p, NIST384p, VerifyingKey
from ecdsa.errors import MalformedPointError

OK, ALTERED, INCOMPLETE, UNTRUSTED, UNREADABLE = range(5)
WORST_LAST = (OK, INCOMPLETE, UNTRUSTED, ALTERED, UNREADABLE)
LARGEST = 2**63 - 1
MAX_FILE, MAX_ITEMS, MAX_NESTED = 64 * 1024 * 1024, 4_194_304, 15


class Refused(Exception):
    """A check failed; `code` is the exit code that follows."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def need(condition: object, why: str, code: int = ALTERED) -> None:
    if not condition:
        raise Refused(code, why)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# CBOR


def head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(n for n in (1, 2, 4, 8) if number < 256**n)
    return bytes([major << 5 | 24 + (1, 2, 4, 8).index(size)]) + number.to_bytes(size, "big")


class Encoder:
    """Deterministic CBOR; ValueError for what this protocol has no use for."""

    def __init__(self) -> None:
        self.items = 0

    def encode(self, value: Any, nested: int = MAX_NESTED) -> bytes:  # noqa: PLR0911  by type
        if value is None or value is True or value is False:
            return bytes([{None: 0xF6, True: 0xF5, False: 0xF4}[value]])
        if type(value) is int and -(2**64) <= value < 2**64:
            return head(0, value) if value >= 0 else head(1, -1 - value)
        if type(value) is bytes:
            return head(2, len(value)) + value
        if type(value) is str:
            return head(3, len(value.encode())) + value.encode()
        if nested == 0:
            raise ValueError("nested too deeply")
        if type(value) is list:
            self.count(len(value))
            return head(4, len(value)) + b"".join(self.encode(x, nested - 1) for x in value)
        if type(value) is dict:
            self.count(2 * len(value))
            if any(type(key) not in (int, str) for key in value):
                raise ValueError("a map key that is neither integer nor text")
            pairs = sorted((self.encode(k), self.encode(v, nested - 1)) for k, v in value.items())
            return head(5, len(value)) + b"".join(k + v for k, v in pairs)
        if type(value) is cbor2.CBORTag and value.tag == 18:
            return head(6, 18) + self.encode(value.value, nested - 1)
        raise ValueError(f"no place for {type(value).__name__}")

    def count(self, more: int) -> None:
        self.items += more
        if self.items > MAX_ITEMS:
            raise ValueError("too many items")


def encode(value: Any) -> bytes:
    return Encoder().encode(value)


def decode(data: bytes, code: int, *, tagged: bool = False) -> Any:
    """Return the value of deterministic CBOR; a tag may stand outermost, where it must."""
    try:
        value = plain(cbor2.loads(data))
        same = encode(value) == data
        inner = value.value if type(value) is cbor2.CBORTag else value
        loose = has_tag(inner)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Refused(code, f"CBOR: {error}") from error
    need(same and not loose and tagged == (inner is not value), "not deterministic CBOR", code)
    return inner


def plain(value: Any, nested: int = MAX_NESTED + 1) -> Any:
    """Return `value` with lists and dicts only: cbor2 makes frozen ones within tags and keys."""
    if nested == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        return {key: plain(item, nested - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, nested - 1) for item in value]
    if type(value) is cbor2.CBORTag:
        return cbor2.CBORTag(value.tag, plain(value.value, nested - 1))
    return value


def has_tag(value: Any) -> bool:
    if type(value) is dict:
        return any(map(has_tag, value.values()))
    if type(value) is list:
        return any(map(has_tag, value))
    return type(value) is cbor2.CBORTag


def is_number(value: Any) -> bool:
    return type(value) is int and -LARGEST <= value <= LARGEST


def is_count(value: Any) -> bool:
    return is_number(value) and value >= 0


def is_digest(value: Any) -> bool:
    return type(value) is bytes and len(value) == 32


def is_clock(value: Any) -> bool:
    if type(value) is not list or len(value) != 2:
        return False
    return type(value[0]) is str and (value[1] is None or is_count(value[1]))


def is_map(value: Any, *names: int) -> bool:
    return type(value) is dict and set(value) == set(names)


# Merkle trees, as RFC 9162 defines them


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, from leaf hashes."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:]))


def climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that PATH of RFC 9162 §2.1.3.1 leads to, following its recursion."""
    need(0 <= index < size <= LARGEST, "no such leaf in a tree of that size")
    need(all(is_digest(item) for item in path), "a path of something else than hashes")
    if size == 1:
        need(not path, "the path is too long")
        return leaf
    need(path, "the path is too short")
    k = split(size)
    if index < k:
        return sha256(b"\x01" + climb(leaf, index, k, path[:-1]) + path[-1])
    return sha256(b"\x01" + path[-1] + climb(leaf, index - k, size - k, path[:-1]))


# Signatures


@dataclass(frozen=True)
class Key:
    """A COSE_Key; `kid` is the start of its RFC 9679 thumbprint."""

    encoded: bytes
    verifier: VerifyingKey
    algorithms: tuple[int, ...]
    hash: Any

    @property
    def kid(self) -> bytes:
        return sha256(self.encoded)[:8]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            if self.hash is None:
                return bool(self.verifier.verify(signature, message))
            return bool(self.verifier.verify(signature, message, hashfunc=self.hash))
        except (BadSignatureError, MalformedPointError, AssertionError, TypeError, ValueError):
            return False


def ed25519_key(raw: bytes) -> Key:
    verifier = VerifyingKey.from_string(raw, curve=Ed25519)
    return Key(encode({1: 1, -1: 6, -2: raw}), verifier, (-8, -19), None)


def cose_key(data: bytes) -> Key:
    fields = decode(data, UNREADABLE)
    try:
        if is_map(fields, 1, -1, -2) and fields[1] is not True and fields[1] == 1:
            if fields[-1] == 6 and is_digest(fields[-2]):
                return ed25519_key(fields[-2])
        elif is_map(fields, 1, -1, -2, -3) and fields[1] == 2 and fields[-1] is not True:
            curve, hash_, algorithms = {
                1: (NIST256p, hashlib.sha256, (-7, -9)),
                2: (NIST384p, hashlib.sha384, (-35, -51)),
            }[fields[-1]]
            x, y = fields[-2], fields[-3]
            if type(x) is type(y) is bytes and len(x) == len(y) == curve.baselen:
                verifier = VerifyingKey.from_string(x + y, curve=curve)
                return Key(data, verifier, algorithms, hash_)
    except (KeyError, MalformedPointError) as error:
        raise ValueError("a key on no curve known here") from error
    raise ValueError("no key known here")


def canonical_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


# Signed notes


@dataclass(frozen=True)
class Vkey:
    """A note's verifier key."""

    text: str
    name: str
    key_id: bytes
    type: int
    key: Key


def vkey(text: str) -> Vkey:
    name, key_id, encoded = text.split("+", 2)
    blob = canonical_base64(encoded)
    if len(blob) != 33 or blob[0] not in (1, 4) or not name or re.search(r"\s", name):
        raise ValueError("no verifier key known here")
    expected = sha256(name.encode() + b"\n" + blob)[:4]
    if expected.hex() != key_id:
        raise ValueError("a key id that is not the key's")
    return Vkey(text, name, expected, blob[0], ed25519_key(blob[1:]))


@dataclass(frozen=True)
class Line:
    """A signature line."""

    name: str
    blob: bytes

    def is_by(self, key: Vkey) -> bool:
        return self.name == key.name and self.blob[:4] == key.key_id


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint note, believed not yet."""

    text: str
    origin: str
    size: int
    root: bytes
    lines: tuple[Line, ...]

    def line_of(self, key: Vkey) -> Line | None:
        found = [line for line in self.lines if line.is_by(key)]
        need(len(found) < 2, f"{key.name} signed twice")
        return found[0] if found else None

    def cosigned(self, key: Vkey) -> int | None:
        line = self.line_of(key)
        if line is None:
            return None
        need(len(line.blob) == 4 + 8 + 64, "a cosignature of another length")
        time = int.from_bytes(line.blob[4:12], "big")
        need(time <= LARGEST, "a cosignature beyond all time")
        message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
        need(key.key.verifies(line.blob[12:], message), f"the cosignature of {key.name}")
        return time


def checkpoint(data: bytes) -> Checkpoint:
    need(len(data) <= 16 * 1024, "too long for a checkpoint")
    try:
        note = data.decode()
        need(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "control characters")
        at = note.rindex("\n\n")
        text, rest = note[: at + 1], note[at + 2 :]
        need(rest.endswith("\n"), "the last line has no end")
        lines = []
        for line in rest[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            need(dash == "\u2014" and name and "+" not in name, "no signature line")
            need(not re.search(r"\s", name), "white space in a name")
            lines.append(Line(name, canonical_base64(encoded)))
            need(len(lines[-1].blob) > 4, "no signature in the line")
        origin, size, root, *extensions = text[:-1].split("\n")
        need(origin and all(extensions), "an empty line")
        need(re.fullmatch("0|[1-9][0-9]{0,18}", size), "no size")
        need(int(size) <= LARGEST, "no size")
        digest = canonical_base64(root)
        need(len(digest) == 32, "no root")
    except ValueError as error:
        raise Refused(ALTERED, f"checkpoint: {error}") from error
    return Checkpoint(text, origin, int(size), digest, tuple(lines))


# The policy


@dataclass
class Policy:
    """A pinned policy; groups are (threshold, members) in the order of the text."""

    log: Vkey | None = None
    receipt: Key | None = None
    quorum: str | None = None
    witnesses: dict[str, Vkey] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    gateways: dict[tuple[str, bytes], tuple[Key, dict[str, int]]] = field(default_factory=dict)

    def satisfied(self, signers: set[str]) -> bool:
        def holds(name: str) -> bool:
            if name not in self.groups:
                return name in signers
            threshold, members = self.groups[name]
            return sum(map(holds, members)) >= threshold

        return self.quorum == "none" or holds(str(self.quorum))

    def digest(self) -> bytes:
        def of(name: str) -> bytes:
            if name == "none":
                return sha256(encode([0, []]))
            if name in self.witnesses:
                return sha256(encode(self.witnesses[name].text))
            threshold, members = self.groups[name]
            return sha256(encode([threshold, sorted(map(of, members))]))

        assert self.log and self.receipt and self.quorum
        return sha256(encode([self.log.text, self.receipt.encoded, of(self.quorum)]))

    def check(self, point: Checkpoint) -> dict[str, int]:
        """Return who cosigned and when, of a checkpoint that satisfies the policy."""
        assert self.log
        need(point.origin == self.log.name, "a checkpoint of another log", UNTRUSTED)
        line = point.line_of(self.log)
        need(line and self.log.key.verifies(line.blob[4:], point.text.encode()), "log signature")
        times = {name: point.cosigned(key) for name, key in self.witnesses.items()}
        known = {name: time for name, time in times.items() if time is not None}
        need(self.satisfied(set(known)), "the quorum", UNTRUSTED)
        return known

    def exact_lines(self, cosigners: set[str]) -> list[Vkey]:
        """Return the keys whose lines a bundle's checkpoint has, in order."""
        assert self.log
        order = sorted(cosigners, key=lambda name: self.witnesses[name].text)
        for name in tuple(order):
            if self.satisfied(set(order) - {name}):
                order.remove(name)
        return [self.log, *(self.witnesses[name] for name in order)]


def seconds(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        raise ValueError(f"{text} is no time")
    return int(datetime.fromisoformat(text).timestamp())


def parse_policy(text: str) -> Policy:
    """Read a policy; ValueError names the line."""
    policy = Policy()
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            policy_line(policy, words[0], words[1:])
        except (ValueError, IndexError, Refused) as error:
            raise ValueError(f"line {number}: {error}") from error
    if not (policy.log and policy.receipt and policy.quorum):
        raise ValueError("log, receipt or quorum is missing")
    return policy


def policy_line(policy: Policy, keyword: str, words: list[str]) -> None:  # noqa: C901  one branch per keyword
    if keyword == "log" and policy.log is None:
        policy.log = vkey(words[0])
        if policy.log.type != 1:
            raise ValueError("a log's key is of type 1")
    elif keyword == "receipt" and policy.receipt is None:
        policy.receipt = cose_key(canonical_base64(words[0]))
    elif keyword == "witness":
        key = vkey(words[1])
        taken = words[0] in policy.witnesses or words[0] in policy.groups or words[0] == "none"
        if taken or key.type != 4 or key.key in [w.key for w in policy.witnesses.values()]:
            raise ValueError("a name or key twice, or no witness's key")
        policy.witnesses[words[0]] = key
    elif keyword == "group":
        policy_group(policy, words[0], words[1], words[2:])
    elif keyword == "quorum" and policy.quorum is None:
        known = {*policy.witnesses, *policy.groups, "none"}
        if words != [word for word in words if word in known] or len(words) != 1:
            raise ValueError("an unknown quorum")
        policy.quorum = words[0]
    elif keyword == "gateway":
        key, times = cose_key(canonical_base64(words[1])), words[2:]
        stamps = dict(zip(times[::2], map(seconds, times[1::2]), strict=True))
        if words[2] != "from" or not set(stamps) <= {"from", "until", "revoked"}:
            raise ValueError("times of a gateway key")
        if any(kid == key.kid for _, kid in policy.gateways):
            raise ValueError("a gateway key twice")
        policy.gateways[words[0], key.kid] = (key, stamps)
    else:
        raise ValueError(f"{keyword}: unknown, or twice")


def policy_group(policy: Policy, name: str, wanted: str, members: list[str]) -> None:
    used = [member for _, others in policy.groups.values() for member in others] + members
    known = {*policy.witnesses, *policy.groups}
    threshold = {"any": 1, "all": len(members)}.get(wanted) or int(wanted)
    fits = 1 <= threshold <= len(members) and len(used) == len(set(used))
    if name in known or name == "none" or not fits or not set(members) <= known:
        raise ValueError("group")
    policy.groups[name] = (threshold, members)


# Statements and receipts


@dataclass(frozen=True)
class Signed:
    """A COSE_Sign1."""

    protected: bytes
    header: dict[Any, Any]
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes

    def signed_bytes(self, payload: bytes) -> bytes:
        return encode(["Signature1", self.protected, b"", payload])

    def by(self, key: Key, payload: bytes) -> bool:
        if self.header[4] != key.kid or self.header[1] not in key.algorithms:
            return False
        return key.verifies(self.signature, self.signed_bytes(payload))


def sign1(data: bytes) -> Signed:
    parts = decode(data, ALTERED, tagged=True)
    need(type(parts) is list and len(parts) == 4, "no COSE_Sign1")
    protected, unprotected, payload, signature = parts
    need(type(protected) is bytes and type(signature) is bytes, "no COSE_Sign1")
    need(type(unprotected) is dict and (payload is None or type(payload) is bytes), "no COSE_Sign1")
    header = decode(protected, ALTERED)
    need(type(header) is dict, "no protected header")
    kid = header.get(4)
    need(is_number(header.get(1)) and type(kid) is bytes and len(kid) == 8, "alg and kid")
    return Signed(protected, header, unprotected, payload, signature)


@dataclass(frozen=True)
class Statement:
    """A statement whose form is right."""

    encoded: bytes
    signed: Signed
    claims: dict[Any, Any]
    batch: dict[Any, Any]

    @property
    def digest(self) -> bytes:
        assert self.signed.payload is not None
        return sha256(self.signed.signed_bytes(self.signed.payload))

    @property
    def is_gap(self) -> bool:
        return bool(self.claims[2] == "gap")

    @property
    def last(self) -> int:
        """The last seq that the statement stands for."""
        return int(self.batch[2] if self.is_gap else self.claims[-70002])

    @property
    def numbers(self) -> tuple[int, int]:
        """The first record number, and the first of the next statement."""
        first, count = (3, 4) if self.is_gap else (4, 3)
        return self.batch[first], self.batch[first] + self.batch[count]

    @property
    def next_prev(self) -> bytes:
        return bytes(self.batch[5]) if self.is_gap and self.batch[5] else self.digest

    @property
    def next_kid(self) -> bytes:
        if -70004 in self.claims:
            return cose_key(self.claims[-70004]).kid
        return bytes(self.signed.header[4])


def statement(data: bytes) -> Statement:
    need(len(data) <= 1024, "too long for a statement")
    signed = sign1(data)
    need(signed.unprotected == {} and signed.payload is not None, "unsigned parts")
    need(is_map(signed.header, 1, 4, 15, 16) and signed.header[16] == 277, "no statement")
    claims = signed.header[15]
    need(type(claims) is dict, "claims")
    extra = set(claims) & {-70004, -70005}
    need(is_map(claims, 1, 2, 6, -70001, -70002, -70003, *extra), "claims")
    need(type(claims[1]) is str and claims[2] in ("batch", "gap"), "iss and sub")
    need(is_count(claims[6]) and is_count(claims[-70002]), "iat and seq")
    need(type(claims[-70001]) is bytes and len(claims[-70001]) == 16, "epoch")
    first = claims[-70002] == 0
    need(claims[-70003] is None if first else is_digest(claims[-70003]), "prev")
    if -70004 in claims:
        need(is_key(claims[-70004]), "successor")
    if -70005 in claims:
        need(first and is_follows(claims[-70005], claims[-70001]), "follows")
    batch = decode(signed.payload or b"", ALTERED)
    if claims[2] == "gap":
        need(not extra and is_gap(batch) and batch[2] >= claims[-70002], "gap")
        return Statement(data, signed, claims, batch)
    need(is_map(batch, *range(1, 10)), "batch")
    need(batch[1] is not True and batch[1] == 1 and is_digest(batch[2]), "version and root")
    need(all(is_count(batch[key]) for key in (3, 4, 8, 9)), "counts")
    need(1 <= batch[3] <= 65536 and batch[4] + batch[3] <= LARGEST, "leaf count")
    need(is_number(batch[5]) and is_number(batch[6]) and batch[5] <= batch[6], "times")
    need(is_clock(batch[7]), "clock")
    return Statement(data, signed, claims, batch)


def is_key(value: Any) -> bool:
    try:
        return type(value) is bytes and bool(cose_key(value))
    except (ValueError, Refused):
        return False


def is_reason(value: Any) -> bool:
    return type(value) is str and len(value.encode()) <= 200


def is_follows(value: Any, epoch: bytes) -> bool:
    if type(value) is not list or len(value) != 5:
        return False
    old, seq, digest, lost, reason = value
    if type(old) is not bytes or len(old) != 16 or old == epoch or not is_reason(reason):
        return False
    if not all(item is None or is_count(item) for item in (seq, lost)):
        return False
    if seq is None:
        return digest is None
    return is_digest(digest) and lost is not None and lost >= seq


def is_gap(value: Any) -> bool:
    if not is_map(value, *range(1, 7)) or value[1] is True or value[1] != 1:
        return False
    counts = all(is_count(value[key]) for key in (2, 3, 4))
    fits = counts and value[3] + value[4] <= LARGEST
    return fits and (value[5] is None or is_digest(value[5])) and is_reason(value[6])


@dataclass(frozen=True)
class Receipt:
    """A receipt whose form is right."""

    signed: Signed
    origin: str
    size: int
    index: int
    path: list[bytes]


def receipt(data: bytes) -> Receipt:
    need(len(data) <= 4096, "too long for a receipt")
    signed = sign1(data)
    need(is_map(signed.header, 1, 4, 15, 395) and signed.payload is None, "no receipt")
    need(signed.header[395] is not True and signed.header[395] == 1, "vds")
    claims = signed.header[15]
    need(is_map(claims, 1, 2) and type(claims[1]) is str and claims[2] == "receipt", "claims")
    need(is_map(signed.unprotected, 396) and is_map(signed.unprotected[396], -1), "proofs")
    proofs = signed.unprotected[396][-1]
    need(type(proofs) is list and len(proofs) == 1 and type(proofs[0]) is bytes, "proofs")
    proof = decode(proofs[0], ALTERED)
    need(type(proof) is list and len(proof) == 3, "proof")
    size, index, path = proof
    need(is_count(size) and is_count(index) and type(path) is list, "proof")
    need(all(type(item) is bytes for item in path), "path")
    return Receipt(signed, claims[1], size, index, list(path))


# The bundle


@dataclass
class Verifier:
    """Collects exit codes while it walks through a bundle."""

    policy: Policy
    codes: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    files: set[bytes] = field(default_factory=set)

    def note(self, where: str, refused: Refused) -> None:
        self.codes.append(refused.code)
        self.reasons.append(f"{where}: {refused}")

    @property
    def verdict(self) -> int:
        return max(self.codes, key=WORST_LAST.index, default=OK)

    def run(self, data: bytes) -> None:
        try:
            content = open_bundle(data)
            need(content[1] == self.policy.digest(), "made for another policy", UNTRUSTED)
        except Refused as refused:
            self.note("file", refused)
            return
        if not content[3]:
            self.note("file", Refused(UNREADABLE, "no batch"))
        anchors = self.checkpoints(content[2], {batch[2] for batch in content[3]})
        chain = [self.batch(n, batch, anchors) for n, batch in enumerate(content[3])]
        for number, (before, after) in enumerate(pairwise(chain), start=1):
            if before and after:
                try:
                    neighbours(before, after)
                except Refused as refused:
                    self.note(f"batch {number}", refused)
        if not self.codes and self.gaps != list(content[4]):
            self.note("gaps", Refused(ALTERED, "not those of the records"))
        if not self.codes and not {sha256(file) for file in content.get(5, [])} <= self.files:
            self.note("attachments", Refused(ALTERED, "a file that no record names"))

    def checkpoints(
        self, notes: list[bytes], used: set[int]
    ) -> list[tuple[Checkpoint, int | None] | None]:
        anchors: list[tuple[Checkpoint, int | None] | None] = []
        largest = 0
        for number, data in enumerate(notes):
            accepted = None
            try:
                point = checkpoint(data)
                times = self.policy.check(point)
                lines = [
                    next(line for line in point.lines if line.is_by(key))
                    for key in self.policy.exact_lines(set(times))
                ]
                need(lines == list(point.lines), "not exactly one quorum's lines")
                need(point.size > largest, "sizes do not ascend")
                largest = point.size
                accepted = (point, max(times.values(), default=None))
                need(number in used, "no batch uses it")
            except Refused as refused:
                self.note(f"checkpoint {number}", refused)
            anchors.append(accepted)
        return anchors

    def batch(
        self, number: int, shown: list[Any], anchors: list[tuple[Checkpoint, int | None] | None]
    ) -> Statement | None:
        try:
            said = statement(shown[0])
            found = self.policy.gateways.get((said.claims[1], said.signed.header[4]))
            need(found, "a gateway key that the policy has not", UNTRUSTED)
            assert found
            key, times = found
            assert said.signed.payload is not None
            need(said.signed.by(key, said.signed.payload), "the gateway's signature")
            anchored_at = self.anchored(said, shown, anchors)
            valid(times, said.claims[6], anchored_at)
            need(not (said.is_gap and shown[3]), "records of a gap")
            found_records = records(said, shown) if shown[3] else []
            files = [
                self.named_file(record, said.claims[1], anchored_at)
                for record in found_records
                if record[2] == "attachment"
            ]
        except Refused as refused:
            self.note(f"batch {number}", refused)
            return None
        self.gaps += [record[0] for record in found_records if record[2] == "gap"]
        self.files |= set(files)
        return said

    def named_file(self, record: dict[int, Any], issuer: str, anchored_at: int | None) -> bytes:
        """Return the digest of the file that a record names and the gateway signed."""
        fields = record[8]
        need(type(fields.get("envelope")) is bytes and len(fields["envelope"]) <= 1024, "envelope")
        signed = sign1(fields["envelope"])
        labels = {1, 4, 15, 258, 259} | set(signed.header) & {260}
        need(is_map(signed.header, *labels) and signed.unprotected == {}, "envelope's labels")
        need(signed.header[258] == -16 and len(signed.header[4]) == 8, "envelope's hash")
        need(all(type(signed.header[key]) is str for key in labels & {259, 260}), "envelope")
        claims = signed.header[15]
        need(is_map(claims, 1, 2, 6) and claims[2] == "attachment", "envelope's claims")
        need(claims[1] == issuer and is_count(claims[6]), "envelope's issuer")
        need(is_digest(signed.payload) and fields.get("digest") == signed.payload, "file's digest")
        need(is_count(fields.get("bytes")), "file's length")
        need("commitment" not in fields or is_digest(fields["commitment"]), "commitment")
        found = self.policy.gateways.get((issuer, signed.header[4]))
        need(found, "an envelope by a key that the policy has not", UNTRUSTED)
        assert found and signed.payload
        key, times = found
        need(signed.by(key, signed.payload), "the envelope's signature")
        valid(times, claims[6], anchored_at)
        return signed.payload

    def anchored(
        self, said: Statement, shown: list[Any], anchors: list[tuple[Checkpoint, int | None] | None]
    ) -> int | None:
        proof = receipt(shown[1])
        assert self.policy.log and self.policy.receipt
        need(proof.origin == self.policy.log.name, "a receipt of another log", UNTRUSTED)
        root = climb(sha256(b"\x00" + said.encoded), proof.index, proof.size, proof.path)
        need(proof.signed.by(self.policy.receipt, root), "the receipt's signature")
        need(shown[2] < len(anchors), "no such checkpoint")
        anchor = anchors[shown[2]]
        need(anchor, "its checkpoint was not accepted", UNTRUSTED)
        assert anchor
        point, time = anchor
        need((point.size, point.root) == (proof.size, root), "receipt of another state of the log")
        return time


def open_bundle(data: bytes) -> dict[int, Any]:
    need(data[:1] == b"\x82" and data[-34:-32] == b"\x58\x20", "no bundle", UNREADABLE)
    need(sha256(data[:-34]) == data[-32:], "closing digest", ALTERED)
    need(len(data) <= MAX_FILE, "too long", UNREADABLE)
    outer = decode(data, UNREADABLE)
    good = type(outer) is list and len(outer) == 2 and type(outer[0]) is bytes
    need(good and is_digest(outer[1]), "no bundle", UNREADABLE)
    content = decode(outer[0], UNREADABLE)
    need(type(content) is dict and is_count(content.get(0)), "contents", UNREADABLE)
    need(content[0] in (1, 2), "version", UNREADABLE)
    need(is_map(content, *range(5 if content[0] == 1 else 6)), "contents", UNREADABLE)
    need(is_digest(content[1]), "policy digest", UNREADABLE)
    need(all(type(content[key]) is list for key in (2, 3, 4)), "lists", UNREADABLE)
    need(all(type(note) is bytes for note in content[2]), "checkpoints", UNREADABLE)
    need(all(map(is_count, content[4])), "gaps", UNREADABLE)
    if content[0] == 1:
        need(all(map(is_shown, content[3])), "batches", UNREADABLE)
        return content
    need(all(map(is_shown_with_proof, content[3])), "batches", UNREADABLE)
    files = content[5]
    need(type(files) is list and all(type(file) is bytes for file in files), "files", UNREADABLE)
    digests = [sha256(file) for file in files]
    need(digests == sorted(set(digests)), "files out of order", UNREADABLE)
    return content


def is_shown_with_proof(batch: Any) -> bool:
    """Tell whether it is a batch of version 2."""
    if type(batch) is not list or len(batch) != 5 or type(batch[3]) is not list:
        return False
    *first, shown, proof = batch
    if not all(type(item) is list and len(item) == 3 for item in shown):
        return False
    if proof is None:
        return is_shown([*first, [[*item, None] for item in shown]])
    if type(proof) is not list or not proof or not shown:
        return False
    return all(type(item) is bytes for item in proof) and is_shown(
        [*first, [[*item, proof] for item in shown]]  # as if each had it for its path
    )


def is_shown(batch: Any) -> bool:
    if type(batch) is not list or len(batch) != 4:
        return False
    said, proof, point, shown = batch
    if type(said) is not bytes or type(proof) is not bytes or not is_count(point):
        return False
    if type(shown) is not list or not all(map(is_shown_record, shown)):
        return False
    indexes = [item[0] for item in shown]
    if all(item[3] is None for item in shown):
        return indexes == list(range(len(shown)))
    if any(item[3] is None for item in shown):
        return False
    return indexes == sorted(set(indexes))


def is_shown_record(item: Any) -> bool:
    if type(item) is not list or len(item) != 4:
        return False
    index, salt, record, path = item
    if not is_count(index) or type(record) is not bytes:
        return False
    if path is not None and (type(path) is not list or not path):
        return False
    hashes = path or ()
    return type(salt) is bytes and len(salt) == 16 and all(type(x) is bytes for x in hashes)


def partial_root(leaves: dict[int, bytes], low: int, high: int, rest: list[bytes]) -> bytes:
    """Return the hash over leaves [low, high): taken from `rest` where none of them is known."""
    if not any(low <= index < high for index in leaves):
        need(rest, "the proof is too short")
        need(is_digest(rest[0]), "a proof of something else than hashes")
        return rest.pop(0)
    if high - low == 1:
        return leaves[low]
    k = low + split(high - low)
    left = partial_root(leaves, low, k, rest)
    return sha256(b"\x01" + left + partial_root(leaves, k, high, rest))


def records(said: Statement, batch: list[Any]) -> list[dict[int, Any]]:
    """Check the records shown of a batch, and return them."""
    shown = batch[3]
    leaves = {item[0]: sha256(b"\x00" + item[1] + item[2]) for item in shown}
    count, root = said.batch[3], said.batch[2]
    need(max(leaves) < count, "a record beyond its batch")
    if len(batch) == 5 and batch[4] is not None:
        rest = list(batch[4])
        need(partial_root(leaves, 0, count, rest) == root, "the proof of the records")
        need(not rest, "the proof is too long")
    elif len(batch) == 5 or shown[0][3] is None:
        hashes = list(leaves.values())
        need(len(hashes) == count and tree_hash(hashes) == root, "the records of the batch")
    else:
        for index, _, _, path in shown:
            need(climb(leaves[index], index, count, list(path)) == root, "the path of a record")
    found = []
    for index, _, encoded, *_ in shown:
        record = decode(encoded, ALTERED)
        need(is_map(record, *range(9)), "record")
        need(all(is_count(record[key]) for key in (0, 3, 4)) and is_number(record[5]), "record")
        need(all(type(record[key]) is str for key in (1, 2, 7)), "record")
        need(is_clock(record[6]) and type(record[8]) is dict, "record")
        for name, value in record[8].items():
            need(type(name) is str, "a field's name")
            need(type(value) in (str, bytes) or is_number(value), "a field's value")
        need(record[0] == said.batch[4] + index, "a record out of its place")
        need(said.batch[5] <= record[5] <= said.batch[6], "a record out of its time")
        found.append(record)
    return found


def valid(times: dict[str, int], issued_at: int, anchored_at: int | None) -> None:
    if "revoked" in times:
        early = anchored_at is not None and anchored_at < times["revoked"]
        need(early, "the gateway's key was revoked", UNTRUSTED)
    need(anchored_at is None or anchored_at >= times["from"], "key not yet valid", UNTRUSTED)
    need("until" not in times or issued_at < times["until"], "key expired", UNTRUSTED)


def neighbours(before: Statement, after: Statement) -> None:
    old, new = before.claims, after.claims
    need(old[1] == new[1], "another gateway", INCOMPLETE)
    if old[-70001] != new[-70001]:
        next_epoch(before, after)
        return
    need(new[-70002] > before.last, "out of order")
    need(new[-70002] == before.last + 1, "a statement is missing", INCOMPLETE)
    need(new[-70003] == before.next_prev, "not the next of the chain")
    either = before.is_gap or after.is_gap
    need(either or after.signed.header[4] == before.next_kid, "a key that nobody announced")
    expected = before.numbers[1]
    need(after.numbers[0] <= expected, "records are missing", INCOMPLETE)
    need(after.numbers[0] == expected, "a record number twice")


def next_epoch(before: Statement, after: Statement) -> None:
    """Check what an epoch's first statement says of the epoch before."""
    named = after.claims.get(-70005)
    need(named and named[0] == before.claims[-70001], "an undeclared epoch", INCOMPLETE)
    assert named
    _, seq, digest, lost, _ = named
    need(seq is None or before.last >= seq, "statements of the old epoch", INCOMPLETE)
    if before.last == seq:
        need(digest == before.digest, "an epoch that goes on from another statement")
    need(lost is not None and before.last <= lost, "statements behind the old epoch's end")
    need(after.numbers[0] == 0, "the new epoch's records are missing", INCOMPLETE)


def verify(bundle: bytes, policy: str) -> int:
    """Return the exit code that docs/PROTOCOL.md, "Verification", gives `bundle`."""
    verifier = Verifier(parse_policy(policy))
    verifier.run(bundle)
    return verifier.verdict


def main(arguments: list[str]) -> int:
    """Verify the bundle and policy named on the command line."""
    bundle, policy = arguments
    verifier = Verifier(parse_policy(Path(policy).read_text(encoding="utf-8")))
    verifier.run(Path(bundle).read_bytes())
    verdicts = ("authentic and complete", "altered", "incomplete", "not anchored", "unreadable")
    print(verdicts[verifier.verdict], *verifier.reasons, sep="\n  ")
    return verifier.verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
