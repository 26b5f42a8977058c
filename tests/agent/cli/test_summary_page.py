"""A summary as people read it: what is unknown, what was, where."""

from __future__ import annotations

from agent.cli.summary_page import page
from agent.shipments.summary import summarized
from tests.agent.shipments.journeys import BEGIN, SECOND, Journal


def lines(journal, lacks=""):
    found = list(page(summarized("WB-7", journal.records), lacks, utc=True))
    assert max(map(len, found)) <= 79
    return found


def test_what_happened_is_told_with_when_and_where():
    journal = Journal()
    journal.shipment(0, devices=("cargo", "gnss", "impact", "rear"), custodian="carrier-1")
    journal.aboard(0, profile="2-8", version=3)
    journal.aboard(0, "impact", "shock", interval=None)
    journal.place(5, 45.45, 8.62)
    for at in range(0, 60, 10):
        journal.celsius(at, 9)
    journal.note(10, "excursion", "cargo", rule="warm", profile="2-8", version=3, lowest=900,
                 highest=900, state="excursion", limit="temperature above 8 °C",
                 from_ms=BEGIN + 10 * SECOND)  # fmt: skip
    journal.note(20, "shock", "impact", peak=3100, duration=900)
    journal.note(30, "shock", "impact", "corrupt", peak=3100)
    journal.note(40, "input", "rear", state="open", port=2)
    journal.note(50, "gap", "rear", state="open", from_ms=BEGIN + 45 * SECOND, reason="unplugged")
    journal.reboot(55)
    journal.shipment(60, "ended")
    assert lines(journal) == [
        "WB-7: 2026-09-01 00:00:00.000 UTC to 2026-09-01 00:01:00.000 UTC",
        "  custody     carrier-1",
        "  took        1 min; the gateway was off 1 time",
        "  cargo       temperature 9 to 9 °C, mean 9.00, MKT 9.00",
        "  limits      excursion of cargo, temperature above 8 °C, 2026-09-01",
        "              00:00:10.000 UTC, not over, 9 to 9, last seen at 45.4500, 8.6200",
        "  shock       31 g for 9 ms, 2026-09-01 00:00:20.000 UTC, last seen at 45.4500,",
        "              8.6200",
        "  shock       not to be believed (corrupt), 2026-09-01 00:00:30.000 UTC",
        "  way         0.0 km by gnss; place unknown for 1 min",
        "  rear 2      open for 5 s, 1 opening; unknown for 55 s",
        "  gap         rear: no data since 2026-09-01 00:00:45.000 UTC: unplugged",
    ]


def test_nothing_is_none_where_somebody_watched_and_all_is_shown():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0, kinds="temperature, shock", profile="2-8", version=3)
    journal.celsius(0, 5)
    journal.shipment(60, "ended")
    told = lines(journal)
    assert "  limits      none" in told
    assert "  shocks      none" in told
    told = lines(journal, "9 records are hidden in the bundle, by design")
    assert "  limits      none on the records here" in told
    assert "  shocks      none on the records here" in told
    assert told[-1] == "  lacks       9 records are hidden in the bundle, by design"
    assert "  custody     nobody on record answers for it" in told
