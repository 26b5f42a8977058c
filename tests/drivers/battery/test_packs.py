"""What a pack's bytes come to, to their ends: states, faults, limits, and what is of no pack."""

import struct

import pytest

from drivers.battery import kinds
from drivers.battery import sbs_codec as sbs
from drivers.battery.jbd_frames import MOST_CELLS, Frame, pack_of, parse
from drivers.battery.pack import Pack, nothing, state_of
from drivers.errors import BadFrame
from tests.drivers.promised import as_published, every, is_kept_to, kinds_of, published


def basic(current=0, charge=72, protections=0, probes=(), cells=0):
    """The basic information of a JBD pack, by its protocol's table."""
    head = struct.pack(
        ">HhHHHHHHHBBBBB", 5888, current, 720, 1000, 7, 0, 0, 0, protections, 0x10, charge, 3,
        cells, len(probes),
    )  # fmt: skip
    return head + struct.pack(f">{len(probes)}H", *probes)


def jbd(cells=(), **given):
    return pack_of(basic(cells=len(cells), **given), struct.pack(f">{len(cells)}H", *cells))


def test_all_that_a_jbd_pack_says():
    assert jbd(cells=(3921, 3899), current=-1234, probes=(2931, 2731)) == Pack(
        charge=72.0, state="discharging", voltage=58.88, current=-12.34, temperatures=[20.0, 0.0],
        remaining=7.2, full=10.0, cells=[3.921, 3.899], cycles=7, faults=(),
    )  # fmt: skip
    assert jbd() == Pack(
        charge=72.0, state="idle", voltage=58.88, current=0.0, temperatures=[], remaining=7.2,
        full=10.0, cells=[], cycles=7, faults=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("current", "charge", "state"),
    [
        (1, 72, "charging"), (-1, 72, "discharging"), (0, 72, "idle"), (0, 100, "full"),
        (1, 100, "full"), (-1, 100, "discharging"), (1, 99, "charging"), (1, 0, "empty"),
        (-1, 0, "empty"), (0, 1, "idle"), (0, 101, "idle"),
    ],
)  # fmt: skip
def test_what_a_jbd_pack_does(current, charge, state):
    assert jbd(current=current, charge=charge).state == state


@pytest.mark.parametrize(
    ("bit", "words"),
    [*enumerate((
        "a cell over voltage", "a cell under voltage", "over voltage", "under voltage",
        "too warm to charge", "too cold to charge", "too warm to discharge",
        "too cold to discharge", "over current while charging", "over current while discharging",
        "short circuit", "fault of its front end", "switched off by software", "protection 13",
        "protection 14", "protection 15",
    ))],
)  # fmt: skip
def test_each_protection_of_a_jbd_pack(bit, words):
    assert jbd(protections=1 << bit).faults == (words,)


@pytest.mark.parametrize(
    ("basic_", "cells", "words"),
    [
        (basic()[:-1], b"", "22 bytes of basic information"),
        (basic(probes=(2931,))[:-1], b"", "24 bytes of basic information"),
        (basic(cells=1), b"\0", "1 bytes of cells' voltages"),
        (basic(cells=33), bytes(66), "66 bytes of cells' voltages"),
        (basic(cells=2), bytes(2), "2 cells, and the voltages of 1"),
        (basic(cells=1), bytes(4), "1 cells, and the voltages of 2"),
    ],
)
def test_what_is_of_no_pack_says_so(basic_, cells, words):
    with pytest.raises(BadFrame) as raised:
        pack_of(basic_, cells)
    assert str(raised.value) == words


def test_as_many_cells_as_a_pack_can_have_are_read():
    assert len(jbd(cells=[3900] * MOST_CELLS).cells) == 32
    assert pack_of(basic() + b"what newer ones add", b"").charge == 72.0


def frame(data=b"", register=3, status=0, end=0x77, off=0):
    body = bytes([status, len(data)]) + data
    check = (0x10000 - sum(body) + off) & 0xFFFF
    return bytes([0xDD, register]) + body + check.to_bytes(2, "big") + bytes([end])


def test_frames_of_any_length_one_behind_the_other():
    longest = bytes(255)
    data = frame() + b"\x00noise" + frame(longest, 4, 0x80) + frame(b"ab")[:-1]
    frames, rest = parse(data)
    assert frames == [Frame(3, 0, b""), Frame(4, 0x80, longest)]
    assert rest == frame(b"ab")[:-1]
    assert parse(rest + b"\x77") == ([Frame(3, 0, b"ab")], b"")


@pytest.mark.parametrize(
    "hurt", [frame(b"ab", end=0x78), frame(b"ab", off=1), frame(b"ab", off=-1)]
)
def test_a_damaged_frame_is_passed_over_and_the_next_is_found(hurt):
    assert parse(hurt + frame(b"cd")) == ([Frame(3, 0, b"cd")], b"")
    assert parse(b"\xdd" + frame(b"cd")) == ([Frame(3, 0, b"cd")], b"")  # of which one byte is left


@pytest.mark.parametrize(
    ("temperatures", "charge", "possible"),
    [
        ([], None, True), ([-40.0, 125.0], 0.0, True), ([], 100.0, True), ([20.0, -40.1], 50, False),
        ([125.1], 50.0, False), ([], -0.1, False), ([], 100.1, False),
    ],
)  # fmt: skip
def test_what_a_pack_can_be(temperatures, charge, possible):
    assert Pack(charge=charge, temperatures=temperatures).possible is possible


def test_the_fields_of_a_pack_are_those_of_its_record():
    full = Pack(72.0, "idle", 58.9, 0.5, [20.0, 3.0, 21.5], 7.2, 10.0, [3.9, 3.8125], 7, ("a", "b"))
    assert full.fields() == {
        "charge": 72.0, "state": "idle", "voltage": 58.9, "current": 0.5, "temperature": 21.5,
        "temperature_low": 3.0, "remaining": 7.2, "full": 10.0, "cell_low": 3.8125,
        "cell_high": 3.9, "cells": "3.900 3.812", "cycles": 7, "faults": "a, b",
    }  # fmt: skip
    assert Pack().fields() == nothing() == dict.fromkeys(full.fields())
    assert Pack(temperatures=[20.0]).fields()["temperature_low"] is None


def test_what_a_pack_does_by_its_current():
    assert [state_of(each) for each in (0.5, 0.0, -0.5)] == ["charging", "idle", "discharging"]
    assert (state_of(1.0, full=True), state_of(1.0, empty=True)) == ("full", "empty")
    assert state_of(1.0, full=True, empty=True) == "empty"


def words(**given):
    """The words of a smart battery by their names."""
    named = {
        "mode": 0, "temperature": 2931, "voltage": 14_800, "current": 0, "charge": 72,
        "remaining": 4608, "full": 6400, "status": 0, "cycles": 41,
    } | given  # fmt: skip
    return dict(
        zip((0x03, 0x08, 0x09, 0x0A, 0x0D, 0x0F, 0x10, 0x16, 0x17), named.values(), strict=True)
    )


PLAIN = sbs.Kind(checked=False)


def test_all_that_a_smart_battery_says():
    """Smart Battery Data Specification 1.1, §5.1."""
    assert tuple(words()) == sbs.ASKED
    assert sbs.pack_of(PLAIN, words(current=0xFA24)) == Pack(
        charge=72.0, state="discharging", voltage=14.8, current=-1.5, temperatures=[20.0],
        remaining=4.608, full=6.4, cycles=41,
    )  # fmt: skip
    tens = sbs.pack_of(sbs.Kind(False, volt_power=1, ampere_power=1), words(current=150))
    assert (tens.voltage, tens.current, tens.remaining, tens.full) == (148.0, 1.5, 46.08, 64.0)
    energy = sbs.pack_of(PLAIN, words(mode=0x8000))
    assert (energy.remaining, energy.full, energy.charge) == (None, None, 72.0)
    assert sbs.pack_of(PLAIN, words(mode=0x7FFF)).full == 6.4


@pytest.mark.parametrize(
    ("current", "amperes"), [(0x7FFF, 32.767), (0x8000, -32.768), (0xFFFF, -0.001), (1, 0.001)]
)
def test_a_smart_battery_s_current_has_a_sign(current, amperes):
    assert sbs.pack_of(PLAIN, words(current=current)).current == amperes


@pytest.mark.parametrize(
    ("bit", "state", "faults"),
    [
        (15, "idle", ("over charged",)), (14, "idle", ("asks to end the charge",)),
        (13, "idle", ()), (12, "idle", ("over temperature",)),
        (11, "idle", ("asks to end the discharge",)), (10, "idle", ()),
        (9, "idle", ("little capacity is left",)), (8, "idle", ("little time is left",)),
        (7, "idle", ()), (6, "idle", ()), (5, "full", ()), (4, "empty", ()), (3, "idle", ()),
    ],
)  # fmt: skip
def test_each_bit_of_a_smart_battery_s_status(bit, state, faults):
    """§5.1.21."""
    pack = sbs.pack_of(PLAIN, words(status=1 << bit))
    assert (pack.state, pack.faults) == (state, faults)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (0x0011, sbs.Kind(False)), (0x0021, sbs.Kind(False)), (0x0031, sbs.Kind(True)),
        (0x2F21, sbs.Kind(False, 15, 2)), (0x0001, None), (0x0041, None), (0x0022, None),
        (0x0020, None), (0x00A1, None), (0x002F, None),
    ],
)  # fmt: skip
def test_versions_and_powers_of_a_specification(word, kind):
    """§5.1.25."""
    assert sbs.kind_of(word) == kind


def test_a_word_s_code_is_over_the_whole_transfer():
    """SMBus 1.1 §8.4: address with write, command, address with read, low byte, high byte."""
    data = bytes([0x34, 0x12])
    code = sbs.error_code(bytes([0x16, 0x09, 0x17, 0x34, 0x12]))
    assert sbs.intact(0x0B, 0x09, data + bytes([code]))
    assert sbs.word_of(data + bytes([code])) == 0x1234
    for address, command in ((0x0C, 0x09), (0x0B, 0x0A)):
        assert not sbs.intact(address, command, data + bytes([code]))


@pytest.mark.parametrize("kind", kinds_of(kinds), ids=lambda kind: kind.name)
def test_records_are_as_they_are_published(kind):
    assert as_published(kind) == published(kind.name)


def test_options_have_their_limits():
    is_kept_to("battery.sbs", {"bus": "x"}, "interval", 30.0, 0.5, 3600.0)
    is_kept_to("battery.sbs", {"bus": "x"}, "address", 0x0B, 0x08, 0x77)
    is_kept_to("battery.jbd", {"port": "x"}, "interval", 30.0, 0.05, 3600.0)
    is_kept_to("battery.jbd", {"port": "x"}, "baudrate", 9600, 4800, 921_600)
    every("battery.sbs", {"bus": "x"}, 30.0)
    every("battery.jbd", {"port": "x"}, 30.0)
