"""Statements that wait together are made durable together, in the order in which they came."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from evidence.statement import parse_statement
from evidence.wire import Code, Label
from ledger.base.errors import Refused, StoreFailed
from ledger.log.registrar import MAX_GROUP, Registrar
from ledger.store.chain import Accepted, Submission
from tests.ledger.support import NOW, Gateway

BOUND_S = 60.0
GATEWAY = Gateway()
SIGNED, BODY = GATEWAY.extend()
STATEMENT = parse_statement(SIGNED)


class Store:
    """Notes each group and when it came; a group that is named in `fails` is not written."""

    def __init__(self):
        self.groups, self.fails, self.next = [], set(), 0

    async def __call__(self, work):
        return work(self)

    def register(self, submissions, at):
        assert at == NOW
        self.groups.append(submissions)
        if len(self.groups) in self.fails:
            raise StoreFailed("ledger.db: disk I/O error")
        self.next += len(submissions)
        return [Accepted(index) for index in range(self.next - len(submissions), self.next)]


class Desk:
    """A registrar that runs, and its store."""

    def __init__(self, **options):
        self.store = Store()
        self.registrar = Registrar(self.store, lambda: NOW, **options)

    async def __aenter__(self):
        self.running = asyncio.create_task(self.registrar.run())
        return self

    async def __aexit__(self, *_):
        self.running.cancel()
        await asyncio.wait([self.running])

    async def all(self, *submissions):
        waiting = [self.registrar.register(each) for each in submissions]
        async with asyncio.timeout(BOUND_S):
            return await asyncio.gather(*waiting, return_exceptions=True)


def numbered(count):
    return [SimpleNamespace(number=number, body=b"") for number in range(count)]


@pytest.mark.parametrize(
    ("count", "groups"),
    [(1, [1]), (64, [64]), (65, [64, 1]), (128, [64, 64]), (129, [64, 64, 1])],
)
async def test_so_many_go_in_one_transaction_and_the_others_in_the_next(count, groups):
    assert MAX_GROUP == 64
    async with Desk() as desk:
        assert await desk.all(*numbered(count)) == [Accepted(index) for index in range(count)]
        assert [len(group) for group in desk.store.groups] == groups
        assert await desk.all(*numbered(1)) == [Accepted(count)]


async def test_who_was_in_a_group_that_was_not_written_comes_again(caplog):
    async with Desk() as desk:
        desk.store.fails = {1}
        told = await desk.all(*numbered(66))
    assert told[64:] == [Accepted(0), Accepted(1)]
    for each in told[:64]:
        assert isinstance(each, Refused)
        assert (each.code, str(each)) == (Code.BUSY, "the store could not write")
        assert each.extra == {Label.RETRY_MS: 1000}
    assert [each.getMessage() for each in caplog.records] == [
        "64 statements not kept: ledger.db: disk I/O error (look at the disk: df, dmesg)"
    ]


@pytest.mark.parametrize("fails", [set(), {1}])
async def test_who_no_longer_waits_hinders_nobody(fails):
    async with Desk() as desk:
        desk.store.fails = fails
        gone = asyncio.create_task(desk.registrar.register(numbered(1)[0]))
        stays = asyncio.create_task(desk.registrar.register(numbered(1)[0]))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([stays], timeout=BOUND_S)
        assert isinstance(stays.exception(), Refused) if fails else stays.result() == Accepted(1)
        assert await desk.all(*numbered(1)) == [Accepted(0 if fails else 2)]


LONGER, WRONG = BODY + b"x", BODY[:-1] + bytes([BODY[-1] ^ 1])


@pytest.mark.parametrize(
    ("keep", "body", "fault"),
    [
        (True, BODY, False),
        (True, b"", False),
        (True, WRONG, True),
        (True, LONGER, True),
        (False, BODY, False),
        (False, WRONG, False),  # its holder answers for the rest
        (False, BODY[:-1], False),
        (False, LONGER, True),
    ],
)
async def test_a_body_is_looked_at_before_the_store_has_it(keep, body, fault):
    async with Desk(keep_bodies=keep) as desk:
        await desk.all(Submission(STATEMENT, b""), Submission(STATEMENT, body))
    ((bare, submitted),) = desk.store.groups
    assert bare == Submission(STATEMENT, b"")
    assert submitted.body == body
    assert bool(submitted.body_fault) is fault
    if not keep and fault:
        assert submitted.body_fault == f"{len(BODY) + 1} bytes, more than the statement says"
