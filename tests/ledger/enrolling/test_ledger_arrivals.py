"""How far each gateway got, and how the key of one that is shut out comes to its end."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import replace

import pytest

from evidence.checkpoint import Checkpoint, SignedCheckpoint
from evidence.merkle import root_at
from evidence.note import Note, cosign_note
from evidence.statement import parse_statement
from foundation.durable import lock_file
from ledger.base.config import read_config
from ledger.enrolling import lists, tokens
from ledger.enrolling.arrivals import Arrival, arrivals
from ledger.enrolling.end_of_key import Waiting, await_end
from ledger.gateways.gateways import read_gateways, to_toml
from ledger.log.log_identity import load_cosigner, load_log_identity
from ledger.store.chain import Submission
from ledger.store.store import Kept, Slot
from ledger.store.stores import open_store
from tests.ledger.support import NOW, Gateway, keep_as_one_file

MARGIN_S = 300  # between the clocks of honest witnesses


class Log:
    """A stopped node's log, written by hand."""

    def __init__(self, cluster):
        self.cluster, self.files = cluster, cluster.sequencer

    @contextmanager
    def store(self):
        store = open_store(self.files, read_config(self.files.config))
        try:
            yield store
        finally:
            store.close()

    def take(self, *signed):
        with self.store() as store:
            submissions = [Submission(parse_statement(each), body) for each, body in signed]
            store.register(submissions, NOW)

    def cosign(self, at=NOW):
        """Serve a checkpoint of all there is, cosigned by the operator, who is the quorum."""
        identity = load_log_identity(self.files)
        own, key = load_cosigner(self.files, "alpha")
        with self.store() as store:
            size = store.size()
            checkpoint = Checkpoint(identity.origin, size, root_at(store.node, size))
            text = checkpoint.to_text()
            lines = (identity.sign_checkpoint(text), cosign_note(text, own, at, key.sign))
            note = SignedCheckpoint(checkpoint, Note(text, lines)).to_bytes()
            before = store.kept(Slot.COSIGNED, identity.origin)
            new = Kept(size, checkpoint.root, note, at)
            assert store.advance(Slot.COSIGNED, identity.origin, before, new)

    def kept(self, slot, name):
        with self.store() as store:
            return store.kept(slot, name)

    def arrivals(self, now=NOW):
        return arrivals(self.files, now)

    def listed(self):
        return read_gateways(self.files.admitted)


@pytest.fixture
def log(lone):
    return Log(lone)


def kid(gateway):
    return gateway.signer.public.kid.hex()


def test_a_gateway_comes_up_step_by_step(log, gateway):
    enrolled = Arrival(
        "truck-7", "", "", "enrolled", "", gateway.issuer, kid(gateway), NOW - MARGIN_S
    )
    assert log.arrivals() == [enrolled]
    log.cosign()
    log.take(gateway.extend(), gateway.extend())
    sent = replace(enrolled, state="accepted", batches=2, clock="ntp", last_ms=NOW * 1000 + 5)
    assert log.arrivals() == [sent]
    log.cosign()
    assert log.arrivals() == [replace(sent, state="confirmed")]
    log.take(gateway.extend())
    assert log.arrivals() == [replace(sent, batches=3)], "the newest waits"
    lists.fence(log.files, "truck-7", NOW + 1, why="replaced by tech-1: PSU")
    (out,) = log.arrivals()
    assert (out.state, out.reason, out.batches) == ("out of service", "replaced by tech-1: PSU", 3)
    assert out.to_dict()["state"] == "out of service"


def token(label, expires, **more):
    digest = hashlib.sha256(label.encode()).hexdigest()
    return tokens.Token(digest, "turin", "truck", label, expires, **more)


def test_tokens_wait_until_they_are_used_or_too_old(log, gateway):
    known = [token("truck-9", NOW + 1), token("truck-1", NOW), token("truck-7", NOW + 1)]
    log.files.tokens.write_text(tokens.to_toml(known))
    spent = replace(log.listed()[0], tokens=(known[2].digest, "0" * 64))
    log.files.admitted.write_text(to_toml([spent]))
    found = log.arrivals()
    assert [(each.label, each.state) for each in found] == [
        ("truck-1", "expired"),
        ("truck-7", "enrolled"),
        ("truck-9", "waiting"),
    ]
    assert found[2] == Arrival("truck-9", "turin", "truck", "waiting", known[0].digest[:12])
    assert (found[1].site, found[1].profile) == ("turin", "truck")
    assert found[1].enrolment == known[2].digest[:12]


def test_gateways_of_one_name_stand_as_they_came_and_waiting_tokens_first(log, gateway):
    other = Gateway("truck-7")
    log.cluster.admit(other)
    first, second = log.listed()
    log.files.admitted.write_text(to_toml([replace(first, since=NOW + 9), second]))
    log.files.tokens.write_text(tokens.to_toml([token("truck-7", NOW + 1)]))
    found = [(each.state, each.gateway, each.since) for each in log.arrivals()]
    assert found == [
        ("waiting", "", None),
        ("enrolled", other.issuer, NOW - MARGIN_S),
        ("enrolled", gateway.issuer, NOW + 9),
    ]


def test_what_another_gateway_of_the_same_id_sent_is_not_its_own(log, gateway):
    """The heir goes on under the old one's id, and has sent nothing yet."""
    log.take(gateway.extend())
    lists.fence(log.files, "truck-7", NOW + 1, why="replaced by tech-1: PSU")
    heir = Gateway("truck-7", issuer=gateway.issuer)
    log.cluster.admit(heir)
    old, new = log.arrivals()
    assert (old.state, old.batches, old.key) == ("out of service", 1, kid(gateway))
    assert (new.state, new.batches, new.key) == ("enrolled", 0, kid(heir))


def never(_seconds):
    raise AssertionError("nothing had to be waited for")


def end(log, now=NOW, sleep=never):
    return await_end(log.files, log.listed()[0].issuer, lambda: now, sleep)


def test_who_is_let_in_has_no_end_to_wait_for(log):
    assert end(log) is None
    assert log.listed()[0].revoked is None


def test_the_key_of_one_that_sent_nothing_ends_at_once(log):
    lists.fence(log.files, "truck-7", NOW + 1)
    log.cosign()
    assert end(log, NOW + 2) is None
    (listed,) = log.listed()
    assert (listed.fenced, listed.revoked) == (None, NOW + 2)
    (line,) = log.cluster.policy.gateways
    assert line.revoked_at == NOW + 2


@pytest.mark.parametrize(
    ("cosigned", "now", "ends"),
    [(NOW, NOW + 2, NOW + 2), (NOW + 9, NOW + 2, NOW + 9), (NOW, NOW - 5, NOW)],
)
def test_it_ends_behind_all_that_it_sent(log, gateway, cosigned, now, ends):
    log.take(gateway.extend())
    log.cosign(cosigned)
    lists.fence(log.files, "truck-7", NOW + 1)
    assert end(log, now) is None
    assert log.listed()[0].revoked == ends + MARGIN_S
    closing = log.kept(Slot.CLOSING, kid(gateway))
    assert closing == log.kept(Slot.COSIGNED, log.cluster.policy.log.name)


def test_while_an_entry_waits_for_the_witnesses_a_stopped_node_is_to_be_started(log, gateway):
    log.take(gateway.extend(), gateway.extend())
    lists.fence(log.files, "truck-7", NOW + 1)
    asked = []
    waits = await_end(log.files, gateway.issuer, lambda: asked.append("time") or NOW, never)
    assert waits == Waiting(entries=3, running=False)  # with the log's own first entry
    assert asked == ["time"], "nothing comes while nobody runs: it is looked at once"
    assert str(waits) == (
        "its key has not ended yet; 3 entries up to its last still lack the witnesses: the node, "
        "once it is started, writes the end into policy.txt behind all that it sent, so that this "
        "can be proven"
    )
    assert log.listed()[0].revoked is None
    assert str(Waiting(1, running=True)).startswith(
        "its key has not ended yet; 1 entry up to its last still lacks the witnesses: the running"
    )
    assert str(Waiting(0, running=True)).startswith("its key has not ended yet: the running node")


def test_who_only_looks_writes_nothing_into_the_store(log, gateway):
    log.take(gateway.extend())
    lists.fence(log.files, "truck-7", NOW + 1)
    kept = keep_as_one_file(log.files.store)
    assert [each.batches for each in log.arrivals()] == [1]
    assert log.files.store.read_bytes() == kept
    with lock_file(log.files.run_lock):
        assert end(log, sleep=lambda _: None) == Waiting(entries=2, running=True)
    assert log.files.store.read_bytes() == kept


def test_a_running_node_gets_ten_seconds_to_write_the_end(log, gateway):
    log.take(gateway.extend())
    lists.fence(log.files, "truck-7", NOW + 1)
    slept = []
    with lock_file(log.files.run_lock):
        assert end(log, sleep=slept.append) == Waiting(entries=2, running=True)
        assert slept == [0.2] * 50
        log.cosign()
        del slept[:]

        def writes(seconds):
            slept.append(seconds)
            if len(slept) == 3:
                lists.end(log.files, {kid(gateway): NOW + 400})

        assert end(log, sleep=writes) is None
    assert len(slept) == 3
    assert log.listed()[0].revoked == NOW + 400
