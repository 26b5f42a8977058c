"""What a look at the machine says for and against each cause of a link's trouble."""

from __future__ import annotations

import pytest

from drivers.cause import DeviceFacts, Neighbour, Word
from drivers.links import causes
from foundation.cause import UNKNOWN, no, perhaps, yes

WELL = Word("running")
MISSING = Word("missing", cause="device.missing")


class Machine:
    """A machine of which `seen` is known; all else is unknown. `asked` are the bus transfers."""

    def __init__(self, **seen):
        self.seen, self.asked = seen, []

    def there(self, path):
        return self.seen.get("there")

    def may_open(self, path):
        return self.seen.get("may_open")

    def holders(self, path):
        return self.seen.get("holders")

    def unused(self, path, taken):
        return [each for each in self.seen.get("unused", ()) if each not in taken]

    def answers(self, bus, address):
        self.asked.append((bus, address))
        return self.seen.get("answers", {}).get(address)

    def listens(self, host, port):
        self.asked.append((host, port))
        return self.seen.get("listens")


def facts(word=None, others=(), *, machine=None, options=None, **seen):
    chosen = {"port": "/dev/ttyUSB0"} if options is None else options
    return DeviceFacts("door", "rfid.m100", chosen, word, machine or Machine(**seen), others)


def other(name="other", word=None, **options):
    return Neighbour(name, "sensors.sht3x", options, word)


OPEN = no("its driver has /dev/ttyUSB0 open")


@pytest.mark.parametrize(
    ("seen", "finding"),
    [
        ({"word": WELL, "there": False}, OPEN),
        ({}, UNKNOWN),
        ({"there": True}, no("/dev/ttyUSB0 is there now")),
        ({"there": False}, yes("there is no /dev/ttyUSB0")),
        ({"there": False, "unused": ["/dev/ttyUSB1"]},
         perhaps("there is no /dev/ttyUSB0", contra=("/dev/ttyUSB1 is there",))),
        ({"there": False, "unused": ["/dev/ttyUSB1"], "others": [other(port="/dev/ttyUSB1")]},
         yes("there is no /dev/ttyUSB0")),
        ({"there": False, "unused": ["/dev/ttyUSB1"], "others": [other(port=7), other()]},
         perhaps("there is no /dev/ttyUSB0", contra=("/dev/ttyUSB1 is there",))),
        ({"there": False, "unused": ["/dev/ttyUSB1"],
          "options": {"port": "/dev/serial/by-id/usb-1"}},
         yes("there is no /dev/serial/by-id/usb-1")),
        ({"there": False, "options": {"bus": "/dev/i2c-1"}}, yes("there is no /dev/i2c-1")),
        ({"there": False, "options": {"chip": "/dev/gpiochip0"}},
         yes("there is no /dev/gpiochip0")),
    ],
)  # fmt: skip
def test_a_port_that_is_not_there(seen, finding):
    assert causes.PORT_ABSENT.test(facts(**seen)) == finding


@pytest.mark.parametrize(
    ("seen", "finding"),
    [
        ({"word": WELL, "there": False, "unused": ["/dev/ttyUSB1"]}, OPEN),
        ({"there": True, "unused": ["/dev/ttyUSB1"]}, no("/dev/ttyUSB0 is there now")),
        ({"there": False}, no("no port is there that no device is configured for")),
        ({"there": False, "unused": ["/dev/ttyUSB1"]},
         yes("there is no /dev/ttyUSB0",
             "/dev/ttyUSB1 is there, and no device is configured for it")),
        ({"there": False, "unused": ["/dev/ttyUSB1"], "options": {"port": "/dev/tallyman/gun"}},
         no("its name stays the same wherever it is plugged in")),
    ],
)  # fmt: skip
def test_a_device_that_has_another_port_now(seen, finding):
    assert causes.PORT_MOVED.test(facts(**seen)) == finding


@pytest.mark.parametrize(
    ("seen", "finding"),
    [
        ({"word": WELL, "may_open": False}, OPEN),
        ({}, UNKNOWN),
        ({"may_open": True}, no("the agent's user may open /dev/ttyUSB0")),
        ({"may_open": False}, yes("its rights deny /dev/ttyUSB0 to it")),
    ],
)
def test_rights_that_are_lacking(seen, finding):
    assert causes.PORT_FORBIDDEN.test(facts(**seen)) == finding


@pytest.mark.parametrize(
    ("seen", "finding"),
    [
        ({"word": WELL, "holders": ["picocom"]}, OPEN),
        ({"word": MISSING, "holders": ["picocom"]}, no("its driver met another error")),
        ({"word": Word("missing"), "holders": ["picocom"]}, yes("picocom has /dev/ttyUSB0 open")),
        ({"word": Word("missing", cause="serial.held"), "holders": ["picocom", "mm"]},
         yes("picocom, mm has /dev/ttyUSB0 open")),
        ({}, UNKNOWN),
        ({"holders": []}, no("no other program has /dev/ttyUSB0 open")),
    ],
)  # fmt: skip
def test_another_program_that_has_it(seen, finding):
    assert causes.PORT_HELD.test(facts(**seen)) == finding


BUS = {"bus": "/dev/i2c-1", "address": 0x44}
HERE, SILENT_WORD = {"bus": "/dev/i2c-1"}, Word("running", silent=True)


@pytest.mark.parametrize(
    ("others", "finding"),
    [
        ([], UNKNOWN),
        ([other("a", WELL, **HERE)], no("a answers on the same bus")),
        ([other("a", WELL, bus="/dev/i2c-2")], UNKNOWN),
        ([other("a", None, **HERE)], UNKNOWN),
        ([other("a", SILENT_WORD, **HERE)], perhaps("a on the same bus is silent as well")),
        ([other("a", SILENT_WORD, **HERE), other("b", WELL, **HERE)],
         no("b answers on the same bus")),
        ([other("a", MISSING, **HERE)], UNKNOWN),
    ],
)  # fmt: skip
@pytest.mark.parametrize("row", [causes.I2C_STUCK, causes.I2C_GONE, causes.BUS_HANGS])
def test_a_bus_that_works_for_others_is_not_to_blame(row, others, finding):
    assert row.test(facts(others=others, options=BUS)) == finding


@pytest.mark.parametrize(
    ("seen", "finding"),
    [
        ({"word": WELL}, no("it answers")),
        ({"options": {"bus": "/dev/i2c-1"}}, UNKNOWN),
        ({}, UNKNOWN),
        ({"answers": {0x44: True}}, no("a chip answers at 0x44 on /dev/i2c-1 now")),
        ({"answers": {0x44: False}}, yes("nothing answers at 0x44 on /dev/i2c-1")),
    ],
)
def test_a_chip_that_does_not_answer(seen, finding):
    assert causes.I2C_SILENT.test(facts(**{"options": BUS} | seen)) == finding


ELSEWHERE = causes.chip_at_another_address((0x44, 0x45, 0x46))
SILENT_CHIP = Word("missing", cause="i2c.no-answer")
ANSWERS = {0x44: True, 0x45: False, 0x46: True}


@pytest.mark.parametrize(
    ("seen", "finding", "asked"),
    [
        ({"word": WELL, "answers": ANSWERS}, no("it answers where it is configured"), []),
        ({"word": MISSING, "answers": ANSWERS}, UNKNOWN, []),
        ({"word": SILENT_CHIP, "answers": ANSWERS},
         yes("a chip answers at 0x46, where none is configured"), [0x45, 0x46]),
        ({"word": Word("missing"), "answers": ANSWERS},
         yes("a chip answers at 0x46, where none is configured"), [0x45, 0x46]),
        ({"answers": ANSWERS, "others": [other(**HERE, address=0x46)]},
         no("nothing answers at 0x45 either"), [0x45]),
        ({"answers": ANSWERS, "others": [other(bus="/dev/i2c-2", address=0x46)]},
         yes("a chip answers at 0x46, where none is configured"), [0x45, 0x46]),
        ({"answers": {0x45: False, 0x46: False}},
         no("nothing answers at 0x45, 0x46 either"), [0x45, 0x46]),
        ({"answers": {0x46: True}}, UNKNOWN, [0x45]),  # a bus that hangs once is not asked again
        ({"answers": ANSWERS, "others": [other(**HERE, address=each) for each in (0x45, 0x46)]},
         UNKNOWN, []),
    ],
)  # fmt: skip
def test_a_chip_at_another_address(seen, finding, asked):
    machine = Machine(answers=seen.pop("answers"))
    assert ELSEWHERE.test(facts(machine=machine, options=BUS, **seen)) == finding
    assert machine.asked == [("/dev/i2c-1", address) for address in asked]


@pytest.mark.parametrize(
    ("seen", "finding", "asked"),
    [
        ({"word": WELL}, no("it answers"), []),
        ({"word": MISSING}, UNKNOWN, []),
        ({"options": {"address": "reader"}}, UNKNOWN, []),
        ({"options": {"address": ":5084"}}, UNKNOWN, []),
        ({"options": {"address": "reader:x"}}, UNKNOWN, []),
        ({"options": {}}, UNKNOWN, []),
        ({}, UNKNOWN, [("reader", 5084)]),
        ({"listens": True}, no("reader:5084 takes connections"), [("reader", 5084)]),
        ({"listens": False}, yes("reader:5084 takes no connection"), [("reader", 5084)]),
        ({"listens": False, "options": {"address": "[::1]:5084"}},
         yes("[::1]:5084 takes no connection"), [("::1", 5084)]),
    ],
)  # fmt: skip
def test_a_device_in_the_network(seen, finding, asked):
    machine = Machine(**{name: seen.pop(name) for name in ("listens",) if name in seen})
    told = facts(machine=machine, **{"options": {"address": "reader:5084"}} | seen)
    assert causes.NOT_REACHED.test(told) == finding
    assert machine.asked == asked


@pytest.mark.parametrize(
    ("word", "well"),
    [
        (Word("running"), True),
        (Word("running", silent=True), False),
        (Word("running", cause="device.quiet"), False),
        (Word("faulty"), False),
    ],
)
def test_when_a_device_counts_as_well(word, well):
    assert word.well is well
