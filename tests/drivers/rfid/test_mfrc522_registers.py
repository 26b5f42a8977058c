"""The chip's registers and the accesses that set it up, as the data sheet (rev. 3.9) has them."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame, CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.rfid import causes
from drivers.rfid import mfrc522_registers as reg
from drivers.rfid.iso14443a_cards import Received
from drivers.rfid.mfrc522_chip import Mfrc522Chip
from drivers.rfid.mfrc522_registers import Command, Register
from tests.drivers.fake_timing import FakeTiming

# Data sheet, table 20: addresses by their names there.
ADDRESSES = {
    "COMMAND": 0x01, "COM_IRQ": 0x04, "DIV_IRQ": 0x05, "ERROR": 0x06, "STATUS2": 0x08,
    "FIFO_DATA": 0x09, "FIFO_LEVEL": 0x0A, "CONTROL": 0x0C, "BIT_FRAMING": 0x0D, "COLL": 0x0E,
    "MODE": 0x11, "TX_CONTROL": 0x14, "TX_ASK": 0x15, "GAIN": 0x26, "TIMER_MODE": 0x2A,
    "PRESCALER": 0x2B, "RELOAD_HIGH": 0x2C, "RELOAD_LOW": 0x2D, "AUTO_TEST": 0x36, "VERSION": 0x37,
}  # fmt: skip
COMMANDS = {
    "IDLE": 0, "MEMORY": 1, "CRC": 3, "TRANSCEIVE": 0xC, "AUTHENTICATE": 0xE, "SOFT_RESET": 0xF,
}  # fmt: skip


def test_addresses_and_commands():
    assert {each.name: each.value for each in Register} == ADDRESSES
    assert {each.name: each.value for each in Command} == COMMANDS


def test_accesses_have_the_address_in_bits_6_to_1_and_bit_7_for_reading():
    assert reg.write(Register.FIFO_DATA, 0x30, 0x04) == b"\x12\x30\x04"
    assert reg.write(Register.COMMAND, 0x0F) == b"\x02\x0f"
    assert reg.read(Register.VERSION) == b"\xee\x00"
    assert reg.read(Register.ERROR, Register.FIFO_LEVEL) == b"\x8c\x94\x00"


def test_gains_and_what_version_registers_say():
    assert reg.GAINS == {18: 0x20, 23: 0x30, 33: 0x40, 38: 0x50, 43: 0x60, 48: 0x70}
    assert reg.VERSIONS == {
        0x90: "MFRC522 version 0.0", 0x91: "MFRC522 version 1.0", 0x92: "MFRC522 version 2.0",
        0x88: "FM17522 (clone)", 0x89: "FM17522E (clone)", 0xB2: "FM17522 (clone, B2)",
        0x12: "counterfeit MFRC522",
    }  # fmt: skip


class PlayedChip:
    """A chip whose registers read as `reads` tells: a value, or one after the other, the last

    again and again. `written` has the accesses that changed something, in their order.
    """

    path = "/dev/spidev0.0"

    def __init__(self, **reads):
        self.reads = {Register[name.upper()]: self.values(each) for name, each in reads.items()}
        self.written = []

    @staticmethod
    def values(value):
        return [value] if isinstance(value, int) else list(value)

    async def exchange(self, *accesses):
        return [self.access(each) for each in accesses]

    def access(self, data):
        if not data[0] & 0x80:
            self.written.append((Register(data[0] >> 1).name, *data[1:]))
            return bytes(len(data))
        return b"\x00" + bytes(self.read(Register(each >> 1 & 0x3F)) for each in data[:-1])

    def read(self, register):
        values = self.reads.get(register, [0])
        return values.pop(0) if len(values) > 1 else values[0]


def chip_of(**reads):
    bus, timing = PlayedChip(**reads), FakeTiming()
    return Mfrc522Chip(bus, timing), bus, timing


RESET = ("COMMAND", 0x0F)


async def test_the_chip_is_marked_reset_and_set_up():
    chip, bus, _ = chip_of(version=0x92, reload_low=[0x5A, 0])
    assert await chip.start(38) == 0x92
    assert bus.written == [
        ("RELOAD_LOW", 0x5A), RESET,
        ("TIMER_MODE", 0x80), ("PRESCALER", 169), ("TX_ASK", 0x40), ("MODE", 0x3D),
        ("GAIN", 0x50), ("TX_CONTROL", 0x83),
    ]  # fmt: skip


@pytest.mark.parametrize("floating", [0x00, 0xFF])
async def test_a_chip_that_just_got_its_power_is_waited_for(floating):
    chip, _, _ = chip_of(version=[*[floating] * 19, 0x92], reload_low=[0x5A, 0])
    assert await chip.start(38) == 0x92
    chip, bus, _ = chip_of(version=floating)
    with pytest.raises(DeviceMissing, match=r"^nothing answers at /dev/spidev0.0$") as caught:
        await chip.start(38)
    assert caught.value.cause is causes.BOARD_SILENT
    assert bus.written == []


@pytest.mark.parametrize("marks", [[0x5A, 0x5A], [0x00, 0x00], [0x5B, 0x00], [0x5A, 0x01]])
async def test_what_does_not_keep_a_mark_and_lose_it_by_a_reset_is_another_chip(marks):
    chip, _, _ = chip_of(version=0x42, reload_low=marks)
    with pytest.raises(WrongDevice, match=r"\(version 0x42\) is not an MFRC522: it does not take"):
        await chip.start(38)


async def test_a_reset_is_over_when_the_chip_answers_and_its_oscillator_runs():
    chip, _, timing = chip_of(version=0x92, command=[*[0x10] * 19, 0x20], reload_low=[0x5A, 0])
    began = timing.now
    await chip.start(38)
    assert timing.now - began == pytest.approx(20 * 0.001 + 0.006)
    chip, _, _ = chip_of(version=0x92, command=0x10, reload_low=[0x5A, 0])
    with pytest.raises(LinkLost, match="does not come back from its reset"):
        await chip.start(38)
    chip, _, _ = chip_of(version=[0x92, 0xFF], reload_low=[0x5A, 0])
    with pytest.raises(LinkLost, match="does not come back from its reset"):
        await chip.start(38)


@pytest.mark.parametrize(
    ("control", "ask", "well"),
    [(0x83, 0x40, True), (0x87, 0x40, True), (0x80, 0x40, False), (0x82, 0x40, False),
     (0x83, 0x00, False)],
)  # fmt: skip
async def test_a_chip_that_lost_its_settings_is_found_out(control, ask, well):
    chip, _, _ = chip_of(tx_control=control, tx_ask=ask)
    if well:
        await chip.check()
        return
    with pytest.raises(LinkLost, match="lost its settings") as caught:
        await chip.check()
    assert caught.value.cause is causes.BOARD_RESET


def answered(*data, irq=0x20, error=0, control=0, coll=0):
    return chip_of(
        com_irq=irq, error=error, fifo_level=len(data), control=control, coll=coll,
        fifo_data=[*data, 0],
    )  # fmt: skip


async def test_a_frame_is_prepared_timed_and_sent():
    chip, bus, _ = answered(0x44, 0x00)
    got = await chip.send(b"\x26", within=0.002, last_bits=7)
    assert got == Received(b"\x44\x00")
    assert bus.written == [
        ("COMMAND", 0), ("COM_IRQ", 0x7F), ("FIFO_LEVEL", 0x80),
        ("RELOAD_HIGH", 0), ("RELOAD_LOW", 80),  # 2 ms of 25 µs
        ("FIFO_DATA", 0x26), ("COLL", 0), ("BIT_FRAMING", 0x07), ("COMMAND", 0x0C),
        ("BIT_FRAMING", 0x87),
    ]  # fmt: skip


async def test_a_long_wait_and_an_alignment():
    chip, bus, _ = answered(0x01, control=0x03)
    got = await chip.send(b"\x93\x34\xde\x0d", within=0.1, last_bits=4, align=4)
    assert got == Received(b"\x01", last_bits=3)
    assert ("RELOAD_HIGH", 4000 >> 8) in bus.written
    assert ("RELOAD_LOW", 4000 & 0xFF) in bus.written
    assert bus.written[-1] == ("BIT_FRAMING", 0xC4)


@pytest.mark.parametrize(("coll", "position"), [(0x01, 1), (0x1F, 31), (0x00, 32)])
async def test_where_cards_collide(coll, position):
    chip, _, _ = answered(0xDE, error=0x08, coll=coll)
    assert (await chip.send(b"\x93\x20", within=0.002)).collision == position


async def test_a_collision_beyond_what_the_chip_counts_is_noise():
    chip, _, _ = answered(0xDE, error=0x08, coll=0x20)
    with pytest.raises(BadFrame, match="collide beyond the 32nd bit"):
        await chip.send(b"\x93\x20", within=0.002)


@pytest.mark.parametrize("error", [0x10, 0x02, 0x01])
async def test_overflow_parity_and_protocol_errors_are_noise(error):
    chip, _, _ = answered(0xDE, error=error)
    with pytest.raises(BadFrame, match=f"^noise instead of an answer: de, error {error:02X}$"):
        await chip.send(b"\x93\x20", within=0.002)


async def test_an_answer_without_a_byte_is_noise_and_other_error_bits_are_none():
    chip, _, _ = answered()
    with pytest.raises(BadFrame, match="noise instead of an answer"):
        await chip.send(b"\x93\x20", within=0.002)
    chip, _, _ = answered(0xDE, error=0x44)  # CRC and buffer bits are of no frame of ours
    assert (await chip.send(b"\x93\x20", within=0.002)).data == b"\xde"


async def test_no_card_is_told_by_the_chips_timer_and_a_dead_chip_by_ours():
    chip, _, _ = answered(irq=0x01)
    with pytest.raises(CommandTimeout, match="no card answers") as caught:
        await chip.send(b"\x26", within=0.002)
    assert "lay the card on the antenna" in caught.value.advice
    chip, _, timing = answered(irq=0x00)
    began = timing.now
    with pytest.raises(LinkLost, match=r"/dev/spidev0.0 does not finish a command"):
        await chip.send(b"\x26", within=0.002)
    assert timing.now - began == pytest.approx(0.052, abs=0.0011)


async def test_authentication_is_done_when_the_chip_is_idle_and_its_crypto_is_on():
    key, uid = bytes.fromhex("A0A1A2A3A4A5"), bytes.fromhex("DEADBEEF")
    chip, bus, _ = chip_of(com_irq=0x10, status2=0x08)
    assert await chip.authenticate(0x60, 5, key, uid) is True
    assert ("FIFO_DATA", 0x60, 5, *key, *uid) in bus.written
    assert bus.written[3:5] == [("RELOAD_HIGH", 1), ("RELOAD_LOW", 144)]  # 10 ms of 25 µs
    assert bus.written[-1] == ("COMMAND", 0x0E)
    for reads in (  # 0xC7: temperature, HS mode and the modem's state (§9.3.1.9)
        {"com_irq": 0x10, "status2": 0xC7},
        {"com_irq": 0x10, "status2": 0x00},
        {"com_irq": 0x01, "status2": 0x08},
    ):
        chip, _, _ = chip_of(**reads)
        assert await chip.authenticate(0x60, 5, key, uid) is False


async def test_crypto_and_field_are_switched_off():
    chip, bus, _ = chip_of()
    await chip.stop_crypto()
    await chip.off()
    assert bus.written == [("COMMAND", 0), ("STATUS2", 0), RESET]


@pytest.mark.parametrize("version", [0x91, 0x92, 0x88])
async def test_the_self_test_is_what_section_16_asks_for(version):
    result = reg.SELF_TESTS[version]
    chip, bus, timing = chip_of(version=version, fifo_level=[*[0x19] * 49, 0x40], fifo_data=result)
    assert await chip.self_test() is True
    assert bus.written == [
        RESET, ("FIFO_LEVEL", 0x80), ("FIFO_DATA", *bytes(25)), ("COMMAND", 1),
        ("AUTO_TEST", 0x09), ("FIFO_DATA", 0), ("COMMAND", 3), ("AUTO_TEST", 0), RESET,
    ]  # fmt: skip
    assert timing.now - 100.0 == pytest.approx(0.052)
    chip, _, _ = chip_of(version=version, fifo_level=0x40, fifo_data=result[:-1] + b"\0")
    assert await chip.self_test() is False


async def test_a_chip_whose_result_nobody_published_is_not_tested():
    chip, bus, _ = chip_of(version=0x90)
    assert await chip.self_test() is None
    assert bus.written == []
