"""Single parts of a page, from a handful of records each: what they say at their bounds."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC
from functools import cache
from types import SimpleNamespace

import pytest

from agent.renderer.catalogue import words_of
from agent.renderer.plot import Limit
from agent.renderer.zone import Zone
from agent.report.against import against
from agent.report.case import Case, TakenOut
from agent.report.climate import climate
from agent.report.clocks import clocks
from agent.report.conditions import conditions, rule_words
from agent.report.custody import custody
from agent.report.gaps import gaps
from agent.report.legs import shipments
from agent.report.limits import in_force, limits_of, told_limit
from agent.report.proof import proof
from agent.report.receipts import card
from agent.report.route import route
from agent.report.shocks import shocks
from agent.report.short import short
from agent.report.verdict import verdict
from agent.report.voyages import voyages
from agent.rules.rule import Mode, Reset, Rule, Side
from evidence.report import Finding, Loss, Outcome
from tests.agent.report import odd_trip
from tests.agent.report.page_text import lines_of
from tests.agent.report.parts import WORDS, case, lines, plain, series
from tests.agent.report.test_contradictions import MINUTE, START, Log
from tests.evidence.building import record


def finding(number, outcome=Outcome.ALTERED):
    return Finding(outcome, "digest", f"batch {number}")


@pytest.mark.parametrize(("count", "shown", "more"), [(1, 1, []), (20, 20, []), (21, 20, ["and 1 more"]),
                                                      (23, 20, ["and 3 more"])])  # fmt: skip
def test_of_what_is_against_a_bundle_twenty_things_are_told(count, shown, more):
    told = lines(verdict, findings=[finding(n) for n in range(count)])
    assert sum("batch" in each and each.startswith("- ") for each in told) == shown
    assert [each.rstrip(".") for each in told if each.startswith("- and")] == [
        f"- {each}" for each in more
    ]


@pytest.mark.parametrize(
    ("outcome", "looks"),
    [(Outcome.AUTHENTIC, "good"), (Outcome.INCOMPLETE, "care"), (Outcome.ALTERED, "bad")],
)
def test_a_verdict_looks_as_it_is(outcome, looks):
    found = [] if outcome is Outcome.AUTHENTIC else [finding(1, outcome)]
    html = verdict(case(findings=found))
    assert f'class="verdict {looks}"' in html
    assert (WORDS("verdict.beware") in html) is (looks == "bad")


def test_what_was_lost_for_good_is_an_exception_too():
    lost = [Loss(b"e", 4, 6, range(10, 13), "card"), Loss(b"e", 9, 9, None, "card")]
    assert lines(verdict, losses=lost)[0].endswith("except for 2 declared gaps")
    told = lines(gaps, losses=lost)
    said = "- Batches {} to {} are lost, and declared so; records in them: {}. Reason: card"
    assert told[-2:] == [said.format(4, 6, 3), said.format(9, 9, "unknown")]


def test_a_file_without_records_says_so_and_nothing_else():
    assert lines(short) == ["## In short", "- No record is shown."]


def test_in_short_what_was_not_looked_for_is_not_none():
    told = lines(short, series(4, 5))
    assert "- No rules for goods are shown: nobody can say whether any limit was kept." in told
    assert "- No gap was declared, and none was found." in told
    ruled = [*series(4, 5), record(2, "profile", values={"profile": "2-8"})]
    assert "- No record shown tells of an excursion or an alarm." in lines(short, ruled)
    assert "- No gap is shown. A hidden record may declare one." in lines(short, ruled, hidden=1)


def test_a_gap_of_a_device_and_a_loss_of_the_gateway_are_two():
    silent = record(2, "gap", values={"state": "closed", "from_ms": START, "to_ms": START + MINUTE})
    told = {"records": [*series(4, 5), silent], "losses": [Loss(b"e", 4, 6, range(10, 13), "card")]}
    assert "- 2 gaps without data were declared: see below." in lines(short, **told)
    assert lines(verdict, **told)[0].endswith("except for 2 declared gaps")


def test_a_page_without_a_policy_s_digest_names_none_and_a_file_taken_out_has_its_command():
    found = case(series(4))
    assert not [each for each in lines_of(f"<main>{proof(found)}</main>") if "policy with" in each]
    told = lines_of(f"<main>{proof(found)}</main>")
    assert "head -c -34 'a trip.bundle' | sha256sum" in told
    assert "tallyman verify 'a trip.bundle' --policy POLICY" in told
    taken = TakenOut("openssl cms -in x", "y z.bundle")
    stamped = Case(found.report, "x", "d1", b"\xab" * 32, WORDS, Zone(UTC), taken)
    told = lines_of(f"<main>{proof(stamped)}</main>")
    at = told.index("openssl cms -in x")
    assert told[at + 1] == "head -c -34 'y z.bundle' | sha256sum"
    assert any(("ab" * 32) in each for each in told)


def test_a_receipt_says_what_it_does_not_know():
    told = {
        "check": "R-1", "decided_ms": START, "goods": [], "differences": [], "delivery": {},
        "receipt": {"notice": "ASN1", "decision": "accepted", "expected": 7, "found": 0},
    }  # fmt: skip
    shown = lines_of(f"<main>{card(told, WORDS, Zone(UTC))}</main>")
    assert "7 | 0 | unknown | unknown | unknown | unknown" in shown
    assert not [each for each in shown if "Handed over" in each or "SHA-256" in each]
    delivered = told | {"delivery": {"driver": "driver-4", "state": "signed"}, "sha256": "ab" * 32}
    shown = lines_of(f"<main>{card(delivered, WORDS, Zone(UTC))}</main>")
    assert [each for each in shown if "Handed over by driver-4 to unknown" in each]
    assert [each for each in shown if "ab" * 32 in each]


@pytest.mark.parametrize(("count", "more"), [(200, []), (201, ["and 1 more"])])
def test_a_receipt_has_two_hundred_goods_and_says_how_many_there_are_more(count, more):
    goods = [{"gtin": f"{n:014}", "quantity": 1} for n in range(count)]
    told = {"check": "R-1", "decided_ms": START, "goods": goods, "differences": [],
            "delivery": {}, "receipt": {}}  # fmt: skip
    shown = lines_of(f"<main>{card(told, WORDS, Zone(UTC))}</main>")
    assert [each.rstrip(".") for each in shown if each.startswith("and ")] == more
    assert sum(each.startswith("0000") for each in shown) == 200


def rule(**changes):
    given = {"name": "warm", "field": "temperature", "side": Side.ABOVE, "limit": 8.0} | changes
    return plain(rule_words(case(series(4)), Rule(**given)))[0]


def test_how_a_limit_that_records_name_is_told():
    assert plain(told_limit(WORDS, "temperature above 8 °C")) == ["temperature above 8 °C"]
    assert plain(told_limit(words_of("de"), "temperature above 8 °C")) == ["Temperatur über 8 °C"]
    assert plain(told_limit(WORDS, "<b>no limit</b>")) == ["<b>no limit</b>"]


def test_places_of_a_coarse_kind_are_told_where_no_way_is():
    log = Log()
    log.add(1, "gnss", "place", hour_ms=START, name="Novara", lat=45_450, lon=8_620, size=20)
    log.add(2, "gnss", "place", hour_ms=START, lat=0, lon=-8_620)
    told = lines(route, log.records)
    hour = "2026-10-25 00:00:00 +00:00"
    assert told[-2:] == [
        f"{hour} | Novara 45.450°, 8.620° | 20 km", f"{hour} | 0.000°, -8.620° | unknown",
    ]  # fmt: skip
    assert WORDS("route.coarse") in told
    log.drive(3, 1.0)
    assert WORDS("route.text") in lines(route, log.records)
    assert lines(route, series(4)) == []


def test_parts_that_have_nothing_to_tell_are_not_there():
    for part in (shocks, custody, climate, shipments):
        assert lines(part, [record(0, "boot", values={})]) == []


def test_hidden_records_may_speak_against_it_too():
    assert WORDS("against.hidden") in "".join(lines(against, series(4), hidden=1))
    assert WORDS("against.hidden") not in "".join(lines(against, series(4)))


def test_clocks_that_nobody_dated_are_counted():
    lost = {"clock_bound_ms": None, "clock_source": "none", "wall_ms": 5000}
    dated = record(2, boot=4)
    told = lines(clocks, [record(0, **lost), record(1, **lost), dated])
    assert any(each.startswith("- 2 records were made while nobody knew") for each in told)
    assert not any("nobody knew" in each for each in lines(clocks, [dated]))
    moved = [record(0, "clock", values={"new_source": "ntp", "offset_ms": "x"}), record(1)]
    assert sum("the clock went over to ntp" in each for each in lines(clocks, moved)) == 1


def batch_by(source, bound_ms):
    return SimpleNamespace(
        batch=SimpleNamespace(clock_source=source, clock_bound_ms=bound_ms), kid=b"\x01" * 8
    )


def test_who_vouches_for_the_times_is_told_with_the_largest_error_and_where_nobody_does():
    bounds = [("gnss", 40), ("ntp", 1200), ("gnss", 90), ("none", None)]
    told = lines(clocks, statements=[batch_by(*each) for each in bounds])
    assert told[1:3] == [
        *plain(f"- {WORDS('clock.bound', sources='gnss, ntp', bound='1.200 s')}"),
        *plain(f"- {WORDS('clock.unsynced', n=1, all=4)}"),
    ]
    told = lines(clocks, statements=[batch_by("ntp", 7)])
    assert told[1:] == [
        *plain(f"- {WORDS('clock.bound', sources='ntp', bound='7 ms')}"),
        *plain(f"- {WORDS('clock.local')}"),
    ]


@pytest.mark.parametrize(
    ("named", "vouching", "told"), [(3, 2, True), (2, 2, True), (1, 1, False), (3, None, False)]
)
def test_of_several_logs_it_is_told_how_many_vouch(named, vouching, told):
    said = WORDS("proof.several", vouching=vouching, named=named, wanted=2)
    shown = lines(proof, named=named, vouching=vouching, threshold=2)
    assert (plain(f"- {said}")[0] in shown) is told


def excursion(limit, device="cargo"):
    values = {"rule": "warm", "limit": limit, "state": "excursion", "from_ms": START}
    return record(9, "excursion", device=device, values=values)


def test_without_a_profile_the_limits_are_those_that_excursions_name():
    found = case([
        *series(4, 9), excursion("temperature above 8 °C"), excursion("temperature below 2 °C"),
        excursion("temperature above 8 °C"), excursion("humidity above 60 %"),
        excursion("temperature above 9e99 °C"), excursion("temperature above 30 °C", "wall"),
        excursion("no value that can be believed"),
    ])  # fmt: skip
    assert limits_of(found, [], "cargo", "temperature") == [Limit(2.0, "2 °C"), Limit(8.0, "8 °C")]


def test_in_short_an_excursion_alone_is_told_as_one_and_no_alarm():
    told = lines(short, [excursion("temperature above 8 °C")])
    counts = {"excursions": WORDS("short.excursions", n=1), "alarms": WORDS("short.alarms", n=0)}
    assert plain(f"- {WORDS('short.conditions', **counts)}")[0] in told


def test_a_profile_whose_file_is_none_is_not_known():
    file = b"no profile"
    digest = hashlib.sha256(file).digest()
    held = record(0, "profile", values={"profile": "2-8", "version": 1, "digest": digest})
    (found,) = in_force(case([held], files={digest: file}))
    assert (found.name, found.version, found.digest, found.profile) == ("2-8", 1, digest, None)


def test_without_a_rule_that_is_said_and_without_an_excursion_too():
    told = lines(conditions, series(4))
    assert [each for each in told if not each.startswith("#")] == plain(
        WORDS("conditions.none")
    ) + plain(WORDS("rules.none"))


@pytest.mark.parametrize(
    ("changes", "when"),
    [
        ({"alarm_after": 0}, "is an alarm at once"),
        ({"alarm_after": 60_000, "mode": Mode.SINGLE}, "for 1 min at a time is an alarm"),
        ({"alarm_after": 60_000, "mode": Mode.CUMULATIVE, "window": 3_600_000},
         "for 1 min within 1 h is an alarm"),
        ({"alarm_after": 60_000, "mode": Mode.CUMULATIVE, "window": 0}, "for 1 min in all is an alarm"),
    ],
)  # fmt: skip
def test_when_a_rule_is_an_alarm_and_who_ends_it(changes, when):
    assert rule(**changes).startswith(f"warm: temperature above 8 °C {when}; ")
    assert rule(reset=Reset.PERSON) != rule(reset=Reset.RECOVERY)


def test_before_its_first_value_and_after_its_last_one_holds_nobody_knows_it():
    """A value a minute: each holds for one and a half; a door tells of half an hour around them."""
    log = Log()
    log.door(0, "closed")
    for minute in (10, 11, 12, 13):
        log.add(minute, "cargo", "temperature", temperature=400)
    log.door(30, "open")
    (found,) = case(log.records).series
    minutes = [((start - START) / MINUTE, (end - START) / MINUTE) for start, end in found.unknown]
    assert minutes == [(0, 10), (14.5, 30)]
    assert found.unknown_ms == 25.5 * MINUTE


def test_each_value_that_a_sensor_ever_told_is_one_series():
    log = Log()
    log.add(0, "cargo", "temperature", temperature=400)
    log.add(1, "cargo", "temperature", temperature=400, humidity=5000)
    log.add(2, "cargo", "temperature", quality="no-answer")
    log.add(2, "mute", "temperature", quality="no-answer")
    found = [(each.device, each.field, each.lowest) for each in case(log.records).series]
    assert found == [("cargo", "temperature", 4.0), ("cargo", "humidity", 50.0),
                     ("mute", "temperature", None)]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "values"),
    [
        (-1, -0.5, []), (-1, 0, [4]), (0, 0, [4]), (0.5, 0.9, [4]), (0.5, 1, [4, 5]),
        (1, 2, [5, 6]), (3.49, 9, [6]), (3.5, 9, []),
    ],
)  # fmt: skip
def test_which_values_held_between_two_moments(start, end, values):
    """4 °C at minute 0, 5 at 1 and 6 at 2, which holds for a minute and a half."""
    (found,) = case(series(4, 5, 6)).series
    assert found.known_between(START + start * MINUTE, START + end * MINUTE) == values


def test_a_way_is_unknown_from_a_doubtful_position_to_the_next_good_one():
    """A position a minute, of which that at 2 is doubtful, and none is known after 4."""
    log = Log()
    for minute in range(5):
        log.add(minute, "gnss", "position", quality="corrupt" if minute == 2 else "ok",
                lat=450_000_000 + minute * 10_000, lon=76_000_000)  # fmt: skip
    log.door(9, "open")
    (way,) = case(log.records).ways
    assert [round((at - START) / MINUTE) for at, _ in way.fixes] == [0, 1, 3, 4]
    assert [[round((fix.lat - 45) * 1000) for fix in run] for run in way.runs] == [[0, 1], [3, 4]]
    assert way.unknown_ms == (1 + 3.5) * MINUTE
    assert way.before(START - 1) is None
    assert way.before(START + 2 * MINUTE)[0] == START + MINUTE


def test_a_shipment_is_under_way_until_it_is_bound_anew_received_or_ended():
    log = Log()
    log.bind(1)
    log.bind(2, name="WB-8", notice="")
    log.add(3, "gateway", "dock-check", check="R-1", notice="ASN9", decision="accepted")
    log.add(4, "gateway", "dock-check", check="R-2", notice="ASN1", decision="accepted")
    log.add(5, "gateway", "dock-check", check="R-3", decision="accepted")
    log.bind(6, name="WB-8", notice="")
    log.add(7, "gateway", "shipment", name="WB-8", state="ended")
    log.bind(8)
    lost = log.records[0]._replace(number=8, boot=2, clock_bound_ms=None, clock_source="none")
    found = voyages(case([*log.records, lost]))
    told = [(each.bound.name, each.start, each.end) for each in found]
    assert [(name, (start - START) // MINUTE, end and (end - START) // MINUTE)
            for name, start, end in told] == [
        ("WB-7", 1, 4), ("WB-8", 2, 6), ("WB-8", 6, 7), ("WB-7", 8, None),
    ]  # fmt: skip
    first, *_, last = found
    times = [START + minute * MINUTE for minute in (0.999, 1, 3.999, 4)]
    assert [first.under_way(int(at)) for at in times] == [False, True, True, False]
    assert last.under_way(START + 99 * MINUTE)


def test_a_page_is_about_a_second_at_least():
    assert case([record(0, wall_ms=START)]).span == (START, START + 1000)
    assert case(series(4, 5)).span == (START, START + MINUTE)
    assert case([]).span == (0, 1000)


crowd = cache(odd_trip.crowd)


@pytest.mark.parametrize("part", [against, conditions, custody, gaps, route, shocks])
@pytest.mark.parametrize(("count", "more"), [(200, 0), (201, 1), (203, 3)])
def test_a_table_has_200_rows_and_says_how_many_there_are_more(part, count, more):
    told = lines(part, crowd(count))
    rows = [each for each in told if " | " in each or (part is against and each.startswith("- "))]
    assert len(rows) - (part is not against) == 200
    said = [each.split(" ")[1] for each in told if re.match(r"and -?\d+ ", each)]
    assert said == ([str(more)] if more else [])


def test_a_door_is_unknown_from_a_gap_on_in_all_as_in_each_leg():
    log = Log()
    log.door(0, "closed")
    log.door(4, "open")
    log.add(10, "door", "gap", state="open", reason="cable")
    log.add(20, "cargo", "boot", version="1")
    (door,) = case(log.records).sums.doors
    assert (door.closed_ms, door.open_ms, door.unknown_ms, door.openings) == (
        4 * MINUTE, 6 * MINUTE, 10 * MINUTE, 1,
    )  # fmt: skip


def test_a_sensor_that_was_declared_says_so_in_the_sums():
    log = Log()
    watched = {"shipment": "WB-7", "kinds": "temperature", "interval_ms": MINUTE}
    log.add(0, "cargo", "shipment-sensor", **watched)
    for device in ("cargo", "wall"):
        for minute in range(4):
            log.add(minute, device, "temperature", temperature=400)
    sums = case(log.records).sums
    assert [(each.device, each.declared) for each in sums.measured] == [
        ("cargo", True), ("wall", False),
    ]  # fmt: skip
