"""Vectors of bundles that hold together but for one thing: each check alone must find it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace

from evidence.bundle import MAX_FILE_BYTES, Bundle, Disclosed
from tests.evidence import lifecycle
from tests.evidence.building import NOON, EcdsaSigner, World, record, records, seeded
from tests.evidence.lifecycle import Life
from tests.vectors.case import BundleCase

ALTERED, INCOMPLETE, UNTRUSTED, UNREADABLE = 1, 2, 3, 4
LARGEST_DIGEST = "da99bb13fb29adc3744811048753a43a84ee89a548732c4bd95435bd1f927611"
"""SHA-256 of all but the end of `_largest`."""


def whole_cases() -> Iterator[BundleCase]:
    """Yield bundles, each with the policy that it is held against."""
    yield from _leaves()
    yield from _epochs()
    yield from _gaps()
    yield from _several_receipts()
    yield from _times()
    yield from _policies()
    yield _largest()


def _case(
    name: str, bundle: Bundle, world: World, exit_code: int = 0, *findings: str, policy: str = ""
) -> BundleCase:
    given = {"policy": policy or world.policy_text()}
    return BundleCase(name, bundle.to_bytes(), given=given, exit=exit_code, findings=findings)


# A batch that is shown whole, with its root alone to hold it against


def _leaves() -> Iterator[BundleCase]:
    world = World()
    sealed = world.seal(records(0, 4))
    items = sealed.shown()
    warmer = record(1, values={"temperature": 999}).to_bytes()
    extra = Disclosed(4, bytes(16), record(4).to_bytes())
    for name, shown, reason in (
        ("a record changed", _at(items, 1, record=warmer), "leaves"),
        ("a salt changed", _at(items, 1, salt=bytes(16)), "leaves"),
        ("the last record changed", _at(items, 3, record=record(3, "gap").to_bytes()), "leaves"),
        ("two records exchanged", _exchanged(items), "leaves"),
        ("a record more", (*items, extra), "leaves"),
        ("the last record left out", items[:-1], "leaves"),
        ("the last record twice", (*items, replace(items[3], index=4)), "leaves"),
    ):
        batch = replace(world.bundled(sealed), disclosed=shown)
        yield _case(f"whole: {name}", world.bundle([batch]), world, ALTERED, reason)
        if name == "a record more":
            continue
        file = b"a file that makes it version 2"
        second = replace(world.bundle([batch]), attachments=(file,))
        yield _case(f"whole, version 2: {name}", second, world, ALTERED, reason)
    liar = World()
    liar.seal(records(0, 4), count=5)
    yield _case("whole: a leaf count that is not the tree's", _all(liar), liar, ALTERED, "leaves")
    one = World()
    alone = one.seal(records(0, 1))
    other = replace(alone.shown()[0], record=record(0, values={"temperature": 1}).to_bytes())
    spoilt = replace(one.bundled(alone), disclosed=(other,))
    yield _case("whole: the only record changed", one.bundle([spoilt]), one, ALTERED, "leaves")


def _at(items: Sequence[Disclosed], index: int, **changes: bytes) -> tuple[Disclosed, ...]:
    changed = replace(items[index], **changes)  # type: ignore[arg-type]  # salt or record
    return (*items[:index], changed, *items[index + 1 :])


def _exchanged(items: Sequence[Disclosed]) -> tuple[Disclosed, ...]:
    """Return two records in each other's place, each with its own salt."""
    one, two = replace(items[1], index=0), replace(items[0], index=1)
    return (one, two, *items[2:])


# Epochs and gaps


def _epochs() -> Iterator[BundleCase]:
    one = World()
    one.seal(records(0, 2))
    stranger = EcdsaSigner("another gateway")
    other = World(issuer="urn:uuid:another", gateway=stranger, tree=one.tree)
    claims = replace(other.claims(), seq=1, previous=one.sealed[0].statement.digest)
    other.seal(records(2, 2), claims)
    text = one.policy_text() + other.policy_text().splitlines()[-1] + "\n"
    both = one.bundle([one.bundled(one.sealed[0]), other.bundled(other.sealed[0])])
    yield _case(
        "another gateway goes on in the same epoch", both, one, INCOMPLETE, "epoch", policy=text
    )
    for name, first, exit_code, findings in (
        ("at record 3", 3, INCOMPLETE, ("numbers",)),
        ("at record 0", 0, 0, ()),
    ):
        life = Life()
        life.more()
        life.more()
        follows = life.follows()
        claims = replace(life.claims(), epoch=life.epoch, seq=0, previous=None, follows=follows)
        life.seal(records(first, 2), claims)
        yield _case(f"a new epoch {name}", _all(life), life, exit_code, *findings)
    life = lifecycle.epochs(lost=1, seq=None, digest=None)
    yield _case("a new epoch that goes on from nothing, and declares all lost", _all(life), life)
    life = lifecycle.epochs(lost=0, seq=None, digest=None)
    yield _case(
        "a new epoch that goes on from less than is shown", _all(life), life, ALTERED, "order"
    )
    life = lifecycle.epochs(lost=None, seq=None, digest=None)
    yield _case("a new epoch that knows of no statement", _all(life), life, ALTERED, "order")
    life = lifecycle.epochs(lost=9, seq=4, digest=bytes(32))
    yield _case("a new epoch behind a hole", _all(life), life, INCOMPLETE, "gap")


def _gaps() -> Iterator[BundleCase]:
    for name, count in (("a gap's records numbered again", 3), ("a gap of too few records", 7)):
        life = Life()
        life.more()
        before = life.sealed[0].statement
        claims = replace(life.claims(), issued_at=NOON + 50, seq=1, previous=before.digest)
        gap = lifecycle.Gap(3, before.next_record, 6, seeded("behind"), "disk damage")
        life.log_gap(claims, gap)
        after = replace(claims, seq=4, previous=seeded("behind"))
        life.seal(records(before.next_record + count, 2), after)
        exit_code = ALTERED if count < 6 else INCOMPLETE
        yield _case(name, _all(life), life, exit_code, "numbers")
    life = lifecycle.lost()
    twice = life.bundle([life.bundled(life.sealed[at]) for at in (0, 1, 1, 2)])
    yield _case("a gap twice", twice, life, ALTERED, "order")
    shown = [life.bundled(each) for each in life.sealed]
    part = shown[0].disclosed[:1]
    for name, change in {
        "with a path": {"disclosed": (replace(part[0], path=(bytes(32),)),)},
        "with a proof": {"disclosed": part, "proof": (bytes(32),)},
    }.items():
        gap = replace(shown[1], **change)
        bundle = life.bundle([shown[0], gap, shown[2]])
        yield _case(f"a record of a gap, {name}", bundle, life, ALTERED, "leaves")
    yield from _hands()
    within = Life()
    within.more()
    within.lose(3)
    late = replace(within.claims(), seq=2, previous=within.sealed[0].statement.digest)
    within.seal(records(2, 2), late)
    yield _case("a statement from within a gap", _all(within), within, ALTERED, "order")


def _hands() -> Iterator[BundleCase]:
    """Yield gaps beside which another key signs: what was lost may have named it."""
    second = EcdsaSigner("second")
    for name, signs in (
        ("behind a gap", (2,)),
        ("the gap itself", (1,)),
        ("from the gap on", (1, 2)),
    ):
        life = Life(keys=[lifecycle.OLD, second])
        for number in range(3):
            life.gateway = second if number in signs else lifecycle.OLD
            _ = life.lose(3) if number == 1 else life.more()
        yield _case(f"another key signs {name}", _all(life), life)


def _all(world: World) -> Bundle:
    return world.bundle([world.bundled(each) for each in world.sealed])


# Receipts, keys and policies


def _several_receipts() -> Iterator[BundleCase]:
    """Yield bundles of two batches whose receipts are of two sizes of the log."""
    world = World()
    first = world.seal(records(0, 3))
    early, note = world.bundled(first), world.note()
    world.seal(records(3, 3))
    late = world.bundled(world.sealed[1], checkpoint=1)
    notes = [note, world.note(at=NOON + 90)]
    late_first = replace(early, receipt=world.receipt(first))
    yield _case("receipts: each of a size of its own", world.bundle([early, late], notes), world)
    yield _case(
        "receipts: the first of the other's size",
        world.bundle([late_first, late], notes), world, ALTERED, "receipt-root",
    )  # fmt: skip
    exchanged = [replace(early, checkpoint=1), replace(late, checkpoint=0)]
    yield _case(
        "receipts: each under the other's checkpoint",
        world.bundle(exchanged, notes), world, ALTERED, "receipt-root", "receipt-root",
    )  # fmt: skip
    same = world.bundle([early, late], [note, note])
    yield _case("checkpoints: the same twice", same, world, ALTERED, "order", "checkpoint")
    both = _case(
        "key: valid from between two checkpoints", world.bundle([early, late], notes), world
    )
    text = world.policy_text().replace("from 2026-01-01T00:00:00Z", "from 2026-09-21T14:14:24Z")
    yield replace(both, given={"policy": text}, exit=UNTRUSTED, findings=("key-early",))
    text = world.policy_text().replace("00Z\n", "00Z revoked 2026-09-21T14:14:40Z\n")
    late_revoked = replace(both, name="key: revoked between two checkpoints")
    yield replace(late_revoked, given={"policy": text}, exit=UNTRUSTED, findings=("key-revoked",))


FILE = b"a certificate"
FIRST_SEEN, SECOND_SEEN = "2026-09-21T14:14:20Z", "2026-09-21T14:14:21Z"
"""When the first and the second of a checkpoint's three witnesses signed; the third is last."""


def _times() -> Iterator[BundleCase]:
    """Yield one honest bundle under keys that were valid at one of its times and not at another."""
    world = World()
    for number in range(3):
        world.seal(records(2 * number, 2))
    usual = "from 2026-01-01T00:00:00Z"
    for name, times, findings in (
        ("valid from the second cosignature on", f"from {SECOND_SEEN}", ()),
        ("revoked at the first cosignature", f"{usual} revoked {FIRST_SEEN}", ("key-revoked",) * 3),
        ("revoked at the second cosignature", f"{usual} revoked {SECOND_SEEN}", ("key-revoked",) * 3),
        ("expired at the last statement", f"{usual} until 2026-09-21T14:13:22Z", ("key-expired",)),
        ("expired, and revoked later", f"{usual} revoked 2027-01-01T00:00:00Z until 2026-09-21T14:13:20Z", ("key-expired",) * 3),
    ):  # fmt: skip
        text = world.policy_text().replace(usual, times)
        exit_code = UNTRUSTED if findings else 0
        yield _case(f"key: {name}", _all(world), world, exit_code, *findings, policy=text)
    yield from _attached()


def _attached() -> Iterator[BundleCase]:
    """Yield a file by a second key of the gateway that is not the statement's."""
    second = EcdsaSigner("second")
    world, other = World(), World(gateway=second)
    bundle = _naming_a_file(world, other.envelope(FILE))
    key = b64encode(second.public.to_cose()).decode()
    line = f"gateway {world.issuer} {key} from 2026-01-01T00:00:00Z"
    for name, times, findings in (
        ("by another key of the gateway", "", ()),
        ("by a key that had expired", " until 2026-09-21T14:13:20Z", ("key-expired",)),
        ("by a key that was revoked", " revoked 2026-09-21T14:14:22Z", ("key-revoked",)),
    ):
        text = f"{world.policy_text()}{line}{times}\n"
        exit_code = UNTRUSTED if findings else 0
        yield _case(f"file: {name}", bundle, world, exit_code, *findings, policy=text)
    foreign = f"{world.policy_text()}{line.replace(world.issuer, 'urn:uuid:x')}\n"
    yield _case(
        "file: by another gateway's key",
        bundle,
        world,
        UNTRUSTED,
        "unknown-gateway",
        policy=foreign,
    )
    for label in ("digest", "bytes", "envelope"):
        world = World()
        bundle = _naming_a_file(world, world.envelope(FILE), without=label)
        reason = "envelope-digest" if label == "digest" else "shape"
        yield _case(f"file: a record without {label}", bundle, world, ALTERED, reason)


def _naming_a_file(world: World, envelope: bytes, without: str = "") -> Bundle:
    said = {"digest": hashlib.sha256(FILE).digest(), "bytes": len(FILE), "envelope": envelope}
    said.pop(without, None)
    made = record(0, "attachment", values=said)
    return world.bundle([world.bundled(world.seal([made]))])


def _policies() -> Iterator[BundleCase]:
    """Yield an honest bundle under policies that are not the one it was made for, or are."""
    world = World()
    world.seal(records(0, 2))
    bundle = _all(world)
    looser = world.policy_text().replace("group q 3", "group q 2")
    yield _case("policy: a smaller quorum", bundle, world, UNTRUSTED, "other-policy", policy=looser)
    relabelled = replace(bundle, policy_digest=World(quorum="quorum dunes").policy().digest)
    one = world.policy_text().replace(world.quorum, "quorum dunes")
    yield _case(
        "policy: relabelled for a smaller quorum", relabelled, world, ALTERED, "loose", "checkpoint", policy=one
    )  # fmt: skip
    stricter = world.policy_text().replace("group q 3", "group q 4")
    digest = World(quorum="group q 4 amber birch cedar dunes\nquorum q").policy().digest
    relabelled = replace(bundle, policy_digest=digest)
    yield _case(
        "policy: relabelled for a larger quorum", relabelled, world, UNTRUSTED, "quorum", "checkpoint", policy=stricter
    )  # fmt: skip
    renamed = world.policy_text().replace("amber ", "first ").replace("group q", "group r")
    renamed = renamed.replace("quorum q", "quorum r") + "# the same policy in other words\n"
    yield _case("policy: in other words", bundle, world, policy=renamed)


def _largest() -> BundleCase:
    """Return a file a byte larger than a bundle may be, well closed."""
    head = b"\x82\x5a" + (MAX_FILE_BYTES - 39).to_bytes(4, "big")
    closing = b"\x58\x20" + bytes.fromhex(LARGEST_DIGEST)
    given = {"policy": World().policy_text()}
    return BundleCase(
        "of 67,108,865 bytes", head + closing, given=given, exit=UNREADABLE,
        findings=("cbor-size",), zeros=(len(head), MAX_FILE_BYTES - 39),
    )  # fmt: skip
