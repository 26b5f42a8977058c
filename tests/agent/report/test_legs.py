"""What happened in a leg: none is told only where somebody would have seen it."""

from __future__ import annotations

from agent.report.legs import shipments
from tests.agent.report.parts import lines
from tests.agent.report.test_contradictions import MINUTE, START, Log


def hands(log, **values):
    log.add(3, "gateway", "custody", shipment="WB-7", giver="a", taker="b", **values)


def legs(log, **report):
    """The row of each leg, without the picture of its time and its way."""
    return [
        each.split(" | ")[-1] for each in lines(shipments, log.records, **report) if " | " in each
    ][1:]


def watched(log, profile="2-8"):
    log.add(1, "cargo", "shipment-sensor", shipment="WB-7", kinds="temperature", profile=profile,
            interval_ms=MINUTE)  # fmt: skip


def warm(log, minute, state):
    log.add(minute, "cargo", "excursion", rule="warm", limit="temperature above 8 °C", state=state,
            before="ok", from_ms=START + round(minute * MINUTE))  # fmt: skip


NO_SHOCKS = "nothing aboard is known to tell of shocks"


def test_a_leg_has_no_alarm_only_where_limits_were_watched_and_known_to_be_kept():
    log = Log()
    log.bind(1, devices="cargo")
    watched(log, profile="")
    log.add(2, "cargo", "temperature", temperature=400)
    assert legs(log) == [
        f"no limits are known to have been watched / {NO_SHOCKS} / 0 declared gaps"
    ]
    watched(log)
    assert legs(log) == [f"0 alarms / 0 excursions / {NO_SHOCKS} / 0 declared gaps"]
    hidden = legs(log, hidden=1)
    assert hidden == [f"{NO_SHOCKS} / hidden records may tell of more"]
    warm(log, 2.5, "unknown")
    unknown = "nobody knows all the time whether the limits were kept: cargo"
    assert legs(log) == [f"{unknown} / {NO_SHOCKS} / 0 declared gaps"]
    warm(log, 2.6, "excursion")
    assert legs(log) == [f"1 excursion / {unknown} / {NO_SHOCKS} / 0 declared gaps"]


def test_one_leg_has_no_row_of_all_and_what_is_not_told_is_not_nobody():
    log = Log()
    log.bind(1, devices="cargo", notice="", vehicle="TO 1")
    told = lines(shipments, log.records)
    assert [each for each in told if each.startswith("in all")] == []
    assert any("vehicle TO 1, answered for by not told" in each for each in told), told
    assert not [each for each in told if each.startswith("- ")]
    hands(log)
    log.bind(4, devices="cargo", owner="owner-1", name="WB-7")
    told = lines(shipments, log.records)
    assert [each.split(" | ")[0] for each in told if " | " in each][-1] == "in all"
    assert told[1:3] == ["- Goods of owner-1.", "- Under notice ASN1."]
