"""Vectors of several logs: policies that name them, and bundles that some of them vouch for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evidence.bundle import Bundle, Voucher
from evidence.log_set import parse_log_set
from evidence.merkle import Tree
from tests.evidence.building import EcdsaSigner, EdSigner, World, record, records, seeded
from tests.vectors.case import BundleCase, Case

AUTHENTIC, ALTERED, _, UNTRUSTED, UNREADABLE = range(5)
PLACES = ("east", "north", "south")


def log_world(place: str, **changes: object) -> World:
    """Return a log of its own: name, keys and entries are its alone, the gateway is the same."""
    own = {
        "origin": f"log.example.com/{place}",
        "log": EdSigner(f"log {place}"),
        "receipts": EdSigner(f"receipts {place}"),
        "tree": Tree([seeded(f"genesis {place}")]),
    }
    return World(**own | changes)  # type: ignore[arg-type]  # the tests name real fields


def logged(*worlds: World) -> tuple[World, ...]:
    """Have each log take the same three batches; the others hold other gateways' entries too."""
    for number, world in enumerate(worlds):
        for entry in range(number):
            world.tree.append(seeded(f"{world.origin} {entry}"))
        for first in (0, 2, 4):
            world.seal(records(first, 2))
    return worlds


def policy_of(worlds: tuple[World, ...], threshold: str = "2") -> str:
    """Return the pinned text."""
    return f"logs {threshold}\n" + "".join(world.policy_text() for world in worlds)


def bundle_of(worlds: tuple[World, ...], text: str, *notes: bytes) -> Bundle:
    """Return all batches with a receipt of each log in `worlds`, which are in order of origin."""
    batches = []
    for seq in range(3):
        first, *further = (
            Voucher(world.receipt(world.sealed[seq]), place) for place, world in enumerate(worlds)
        )
        shown = worlds[0].bundled(worlds[0].sealed[seq])
        batches.append(replace(shown, receipt=first.receipt, further=tuple(further)))
    told = notes or tuple(world.note() for world in worlds)
    return Bundle(parse_log_set(text).digest, told, tuple(batches), (), several=True)


WORLDS = logged(*(log_world(place) for place in PLACES))
EAST, NORTH, SOUTH = WORLDS
TEXT = policy_of(WORLDS)


def log_set_cases() -> Iterator[Case]:
    """Yield policies of several logs."""
    yield _good("both of two logs", policy_of((EAST, NORTH)))
    for threshold in ("1", "2", "3", "any", "all"):
        yield _good(f"{threshold} of three logs", policy_of(WORLDS, threshold))
    yield _good("the logs in another order", policy_of((SOUTH, EAST, NORTH)))
    parted = TEXT.replace("log log", "#\nlog log")
    yield _good("comments before and between", f"# ours\n\n{parted}")
    yield _good("one log, without a line that counts", EAST.policy_text())
    twin = replace(NORTH, origin="log.example.com/north-two")
    same = policy_of((EAST, replace(SOUTH, origin=EAST.origin)))
    log_alone = replace(twin, receipts=EdSigner("receipts north-two"))
    keys = replace(SOUTH, receipts=EAST.receipts)
    for name, text in (
        ("nothing", ""),
        ("none of the logs", policy_of(WORLDS, "0")),
        ("four of three logs", policy_of(WORLDS, "4")),
        ("no number", policy_of(WORLDS, "most")),
        ("a number too much", policy_of(WORLDS, "2 3")),
        ("one log alone", policy_of((EAST,), "1")),
        ("no log", "logs 1\n"),
        ("a rule before the first log", TEXT.replace("logs 2\n", "logs 2\nquorum none\n")),
        ("the line that counts below the first log", EAST.policy_text() + TEXT),
        ("a log without a quorum", TEXT.replace("quorum q\n", "", 1)),
        ("one name twice", same),
        ("one log key under two names", policy_of((EAST, NORTH, twin))),
        ("one log key under two names, receipts by two keys", policy_of((EAST, NORTH, log_alone))),
        ("one receipt key under two names", policy_of((EAST, keys))),
    ):
        yield Case(name, text.encode(), "policy")


def _good(name: str, text: str) -> Case:
    return Case(name, text.encode(), values={"digest": parse_log_set(text).digest.hex()})


def several_cases() -> Iterator[BundleCase]:
    """Yield bundles under a policy of three logs, two of which must vouch."""
    whole = bundle_of(WORLDS, TEXT)
    yield _case("three of three vouch", whole)
    yield _case("two of three vouch", bundle_of((EAST, SOUTH), TEXT))
    yield _case("one of three vouches", bundle_of((NORTH,), TEXT), UNTRUSTED, *["logs"] * 3)
    bare = logged(log_world("bare", tree=Tree()))[0]
    text = policy_of((bare, EAST, SOUTH))
    yield _case("a log without a genesis", bundle_of((bare, EAST), text), policy=text)
    yield _mixed(whole)
    yield from _receipts(whole)
    yield from _checkpoints(whole)
    yield from _one_log_twice()
    yield from _keys()
    yield from _forms(whole)
    yield from _erasures()


def _erasures() -> Iterator[BundleCase]:
    """The third batch stands beside the chain, as it tells what was erased of those before."""
    worlds = tuple(log_world(place) for place in PLACES)
    for world in worlds:
        world.seal(records(0, 2))
        world.seal(records(2, 2))
        world.seal([record(4, "erasure", values={"what": "position", "count": 1})])
    text = policy_of(worlds)
    whole = bundle_of(worlds, text)
    *batches, told = whole.batches
    beside = replace(whole, batches=tuple(batches), erasures=(told,))
    yield _case("erasures beside the chain", beside, policy=text)
    alone = replace(told, further=())
    less = replace(beside, erasures=(alone,))
    yield _case("erasures that too few vouch for", less, UNTRUSTED, "logs", policy=text)


def _mixed(whole: Bundle) -> BundleCase:
    """The second batch has one voucher fewer, the third one too few."""
    first, second, third = whole.batches
    batches = (first, replace(second, further=second.further[:1]), replace(third, further=()))
    return _case("too few for one batch", replace(whole, batches=batches), UNTRUSTED, "logs")


def _receipts(whole: Bundle) -> Iterator[BundleCase]:
    first, *rest = whole.batches
    east, north, south = first.vouchers
    elsewhere = log_world("west")
    elsewhere.seal(records(0, 2))
    stranger = Voucher(elsewhere.receipt(elsewhere.sealed[0]), 2)
    for name, vouchers, exit_code, reason in (
        ("a receipt spoilt, two are good", (east, replace(north, receipt=b"\xd2"), south), ALTERED, "cbor-truncated"),
        ("a receipt under another log's checkpoint", (east, replace(south, checkpoint=1)), ALTERED, "receipt-root"),
        ("a receipt of a log that is not named", (east, north, stranger), UNTRUSTED, "origin"),
        ("a receipt of another batch", (east, Voucher(whole.batches[1].further[0].receipt, 1)), ALTERED, "signature"),
        ("a checkpoint that is not there", (east, north, replace(south, checkpoint=3)), ALTERED, "checkpoint"),
    ):  # fmt: skip
        head, *further = vouchers
        spoilt = replace(first, receipt=head.receipt, further=tuple(further))
        yield _case(name, replace(whole, batches=(spoilt, *rest)), exit_code, reason)


def _checkpoints(whole: Bundle) -> Iterator[BundleCase]:
    refused = ("checkpoint",) * 3
    east, north, south = whole.checkpoints
    few = NORTH.note(("amber", "birch"), minimal=False)
    yield _case("too few witnesses of one log", replace(whole, checkpoints=(east, few, south)), UNTRUSTED, "quorum", *refused)  # fmt: skip
    unused = replace(bundle_of((EAST, NORTH), TEXT), checkpoints=(east, north, south))
    yield _case("a checkpoint of a log that nobody uses", unused, ALTERED, "loose")
    turned = bundle_of((NORTH, EAST), TEXT)
    yield _case("origins descend", turned, ALTERED, "order", *refused)
    older = log_world("north")
    older.seal(records(0, 2))
    smaller = bundle_of((EAST, NORTH), TEXT, east, north, older.note())
    head = replace(smaller.batches[0], further=(Voucher(older.receipt(older.sealed[0]), 2),))
    batches = (head, *smaller.batches[1:])
    yield _case("sizes of one log descend", replace(smaller, batches=batches), ALTERED, "order", "checkpoint")  # fmt: skip


def _one_log_twice() -> Iterator[BundleCase]:
    """Yield what a log does to count twice."""
    growing = log_world("north")
    growing.seal(records(0, 2))
    early = growing.note(), growing.receipt(growing.sealed[0])
    for first in (2, 4):
        growing.seal(records(first, 2))
    both = bundle_of((growing,), TEXT, early[0], growing.note())
    head = replace(
        both.batches[0], receipt=early[1], further=(Voucher(both.batches[0].receipt, 1),)
    )
    rest = tuple(replace(batch, checkpoint=1) for batch in both.batches[1:])
    again = replace(both, batches=(head, *rest))
    yield _case("one log at two sizes", again, ALTERED, "same-log", "logs", "logs")
    yield _logged_twice()
    alias = logged(log_world("mirror", tree=Tree([seeded("genesis east")])))[0]
    alias.tree.append(seeded("another entry, behind ours"))
    text = policy_of((alias, EAST, SOUTH))
    names = bundle_of((EAST, alias), text)
    yield _case("one tree under two names", names, ALTERED, *["same-log"] * 3, policy=text)


def _logged_twice() -> BundleCase:
    """One log has each statement at two places, and its receipts are for both."""
    log = log_world("north")
    for first in (0, 2, 4):
        log.seal(records(first, 2))
    once = bundle_of((log,), TEXT, log.note())
    for sealed in log.sealed:
        log.tree.append(sealed.statement.leaf)
    again = [replace(sealed, index=sealed.index + 3) for sealed in log.sealed]
    late = bundle_of((replace(log, sealed=again),), TEXT)
    batches = tuple(
        replace(early, further=(Voucher(batch.receipt, 1),))
        for early, batch in zip(once.batches, late.batches, strict=True)
    )
    notes = (*once.checkpoints, *late.checkpoints)
    twice = replace(once, checkpoints=notes, batches=batches)
    return _case("one log that has each statement twice", twice, ALTERED, *["same-log"] * 3)


def _keys() -> Iterator[BundleCase]:
    """Yield an honest bundle under policies whose parts differ in when the gateway's key counts."""
    bundle = bundle_of(WORLDS, TEXT)
    start, line = "from 2026-01-01T00:00:00Z", EAST.policy_text().splitlines()[-1]
    revoked = f"{start} revoked 2026-09-21T12:00:00Z"
    parts = [world.policy_text() for world in WORLDS]
    gone = [part.replace(start, revoked) for part in parts]
    late = parts[1].replace(start, "from 2026-12-01T00:00:00Z")
    stranger = replace(EAST, gateway=EcdsaSigner("other")).policy_text()
    for name, texts, exit_code, reason in (
        ("revoked under one log", (gone[0], *parts[1:]), AUTHENTIC, ""),
        ("revoked under two logs", (*gone[:2], parts[2]), UNTRUSTED, "key-revoked"),
        ("revoked under one log, not valid yet under another", (gone[0], late, parts[2]), UNTRUSTED, "key-revoked"),
        ("listed under two logs", (*parts[:2], parts[2].replace(line, "")), AUTHENTIC, ""),
        ("listed under one log", (parts[0], *(p.replace(line, "") for p in parts[1:])), UNTRUSTED, "logs"),
        ("listed under no log", (stranger, *(p.replace(line, "") for p in parts[1:])), UNTRUSTED, "unknown-gateway"),
    ):  # fmt: skip
        findings = [reason] * 3 if reason else []
        text = "logs 2\n" + "".join(texts)
        yield _case(f"gateway key {name}", bundle, exit_code, *findings, policy=text)


def _forms(whole: Bundle) -> Iterator[BundleCase]:
    first, *rest = whole.batches
    turned = replace(first, further=first.further[::-1])
    yield _case("receipts out of order", replace(whole, batches=(turned, *rest)), UNREADABLE, "bundle-order")  # fmt: skip
    twice = replace(first, further=(first.vouchers[0], *first.further))
    yield _case("a receipt twice", replace(whole, batches=(twice, *rest)), UNREADABLE, "bundle-order")  # fmt: skip
    alone = tuple(replace(batch, further=()) for batch in whole.batches)
    old = replace(whole, checkpoints=whole.checkpoints[:1], batches=alone, several=False)
    yield _case("a version for one log", old, UNTRUSTED, "other-policy")
    another = replace(whole, policy_digest=parse_log_set(policy_of(WORLDS, "1")).digest)
    yield _case("made for one of three logs", another, UNTRUSTED, "other-policy")
    one = replace(bundle_of((EAST,), TEXT), policy_digest=EAST.policy().digest)
    yield _case("this version for a policy of one log", one, UNTRUSTED, "other-policy", policy=EAST.policy_text())  # fmt: skip


def _case(
    name: str,
    bundle: Bundle,
    exit_code: int = AUTHENTIC,
    *findings: str,
    policy: str = TEXT,
) -> BundleCase:
    given = {"policy": policy}
    return BundleCase(name, bundle.to_bytes(), given=given, exit=exit_code, findings=findings)
