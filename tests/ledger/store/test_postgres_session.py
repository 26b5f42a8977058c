"""A writer's session, step by step: with a connection that a test plays."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg
import pytest

from ledger.base.errors import StoreFailed
from ledger.store import postgres_schema
from ledger.store import postgres_session as session_module
from ledger.store.postgres_session import PostgresSession

URL = "postgresql://me:secret@db.example/tallyman"
WHERE = "postgresql://db.example/tallyman"


class Connection:
    """Notes what is executed; `turn` counts, `busy` tries find the lock taken, `warns` at COMMIT."""

    def __init__(self):
        self.said, self.turn, self.busy = [], 41, 0
        self.commits_as, self.warns, self.closed, self.cancelled = "COMMIT", [], 0, []

    def add_notice_handler(self, hear):
        self.hear = hear

    def notice(self, severity, text):
        self.hear(SimpleNamespace(severity_nonlocalized=severity, message_primary=text))

    def execute(self, sql, values=()):
        if "advisory_lock" in sql:
            self.busy -= 1
            return SimpleNamespace(fetchone=lambda: (self.busy < 0,))
        self.said.append(sql.split()[0])
        if sql == "COMMIT":
            for severity, text in self.warns:
                self.notice(severity, text)
            return SimpleNamespace(statusmessage=self.commits_as)
        if sql.startswith("UPDATE"):
            ours = not values or values == (self.turn,)
            self.turn += ours
            return SimpleNamespace(fetchone=lambda: (self.turn,), rowcount=int(ours))
        return None

    def close(self):
        self.closed += 1
        raise psycopg.OperationalError("it is gone already")

    def cancel_safe(self, timeout):
        self.cancelled.append(timeout)
        raise psycopg.OperationalError("it is gone already")


class Watch:
    """Stands for the timer of a COMMIT."""

    made = ()

    def __init__(self, seconds, call):
        self.seconds, self.call, self.daemon, self.acts = seconds, call, False, []
        Watch.made = (*Watch.made, self)

    def start(self):
        assert self.daemon, "a node that ends does not wait for it"
        self.acts.append("start")

    def cancel(self):
        self.acts.append("cancel")


@pytest.fixture
def connection(monkeypatch):
    made = Connection()
    monkeypatch.setattr(postgres_schema, "connect", lambda url: made if url == URL else None)
    monkeypatch.setattr(Watch, "made", ())
    monkeypatch.setattr(session_module.threading, "Timer", Watch)
    return made


@pytest.fixture
def slept(monkeypatch):
    """How long the lock was waited for; time passes only there."""
    naps = []
    clock = SimpleNamespace(monotonic=lambda: 100.0 + sum(naps), sleep=naps.append)
    monkeypatch.setattr(session_module, "time", clock)
    return naps


def begun():
    session = PostgresSession(URL)
    session.begin()
    return session


def write(session):
    with session.transaction() as connection:
        connection.execute("INSERT")


def test_each_session_begins_with_a_write_of_its_own_and_then_takes_turn_after_turn(connection):
    session = begun()
    assert connection.said == ["BEGIN", "UPDATE", "COMMIT"]
    for _ in range(2):
        write(session)
    assert connection.said[3:] == ["BEGIN", "UPDATE", "INSERT", "COMMIT"] * 2
    assert connection.turn == 44
    assert [(each.seconds, each.acts) for each in Watch.made] == [(10.0, ["start", "cancel"])] * 3


def test_who_finds_another_turn_than_he_left_was_followed_by_another_writer(connection):
    session = begun()
    connection.turn += 1
    with pytest.raises(StoreFailed, match=f"^{WHERE}: another node wrote to this store") as caught:
        write(session)
    assert caught.value.advice == "stop it"
    assert connection.said[3:] == ["BEGIN", "UPDATE"]


@pytest.mark.parametrize(
    ("status", "warns", "said"),
    [
        ("COMMIT", [("WARNING", "canceling wait")], "canceling wait"),
        ("COMMIT", [("WARNING", "one"), ("WARNING", None)], "one; a warning"),
        ("ROLLBACK", [], "ROLLBACK"),
        ("ROLLBACK", [("WARNING", "one")], "one"),
    ],
)
def test_a_commit_that_may_not_be_on_the_standbys_is_none(connection, status, warns, said):
    session = begun()
    connection.commits_as, connection.warns = status, warns
    with pytest.raises(StoreFailed) as caught:
        write(session)
    assert str(caught.value) == f"{WHERE}: a commit may not be on the standbys: {said}"
    assert "bring a synchronous standby back" in caught.value.advice


def test_what_is_said_before_a_commit_or_is_no_warning_does_not_count(connection):
    session = begun()
    connection.notice("WARNING", "of something before")
    connection.warns = [("NOTICE", "of nothing")]
    write(session)


def test_a_writer_that_has_just_left_is_waited_for(connection, slept):
    connection.busy = 3
    begun()
    assert slept == [0.05] * 3
    connection.busy = 1000
    del slept[:]
    with pytest.raises(StoreFailed, match=f"^{WHERE}: another node writes to this store") as caught:
        begun()
    assert "within a minute" in caught.value.advice
    assert sum(slept) == pytest.approx(2.0, abs=0.051)


def test_a_connection_that_is_gone_already_is_let_go_all_the_same(connection):
    session = begun()
    session.cancel()
    session.close()
    assert (connection.cancelled, connection.closed) == ([5.0], 1)
    assert Watch.made[0].call == session.cancel
