"""What speaks against a trip's records: each told where it is so, and not where it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC

import pytest

from agent.renderer.catalogue import LANGUAGES, words_of
from agent.renderer.zone import Zone
from agent.report.case import Case
from agent.report.contradictions import contradictions
from agent.report.page import page
from evidence.leaf import Record
from evidence.verify import verify_bundle
from tests.agent.report.reading import read
from tests.agent.report.trip import bundled, sealed

START = 1_792_886_400_000  # 2026-10-25T00:00:00Z
MINUTE = 60_000
CRATE = {"epc": "3074257BF7194E4000001A85", "read_point": "load"}


@dataclass
class Log:
    """Records in their order, each at a minute of the trip."""

    records: list[Record] = field(default_factory=list)
    boot: int = 1

    def add(self, minute: float, device: str, kind: str, **values: object) -> None:
        changes = {name: values.pop(name) for name in ("quality", "source", "bound", "behind_ms")
                   if name in values}  # fmt: skip
        wall = START + round(minute * MINUTE) - changes.get("behind_ms", 0)
        made = Record(
            number=len(self.records), device=device, kind=kind, boot=self.boot,
            monotonic_ms=round(minute * MINUTE) + 5000, wall_ms=wall,
            clock_source=changes.get("source", "gnss"), clock_bound_ms=changes.get("bound", 40),
            quality=changes.get("quality", "ok"), values=values,
        )  # fmt: skip
        self.records.append(made)

    def bind(self, minute: float, **changes: object) -> None:
        said = {"name": "WB-7", "state": "started", "notice": "ASN1", "seals": "S1",
                "devices": "door, load, position"}  # fmt: skip
        self.add(minute, "gateway", "shipment", **said | changes)

    def door(self, minute: float, state: str) -> None:
        self.add(minute, "door", "input", state=state)

    def tag(self, minute: float, state: str, last: float | None = None, **values: object) -> None:
        """A tag came, or was given up at a minute, after its `last` read."""
        at = minute if last is None else last
        said = {"state": state, "at_ms": START + round(at * MINUTE), **CRATE}
        self.add(minute, "load", "tag-state", **said | values)

    def gone(self, minute: float, last: float, **values: object) -> None:
        self.tag(minute, "leave", last, **{"dwell_ms": 90 * MINUTE} | values)

    def drive(self, minute: float, km: float) -> None:
        self.add(
            minute, "position", "position", lat=450_000_000 + round(km * 90_000), lon=76_000_000
        )


def case_of(log: Log, *, lang: str = "en", hidden: bool = False) -> Case:
    world = sealed(log.records)
    data = bundled(world)
    if hidden:
        shown = world.in_part(world.sealed[0], tuple(range(1, len(log.records))))
        data = world.bundle([shown]).to_bytes()
    policy = world.policy()
    report = verify_bundle(data, policy)
    return Case(report, "a.bundle", "", policy.digest, words_of(lang), Zone(UTC))


def told(log: Log, **how: object) -> list[tuple[str, str]]:
    return [(each.what, each.who) for each in contradictions(case_of(log, **how))]


def trip() -> Log:
    """A shipment under seal behind a closed door, which is driven for two hours."""
    log = Log()
    log.door(0, "closed")
    log.bind(1)
    log.tag(2, "enter")
    for minute in range(10, 121, 10):
        log.drive(minute, float(minute))
    return log


def test_nothing_speaks_against_a_trip_on_which_all_is_well():
    log = trip()
    log.door(125, "open")
    log.gone(128, 126)
    log.add(140, "gateway", "dock-check", check="R-1", notice="ASN1", decision="accepted")
    log.drive(150, 130.0)
    log.drive(160, 140.0)
    assert told(log) == []


def test_a_door_that_is_opened_under_seal_before_the_truck_drives_on():
    log = trip()
    log.door(121, "open")
    log.door(125, "closed")
    log.drive(140, 121.0)
    assert told(log) == [("opened-under-seal", "door")]
    found = contradictions(case_of(log))[0]
    assert (found.at, found.thing) == (START + 121 * MINUTE, "S1")


@pytest.mark.parametrize("what", ["no seal", "new seal", "in a yard", "another door", "hidden"])
def test_a_door_that_may_be_opened(what):
    log = Log()
    log.door(0, "closed")
    log.bind(1, **{"no seal": {"seals": ""}, "another door": {"devices": "load"}}.get(what, {}))
    log.drive(10, 1.0)
    log.door(20, "open")
    log.door(25, "closed")
    if what == "new seal":
        log.bind(27, seals="S2")
    log.drive(30, 1.3 if what == "in a yard" else 9.0)
    assert told(log, hidden=what == "hidden") == []


def test_a_tag_that_is_read_no_more_behind_a_closed_door():
    log = trip()
    log.gone(130, 121)
    assert told(log) == [("vanished", "load")]


@pytest.mark.parametrize(
    "what", ["door", "back", "passing", "moved", "not aboard", "no door", "unknown door"]
)
def test_a_tag_that_may_be_gone(what):
    log = Log()
    if what != "no door":
        log.door(0, "closed")
    if what == "unknown door":
        log.add(0.5, "door", "gap", state="open", reason="unplugged")
    log.bind(1, devices="door, position" if what == "not aboard" else "door, load, position")
    log.tag(2, "enter")
    if what == "door":
        log.door(119.5, "open")
        log.door(119.8, "closed")
    more = {"passing": {"dwell_ms": MINUTE}, "moved": {"to": "tail"}}.get(what, {})
    log.gone(130, 120, **more)
    if what == "back":
        log.tag(131, "enter", 128.0)
    assert told(log) == []


@pytest.mark.parametrize(
    ("direction", "door", "found"),
    [("out", "closed", True), ("undecided", "closed", False), ("out", "open", False)],
)
def test_a_tag_that_is_carried_through_a_door_whose_contact_says_closed(direction, door, found):
    log = trip()
    log.bind(121, seals="", devices="door, tail, position")
    log.door(122, door)
    values = {"dwell_ms": 2000, "direction": direction, "read_point": "tail"}
    log.tag(125, "leave", 124.9, **values)
    log.records[-1] = log.records[-1]._replace(device="tail")
    assert told(log) == ([("through-closed-door", "tail")] if found else [])


def test_several_tags_that_vanish_together_are_one_thing():
    log = trip()
    log.gone(130, 121)
    log.gone(130, 122, epc="3074257BF7194E4000001A86")
    log.gone(150, 141, epc="3074257BF7194E4000001A87")
    found = contradictions(case_of(log))
    assert [(each.what, each.n) for each in found] == [("vanished", 2), ("vanished", 1)]
    assert (found[0].at, found[0].until) == (START + 121 * MINUTE, START + 122 * MINUTE)


def test_copies_of_tags_and_quarrels_about_the_time():
    log = Log()
    log.add(1, "load", "tag-suspect", cause="two-tids", text="…", quality="suspect", **CRATE)
    log.add(2, "gateway", "clock", quality="suspect", new_source="gnss", claim_source="ntp")
    log.add(3, "gateway", "clock", new_source="ntp", old_source="gnss", offset_ms=3)
    log.add(4, "load", "tag-suspect", cause="a word of a later version", **CRATE)
    assert told(log) == [("two-tids", "load"), ("clock-disputed", "ntp")]


def test_a_clock_that_stands_before_what_was_vouched_for():
    log = Log()
    log.add(1, "cargo", "temperature", temperature=400)
    log.boot = 2
    for minute in (5, 6):
        log.add(minute, "cargo", "temperature", temperature=400, source="rtc", bound=None,
                behind_ms=180 * MINUTE)  # fmt: skip
    log.add(7, "cargo", "temperature", temperature=400)
    assert told(log) == [("clock-back", "rtc")]
    for source in ("none", "quorum"):  # the witnesses' word is only that it is later
        without_battery = [each._replace(clock_source=source) if each.clock_bound_ms is None else each
                           for each in log.records]  # fmt: skip
        assert told(Log(without_battery)) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"claim_source": "ntp", "claim_ms": -1000, "offset_ms": 0}, []),
        ({"offset_ms": -1000}, []),  # whom the leap second made believed
        ({"claim_source": "ntp", "claim_ms": -61_000, "offset_ms": 0}, ["clock-disputed"]),
        ({"offset_ms": 3_600_000}, ["clock-disputed"]),
        ({"claim_source": "ntp", "offset_ms": 0}, ["clock-disputed"]),  # by how much nobody knows
    ],
)
def test_a_leap_second_speaks_against_nothing(values, found):
    log = Log()
    log.add(1, "gateway", "clock", quality="suspect", new_source="gnss", **values)
    assert [what for what, _ in told(log)] == found


@pytest.mark.parametrize(("behind", "found"), [(5, []), (45, [("clock-back", "rtc")])])
def test_a_chip_that_nothing_sets_may_lose_minutes(behind, found):
    log = Log()
    log.add(60, "cargo", "temperature", temperature=400)
    log.boot = 2
    log.add(62, "cargo", "temperature", temperature=400, source="rtc", bound=None,
            behind_ms=(behind + 2) * MINUTE)  # fmt: skip
    log.add(63, "cargo", "temperature", temperature=400)
    assert told(log) == found


def test_what_a_device_kept_comes_late_and_sets_no_clock_back():
    log = Log()
    for minute in (100, 40, 41, 101):
        log.add(minute, "node-3", "temperature", temperature=400)
    assert told(log) == []


@pytest.mark.parametrize(
    ("previous", "minutes", "under_way", "found"),
    [
        ("unexpectedly", 3, False, "cut-off"),
        ("orderly", 120, True, "off-under-way"),
        ("orderly", 120, False, ""),
        ("orderly", 3, True, ""),
    ],
)
def test_a_gateway_that_was_off(previous, minutes, under_way, found):
    log = Log()
    log.bind(1)
    if not under_way:
        log.add(2, "gateway", "shipment", name="WB-7", state="ended")
    log.add(10, "cargo", "temperature", temperature=400)
    log.boot = 2
    log.add(10 + minutes, "gateway", "boot", version="1", cause="machine start", previous=previous)
    assert told(log) == ([(found, "gateway")] if found else [])


def test_jumps_at_each_value_are_one_thing_and_later_ones_another():
    log = Log()
    for minute, celsius in enumerate((4, 9, 14, 19, 19, 19, 14, 9, *[10, 9] * 10, 4)):
        log.add(minute, "cargo", "temperature", temperature=100 * celsius)
    found = contradictions(case_of(log))
    assert [(each.what, each.at, each.until, each.n) for each in found] == [
        ("too-fast", START, START + 7 * MINUTE, 5),
        ("too-fast", START + 27 * MINUTE, START + 28 * MINUTE, 1),
    ]


def everything() -> Log:
    """A trip that has one of each."""
    log = trip()
    for minute in range(60):
        log.add(
            minute, "cargo", "temperature", temperature=1900 if minute == 30 else 400 + minute % 9
        )
    for number, cause in enumerate(("two-tids", "two-places", "foreign-tid")):
        log.add(122 + number, "load", "tag-suspect", cause=cause, quality="suspect", **CRATE)
    log.add(126, "gateway", "clock", quality="suspect", new_source="gnss", claim_source="ntp")
    log.gone(140, 131)
    log.gone(140, 131, read_point="tail", direction="in")
    log.door(141, "open")
    log.drive(150, 150.0)
    for minutes, previous in ((5, "unexpectedly"), (60, "orderly")):
        log.boot += 1
        log.add(150 + minutes, "gateway", "boot", version="1", previous=previous)
    log.add(230, "gateway", "power", state="ok", behind_ms=90 * MINUTE)
    return log


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_has_a_sentence_for_each_in_every_language(lang):
    log = everything()
    case = case_of(log, lang=lang)
    found = contradictions(case)
    assert {each.what for each in found} == {
        "too-fast", "two-tids", "two-places", "foreign-tid", "clock-disputed", "vanished",
        "through-closed-door", "opened-under-seal", "cut-off", "off-under-way", "clock-back",
    }  # fmt: skip
    root = read(page(case))
    title = words_of(lang)("against.title")
    (own,) = [
        each for each in root.all("section") if each.all("h2") and each.one("h2").text == title
    ]
    assert len(own.all("li")) == len(found)


def test_that_nothing_was_found_is_said_and_is_no_proof():
    root = read(page(case_of(trip())))
    assert "That is no proof either" in root.text
    assert "speak against what is told here" not in root.text
    assert "speak against what is told here: see below." in read(page(case_of(everything()))).text
