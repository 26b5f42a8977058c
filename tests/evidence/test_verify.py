"""Bundles under attack. Each verdict is also that of the independent verifier."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import cbor, cose, verify
from evidence.bundle import Bundle, BundledBatch, Disclosed, parse_bundle
from evidence.checkpoint import Checkpoint
from evidence.errors import EvidenceError, SignatureError
from evidence.keys import PublicKey
from evidence.leaf import Salts, salted_leaf
from evidence.note import Note, Signature, parse_note
from evidence.policy import parse_policy
from evidence.receipt import sign_receipt
from evidence.report import Outcome, Report
from evidence.statement import Claims, parse_statement
from evidence.verify import verify_bundle
from tests.evidence import building
from tests.evidence.building import (
    EPOCH,
    ISSUER,
    NOON,
    WITNESSES,
    EcdsaSigner,
    EdSigner,
    World,
    record,
    records,
    seeded,
    small_bundle,
    small_world,
)
from tests.independent.verify import exit_code as stranger_verifies
from tests.vectors import erasures as erased

AUTHENTIC, ALTERED = Outcome.AUTHENTIC, Outcome.ALTERED
INCOMPLETE, UNTRUSTED, UNREADABLE = Outcome.INCOMPLETE, Outcome.UNTRUSTED, Outcome.UNREADABLE

WORLD = small_world()
BUNDLE = small_bundle(WORLD)
FILE = BUNDLE.to_bytes()


def verdict(bundle: Bundle | bytes, world: World = WORLD, policy: str | None = None) -> Report:
    """Return the report on a bundle after both verifiers came to the same outcome."""
    data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
    text = world.policy_text() if policy is None else policy
    report = verify_bundle(data, parse_policy(text))
    assert stranger_verifies(data, text) == report.outcome, report.findings
    return report


def reasons(report: Report) -> list[str]:
    return [finding.reason for finding in report.findings]


def closed(content: bytes) -> bytes:
    """Return the file around encoded contents, with a right closing digest."""
    start = b"\x82" + cbor.encode(content)
    return start + b"\x58\x20" + hashlib.sha256(start).digest()


def with_batch(number: int, **changes: object) -> Bundle:
    batches = list(BUNDLE.batches)
    batches[number] = replace(batches[number], **changes)
    return replace(BUNDLE, batches=tuple(batches))


def test_an_honest_bundle():
    report = verdict(BUNDLE)
    assert report.outcome is AUTHENTIC
    assert [statement.claims.seq for statement in report.statements] == [0, 1, 2]
    assert [shown.number for shown in report.records] == [0, 1, 4]
    assert [gap.number for gap in report.gaps] == [4]
    assert report.hidden == 6
    (log,) = report.logs
    assert (log.origin, log.size, log.batches) == (building.ORIGIN, 4, 3)
    assert len(log.cosigners) == 3
    assert report.anchored_at == NOON + 62
    assert report.same_policy


def test_round_trip():
    assert parse_bundle(FILE) == BUNDLE


def test_all_batches_whole():
    whole = WORLD.bundle([WORLD.bundled(sealed) for sealed in WORLD.sealed])
    report = verdict(whole)
    assert report.outcome is AUTHENTIC
    assert report.hidden == 0
    assert [shown.number for shown in report.records] == list(range(9))


def test_batches_under_two_checkpoints():
    world = World()
    first = world.seal(records(0, 3))
    bundled, note = world.bundled(first), world.note()
    second = world.seal(records(3, 3))
    batches = [bundled, world.bundled(second, checkpoint=1)]
    report = verdict(world.bundle(batches, [note, world.note(at=NOON + 90)]), world)
    assert report.outcome is AUTHENTIC
    assert (report.logs[0].size, report.anchored_at) == (3, NOON + 92)
    backwards = world.bundle(batches[::-1], [world.note(), note])
    assert verdict(backwards, world).outcome is ALTERED
    assert verdict(world.bundle(batches, [note, note]), world).outcome is ALTERED


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 100])
def test_every_size_of_batch(size):
    world = World(quorum="quorum amber")
    sealed = world.seal(records(0, size))
    whole = world.bundle([world.bundled(sealed)])
    assert verdict(whole, world).outcome is AUTHENTIC
    if size > 1:
        some = sorted({0, size // 2, size - 1})
        part = world.bundle([world.bundled(sealed, indexes=some)])
        assert verdict(part, world).outcome is AUTHENTIC


# A bundle as small as can be, so that every bit of it can be tried.
TINY_WORLD = World(quorum="quorum amber", tree=building.Tree([seeded("genesis")]))
TINY_WORLD.seal([record(0, device="d", kind="k", values={})])
TINY_WORLD.seal(
    [record(1, "gap", device="d", values={}), record(2, device="d", kind="k", values={})]
)
TINY = TINY_WORLD.bundle(
    [
        TINY_WORLD.bundled(TINY_WORLD.sealed[0]),
        TINY_WORLD.bundled(TINY_WORLD.sealed[1], indexes=[0]),
    ]
)
TINY_FILE = TINY.to_bytes()
TINY_POLICY = TINY_WORLD.policy()


@pytest.fixture
def signatures_remembered(monkeypatch):
    """Let each signature be checked once: in a sweep most parts of the bundle stay as they were."""
    genuine = PublicKey.verify

    @cache
    def refusal(*question):
        try:
            genuine(*question)
        except SignatureError as error:
            return error
        return None

    def verify(*question):
        if error := refusal(*question):
            raise error

    monkeypatch.setattr(PublicKey, "verify", verify)


def test_every_flipped_bit_of_the_file_is_found():
    assert verdict(TINY, TINY_WORLD).outcome is AUTHENTIC
    for bit in range(8 * len(TINY_FILE)):
        changed = bytearray(TINY_FILE)
        changed[bit // 8] ^= 1 << bit % 8
        outcome = verify_bundle(bytes(changed), TINY_POLICY).outcome
        assert outcome in (ALTERED, UNREADABLE), bit


def flipped(bit: int) -> bytes:
    changed = bytearray(TINY_FILE[:-34])
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed) + b"\x58\x20" + hashlib.sha256(changed).digest()


@pytest.mark.usefixtures("signatures_remembered")
def test_every_flipped_bit_is_found_though_the_closing_digest_was_made_anew():
    for bit in range(8 * (len(TINY_FILE) - 34)):
        report = verify_bundle(flipped(bit), TINY_POLICY)
        assert report.outcome is not AUTHENTIC, bit


@pytest.mark.parametrize("offset", range(8))
def test_the_independent_verifier_agrees_on_flipped_bits(offset):
    text = TINY_WORLD.policy_text()
    for bit in range(offset * 53, 8 * (len(TINY_FILE) - 34), 431):
        data = flipped(bit)
        assert stranger_verifies(data, text) == verify_bundle(data, TINY_POLICY).outcome, bit


@pytest.mark.usefixtures("signatures_remembered")
def test_every_byte_set_to_the_dangerous_values_is_found():
    for at in range(len(TINY_FILE) - 34):
        for value in {0x00, 0xF5, 0xF6, 0x80} - {TINY_FILE[at]}:
            changed = TINY_FILE[:at] + bytes([value]) + TINY_FILE[at + 1 : -34]
            data = changed + b"\x58\x20" + hashlib.sha256(changed).digest()
            assert verify_bundle(data, TINY_POLICY).outcome is not AUTHENTIC, (at, value)


@given(st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_cut_doubled_and_moved_pieces_are_found(data):
    size = len(FILE) - 34
    a, b = sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size))))
    at = data.draw(st.integers(0, size))
    changed = data.draw(
        st.sampled_from(
            [
                FILE[:a] + FILE[b:size],
                FILE[:b] + FILE[a:size],
                FILE[:at] + FILE[a:b] + FILE[at:size],
                FILE[:a] + FILE[a:b][::-1] + FILE[b:size],
            ]
        )
    )
    if changed == FILE[:-34]:
        return
    assert (
        verdict(changed + b"\x58\x20" + hashlib.sha256(changed).digest()).outcome is not AUTHENTIC
    )


def test_a_file_within_a_file_is_no_bundle():
    """The closing digest must be the second item itself, not lie within it."""
    doubled = FILE[:-34] * 2
    assert verdict(closed(doubled)).outcome is UNREADABLE


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_get_a_verdict(data):
    assert verdict(data).outcome is UNREADABLE
    assert verdict(closed(data)).outcome is UNREADABLE


SHAPED = st.recursive(
    st.one_of(
        st.integers(-3, 3), st.booleans(), st.none(), st.binary(max_size=3), st.text(max_size=2),
        st.sampled_from([bytes(16), bytes(32), 2**63, 2**64 - 1, -(2**64)]),
        st.sampled_from([b.statement for b in BUNDLE.batches] + [b.receipt for b in BUNDLE.batches]),
        st.sampled_from(list(BUNDLE.checkpoints)),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-1, 5), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys((2, 3, 4), SHAPED)))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_contents_of_any_shape_get_a_verdict(fields):
    content = {0: 1, 1: WORLD.policy().digest, **fields}
    assert verdict(closed(cbor.encode(content))).outcome is not AUTHENTIC


GENUINE = [(b.statement, b.receipt, b.checkpoint) for b in BUNDLE.batches]
PIECES = [
    (item.index, item.salt, item.record, item.path) for b in BUNDLE.batches for item in b.disclosed
]


@pytest.mark.usefixtures("signatures_remembered")
@given(
    st.lists(
        st.tuples(
            st.sampled_from([g[0] for g in GENUINE]),
            st.sampled_from([g[1] for g in GENUINE]),
            st.integers(0, 2),
            st.lists(st.sampled_from(PIECES), max_size=3),
        ),
        max_size=4,
    ),
    st.lists(st.integers(0, 9), max_size=2),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_genuine_pieces_in_any_order_never_say_more_than_they_may(batches, gaps):
    content = {0: 1, 1: WORLD.policy().digest, 2: list(BUNDLE.checkpoints), 3: batches, 4: gaps}
    report = verdict(closed(cbor.encode(content)))
    if report.outcome is AUTHENTIC:
        # a part of the chain, from one end to another, with only its own records
        seqs = [statement.claims.seq for statement in report.statements]
        assert seqs == list(range(seqs[0], seqs[0] + len(batches)))
        assert [gap.number for gap in report.gaps] == gaps


def test_a_dropped_batch_is_a_gap():
    first, _, third = BUNDLE.batches
    report = verdict(replace(BUNDLE, batches=(first, third), gaps=()))
    assert report.outcome is INCOMPLETE
    assert reasons(report) == ["gap"]


def test_ends_cannot_be_told_missing():
    # Nobody signs where a bundle begins and ends: the report names both ends.
    report = verdict(replace(BUNDLE, batches=BUNDLE.batches[1:]))
    assert report.outcome is AUTHENTIC
    assert [statement.claims.seq for statement in report.statements] == [1, 2]


@pytest.mark.parametrize("order", [(0, 0, 1, 2), (0, 1, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_doubled_and_reordered_batches(order):
    report = verdict(replace(BUNDLE, batches=tuple(BUNDLE.batches[n] for n in order)))
    assert report.outcome is ALTERED


def test_no_batch_at_all():
    report = verdict(replace(BUNDLE, batches=(), gaps=(), checkpoints=()))
    assert report.outcome is UNREADABLE


def test_swapped_receipts():
    first, second, third = BUNDLE.batches
    swapped = (
        replace(first, receipt=second.receipt),
        replace(second, receipt=first.receipt),
        third,
    )
    assert verdict(replace(BUNDLE, batches=swapped)).outcome is ALTERED


def test_swapped_records():
    first, second, third = BUNDLE.batches
    swapped = (
        replace(first, disclosed=second.disclosed),
        replace(second, disclosed=first.disclosed),
        third,
    )
    assert verdict(replace(BUNDLE, batches=swapped)).outcome is ALTERED


def test_parts_of_another_bundle():
    other = small_world(epoch=bytes(16), tree=building.Tree([seeded("other genesis")]))
    theirs = small_bundle(other)
    assert verdict(theirs).outcome is AUTHENTIC
    assert verdict(replace(BUNDLE, checkpoints=theirs.checkpoints)).outcome is ALTERED
    for number in range(3):
        batches = list(BUNDLE.batches)
        batches[number] = theirs.batches[number]
        assert verdict(replace(BUNDLE, batches=tuple(batches))).outcome is ALTERED
        swapped = with_batch(number, statement=theirs.batches[number].statement)
        assert verdict(swapped).outcome is ALTERED
        swapped = with_batch(number, receipt=theirs.batches[number].receipt)
        assert verdict(swapped).outcome is ALTERED


def test_another_epoch_begins():
    world = small_world()
    claims = Claims(ISSUER, NOON + 9, bytes(16), 0, None)
    world.seal(records(0, 2), claims)
    report = verdict(world.bundle([world.bundled(sealed) for sealed in world.sealed]), world)
    assert report.outcome is INCOMPLETE
    assert reasons(report) == ["epoch"]


def test_a_chain_with_another_predecessor():
    world = World()
    world.seal(records(0, 2))
    world.seal(records(2, 2), Claims(ISSUER, NOON, EPOCH, 1, bytes(32)))
    report = verdict(world.bundle([world.bundled(sealed) for sealed in world.sealed]), world)
    assert (report.outcome, reasons(report)) == (ALTERED, ["chain"])


def test_equivocation():
    world = World()
    world.seal(records(0, 2))
    world.seal(records(0, 2), Claims(ISSUER, NOON + 5, EPOCH, 0, None))
    report = verdict(world.bundle([world.bundled(sealed) for sealed in world.sealed]), world)
    assert (report.outcome, reasons(report)) == (ALTERED, ["equivocation"])


@pytest.mark.parametrize(("first", "outcome"), [(2, AUTHENTIC), (3, INCOMPLETE), (1, ALTERED)])
def test_numbers_between_batches(first, outcome):
    world = World()
    world.seal(records(0, 2))
    world.seal(records(first, 2))
    report = verdict(world.bundle([world.bundled(sealed) for sealed in world.sealed]), world)
    assert report.outcome is outcome


@pytest.mark.parametrize(
    "lie",
    [
        {"first": 1},
        {"first_ms": 1000 * NOON + 1},
        {"last_ms": 1000 * NOON},
        {"count": 4},
        {"count": 2},
        {"root": bytes(32)},
    ],
)
def test_a_statement_that_does_not_fit_its_records(lie):
    world = World()
    sealed = world.seal(records(0, 3), **lie)
    assert verdict(world.bundle([world.bundled(sealed)]), world).outcome is ALTERED


@pytest.mark.parametrize("junk", [b"", b"\xa0", b"\x00", b"\xff", cbor.encode({0: True})])
def test_a_leaf_that_is_no_record(junk):
    world = World()
    root = salted_leaf(Salts(seeded("seed 0"))(0), junk)
    sealed = world.seal(records(0, 1), root=root)
    batch = replace(
        world.bundled(sealed), disclosed=(Disclosed(0, Salts(seeded("seed 0"))(0), junk, None),)
    )
    bundle = Bundle(world.policy().digest, (world.note(),), (batch,), ())
    assert verdict(bundle, world).outcome is ALTERED


def shown(number: int, **changes: object) -> Bundle:
    """Return BUNDLE with another record shown in its second, partly shown batch."""
    items = list(BUNDLE.batches[1].disclosed)
    items[number] = replace(items[number], **changes)
    return with_batch(1, disclosed=tuple(items))


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": bytes(16)},
        {"record": record(1, values={"temperature": 999}).to_bytes()},
        {"record": b""},
        {"index": 1},
        {"path": (bytes(32),) * 3},
        {"path": (bytes(31),) * 3},
        {"path": (bytes(32),) * 64},
    ],
)
def test_a_changed_record(changes):
    assert verdict(shown(0, **changes)).outcome is ALTERED


@pytest.mark.parametrize("indexes", [(3, 0), (0, 0), (3, 3)])
def test_records_out_of_order_are_no_bundle(indexes):
    items = BUNDLE.batches[1].disclosed
    again = tuple(replace(items[0 if i == 0 else 1]) for i in indexes)
    assert verdict(with_batch(1, disclosed=again)).outcome is UNREADABLE


def test_whole_and_in_part_at_once_is_no_bundle():
    items = BUNDLE.batches[1].disclosed
    mixed = (replace(items[0], path=None), items[1])
    assert verdict(with_batch(1, disclosed=mixed)).outcome is UNREADABLE


def test_a_batch_of_one_record_has_one_form():
    alone = replace(BUNDLE.batches[0].disclosed[0], path=())
    assert verdict(with_batch(0, disclosed=(alone,))).outcome is UNREADABLE


def test_a_batch_that_only_says_that_it_is_whole():
    items = WORLD.sealed[1].shown()
    assert verdict(with_batch(1, disclosed=items)).outcome is AUTHENTIC
    assert verdict(with_batch(1, disclosed=items[:-1])).outcome is ALTERED
    assert verdict(with_batch(1, disclosed=(replace(items[0], index=0),))).outcome is ALTERED
    doubled = (*items, replace(items[-1], index=5))
    assert verdict(with_batch(1, disclosed=doubled)).outcome is ALTERED


def test_a_hidden_record_is_counted():
    report = verdict(replace(with_batch(1, disclosed=BUNDLE.batches[1].disclosed[:1]), gaps=()))
    assert report.outcome is AUTHENTIC
    assert report.hidden == 7


@pytest.mark.parametrize("gaps", [(), (3,), (4, 4), (4, 5), (0, 4), (2**63 - 1,)])
def test_a_list_of_gaps_that_is_not_that_of_the_records(gaps):
    report = verdict(replace(BUNDLE, gaps=gaps))
    assert (report.outcome, reasons(report)) == (ALTERED, ["gaps"])


def note_of(*lines: Signature, text: str | None = None) -> bytes:
    told = parse_note(BUNDLE.checkpoints[0])
    return Note(told.text if text is None else text, lines).to_text().encode()


LOG_LINE, *COSIGNED = parse_note(BUNDLE.checkpoints[0]).signatures


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((LOG_LINE, *COSIGNED), AUTHENTIC),
        ((LOG_LINE, *COSIGNED[:2]), UNTRUSTED),
        ((LOG_LINE,), UNTRUSTED),
        (COSIGNED, ALTERED),
        ((LOG_LINE, COSIGNED[0], *COSIGNED), ALTERED),
        ((LOG_LINE, LOG_LINE, *COSIGNED), ALTERED),
        ((*COSIGNED, LOG_LINE), ALTERED),
        ((LOG_LINE, *COSIGNED[::-1]), ALTERED),
        ((LOG_LINE, *COSIGNED, Signature("stranger", b"abcd", bytes(72))), ALTERED),
        ((LOG_LINE, *COSIGNED[:2], Signature("stranger", b"abcd", bytes(72))), UNTRUSTED),
        ((LOG_LINE, *COSIGNED[:2], replace(COSIGNED[2], blob=COSIGNED[1].blob)), ALTERED),
        ((LOG_LINE, *COSIGNED[:2], replace(COSIGNED[2], blob=bytes(72))), ALTERED),
        ((LOG_LINE, *COSIGNED[:2], replace(COSIGNED[2], key_id=bytes(4))), UNTRUSTED),
    ],
)
def test_lines_of_the_checkpoint(lines, outcome):
    assert verdict(replace(BUNDLE, checkpoints=(note_of(*lines),))).outcome is outcome


def test_all_four_cosigners_are_one_too_many():
    report = verdict(replace(BUNDLE, checkpoints=(WORLD.note(minimal=False),)))
    assert (report.outcome, reasons(report)[0]) == (ALTERED, "loose")


def test_a_checkpoint_that_no_batch_uses():
    smaller = World().note()
    batches = tuple(replace(batch, checkpoint=1) for batch in BUNDLE.batches)
    report = verdict(replace(BUNDLE, checkpoints=(smaller, *BUNDLE.checkpoints), batches=batches))
    assert (report.outcome, reasons(report)) == (ALTERED, ["loose"])


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_a_checkpoint_that_is_not_there(number):
    assert verdict(with_batch(2, checkpoint=number)).outcome is ALTERED


@pytest.mark.usefixtures("signatures_remembered")
def test_a_receipt_that_lies_about_its_size():
    # Trap T1: the same path and root at other sizes, signed by the log's own receipt key.
    sealed = WORLD.sealed[2]
    assert (sealed.index, WORLD.tree.size) == (3, 4)
    tried = 0
    for size in range(1, 40):
        for index in range(size):
            if (index, size) == (3, 4):
                continue
            path = WORLD.tree.inclusion_path(3)
            lying = sign_receipt(
                building.ORIGIN, size, index, path, WORLD.tree.root(),
                WORLD.receipts.public, -8, WORLD.receipts,
            )  # fmt: skip
            report = verify_bundle(with_batch(2, receipt=lying).to_bytes(), WORLD.policy())
            assert report.outcome is ALTERED
            tried += "receipt-root" in reasons(report)
    assert (
        tried > 3
    )  # some of them prove the very root, and only the checkpoint's size refutes them


def test_a_checkpoint_that_lies_about_its_size():
    for size in (3, 5, 7):
        lie = Checkpoint(building.ORIGIN, size, WORLD.tree.root())
        bundle = replace(BUNDLE, checkpoints=(WORLD.note(checkpoint=lie),))
        assert verdict(bundle).outcome is ALTERED


def test_two_roots_at_one_size():
    fork = Checkpoint(building.ORIGIN, 4, bytes(32))
    notes = (*BUNDLE.checkpoints, WORLD.note(checkpoint=fork))
    assert verdict(replace(BUNDLE, checkpoints=notes)).outcome is ALTERED


def test_one_checkpoint_twice():
    first, second, third = BUNDLE.batches
    batches = (first, replace(second, checkpoint=1), third)
    twice = replace(BUNDLE, checkpoints=BUNDLE.checkpoints * 2, batches=batches)
    report = verdict(twice)
    assert report.outcome is ALTERED
    assert "order" in reasons(report)


class FalseGateway(EcdsaSigner):
    """Bears the gateway's public key and kid, and signs with another."""

    def __call__(self, message: bytes) -> bytes:
        return EcdsaSigner("thief")(message)


def test_a_log_and_its_witnesses_that_took_a_forged_statement():
    # Everything about it is in order but the gateway's signature.
    world = small_world(gateway=FalseGateway("gateway"))
    report = verdict(small_bundle(world))
    assert report.outcome is ALTERED
    assert set(reasons(report)) == {"signature"}


def test_of_another_log():
    south = World(origin="log.example.com/south")
    for sealed in range(3):
        south.seal(records(3 * sealed, 3))
    theirs = south.bundle([south.bundled(sealed) for sealed in south.sealed])
    report = verdict(theirs)
    assert (report.outcome, reasons(report)) == (UNTRUSTED, ["other-policy"])
    assert not report.same_policy
    # the same, but pretending to be made for our policy
    pretending = replace(theirs, policy_digest=WORLD.policy().digest)
    assert verdict(pretending).outcome is UNTRUSTED


def test_another_policys_digest_only():
    report = verdict(replace(BUNDLE, policy_digest=bytes(32)))
    assert (report.outcome, reasons(report)) == (UNTRUSTED, ["other-policy"])


def test_the_same_policy_in_other_words():
    text = "# a comment\n" + WORLD.policy_text().replace("amber ", "first ").replace(" q", " most")
    text = text.replace(" https://log.example.com/", "")
    assert text != WORLD.policy_text()
    assert verdict(BUNDLE, policy=text).outcome is AUTHENTIC


@pytest.mark.parametrize("part", ["log", "receipts", "gateway"])
def test_signed_by_other_keys(part):
    other = EcdsaSigner("other") if part == "gateway" else EdSigner("other")
    world = small_world(**{part: other})
    forged = replace(small_bundle(world), policy_digest=WORLD.policy().digest)
    expected = UNTRUSTED if part == "gateway" else ALTERED
    assert verdict(forged).outcome is expected


def test_cosigned_by_others():
    world = small_world(witnesses={name: EdSigner(f"other {name}") for name in WITNESSES})
    forged = replace(small_bundle(world), policy_digest=WORLD.policy().digest)
    assert verdict(forged).outcome is UNTRUSTED


def test_another_issuer_with_an_admitted_key():
    world = small_world(issuer="urn:uuid:someone-else")
    forged = small_bundle(world)
    assert forged.policy_digest == WORLD.policy().digest
    report = verdict(forged)
    assert report.outcome is UNTRUSTED
    assert set(reasons(report)) == {"unknown-gateway"}


# When the statements say they were made; when two of the quorum's three witnesses had seen them
MADE, SEEN = NOON, NOON + 62


def stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("times", "outcome"),
    [
        (f"from {stamp(SEEN)}", AUTHENTIC),
        (f"from {stamp(SEEN + 1)}", UNTRUSTED),
        (f"from 2026-01-01T00:00:00Z revoked {stamp(SEEN + 1)}", AUTHENTIC),
        (f"from 2026-01-01T00:00:00Z revoked {stamp(SEEN)}", UNTRUSTED),
        (f"from 2026-01-01T00:00:00Z revoked {stamp(MADE + 1)}", UNTRUSTED),
        (f"from 2026-01-01T00:00:00Z until {stamp(MADE + 3)}", AUTHENTIC),
        (f"from 2026-01-01T00:00:00Z until {stamp(MADE + 2)}", UNTRUSTED),
        (f"from 2026-01-01T00:00:00Z until {stamp(MADE + 3)} revoked {stamp(SEEN)}", UNTRUSTED),
    ],
)
def test_keys_that_were_valid_then(times, outcome):
    text = WORLD.policy_text().replace("from 2026-01-01T00:00:00Z", times)
    assert verdict(BUNDLE, policy=text).outcome is outcome


def test_without_a_quorum_a_revoked_key_is_worth_nothing():
    world = World(quorum="quorum none")
    world.seal(records(0, 2))
    bundle = world.bundle([world.bundled(world.sealed[0])], [world.note(())])
    report = verdict(bundle, world)
    assert (report.outcome, report.anchored_at, report.logs[0].cosigners) == (AUTHENTIC, None, ())
    revoked = world.policy_text().strip() + " revoked 2099-01-01T00:00:00Z\n"
    assert verdict(bundle, policy=revoked).outcome is UNTRUSTED


def test_a_statement_about_something_else():
    genuine = parse_statement(BUNDLE.batches[0].statement)
    header = dict(genuine.sign1.header)
    header[15] = {**header[15], 2: "genesis"}
    forged = cose.sign(header, genuine.sign1.payload or b"", WORLD.gateway).to_bytes()
    assert verdict(with_batch(0, statement=forged)).outcome is ALTERED


def test_the_other_ecdsa_signature_is_another_entry():
    genuine = BUNDLE.batches[0].statement
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    twin = genuine[:-32] + (order - int.from_bytes(genuine[-32:], "big")).to_bytes(32, "big")
    parse_statement(twin).verify(WORLD.gateway.public)
    assert verdict(with_batch(0, statement=twin)).outcome is ALTERED


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"", UNREADABLE),
        (b"\x82", UNREADABLE),
        (b"PK\x03\x04" + bytes(100), UNREADABLE),
        (FILE[:-1], UNREADABLE),
        (FILE[:-33], UNREADABLE),
        (FILE + b"\0", UNREADABLE),
        (FILE[1:], UNREADABLE),
        (FILE[:-1] + bytes([FILE[-1] ^ 1]), ALTERED),
        (FILE[:100] + b"x" + FILE[101:], ALTERED),
        (closed(b""), UNREADABLE),
        (closed(cbor.encode({})), UNREADABLE),
        (closed(cbor.encode({0: 2})), UNREADABLE),
        (closed(cbor.encode({0: True, 1: bytes(32), 2: (), 3: (), 4: ()})), UNREADABLE),
        (closed(cbor.encode({0: 1, 1: bytes(32), 2: (), 3: (), 4: (), 5: 0})), UNREADABLE),
        (closed(cbor.encode({0: 1, 1: bytes(32), 2: (), 3: ()})), UNREADABLE),
        (closed(cbor.encode({0: 1, 1: bytes(31), 2: (), 3: (), 4: ()})), UNREADABLE),
        (closed(cbor.encode({0: 1, 1: bytes(32), 2: ("",), 3: (), 4: ()})), UNREADABLE),
        (closed(cbor.encode({0: 1, 1: bytes(32), 2: (), 3: (), 4: (-1,)})), UNREADABLE),
        (closed(b"\x9f\xff"), UNREADABLE),
        (closed(b"\x81" * 5000), UNREADABLE),
    ],
)
def test_files_that_are_no_bundle(data, outcome):
    assert verdict(data).outcome is outcome


@pytest.mark.parametrize("part", ["statement", "receipt", "checkpoint", "record"])
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_mutated_parts_get_a_verdict(part, data):
    batch = BUNDLE.batches[0]
    source = {
        "statement": batch.statement,
        "receipt": batch.receipt,
        "checkpoint": BUNDLE.checkpoints[0],
        "record": batch.disclosed[0].record,
    }[part]
    changed = bytearray(source)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        change = data.draw(st.sampled_from(["set", "insert", "delete"]))
        if change == "delete" and len(changed) > 1:
            del changed[at]
        elif change == "insert":
            changed.insert(at, data.draw(st.integers(0, 255)))
        else:
            changed[at] = data.draw(st.integers(0, 255))
    if bytes(changed) == source:
        return
    if part == "checkpoint":
        bundle = replace(BUNDLE, checkpoints=(bytes(changed),))
    elif part == "record":
        bundle = with_batch(0, disclosed=(replace(batch.disclosed[0], record=bytes(changed)),))
    else:
        bundle = with_batch(0, **{part: bytes(changed)})
    assert verdict(bundle).outcome is not AUTHENTIC


def test_findings_are_for_people_and_terminals():
    evil = parse_statement(BUNDLE.batches[0].statement)
    header = dict(evil.sign1.header)
    header[15] = {**header[15], 1: "\x1b[2J\n" + "x" * 400}
    forged = cose.sign(header, evil.sign1.payload or b"", WORLD.gateway).to_bytes()
    report = verdict(with_batch(0, statement=forged))
    for finding in report.findings:
        assert finding.text.isprintable()
        assert len(finding.text) < 300


def test_a_batch_is_a_bundled_batch():
    assert isinstance(BUNDLE.batches[0], BundledBatch)
    with pytest.raises(EvidenceError):
        parse_bundle(FILE[:-1])


def test_what_was_erased_is_told_by_records_in_the_chain_and_beside_it():
    """The vectors of erasures: two batches with positions gone, and two that say so."""
    policy = parse_policy(erased.WORLD.policy_text())
    beside = replace(erased.WORLD.bundle(erased.CUT), erasures=erased.TOLD)
    report = verify_bundle(beside.to_bytes(), policy)
    assert [each.number for each in report.erasures] == [7, 9]
    assert [each.number for each in report.records] == [0, 2, 5]
    assert [each.claims.seq for each in report.statements] == [0, 1]
    chain = (*erased.CUT, *(erased.WORLD.bundled(each) for each in (erased.THIRD, erased.ALONE)))
    within = replace(erased.WORLD.bundle(chain), erasures=erased.TOLD[1:])
    report = verify_bundle(within.to_bytes(), policy)
    assert [each.number for each in report.erasures] == [7, 9]
    assert [each.number for each in report.records] == [0, 2, 5, 6, 7]


def test_how_far_the_check_is_can_be_heard():
    heard = []
    verify_bundle(FILE, WORLD.policy(), lambda done, whole: heard.append((done, whole)))
    assert heard == [(0, 3), (1, 3), (2, 3)]


def strange_batches():
    """Three batches, each with a receipt for another statement."""
    first, second, third = BUNDLE.batches
    receipts = (second.receipt, third.receipt, first.receipt)
    batches = zip((first, second, third), receipts, strict=True)
    return replace(BUNDLE, batches=tuple(replace(each, receipt=of) for each, of in batches))


def strange_files():
    """An authentic bundle, and three files that no record names."""
    files = sorted((b"one", b"two", b"three"), key=lambda file: hashlib.sha256(file).digest())
    whole = WORLD.bundle([WORLD.bundled(sealed) for sealed in WORLD.sealed])
    return replace(whole, attachments=tuple(files))


def strange_checkpoints():
    """Three checkpoints besides the one that is used."""
    return replace(BUNDLE, checkpoints=BUNDLE.checkpoints * 4)


@pytest.mark.parametrize("made", [strange_batches, strange_files, strange_checkpoints])
@pytest.mark.parametrize("most", [2, 3])
def test_what_lies_behind_so_many_findings_is_not_looked_at(monkeypatch, made, most):
    assert verify.MAX_FINDINGS == 1000
    data = made().to_bytes()
    assert len(verify_bundle(data, WORLD.policy()).findings) >= 3
    monkeypatch.setattr(verify, "MAX_FINDINGS", most)
    assert len(verify_bundle(data, WORLD.policy()).findings) == most


def test_of_erasures_too_so_many_findings_are_enough(monkeypatch):
    monkeypatch.setattr(verify, "MAX_FINDINGS", 2)
    three = replace(erased.WORLD.bundle(erased.CUT), erasures=erased.TOLD[:1] * 4)
    report = verify_bundle(three.to_bytes(), parse_policy(erased.WORLD.policy_text()))
    assert reasons(report) == ["erasure"] * 2
