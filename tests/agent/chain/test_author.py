"""Who seals the next batch: the key whose turn it is behind the newest one."""

from types import SimpleNamespace

from agent.chain.author import GatewayAuthor
from agent.chain.building import Author, Place
from agent.signing.identity import Identity
from evidence.statement import Follows
from tests.agent.chain.test_gaps import KEY, WORLD
from tests.agent.log_world import EPOCH, ISSUER

FOLLOWS = Follows(bytes(16), None, None, None, "restored-card")


class Succession:
    """Says which statement it was asked about, in place of the next key."""

    def after(self, newest):
        return KEY, SimpleNamespace(named_behind=newest)


def test_the_key_is_the_one_behind_the_newest_batch():
    author = GatewayAuthor(Identity(ISSUER, EPOCH, FOLLOWS), Succession())
    first = author.after(None)
    assert first == Author(ISSUER, EPOCH, KEY, SimpleNamespace(named_behind=None), FOLLOWS)
    head = WORLD.batches[-1]
    assert author.after(head).successor == SimpleNamespace(named_behind=head.statement)


def test_a_key_that_never_changes_seals_every_batch():
    author = Author(ISSUER, EPOCH, KEY)
    assert author.after(None) is author.after(WORLD.batches[0]) is author


def test_the_next_place_is_behind_the_newest_batch():
    assert Place.after(None) == Place(0, 0, None)
    assert Place.after(WORLD.batches[1]) == Place(2, 6, WORLD.statement(1).digest)
