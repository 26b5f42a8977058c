"""What the records of conditions, hints and places say, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.intake.alarm_texts import AlarmTexts
from agent.intake.condition_watch import announced, key_of, together, told
from agent.intake.goods_there import goods_there
from agent.intake.health_board import HealthBoard
from agent.intake.neighbours import (
    LONGEST,
    NONCE_BYTES,
    Hearsay,
    Hint,
    Neighbours,
    address,
    sealed,
    unsealed,
)
from agent.intake.placed import Placed
from agent.intake.receiver_time import ReceiverTime
from agent.observe.presence import Present
from agent.observe.tags import Change, Read
from agent.rules import shipped
from agent.rules.conditions import Due
from agent.rules.rule import State
from agent.rules.standing import Standing
from agent.rules.watched import Watched
from drivers.driver import Health
from drivers.driver import State as DriverState
from drivers.reading import Reading
from evidence import cbor
from tests.agent.fakes import reading
from tests.evidence.building import record

KEY, NONCE, EPC = bytes(range(32)), bytes(NONCE_BYTES), "3074257BF7194E4000001A85"
COLD = Watched("cargo", shipped.find("2-8", Path()), 60.0, "bay 1")
WARM, FROZEN = COLD.profile.rules[:2]


def due(state: State, rule=WARM, watched=COLD, since=7, **standing) -> Due:
    return Due(watched, rule, state, State.OK, Standing(state, since, **standing), since)


OF_RULE = {
    "rule": WARM.name, "profile": "2-8", "version": COLD.profile.head.version,
    "read_point": "bay 1",
}  # fmt: skip


def test_an_alarm_is_told_with_its_severity_and_what_was_measured():
    alarm = due(State.ALARM, counted=60_000, lowest=8.014, highest=9.41)
    assert told([alarm], 77) == OF_RULE | {
        "limit": "temperature above 8 °C", "state": "alarm", "before": "ok", "from_ms": 77,
        "counted_ms": 60_000, "lowest": 801, "highest": 941, "severity": str(WARM.severity),
    }  # fmt: skip
    assert told([due(State.EXCURSION)], 77) == OF_RULE | {
        "limit": "temperature above 8 °C", "state": "excursion", "before": "ok", "from_ms": 77,
    }  # fmt: skip


def test_a_lost_sensor_is_told_once_for_all_its_rules():
    lost = [due(State.UNKNOWN, rule, counted=5) for rule in (WARM, FROZEN)]
    assert together(lost) == [lost]
    assert told(lost, 77) == OF_RULE | {
        "rule": f"{WARM.name}, {FROZEN.name}", "rules": 2,
        "limit": "no value that can be believed", "state": "unknown", "before": "ok",
        "from_ms": 77,
    }  # fmt: skip
    nowhere = Watched("cargo", COLD.profile, 60.0)
    assert "read_point" not in told([due(State.ALARM, watched=nowhere)], 77)


def test_what_is_not_of_one_event_has_a_record_each():
    other = Watched("tail", COLD.profile, 60.0)
    several = [
        due(State.ALARM), due(State.ALARM, FROZEN), due(State.UNKNOWN),
        due(State.UNKNOWN, FROZEN, since=8), due(State.UNKNOWN, watched=other),
    ]  # fmt: skip
    assert together(several) == [[each] for each in several]
    assert key_of(several[1]) == ("cargo", FROZEN.name)
    assert announced(COLD) == {
        "profile": "2-8", "version": COLD.profile.head.version, "digest": COLD.profile.digest,
    }  # fmt: skip


# Hints between gateways


def encrypted(*plain) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return NONCE + AESGCM(KEY).encrypt(NONCE, cbor.encode(list(plain)), None)


GOOD = (1, "one", "door 1", bytes.fromhex(EPC), -47, 1)


def other(place: int, value) -> tuple:
    return (*GOOD[:place], value, *GOOD[place + 1 :])


@pytest.mark.parametrize(
    ("plain", "known"),
    [
        (GOOD, True), (other(0, 2), False), (other(0, 0), False), (other(1, ""), False),
        (other(1, "x" * 64), True), (other(1, "x" * 65), False), (other(2, "x" * 64), True),
        (other(2, "x" * 65), False), (other(2, ""), False), (other(2, "a\x1bb"), False),
        (other(1, "a\nb"), False), (other(3, b"\x01" * 62), True), (other(3, b"\x01" * 63), False),
        (other(5, 0), True), (other(5, 2), False), (other(5, True), False), (GOOD[:5], False),
        ((*GOOD, 1), False), (other(4, "near"), False),
    ],
)  # fmt: skip
def test_a_hint_is_of_this_version_and_of_names_that_fit(plain, known):
    found = unsealed(encrypted(*plain), KEY)
    assert (found is not None) is known
    if plain is GOOD:
        assert found == Hint("one", "door 1", EPC, -47, here=True)
        assert sealed(found, KEY, NONCE) == encrypted(*GOOD)


def test_a_datagram_has_a_length():
    assert unsealed(NONCE, KEY) is None
    assert unsealed(b"", KEY) is None
    longest = Hint("x" * 64, "ä" * 64, "AA" * 62, -47, here=True)
    assert len(sealed(longest, KEY, NONCE)) <= LONGEST
    assert unsealed(sealed(longest, KEY, NONCE), KEY) == longest
    assert unsealed(sealed(longest, KEY, NONCE).ljust(LONGEST + 1, b"\0"), KEY) is None


class Transport:
    def __init__(self) -> None:
        self.sent: list[tuple[Hint | None, object]] = []

    def sendto(self, data: bytes, to: object) -> None:
        self.sent.append((unsealed(data, KEY), to))


def test_each_neighbour_is_told_what_became_of_a_tag_but_for_strays():
    nonces = []
    timing = SimpleNamespace(monotonic=lambda: 5.0)
    one = Neighbours("", (), KEY, "one", timing, lambda n: nonces.append(n) or NONCE)
    read = Read(EPC, "reader", 1, 0.0, 0.0)
    one.tell(Change(True, "door 1", read, 0.0, rssi=-47.6))  # nobody is reached yet
    one._transport, one._addresses = Transport(), ["there", "yonder"]
    one.tell(Change(True, "door 1", read, 0.0, rssi=-47.6))
    one.tell(Change(False, "door 1", read, 0.0))
    one.tell(Change(False, "door 1", read, 0.0, stray=True))
    came, went = Hint("one", "door 1", EPC, -48, True), Hint("one", "door 1", EPC, -60, False)
    assert one._transport.sent == [
        (came, "there"), (came, "yonder"), (went, "there"), (went, "yonder"),
    ]  # fmt: skip
    assert nonces == [12] * 4


def test_what_is_heard_is_counted_and_ones_own_word_is_not():
    timing = SimpleNamespace(monotonic=lambda: 5.0)
    one = Neighbours("", (), KEY, "one", timing, bytes)
    for sender, key in (("two", KEY), ("one", KEY), ("two", bytes(32))):
        one.datagram_received(sealed(Hint(sender, "door", EPC, -50, True), key, NONCE), "x")
    assert (one.heard, one.unopened) == (1, 1)
    assert one.where(EPC) == ("door (two)", -50.0)


def test_the_tag_that_nobody_spoke_of_for_the_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr("agent.intake.neighbours.MOST_TAGS", 2)
    said = Hearsay()
    for epc in ("AA", "BB", "AA", "CC"):
        said.note(Hint("two", "door", epc, -50, here=True), 0.0)
    assert [said.where(epc, 1.0) is not None for epc in ("AA", "BB", "CC")] == [True, False, True]
    said.note(Hint("two", "door", "DD", -50, here=False), 0.0)
    assert said.where("CC", 600.0) == ("door (two)", -50.0)
    assert said.where("CC", 600.1) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("door-3:7421", ("door-3", 7421)), ("[fd00::1]:1", ("fd00::1", 1)), ("10.0.0.2:65535", ("10.0.0.2", 65535))],
)  # fmt: skip
def test_an_address_is_a_host_and_a_port(text, found):
    assert address(text) == found


# Places, goods and times


def present(epc: str, uri: str = "") -> Present:
    return Present(epc, "bay 1", "r", uri, "", 0, 0)


def test_four_things_are_named_pallets_first():
    pallet = present("FF", "urn:epc:id:sscc:0614141.1234567890")
    tags = [present(epc) for epc in ("AD", "AA", "AC", "AB")]
    assert goods_there([]) == ""
    assert goods_there(tags[:3]) == "AA, AC, AD"
    assert goods_there(tags) == "AA, AB, AC, AD"
    assert goods_there([*tags, pallet]) == "(00)106141412345678908, AA, AB, AC and 1 more"
    assert goods_there([*tags, pallet, present("AE")]).endswith(" and 2 more")


def test_a_shock_has_its_place_and_what_was_there():
    for goods, there in (("(00)1", "(00)1"), ("", None)):
        placed = Placed("bay 1", lambda at, goods=goods: goods if at == "bay 1" else "elsewhere")
        shock = placed(reading("a", "shock", peak=3.0))
        assert shock.fields == {"peak": 3.0, "read_point": "bay 1", "goods": there}
        other_kind = reading("a", "temperature", temperature=3.0)
        assert placed(other_kind) is other_kind


def test_of_a_device_without_a_driver_nobody_knows():
    board, health = HealthBoard(), Health()
    assert (board.blind("d"), board.counter("d", "frames")) == (False, 0)
    board.put("d", health)
    assert board.blind("d")
    health.enter(DriverState.RUNNING, 1.0)
    health.counters["frames"] = 7
    assert (board.blind("d"), board.counter("d", "frames"), board.counter("d", "x")) == (
        False,
        7,
        0,
    )


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def fix(at: float, kind: str = "position", utc=NOON) -> Reading:
    return Reading("gnss", kind, {}, at, utc=utc)


def test_a_fix_may_be_wrong_by_the_leap_seconds_until_they_are_known():
    """IS-GPS-200: they come once in 12.5 minutes; GPS is 18 s before UTC."""
    device = ReceiverTime()
    bounds = [device.word(fix(at)).bound_ms for at in (100.0, 849.9, 850.0)]
    assert bounds == [19_000, 19_000, 1000]
    device.lost()
    assert device.word(fix(900.0)).bound_ms == 19_000
    assert device.word(fix(901.0, "mobile-network")).bound_ms == 3_610_000
    assert device.word(fix(901.0, utc=None)) is None
    assert device.word(fix(901.0, utc=NOON.replace(tzinfo=None))) is None


def test_only_alarms_are_texts():
    box: list[str] = []
    told_alarm = record(0, "alarm", values={"rule": "too warm", "limit": "above 8 °C"})
    AlarmTexts("truck-7", box).committed([record(1), told_alarm, record(2, "excursion")])
    (line,) = box
    assert line.startswith(f"truck-7: {told_alarm.device}: ALARM too warm")
