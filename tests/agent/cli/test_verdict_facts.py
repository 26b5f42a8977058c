"""What a bundle's evidence says in plain words: clock, gaps, certificates, files, what is hidden."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.cli.verdict_facts import (
    attachment_text,
    certificate_text,
    conditions,
    facts,
    hidden_text,
    loss_text,
    seen_text,
)
from agent.shipments.outages import NO_REASON
from evidence.report import Loss, Report
from tests.agent.log_world import record

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
DAY = 86_400_000


def batch(first=AT, last=AT + 1000, source="gnss", bound: int | None = 1250):
    said = {"first_ms": first, "last_ms": last, "clock_source": source, "clock_bound_ms": bound}
    claims = SimpleNamespace(issuer="urn:uuid:1")
    return SimpleNamespace(claims=claims, batch=SimpleNamespace(**said))


def log(*cosigners, origin="log.example.com/north"):
    return SimpleNamespace(origin=origin, cosigners=cosigners)


def reading(number, at=AT, device="cold", **more):
    return record(number, device=device, wall_ms=at, **more)


def attachment(number=9, digest=b"d" * 32, commitment=None, location="", **values):
    said = {"name": "c.pdf", "type": "calibration", "bytes": 7, "about": "cold"} | values
    made = record(number, device="gateway", kind="attachment", values=said)
    envelope = SimpleNamespace(location=location)
    return SimpleNamespace(record=made, digest=digest, commitment=commitment, envelope=envelope)


def report(**more) -> Report:
    """A bundle of two batches and one log without witnesses."""
    given = {"statements": [batch(), batch(AT + 1000, AT + 2000)], "logs": [log()], **more}
    return Report(**{"records": [reading(0)], **given})


def told(made: Report) -> list[str]:
    return [f"{label}: {text}" for label, text in facts(made, utc=True)]


def test_without_a_statement_there_is_nothing_to_tell():
    assert told(report(statements=[])) == []


def test_who_what_when_by_which_clock_and_who_saw_it():
    records = [reading(0), reading(1, device="hall"), record(2, kind="boot", device="gateway")]
    assert told(report(records=records)) == [
        "Who: gateway urn:uuid:1",
        "What: 3 of 3 records are shown",
        ": 2 temperature, 1 boot",
        "When: 2026-09-21 14:13:20.000 UTC to 2026-09-21 14:13:22.000 UTC",
        "Clock: gnss, correct within 1.25 s",
        "Calibration: no certificate is shown for cold, hall",
        "Seen: by log log.example.com/north; this policy asks for no witnesses",
    ]


def test_of_hidden_records_their_number_is_told_and_what_they_may_be():
    lines = told(report(records=[], hidden=1, statements=[batch()]))
    assert lines[1] == "What: 0 of 1 record is shown"
    assert lines[-2].startswith("Hidden: 1 record is not shown, by design. The gateway has signed")
    assert lines[-2].endswith("A hidden record may declare a gap")
    gap = record(1, kind="gap", device="cold", values={"state": "open", "from_ms": 5})
    made = report(hidden=2, gaps=[gap])
    assert hidden_text(made).startswith("2 records are not shown, by design.")
    assert hidden_text(made).endswith("by whoever still has it")


@pytest.mark.parametrize(
    ("batches", "clock"),
    [
        ([batch(bound=1000), batch(bound=2500, source="ntp")],
         "gnss, ntp, correct within 2.5 s"),
        ([batch(), batch(source="rtc", bound=None)],
         "gnss, correct within 1.25 s; 1 of 2 batches hold times that nobody vouches for"),
        ([batch(bound=None)], "1 of 1 batches hold times that nobody vouches for"),
    ],
)  # fmt: skip
def test_how_wrong_the_times_may_be_is_told_by_the_worst(batches, clock):
    assert f"Clock: {clock}" in told(report(statements=batches))


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({"logs": [log("w1")], "anchored_at": AT // 1000},
         "by 1 witness of log log.example.com/north, by 2026-09-21 14:13:20.000 UTC"),
        ({"logs": [log("w1", "w2")], "anchored_at": AT // 1000},
         "by 2 witnesses of log log.example.com/north, most of them by 2026-09-21 14:13:20.000 UTC"),
        ({"named": 3, "vouching": 2, "threshold": 2},
         "2 of 3 logs vouch; the policy asks for 2"),
        ({"named": 3, "vouching": 2, "threshold": 1, "anchored_at": AT // 1000},
         "2 of 3 logs vouch, by 2026-09-21 14:13:20.000 UTC; the policy asks for 1"),
        ({"named": 1}, "by log log.example.com/north; this policy asks for no witnesses"),
    ],
)  # fmt: skip
def test_who_vouches_and_by_when(more, seen):
    assert seen_text(report(**more), utc=True) == seen


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, ", which does not say here how long it is valid"),
        ({"valid_from_ms": AT}, ", valid from 2026-09-21 14:13:20.000 UTC: all 3 records are within"),
        ({"valid_from_ms": AT + 1},
         ", valid from 2026-09-21 14:13:20.001 UTC: 1 OF 3 RECORDS ARE OUTSIDE"),
        ({"valid_until_ms": AT + DAY},
         " until 2026-09-22 14:13:20.000 UTC: 1 OF 3 RECORDS ARE OUTSIDE"),
        ({"valid_until_ms": AT + DAY + 1},
         " until 2026-09-22 14:13:20.001 UTC: all 3 records are within"),
        ({"valid_from_ms": AT + 1, "valid_until_ms": AT + DAY},
         (", valid from 2026-09-21 14:13:20.001 UTC until 2026-09-22 14:13:20.000 UTC: "
         "2 OF 3 RECORDS ARE OUTSIDE")),
    ],
)  # fmt: skip
def test_a_certificate_counts_from_its_first_moment_to_before_its_last(limits, said):
    records = [reading(0), reading(1, AT + 5), reading(2, AT + DAY), reading(3, device="hall")]
    records.append(record(4, kind="gap", device="cold", wall_ms=0, values={"state": "open"}))
    text = certificate_text(report(records=records), "cold", attachment(**limits), utc=True)
    assert text == f"cold: c.pdf{said}"


def test_each_device_that_measured_has_its_certificates_or_none():
    records = [
        reading(0), reading(1, device="hall"), record(2, kind="boot", device="gateway"),
        record(3, kind="alarm", device="door", values={"rule": "x", "state": "alarm"}),
    ]  # fmt: skip
    files = [attachment(), attachment(about="hall", type="invoice")]
    lines = [line for line in told(report(records=records, attachments=files)) if "Cal" in line]
    assert lines == [
        "Calibration: cold: c.pdf, which does not say here how long it is valid",
        "Calibration: no certificate is shown for hall",
    ]


@pytest.mark.parametrize(
    ("more", "files", "said"),
    [
        ({}, {b"d" * 32: b"x"}, "calibration c.pdf for cold, 7 bytes, here and unchanged"),
        ({}, {}, "calibration c.pdf for cold, 7 bytes, not in this file: give it with --attach"),
        ({"commitment": b"c", "location": "https://example.com/c"}, {},
         ("calibration c.pdf for cold, sealed to its recipients, 7 bytes, not in this file: give it "
         "with --attach; it is said to be at https://example.com/c")),
    ],
)  # fmt: skip
def test_a_file_is_here_or_it_is_told_where_it_is_said_to_be(more, files, said):
    assert attachment_text(report(files=files), attachment(**more)) == said


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (Loss(b"\x01" * 16, 3, 5, range(7, 9), "card died"),
         f"batches 3 to 5 of epoch {'01' * 16}, records 7 to 8: card died"),
        (Loss(b"\x01" * 16, 3, 3, None, ""), f"batch 3 of epoch {'01' * 16}: {NO_REASON}"),
    ],
)  # fmt: skip
def test_a_declared_loss_is_told_with_what_is_lost(loss, said):
    assert loss_text(loss) == said


def test_what_went_wrong_with_the_goods_is_told_but_not_that_all_is_well():
    said = {"rule": "warm", "limit": "temperature above 8 °C", "before": "ok", "from_ms": AT}
    records = [
        record(1, kind="excursion", device="cold", values=said | {"state": "excursion"}),
        record(2, kind="excursion", device="cold", values=said | {"state": "ok"}),
        record(3, kind="alarm", device="cold", values=said | {"state": "alarm"}),
        record(4, kind="override", device="cold",
               values={"rule": "warm", "operator": "keeper-2", "reason": "iced"}),
        record(5, kind="temperature", device="cold"),
    ]  # fmt: skip
    found = list(conditions(report(records=records)))
    assert [label for label, _ in found] == ["Excursion", "Alarm", "Override"]
    assert all(text.startswith("cold: ") for _, text in found)


@pytest.mark.parametrize(
    ("start", "end", "since", "told_by_gap"),
    [
        (1000, 2000, 999, False), (1000, 2000, 1000, True), (1000, 2000, 2000, True),
        (1000, 2000, 2001, False), (None, 2000, 5, True), (1000, None, 10**9, True),
    ],
)  # fmt: skip
def test_unknown_time_within_a_gap_is_told_by_the_gap(start, end, since, told_by_gap):
    gap = {"state": "open" if end is None else "closed", "reason": "x"}
    gap |= {} if start is None else {"from_ms": start}
    gap |= {} if end is None else {"to_ms": end}
    gaps = [record(1, kind="gap", device="cold", values=gap)]
    values = {"rule": "warm", "state": "unknown", "before": "ok", "limit": "no value"}
    unknown = record(2, kind="excursion", device="cold", values=values | {"from_ms": since})
    found = list(conditions(report(records=[unknown], gaps=gaps)))
    assert (found == []) is told_by_gap
    other = unknown._replace(device="hall")
    assert len(list(conditions(report(records=[other], gaps=gaps)))) == 1


@pytest.mark.parametrize(("count", "more"), [(40, []), (43, ["and 3 more"])])
def test_of_many_gaps_and_conditions_forty_are_told_and_how_many_there_are_more(count, more):
    gaps = [
        record(n, kind="gap", device=f"d{n}", values={"state": "open", "from_ms": n, "reason": "x"})
        for n in range(count)
    ]
    alarms = [
        record(n, kind="alarm", device=f"d{n}", values={"rule": "warm", "state": "alarm"})
        for n in range(count)
    ]
    lines = told(report(records=alarms, gaps=gaps))
    assert sum(line.startswith("Gap: ") for line in lines) == 40
    assert sum(line.startswith("Alarm: ") for line in lines) == 40
    assert [line[2:12] for line in lines if line.startswith(": and")] == more * 2
