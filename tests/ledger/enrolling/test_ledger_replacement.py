"""A gateway that is replaced: from where the new one goes on, and what is refused before a fence."""

from __future__ import annotations

import secrets
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evidence.statement import MAX_REASON_BYTES, parse_statement
from foundation.errors import Fatal
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.replacement import Order, continued, replace_gateway
from ledger.gateways.gateways import read_gateways
from tests.ledger.support import NOW, Gateway, keep_as_one_file, make_cluster

INVITATION = Invitation("turin", "truck", "", "14d")


@pytest.fixture
def cluster(tmp_path):
    return make_cluster(tmp_path, witnesses=0, settings='enrol_listen = "tcp://127.0.0.1:9"\n')


def log_of(*entries):
    """A log whose last entry of the gateway is each of these in turn, then the last for ever."""
    left = list(entries)
    return SimpleNamespace(last=lambda issuer: left.pop(0) if len(left) > 1 else left[0])


def entries(gateway, count):
    return [SimpleNamespace(encoded=gateway.extend()[0]) for _ in range(count)]


def test_the_new_gateway_goes_on_from_what_came_while_the_fence_settled():
    gateway, naps = Gateway(), []
    first, second = entries(gateway, 2)
    found = continued(log_of(first, second), gateway.issuer, "flood", naps.append)
    assert naps == [0.5, 0.5], "one more, until nothing new came"
    last = parse_statement(second.encoded)
    assert found == {
        "gateway": gateway.issuer,
        "epoch": gateway.epoch.hex(),
        "seq": 1,
        "digest": last.digest.hex(),
        "reason": "flood",
    }


def test_a_gateway_that_never_sent_anything_leaves_nothing_to_go_on_from():
    naps = []
    assert continued(log_of(None), "urn:uuid:1", "flood", naps.append) is None
    assert naps == [0.5]


def ordered(cluster, *order):
    return replace_gateway(
        cluster.sequencer, Order(*order), INVITATION, "", NOW, secrets.token_bytes, lambda _: None
    )


def standing(cluster):
    return [each.name for each in read_gateways(cluster.sequencer.admitted) if not each.out]


@pytest.mark.parametrize("changes", [{"expires": "soon"}, {"site": "two words"}, {"profile": ""}])
def test_a_seed_that_cannot_be_made_fences_nobody(cluster, changes):
    cluster.admit(Gateway())
    order = Order("truck-7", "keeper-1", "flood")
    with pytest.raises(Fatal, match="not usable"):
        replace_gateway(
            cluster.sequencer, order, replace(INVITATION, **changes), "", NOW, secrets.token_bytes
        )
    assert standing(cluster) == ["truck-7"]


LONGEST = MAX_REASON_BYTES - len("replaced by keeper-1: ")


@pytest.mark.parametrize(
    ("called", "by", "reason", "said"),
    [
        ("truck-7", " ", "flood", "--by and --reason must not be empty"),
        ("truck-7", "keeper-1", "", "--by and --reason must not be empty"),
        ("truck-7", "keeper-1", "x" * (LONGEST + 1), "the reason is too long"),
        ("truck-7", "keeper-1", "two\nlines", "the reason is too long"),
        ("truck-9", "keeper-1", "flood", "no gateway truck-9 is admitted here"),
        ("double", "keeper-1", "flood", "several gateways are called double"),
    ],
)
def test_what_is_not_clear_fences_nobody(cluster, called, by, reason, said):
    names = ["truck-7", "double", "double"]
    for name in names:
        cluster.admit(Gateway(name=name))
    with pytest.raises(Fatal, match=said):
        ordered(cluster, called, by, reason)
    assert standing(cluster) == names


def test_the_longest_reason_is_taken_and_fences_one_of_two_by_its_id(cluster):
    old, other = Gateway(name="double"), Gateway(name="double")
    for gateway in (old, other):
        cluster.admit(gateway)
    fenced, seed = ordered(cluster, old.issuer, "keeper-1", "x" * LONGEST)
    assert fenced.issuer == old.issuer
    assert [each.issuer for each in read_gateways(cluster.sequencer.admitted) if not each.out] == [
        other.issuer
    ]
    assert "continues" not in seed, "it never sent anything"


def test_to_ask_where_the_old_one_stopped_writes_nothing_into_the_store(cluster):
    cluster.admit(Gateway())
    kept = keep_as_one_file(cluster.sequencer.store)
    ordered(cluster, "truck-7", "keeper-1", "flood")
    assert cluster.sequencer.store.read_bytes() == kept
