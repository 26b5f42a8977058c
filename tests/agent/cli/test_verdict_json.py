"""What `tallyman verify --json` says of the statements together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.cli.verdict_json import as_json
from evidence.report import Report
from tests.agent.cli.test_verdict_facts import attachment

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z


def statement(seq, first, minutes, bound, epoch=b"e", issuer="urn:a"):
    begin, end = (AT + 60_000 * minute for minute in minutes)
    return SimpleNamespace(
        claims=SimpleNamespace(issuer=issuer, epoch=epoch, seq=seq),
        batch=SimpleNamespace(first=first, first_ms=begin, last_ms=end, clock_bound_ms=bound),
    )


def of(*statements):
    plain = as_json(Report(statements=statements))
    names = (
        "issuers", "batches", "first_batch", "first_record", "first_time", "last_time",
        "unsynced_batches", "worst_clock_bound_ms", "epochs",
    )  # fmt: skip
    return tuple(plain[name] for name in names)


def test_the_whole_of_them_is_told_whatever_their_order_in_time():
    """A clock that was put right makes a later batch one of an earlier time."""
    assert of(
        statement(3, 30, (5, 9), 40),
        statement(4, 40, (1, 4), 900, epoch=b"f"),
        statement(5, 50, (6, 7), None, epoch=b"f"),
    ) == (
        ["urn:a"], 3, 3, 30, "2026-09-21T14:14:20.000Z", "2026-09-21T14:22:20.000Z", 1, 900,
        ["65", "66"],
    )  # fmt: skip


@pytest.mark.parametrize(("bounds", "unsynced", "worst"), [((0,), 0, 0), ((None,), 1, None)])
def test_a_bound_of_nothing_is_one(bounds, unsynced, worst):
    told = of(*(statement(0, 0, (0, 1), bound) for bound in bounds))
    assert told[-3:-1] == (unsynced, worst)


def test_where_there_is_no_statement_nothing_is_made_up():
    assert of() == ([], 0, None, None, None, None, 0, None, [])


@pytest.mark.parametrize(
    ("location", "said"), [("", None), ("https://example.com/c", "https://example.com/c")]
)
def test_of_an_attachment_it_is_told_where_it_is_said_to_be(location, said):
    found = Report(attachments=[attachment(location=location)], files={b"d" * 32: b"x"})
    assert as_json(found)["attachments"] == [
        {
            "n": 9, "name": "c.pdf", "type": "calibration", "about": "cold",
            "sha256": "64" * 32, "sealed": False, "location": said, "here": True,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("records", "count"), [(None, None), (range(30, 50), 20)])
def test_of_a_loss_it_is_told_how_many_records_it_took_where_that_is_known(records, count):
    loss = SimpleNamespace(epoch=b"e", first=3, last=5, records=records, reason="disk damage")
    assert as_json(Report(losses=[loss]))["declared_losses"] == [
        {
            "epoch": "65",
            "first_batch": 3,
            "last_batch": 5,
            "records": count,
            "reason": "disk damage",
        }
    ]
