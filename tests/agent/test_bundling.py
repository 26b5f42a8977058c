"""From confirmed batches to a bundle: which run of them, who must vouch, and what goes along."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.disclosure import bundling, erased, of_shipment
from agent.disclosure.bundling import (
    BodyGone,
    Erased,
    NothingConfirmed,
    TooFewLogs,
    TooLarge,
    Vouched,
    confirmed_rows,
    devices_in,
    earlier_rows,
    make_bundle,
    numbers_between,
    packed,
    shipment_legs,
    vouched_rows,
)
from agent.disclosure.erased import count_of, erased_of, record_of
from agent.disclosure.of_shipment import records_of_shipment
from agent.disclosure.own_check import WouldNotVerify, doubts
from agent.disclosure.selection import Selection
from agent.journal.erasure_rule import Erasure
from agent.journal.journal import BatchDamaged, BatchRow, BatchState, Proof
from agent.shipments.legs import Leg
from agent.signing.file_key import FileKey
from evidence.bundle import parse_bundle
from evidence.cut_body import cut_body
from evidence.leaf import Record
from evidence.log_set import LogSet
from evidence.statement import Follows, parse_statement
from tests.agent.log_world import NOW, ORIGIN, LogWorld, record

KEY = FileKey(ec.derive_private_key(7, ec.SECP256R1()))
FILE = b"a paper"
MS = 1000 * NOW


def row_of(batch, state=BatchState.CONFIRMED):
    return BatchRow(batch, state, 1, 1, 1, batch.seq + 1, b"", 9, "", "")


def plain(changed=()):
    """Eighteen records, three of a batch; `changed` stand in the places of theirs."""
    found = {each.number: each for each in changed}
    return [found.get(number) or record(number) for number in range(18)]


def sealed(records):
    """A log with these records in six batches."""
    world = LogWorld(KEY)
    for first in range(0, 18, 3):
        world.seal(records[first : first + 3])
    return world


PLAIN = sealed(plain())


class Journal:
    """Six batches of three records each, all confirmed; `rows` may be changed."""

    def __init__(self, changed=()):
        self.all_records = plain(changed)
        self.world = sealed(self.all_records) if changed else PLAIN
        self.rows = [row_of(batch) for batch in self.world.batches]
        self.logs = LogSet.of([self.world.policy])
        self.asked, self.told = [], []

    def head(self):
        return self.rows[-1].batch if self.rows else None

    def batch_of(self, number):
        found = (r for r in self.rows if r.batch.first <= number < r.batch.first + r.batch.count)
        return next(found, None)

    def batches(self, first, last):
        self.asked.append((first, last))
        return [row for row in self.rows if first <= row.batch.seq <= last]

    def proofs(self, row):
        return [Proof(self.world.receipt(row.batch.seq), self.world.note())]

    def records(self, start, most):
        return self.all_records[start:][:most]

    def erasures(self, first, end):
        self.asked.append(("erasures", first, end))
        return self.told

    def vouched(self, *seqs):
        return vouched_rows(self, [self.rows[seq] for seq in seqs], self.logs)

    def cut(self, seq, *numbers):
        """Let all records of a batch go but these."""
        batch = self.rows[seq].batch

        def stays(leaf):
            return Record.from_bytes(leaf).number in numbers

        left = cut_body(batch.body, parse_statement(batch.statement).batch, stays)
        self.rows[seq] = row_of(replace(batch, body=b"", cut=left.to_bytes()))


@pytest.fixture
def journal():
    return Journal()


def seqs(rows):
    return [row.batch.seq for row in rows]


@pytest.fixture(params=[2, 3, 64])
def page(request, monkeypatch):
    """However many batches are read at once."""
    monkeypatch.setattr(bundling, "PAGE", request.param)
    return request.param


@pytest.mark.parametrize(
    ("since", "until", "numbers"),
    [
        (None, None, (0, 17)),
        (5000, 5000, (3, 5)),  # records 3 to 5 are of seconds 3 to 5
        (5001, None, (6, 17)),
        (None, 3000, (0, 5)),
        (None, 2999, (0, 2)),
        (2001, 2999, None),
        (4000, 10_000, (3, 11)),
        (17_001, None, None),
    ],
)
def test_batches_that_overlap_a_stretch_of_time(journal, page, since, until, numbers):
    bounds = [None if each is None else MS + each for each in (since, until)]
    assert numbers_between(journal, *bounds) == numbers


def test_an_empty_journal_has_none(journal):
    journal.rows = []
    assert numbers_between(journal, None, None) is None
    assert journal.asked == [], "there is nothing to be read"
    with pytest.raises(NothingConfirmed, match=r"^no batch with these records is confirmed"):
        confirmed_rows(journal, 0, None)


def test_batches_are_read_in_pages_and_no_further_than_the_newest(journal, monkeypatch):
    monkeypatch.setattr(bundling, "PAGE", 3)
    numbers_between(journal, None, None)
    assert journal.asked == [(0, 2), (3, 5)]
    journal.asked.clear()
    confirmed_rows(journal, 9, None)
    assert journal.asked == [(3, 5)]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (0, None, [0, 1, 2, 3, 4, 5]),
        (2, None, [0, 1, 2, 3, 4, 5]),
        (3, None, [1, 2, 3, 4, 5]),
        (3, 8, [1, 2]),
        (3, 9, [1, 2, 3]),
        (17, 17, [5]),
    ],
)
def test_a_run_goes_from_the_first_record_s_batch_to_the_last_one_s(
    journal, page, first, last, found
):
    assert seqs(confirmed_rows(journal, first, last)) == found


def test_it_ends_before_what_is_not_confirmed(journal, page):
    journal.rows[4] = row_of(journal.rows[4].batch, BatchState.ACCEPTED)
    assert seqs(confirmed_rows(journal, 0, None)) == [0, 1, 2, 3]
    with pytest.raises(NothingConfirmed):
        confirmed_rows(journal, 12, None)
    with pytest.raises(NothingConfirmed):
        confirmed_rows(journal, 18, None)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_declared_gap_stands_in_the_place_of_what_is_lost(journal, page, lost):
    gap = SimpleNamespace(seq=lost, row=lambda row=journal.rows[lost]: row)
    before = SimpleNamespace(seq=0, row=lambda row=journal.rows[0]: row)
    del journal.rows[lost]
    assert seqs(confirmed_rows(journal, 0, None, [gap, before])) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("seq", "found"), [(None, []), (0, [0]), (3, [0, 1, 2, 3])])
def test_an_earlier_epoch_is_shown_as_far_as_the_next_one_goes_on_from(journal, seq, found):
    follows = Follows(bytes(16), seq, seq and bytes(32), seq, "a new card")
    assert seqs(earlier_rows(journal, follows, ())) == found


def test_an_earlier_epoch_begins_with_its_first_record(journal):
    journal.rows[0] = row_of(replace(journal.rows[0].batch, count=1))
    follows = Follows(bytes(16), 1, bytes(32), 1, "a new card")
    assert seqs(earlier_rows(journal, follows, ())) == [0, 1]


def test_a_shipment_s_legs_are_told_by_batches_that_were_urgent_and_no_other_is_opened():
    bound = {"name": "S-1", "state": "started", "devices": "cargo", "notice": "D-1"}
    told = [
        record(4, device="gateway", kind="shipment", values=bound),
        record(7, device="gateway", kind="shipment", values={"name": "S-1", "state": "ended"}),
        record(10, device="gateway", kind="shipment", values={**bound, "name": "S-2"}),
    ]
    journal = Journal(told)
    for seq in (1, 2):
        journal.rows[seq] = row_of(replace(journal.rows[seq].batch, urgent=True))
    journal.rows[0] = row_of(replace(journal.rows[0].batch, body=b"rubbish"))
    assert shipment_legs(journal) == {"S-1": (leg(4, 7),)}


def test_devices_are_those_whose_records_are_here():
    journal = Journal([record(4, device="door"), record(7, device="")])
    assert devices_in(journal.rows[:1]) == {"cargo"}
    assert devices_in(journal.rows[1:3]) == {"cargo", "door"}
    journal.cut(1, 5)
    assert devices_in(journal.rows[1:2]) == {"cargo"}
    broken = row_of(replace(journal.rows[0].batch, body=b"rubbish"))
    with pytest.raises(BatchDamaged, match=r"^batch 0, records 0 to 2, is damaged on this disk"):
        devices_in([broken])
    journal.cut(2, 6)
    another_s = row_of(replace(journal.rows[0].batch, body=b"", cut=journal.rows[2].batch.cut))
    with pytest.raises(BatchDamaged, match=r"^batch 0, records 0 to 2, is damaged on this disk"):
        devices_in([another_s])


def test_who_vouches_is_a_log_of_the_policy_that_was_not_caught(journal):
    (vouched,) = journal.vouched(2)
    assert (vouched.row, list(vouched.proofs)) == (journal.rows[2], [ORIGIN])
    with pytest.raises(TooFewLogs, match=r"^0 of 1 logs vouch for batch 2, 1 must$"):
        vouched_rows(journal, [journal.rows[2]], journal.logs, frozen={ORIGIN})
    others = LogSet(1, {"another.example/log": journal.world.policy})
    with pytest.raises(TooFewLogs, match=r"^0 of 1 logs vouch for batch 2, 1 must$"):
        vouched_rows(journal, [journal.rows[2]], others)
    journal.proofs = lambda row: [Proof(journal.world.receipt(1), journal.world.note())]
    with pytest.raises(BatchDamaged, match="do not fit"):
        journal.vouched(2)


def test_a_bundle_shows_what_is_chosen_and_commits_to_the_rest(journal):
    steps = []
    made = make_bundle(
        [journal.vouched(0, 1), journal.vouched(2)],
        journal.logs,
        [Selection(first=4), Selection(last=6)],
        progress=lambda done, of: steps.append((done, of)),
    )
    shown = [[item.record for item in batch.disclosed] for batch in made.batches]
    assert shown == [[], [record(4).to_bytes(), record(5).to_bytes()], [record(6).to_bytes()]]
    assert steps == [(0, 3), (1, 3), (2, 3)]
    assert (made.policy_digest, len(made.checkpoints), made.gaps) == (journal.logs.digest, 1, ())
    assert parse_bundle(packed(made)) == made
    assert not doubts(packed(made), journal.logs)


def test_files_that_shown_records_name_go_along_in_the_order_of_their_digests():
    files = {hashlib.sha256(each).digest(): each for each in (FILE, b"another", b"third")}
    papers = [record(n, kind="attachment", values={"digest": d}) for n, d in enumerate(files)]
    journal = Journal([*papers, record(3, kind="gap", values={"reason": "no answer"})])
    asked = []

    def kept(digest):
        asked.append(digest)
        return None if files[digest] == b"third" else files[digest]

    made = make_bundle([journal.vouched(0, 1)], journal.logs, files=kept)
    assert asked == sorted(files)
    assert made.attachments == tuple(
        files[digest] for digest in sorted(files) if files[digest] != b"third"
    )
    assert made.gaps == (3,)
    assert make_bundle([journal.vouched(0)], journal.logs, [Selection(first=3)]).attachments == ()


def test_what_retention_let_go_cannot_be_shown(journal):
    vouched = journal.vouched(1)[0]
    gone = replace(vouched.row.batch, body=b"")
    with pytest.raises(BodyGone, match=r"^records 3 to 5 are no longer on this gateway$"):
        make_bundle([[Vouched(row_of(gone), vouched.proofs)]], journal.logs)


def test_a_bundle_that_nobody_could_read_is_not_made(journal, monkeypatch):
    made = make_bundle([journal.vouched(0)], journal.logs)
    size = len(made.to_bytes())
    monkeypatch.setattr(bundling, "MAX_FILE_BYTES", size)
    assert packed(made) == made.to_bytes()
    monkeypatch.setattr(bundling, "MAX_FILE_BYTES", size - 1)
    with pytest.raises(TooLarge, match=f"would have {size} bytes; the limit is {size - 1}$"):
        packed(made)


RULE = Erasure(1, "places", 30, MS, 2, 4, 5, 6, told=True)
TELLS = {"begun_ms": MS, "what": "places", "last": 5}


@pytest.mark.parametrize("page", [1, 6, 12, 1000])
def test_what_a_rule_took_is_told_by_the_record_that_says_so(monkeypatch, page):
    monkeypatch.setattr(erased, "PAGE", page)
    journal = Journal([record(12, kind="erasure", values=TELLS)])
    assert record_of(journal, RULE) == 12
    assert record_of(journal, replace(RULE, behind=12)) == 12
    assert record_of(journal, replace(RULE, behind=13)) is None
    for other in ({"last": 6}, {"what": "x"}, {"begun_ms": MS + 1}):
        values = [record(12, kind="erasure", values=TELLS | other)]
        assert record_of(Journal(values), RULE) is None
    assert record_of(Journal([record(12, kind="boot", values=TELLS)]), RULE) is None


def test_the_batch_that_tells_of_an_erasure_goes_along_once_it_is_confirmed():
    journal = Journal([record(12, kind="erasure", values=TELLS)])
    assert erased_of(journal, journal.rows, None) == Erased((), frozenset(), 0)
    journal.cut(1, 3)
    journal.told = [RULE]

    def vouch(rows):
        return vouched_rows(journal, rows, journal.logs)

    beside = erased_of(journal, journal.rows[:3], vouch)
    assert beside == Erased(tuple(journal.vouched(4)), frozenset({12}), 2)
    assert journal.asked[-1] == ("erasures", 3, 6)
    assert erased_of(journal, journal.rows[:5], vouch) == Erased((), frozenset({12}), 2)

    def none(_rows):
        raise NothingConfirmed("too few logs")

    assert erased_of(journal, journal.rows[:3], none) == Erased((), frozenset({12}), 2)
    made = make_bundle([journal.vouched(0, 1, 2)], journal.logs, erased=[beside])
    (told,) = made.erasures
    assert [item.record for item in told.disclosed] == [journal.all_records[12].to_bytes()]
    assert [len(batch.disclosed) for batch in made.batches] == [3, 1, 3]
    (vouched,) = beside.outside
    few = Proof(journal.world.receipt(4), journal.world.note(by=["ada"]))
    for origin, proof in ((ORIGIN, few), ("another.example/log", vouched.proofs[ORIGIN])):
        doubtful = replace(beside, outside=(replace(vouched, proofs={origin: proof}),))
        parts = [journal.vouched(0, 1, 2)]
        assert make_bundle(parts, journal.logs, erased=[doubtful]).erasures == ()
    journal.rows[4] = row_of(journal.rows[4].batch, BatchState.ACCEPTED)
    assert erased_of(journal, journal.rows[:3], vouch).outside == ()
    journal.cut(2, 6, 7)
    assert count_of(journal.rows) == 3


def test_a_bundle_that_would_not_verify_is_not_given_out(journal):
    made = make_bundle([journal.vouched(0, 1)], journal.logs)
    other = LogSet.of([LogWorld(KEY).policy])
    assert doubts(made.to_bytes(), other)[0].reason
    holed = replace(made, batches=made.batches[1:] + made.batches[:1])
    with pytest.raises(WouldNotVerify, match=r"^the bundle would not verify: .* \[[a-z-]+\]$"):
        doubts(holed.to_bytes(), journal.logs)


def test_a_shipment_that_is_not_on_record_has_no_records(journal):
    assert shipment_legs(journal) == {}
    assert records_of_shipment(journal, "S-1") == ([], 0, ())


class Kept:
    """Records 0 to 17 without those that are `gone`, and what rules took of them."""

    def __init__(self, gone, erasures=()):
        self.kept = [each for each in plain() if each.number not in gone]
        self.taken, self.asked = list(erasures), []

    def count(self):
        return 18

    def records(self, start, most):
        return [each for each in self.kept if each.number >= start][:most]

    def erasures(self, first, end):
        self.asked.append((first, end))
        return self.taken

    def erased_count(self, first, end):
        self.asked.append((first, end))
        return sum(each.count for each in self.taken)


def leg(first, last):
    return Leg(first, last, frozenset({"cargo"}), "D-1")


@pytest.mark.parametrize("page", [1, 2, 1000])
@pytest.mark.parametrize(
    ("legs", "gone", "numbers", "between", "lost"),
    [
        ([leg(3, 6)], set(), [3, 4, 5, 6], (3, 7), 0),
        ([leg(3, 6)], {2, 4, 7}, [3, 5, 6], (3, 7), 1),
        ([leg(3, 4), leg(8, 9)], {6, 9}, [3, 4, 8], (3, 10), 2),
        ([leg(14, None)], {17}, [14, 15, 16], (14, 18), 1),
        ([leg(14, None)], {14, 15, 16, 17}, [], (14, 18), 4),
        ([leg(0, 0)], set(), [0], (0, 1), 0),
    ],
)
def test_a_shipment_s_records_and_how_many_are_gone_in_between(
    monkeypatch, page, legs, gone, numbers, between, lost
):
    monkeypatch.setattr(of_shipment, "PAGE", page)
    monkeypatch.setattr(of_shipment, "shipment_legs", lambda _: {"S-1": tuple(legs)})
    journal = Kept(gone)
    found = records_of_shipment(journal, "S-1")
    assert ([each.number for each in found.records], found.gone) == (numbers, lost)
    assert journal.asked == [between, between]


def test_what_a_rule_took_of_a_shipment_is_told_apart_from_what_is_gone(monkeypatch):
    monkeypatch.setattr(of_shipment, "shipment_legs", lambda _: {"S-1": (leg(2, 6),)})
    found = records_of_shipment(Kept({3, 4, 5}, [replace(RULE, count=2)]), "S-1")
    assert found.gone == 1
    assert found.erasures == [replace(RULE, count=2)]
