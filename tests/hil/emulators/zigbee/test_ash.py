"""ASH, the wire of EmberZNet sticks: the examples of Silicon Labs' UG101, damage, repeats."""

import pytest

from hil.emulators.zigbee import ash
from hil.emulators.zigbee.ash_link import WINDOW, AshLink

RESET = bytes.fromhex("1a c0 38 bc 7e")
VERSION = bytes.fromhex("25 42 21 a8 56 a6 09 7e")  # DATA(2, 5, 0): EZSP "version" 00 00 00 02


@pytest.mark.parametrize(
    ("wire", "control", "data"),
    [
        ("c0 38 bc 7e", ash.RST, ""),
        ("c1 02 02 9b 7b 7e", ash.RSTACK, "02 02"),
        ("c2 02 51 a8 bd 7e", ash.ERROR, "02 51"),
        ("81 60 59 7e", ash.ACK | 1, ""),
        ("a6 34 dc 7e", ash.NAK | 6, ""),
    ],
)
def test_frames_as_the_manual_has_them(wire, control, data):
    assert ash.frame(control, bytes.fromhex(data)) == bytes.fromhex(wire)
    assert ash.frames(bytes.fromhex(wire)) == ([(control, bytes.fromhex(data))], b"")


def test_a_data_frame_is_whitened_as_in_the_manual():
    ((control, data),), rest = ash.frames(VERSION)
    assert (control, ash.whitened(data), rest) == (0x25, bytes.fromhex("00000002"), b"")


def test_every_byte_comes_through_and_none_of_the_reserved_is_on_the_wire():
    data = bytes(range(128))
    wire = ash.frame(0x00, data)
    assert not set(wire[:-1]) & (ash.RESERVED - {ash.ESCAPE})
    assert ash.frames(wire) == ([(0, data)], b"")
    found, rest = [], b""
    for byte in b"\x11" + wire:  # byte by byte, with a flow control byte before it
        more, rest = ash.frames(rest + bytes([byte]))
        found += more
    assert found == [(0, data)]


def test_any_byte_changed_is_no_frame():
    for at in range(len(VERSION) - 1):
        broken = VERSION[:at] + bytes([VERSION[at] ^ 0x04]) + VERSION[at + 1 :]
        found, _ = ash.frames(broken)
        assert [control for control, _ in found] in ([ash.BROKEN], [ash.BROKEN] * 2, [])


def test_what_a_cancel_byte_ends_is_forgotten():
    assert ash.frames(b"\x01\x02" + RESET)[0] == [(ash.RST, b"")]


class Host:
    """The other end: what came over the wire."""

    def __init__(self):
        self.came = []
        self.link = AshLink(lambda data: self.came.extend(ash.frames(data)[0]))

    def numbers(self):
        return [control >> 4 for control, _ in self.came if control < ash.ACK]


def test_the_window_holds_back_until_frames_are_acknowledged():
    host = Host()
    for number in range(WINDOW + 2):
        host.link.put(bytes([number]))
    assert host.numbers() == list(range(WINDOW))
    host.link.take(ash.ACK | 2, b"")
    assert host.numbers() == list(range(WINDOW + 2))


def test_a_nak_brings_again_what_was_not_heard():
    host = Host()
    for number in range(3):
        host.link.put(bytes([number]))
    host.link.take(ash.NAK | 1, b"")
    assert host.numbers() == [0, 1, 2, 1, 2]
    assert all(control & ash.AGAIN for control, _ in host.came[3:])
    assert ash.whitened(host.came[3][1]) == b"\x01"


def test_what_comes_twice_is_heeded_once_and_a_gap_is_rejected_once():
    host = Host()
    assert host.link.take(0x00, ash.whitened(b"a")) == b"a"
    assert host.link.take(0x00 | ash.AGAIN, ash.whitened(b"a")) is None
    assert host.link.take(0x20, ash.whitened(b"c")) is None
    assert host.link.take(0x30, ash.whitened(b"d")) is None
    assert [control for control, _ in host.came] == [ash.ACK | 1, ash.ACK | 1, ash.NAK | 1]
    assert host.link.take(0x10, ash.whitened(b"b")) == b"b"


def test_without_a_host_it_gives_up_and_says_so():
    host = Host()
    host.link.put(b"a")
    for _ in range(5):
        host.link.repeat()
    assert host.came[-1] == (ash.ERROR, bytes([ash.VERSION, ash.TOO_MANY_REPEATS]))
    assert host.link.failed
