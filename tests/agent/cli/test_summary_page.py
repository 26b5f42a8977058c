"""A summary as people read it: what is unknown, what was, where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.cli.summary_page import clock_words, in_short, page
from agent.shipments.doors import Door
from agent.shipments.fared import Fared, LegFared, Summary
from agent.shipments.incidents import Shock, Stretch
from agent.shipments.measured import Measured
from agent.shipments.outages import Outage
from agent.shipments.route import Fix, Travelled
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


MINUTE, HOUR = 60_000, 3_600_000
HERE = Fix(45.45, 8.62, BEGIN, 1)
QUIET = Fared(
    length_ms=HOUR, stops=0, unbridged=0, measured=(), travelled=(), doors=(), shocks=(),
    shocks_watched=True, stretches=(), limits_watched=True, outages=(), silent=(),
)  # fmt: skip
CARGO = Measured(
    device="cargo", field="temperature", unit="°C", interval_ms=MINUTE, declared=True, values=60,
    doubtful=0, lowest=4.0, highest=6.5, at_least=False, mean=5.0, mkt=5.125, valid_ms=HOUR,
    unknown_ms=0,
)  # fmt: skip
WARM = Stretch(
    number=1, device="cargo", rule="warm", profile="2-8", version=3, limit="above 8 °C",
    state="excursion", severity="", start_ms=BEGIN, end_ms=BEGIN + MINUTE, counted_ms=MINUTE,
    lowest=8.5, highest=9.0, goods="", where=None,
)  # fmt: skip
BLOW = Shock(
    number=1, device="impact", wall_ms=BEGIN, peak=31.0, duration=9.0, delta_v=None, believed=True,
    at_least=False, quality="ok", where=None,
)  # fmt: skip
WAY = Travelled("gnss", 9, 12_340.0, 0.0, HOUR, 0, HERE, HERE)


def leg(fared=QUIET, start=BEGIN, end=BEGIN + HOUR, vehicle="", custodian="carrier-1"):
    return LegFared(1, 2, start, end, vehicle, "", custodian, (), fared)


def whole(fared=QUIET, legs=None, **told):
    values = {"notice": "", "owner": "", "parents": (), "start_ms": BEGIN, "end_ms": BEGIN + HOUR}
    legs = (leg(fared),) if legs is None else legs
    return Summary("WB-7", legs=legs, fared=fared, **{**values, "doubtful": 0, **told})


def told(fared, label):
    """What a page says behind a label, unfolded."""
    said, found = "", list(page(whole(fared), "", utc=True))[1:]
    for line in found:
        if line[2:14].strip():
            said = line[2:14].strip()
        if said == label:
            yield line[14:]


def sentence(fared, label):
    return " ".join(told(fared, label))


def test_whose_goods_they_are_and_what_else_is_told_of_a_whole_shipment():
    told = whole(
        owner="owner-1", notice="ASN-1", parents=("WB-5", "WB-6"), end_ms=None, doubtful=2,
        legs=(leg(vehicle="AB 123", custodian=""),),
    )  # fmt: skip
    assert list(page(told, "2 records are hidden", utc=True)) == [
        "WB-7: 2026-09-01 00:00:00.000 UTC to now",
        "  owner       owner-1",
        "  goods       notice ASN-1",
        "  from        WB-5, WB-6; how it fared there is told under that name",
        "  vehicle     AB 123",
        "  custody     nobody on record answers for it",
        "  took        1 h",
        "  limits      none on the records here",
        "  shocks      none on the records here",
        "  clock       nobody vouched for the time of 2 records: it may be another",
        "  lacks       2 records are hidden",
    ]
    assert clock_words(1) == "nobody vouched for the time of 1 record: it may be another"


def test_each_of_several_legs_is_told_under_its_own_time():
    legs = leg(vehicle="AB 123"), leg(start=BEGIN + HOUR, end=None, custodian="")
    assert list(page(whole(legs=legs, start_ms=None), "", utc=True)) == [
        "WB-7: unknown to 2026-09-01 01:00:00.000 UTC",
        "  took        1 h",
        "  limits      none",
        "  shocks      none",
        "leg 1: 2026-09-01 00:00:00.000 UTC to 2026-09-01 01:00:00.000 UTC",
        "  vehicle     AB 123",
        "  custody     carrier-1",
        "  took        1 h",
        "  limits      none",
        "  shocks      none",
        "leg 2: 2026-09-01 01:00:00.000 UTC to now",
        "  custody     nobody on record answers for it",
        "  took        1 h",
        "  limits      none",
        "  shocks      none",
    ]


def test_what_nobody_watched_is_unknown():
    assert sentence(replace(QUIET, limits_watched=False), "limits") == (
        "unknown: no profile of limits is on record"
    )
    assert sentence(replace(QUIET, shocks_watched=False), "shocks") == (
        "unknown: no sensor of shocks is on record"
    )
    assert sentence(replace(QUIET, silent=("spare",)), "spare") == (
        "unknown: it went along and told no value"
    )


@pytest.mark.parametrize(
    ("stops", "unbridged", "text"),
    [
        (0, 0, "1 h"),
        (1, 0, "1 h; the gateway was off 1 time"),
        (
            3, 1, ("1 h; the gateway was off 3 times, 1 time for nobody knows how long, not counted"
            " here"),
        ),
    ],
)  # fmt: skip
def test_how_long_it_took_says_what_is_not_in_it(stops, unbridged, text):
    assert sentence(replace(QUIET, stops=stops, unbridged=unbridged), "took") == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "temperature 4 to 6.5 °C, mean 5.00, MKT 5.12"),
        ({"mkt": None, "at_least": True}, "temperature 4 to 6.5 or more °C, mean 5.00"),
        ({"unknown_ms": HOUR}, ("temperature 4 to 6.5 °C, mean 5.00, MKT 5.12; unknown for 1 h of "
         "2 h")),
        ({"lowest": None}, "temperature unknown all the time"),
        ({"highest": None}, "temperature unknown all the time"),
        ({"mean": None}, "temperature unknown all the time"),
    ],
)  # fmt: skip
def test_what_a_sensor_measured(changes, text):
    assert sentence(replace(QUIET, measured=(replace(CARGO, **changes),)), "cargo") == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "2026-09-01 00:00:00.000 UTC, for 1 min, 8.5 to 9"),
        ({"carried": True, "end_ms": None}, "from before, not over, 8.5 to 9"),
        ({"lowest": None}, "2026-09-01 00:00:00.000 UTC, for 1 min"),
        ({"highest": None}, "2026-09-01 00:00:00.000 UTC, for 1 min"),
        (
            {"reports": "battery low", "ended_by": "keeper-2: moved", "where": HERE},
            (
                "2026-09-01 00:00:00.000 UTC, for 1 min, 8.5 to 9; it named: battery low; ended by"
                " keeper-2: moved, last seen at 45.4500, 8.6200"
            ),
        ),
    ],
)
def test_what_was_beyond_a_limit_is_told_with_when_and_for_how_long(changes, text):
    fared = replace(QUIET, stretches=(replace(WARM, **changes),))
    assert sentence(fared, "limits") == f"excursion of cargo, above 8 °C, {text}"


def test_an_alarm_stands_out_and_of_unknown_values_none_is_told():
    alarm, unknown = replace(WARM, state="alarm"), replace(WARM, state="unknown")
    found = sentence(replace(QUIET, stretches=(alarm, unknown)), "limits")
    assert found == (
        "ALARM of cargo, above 8 °C, 2026-09-01 00:00:00.000 UTC, for 1 min, 8.5 to 9 "
        "unknown of cargo, above 8 °C, 2026-09-01 00:00:00.000 UTC, for 1 min"
    )


def test_what_is_told_in_the_same_words_is_told_once_and_no_more_than_twenty_of_a_kind():
    assert sentence(replace(QUIET, stretches=(WARM, WARM)), "limits").count("above") == 1
    fared = replace(QUIET, shocks=(BLOW,) * 20)
    assert len(list(told(fared, "shock"))) == 20
    fared = replace(QUIET, shocks=(BLOW,) * 23)
    assert list(told(fared, "shock"))[19:] == [
        "31 g for 9 ms, 2026-09-01 00:00:00.000 UTC", "and 3 more: --json has them all",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "31 g for 9 ms"),
        ({"at_least": True, "duration": None}, "31 g or more"),
        ({"peak": None}, "of unknown size for 9 ms"),
    ],
)
def test_a_shock_is_told_with_its_peak(changes, text):
    fared = replace(QUIET, shocks=(replace(BLOW, **changes),))
    assert sentence(fared, "shock") == f"{text}, 2026-09-01 00:00:00.000 UTC"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "12.3 km by gnss"),
        (
            {"across": 1500.0, "unknown_ms": 2 * MINUTE},
            "12.3 km by gnss, and 1.5 km or more where it saw none; place unknown for 2 min",
        ),
        ({"fixes": 0}, "unknown: gnss had no position"),
    ],
)
def test_the_way_says_where_it_saw_none(changes, text):
    assert sentence(replace(QUIET, travelled=(replace(WAY, **changes),)), "way") == text


def test_doors_and_gaps_are_told_by_their_name():
    doors = Door("rear", None, 2, 2 * MINUTE, 0, 0), Door("side", 2, 1, MINUTE, 0, HOUR)
    gaps = Outage(1, "cargo", BEGIN, BEGIN + MINUTE, "cold"), Outage(2, "cargo", None, None, "x")
    fared = replace(QUIET, doors=doors, outages=gaps)
    assert sentence(fared, "rear") == "open for 2 min, 2 openings"
    assert sentence(fared, "side 2") == "open for 1 min, 1 opening; unknown for 1 h"
    assert sentence(fared, "gap") == (
        "cargo: no data from 2026-09-01 00:00:00.000 UTC to 2026-09-01 00:01:00.000 UTC, 1 min: "
        "cold cargo: no data since an unknown time: x"
    )


def test_in_short_there_is_what_it_measured_the_way_and_what_is_unknown():
    fared = replace(QUIET, measured=(CARGO,), silent=("spare",), travelled=(WAY, WAY))
    assert in_short(whole(fared)) == (
        "WB-7 took 1 h: cargo temperature 4 to 6.5 °C, mean 5.00, MKT 5.12, spare unknown, "
        "12.3 km by gnss"
    )
    assert in_short(whole()) == "WB-7 took 1 h: nothing was measured"
    assert in_short(whole(legs=())) == "WB-7: how it fared is unknown, its start is not shown"
