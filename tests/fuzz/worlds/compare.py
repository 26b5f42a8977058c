"""Ours, the second verifier and the node over one world: they must say the same of it.

Signatures are real and checked by all of them; the second verifier borrows a quick library for
their arithmetic, which the vectors and `tests/independent` by itself hold it to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from evidence.errors import MalformedError, SignatureError
from evidence.keys import Curve, PublicKey
from evidence.log_set import parse_log_set
from evidence.merkle import hash_leaf
from evidence.statement import Statement
from evidence.verify import verify_bundle
from ledger.store.chain import Accepted, Submission
from ledger.store.group import Group
from tests.fuzz.worlds.quirks import Chance
from tests.fuzz.worlds.shown import World, world
from tests.independent import cose as their_cose
from tests.independent import note as their_note
from tests.independent.chain import Finding, check_first, check_pair
from tests.independent.logs import read_logs
from tests.independent.statement import read_statement
from tests.independent.verify import verify_bundle as their_verify_bundle

REAL_VERIFY = PublicKey.verify
HOLE = 2
_CURVES = {32: Curve.P256, 48: Curve.P384}


@dataclass(frozen=True, slots=True)
class Said:
    """Exit code and the reasons of all findings, in order."""

    code: int
    reasons: tuple[str, ...]


class Differs(AssertionError):
    """Two of them read the page in two ways."""


def check_world(data: bytes) -> None:
    """Make the world that follows from any bytes, and compare; MalformedError where it is refused."""
    said = compare(world(Chance(data)))
    if said.code:
        raise MalformedError(said.reasons[0], "the world's bundle is not authentic")


def compare(made: World) -> Said:
    """Return what all say of a world; Differs where they do not say the same."""
    with quick_signatures():
        report = verify_bundle(made.bundle, parse_log_set(made.policy))
        ours = Said(int(report.outcome), tuple(found.reason for found in report.findings))
        code, reasons = their_verify_bundle(made.bundle, read_logs(made.policy.encode()))
    theirs = Said(code, tuple(reasons))
    if ours != theirs:
        raise Differs(f"ours {ours}, theirs {theirs}")
    compare_node([each.statement for each in made.life.sealed])
    return ours


@contextmanager
def quick_signatures() -> Iterator[None]:
    """Let the second verifier check signatures by the library that ours has; ours as ever."""

    def ecdsa_or_ed25519(key: their_cose.PublicKey, signature: bytes, data: bytes) -> bool:
        if key.kind.digest is None:
            return _verifies(PublicKey(Curve.ED25519, key.point), -8, data, signature)
        size = key.kind.size
        ours = PublicKey(_CURVES[size], key.point[:size], key.point[size:])
        return _verifies(ours, {32: -7, 48: -35}[size], data, signature)

    def ed25519(key: their_note.VKey, signature: bytes, data: bytes) -> bool:
        return _verifies(PublicKey(Curve.ED25519, key.key), -8, data, signature)

    with (
        patch.object(PublicKey, "verify", REAL_VERIFY),
        patch.object(their_cose.PublicKey, "verifies", ecdsa_or_ed25519),
        patch.object(their_note.VKey, "verifies", ed25519),
    ):
        yield


def _verifies(key: PublicKey, algorithm: int, data: bytes, signature: bytes) -> bool:
    try:
        REAL_VERIFY(key, algorithm, data, signature)
    except SignatureError:
        return False
    return True


def compare_node(statements: Sequence[Statement]) -> None:
    """Give the statements to a node, one by one, and ask the second verifier of each pair.

    What a node has not taken is not in its log, so it is not shown either. An epoch that names none
    before it a node takes, as it may be a gateway's first; a verifier calls it a hole.
    """
    node = Group(1, {}, {}, {(0, 0): hash_leaf(b"genesis")}, lambda *_: None)
    taken: list[Statement] = []
    for each in statements:
        if taken and each.claims.issuer != taken[-1].claims.issuer:
            continue
        if not taken and each.claims.seq:
            continue
        finding = _finding(taken, each)
        accepted = isinstance(node.register(Submission(each), 0), Accepted)
        again = any(each.digest == known.digest for known in taken)
        undeclared = finding is not None and (finding.code, finding.reason) == (HOLE, "epoch")
        if not again and not undeclared and accepted != (finding is None):
            raise Differs(f"the node {'takes' if accepted else 'refuses'} it, theirs: {finding}")
        if accepted and not again:
            taken.append(each)


def _finding(taken: Sequence[Statement], new: Statement) -> Finding | None:
    shown = [read_statement(each.encoded) for each in (*taken, new)]
    try:
        if not taken:
            check_first(shown[0])
        else:
            check_pair(shown[-2], shown[-1], shown[:-2])
    except Finding as finding:
        return finding
    return None
