"""What may stand behind what in a gateway's chain, and what contradicts a statement further up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.chain import (
    ChainError,
    EarlierStatements,
    HoleError,
    check_follows,
    check_link,
    check_start,
)
from evidence.keys import ES256
from evidence.statement import (
    Batch,
    Claims,
    Follows,
    Gap,
    parse_statement,
    sign_gap,
    sign_statement,
)
from tests.evidence.building import EPOCH, ISSUER, NOON, EcdsaSigner, seeded

KEY, OTHER = EcdsaSigner("gateway"), EcdsaSigner("other")
NEXT = bytes(reversed(EPOCH))


def claims(seq, previous, **more):
    return replace(Claims(ISSUER, NOON, EPOCH, seq, previous), **more)


def batch(seq, previous, first=None, *, count=2, mark=0, signer=KEY, **more):
    first = 2 * seq if first is None else first
    said = Batch(seeded(str(mark)), count, first, 0, 1, "ntp", 40, 2, 4096)
    key = signer.public.kid
    return parse_statement(sign_statement(claims(seq, previous, **more), said, key, ES256, signer))


def gap(seq, last, previous, first, count, behind=None, signer=KEY):
    lost = Gap(last, first, count, behind, "disk damage")
    encoded = sign_gap(claims(seq, previous), lost, signer.public.kid, ES256, signer)
    return parse_statement(encoded)


FIRST = batch(0, None)
SECOND = batch(1, FIRST.digest)


def told(check, *statements):
    """Return the kind of error and its reason; nothing where all is well."""
    try:
        check(*statements)
    except ChainError as error:
        return type(error), error.reason
    return None


HOLE, CHAIN = HoleError, ChainError


@pytest.mark.parametrize(
    ("after", "error"),
    [
        (SECOND, None),
        (batch(0, None, mark=1), (CHAIN, "equivocation")),
        (FIRST, (CHAIN, "order")),
        (batch(2, FIRST.digest), (HOLE, "gap")),
        (batch(1, bytes(32)), (CHAIN, "chain")),
        (batch(1, FIRST.digest, 3), (HOLE, "numbers")),
        (batch(1, FIRST.digest, 1), (CHAIN, "numbers")),
        (batch(1, FIRST.digest, signer=OTHER), (CHAIN, "key-change")),
        (batch(1, FIRST.digest, issuer="urn:uuid:another"), (HOLE, "epoch")),
        (batch(0, None, epoch=NEXT), (HOLE, "epoch")),
    ],
)
def test_what_stands_behind_the_first_batch(after, error):
    assert told(check_link, FIRST, after) == error


def test_another_key_signs_only_where_it_was_named():
    naming = batch(0, None, successor=OTHER.public)
    assert told(check_link, naming, batch(1, naming.digest, signer=OTHER)) is None
    assert told(check_link, naming, batch(1, naming.digest)) == (CHAIN, "key-change")
    third = EcdsaSigner("third")
    assert told(check_link, naming, batch(1, naming.digest, signer=third)) == (CHAIN, "key-change")


def test_a_gap_stands_for_what_was_lost_and_any_key_may_sign_on_either_side():
    lost = gap(1, 3, FIRST.digest, 2, 6)
    assert told(check_link, FIRST, lost) is None
    assert told(check_link, FIRST, gap(1, 3, FIRST.digest, 2, 6, signer=OTHER)) is None
    behind = batch(4, lost.digest, 8)
    assert told(check_link, lost, behind) is None
    assert told(check_link, lost, batch(4, lost.digest, 8, signer=OTHER)) is None
    assert told(check_link, lost, batch(4, lost.digest, 9)) == (HOLE, "numbers")
    assert told(check_link, lost, batch(3, lost.digest, 8)) == (CHAIN, "order")
    assert told(check_link, lost, batch(5, lost.digest, 8)) == (HOLE, "gap")
    known = gap(1, 3, FIRST.digest, 2, 6, behind=seeded("signed before the loss"))
    assert told(check_link, known, batch(4, seeded("signed before the loss"), 8)) is None
    assert told(check_link, known, batch(4, known.digest, 8)) == (CHAIN, "chain")


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (FIRST, None),
        (batch(0, None, 1), (HOLE, "numbers")),
        (batch(3, bytes(32), 99), None),  # of what was before nothing can be said
        (gap(0, 2, None, 0, 5), None),
        (gap(0, 2, None, 1, 5), (HOLE, "numbers")),
    ],
)
def test_an_epoch_begins_with_record_0(first, error):
    assert told(check_start, first) == error


def follows(seq, digest, lost, epoch=EPOCH):
    return Follows(epoch, seq, digest, lost, "restored card")


WRONG = bytes(32)
LOST = gap(1, 3, FIRST.digest, 2, 6)


def test_a_gap_has_neither_records_nor_times():
    assert LOST.batch == Batch(b"", 0, 0, 0, 0, "none", None, 0, 0)


@pytest.mark.parametrize(
    ("said", "before", "error"),
    [
        (follows(1, SECOND.digest, 1), SECOND, None),
        (follows(1, SECOND.digest, 5), SECOND, None),
        (follows(1, WRONG, 1), SECOND, (CHAIN, "chain")),
        (follows(0, FIRST.digest, 1), SECOND, None),
        (follows(0, FIRST.digest, 0), SECOND, (CHAIN, "order")),
        (follows(None, None, 1), SECOND, None),
        (follows(None, None, 0), SECOND, (CHAIN, "order")),
        (follows(None, None, None), SECOND, (CHAIN, "order")),
        (follows(1, LOST.digest, 3), LOST, None),
        (follows(3, LOST.digest, 3), LOST, None),
        (follows(1, WRONG, 3), LOST, (CHAIN, "chain")),
        (follows(3, WRONG, 3), LOST, (CHAIN, "chain")),
        (follows(2, WRONG, 3), LOST, None),
        (follows(1, LOST.digest, 2), LOST, (CHAIN, "order")),
    ],
)
def test_a_declaration_is_held_against_what_is_here_of_the_epoch_before(said, before, error):
    assert told(check_follows, said, before) == error


@pytest.mark.parametrize(
    ("said", "first", "error"),
    [
        (follows(1, SECOND.digest, 1), 0, None),
        (follows(1, SECOND.digest, 1), 4, (HOLE, "numbers")),
        (follows(4, WRONG, 4), 0, (HOLE, "gap")),
        (follows(2, WRONG, 2), 0, (HOLE, "gap")),
        (follows(0, FIRST.digest, 1), 0, None),
        (follows(None, None, 1), 0, None),
        (follows(1, WRONG, 1), 0, (CHAIN, "chain")),
        (follows(1, SECOND.digest, 1, epoch=bytes(16)), 0, (HOLE, "epoch")),
    ],
)
def test_a_new_epoch_says_what_it_goes_on_from(said, first, error):
    new = batch(0, None, first, epoch=NEXT, follows=said)
    assert told(check_link, SECOND, new) == error


def test_a_new_epoch_contradicts_nothing_further_up():
    earlier = EarlierStatements()
    for each in (FIRST, LOST):
        earlier.add(each)

    def begin(said, epoch=NEXT):
        return told(earlier.check_epoch, batch(0, None, epoch=epoch, follows=said))

    for seq, digest in ((0, FIRST.digest), (1, LOST.digest), (3, LOST.digest)):
        assert begin(follows(seq, digest, 9)) is None
        assert begin(follows(seq, WRONG, 9)) == (CHAIN, "chain")
    assert begin(follows(2, WRONG, 9)) is None, "a number that names nothing shown"
    assert begin(follows(None, None, None)) is None
    assert begin(None) is None
    assert begin(None, epoch=EPOCH) == (CHAIN, "order"), "one that was left begins again"
    stranger = batch(0, None, issuer="urn:uuid:another", follows=None)
    assert told(earlier.check_epoch, stranger) is None
