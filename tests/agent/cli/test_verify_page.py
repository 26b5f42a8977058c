"""What `tallyman verify` tells people of gaps."""

from __future__ import annotations

from agent.cli.verdict_facts import conditions, gap_text
from agent.shipments.outages import outages
from evidence.report import Report
from tests.agent.log_world import record


def gap(number, device, state, **values):
    return record(number, kind="gap", device=device, values={"state": state, **values})


def test_opening_and_closing_are_one_gap_each():
    gaps = outages(
        [
            gap(1, "cargo", "open", from_ms=1_000, reason="unplugged"),
            gap(2, "position", "open", from_ms=2_000, reason="no fix"),
            gap(3, "cargo", "closed", from_ms=1_000, to_ms=8_500, reason="reads again"),
            gap(4, "cargo", "open", from_ms=9_000, reason="unplugged again"),
        ]
    )
    assert [(g.device, g.start_ms, g.end_ms, g.reason) for g in gaps] == [
        ("cargo", 1_000, 8_500, "unplugged"),
        ("position", 2_000, None, "no fix"),
        ("cargo", 9_000, None, "unplugged again"),
    ]
    assert gap_text(gaps[0], utc=True) == (
        "cargo: no data from 1970-01-01 00:00:01.000 UTC to 1970-01-01 00:00:08.500 UTC, 7 s: "
        "unplugged"
    )


def test_an_end_whose_beginning_is_not_shown_is_a_gap_too():
    (only,) = outages([gap(1, "cargo", "closed", to_ms=5_000, reason="reads again")])
    assert (only.start_ms, only.end_ms) == (None, 5_000)
    assert "from an unknown time" in gap_text(only, utc=True)


def unknown(number, since, **values):
    told = {
        "rule": "too warm",
        "state": "unknown",
        "before": "ok",
        "from_ms": since,
        "limit": "no value",
    }
    return record(number, kind="excursion", device="cargo", values=told | values)


def test_conditions_that_became_unknown_are_listed_unless_a_gap_tells_of_it():
    records = [
        gap(1, "cargo", "open", from_ms=1_000, reason="unplugged"),
        unknown(2, 1_500),
        gap(3, "cargo", "closed", from_ms=1_000, to_ms=8_500, reason="reads again"),
        unknown(4, 20_000),  # values came, and none was to be believed
        unknown(5, 30_000, state="ok", before="unknown"),
        gap(6, "spare", "open", from_ms=40_000, reason="unplugged"),
        unknown(7, 41_000),
    ]
    report = Report(records=records, gaps=[each for each in records if each.kind == "gap"])
    told = [text for label, text in conditions(report) if label == "Excursion"]
    assert [text.split("since ")[1][:23] for text in told] == [
        "1970-01-01T00:00:20.000",
        "1970-01-01T00:00:41.000",
    ]
