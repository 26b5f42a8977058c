import pytest

from drivers.errors import BadFrame
from drivers.rfid import m100_commands as commands
from drivers.rfid.crc16 import crc16
from drivers.rfid.m100_frames import Frame, FrameType, split
from hil.emulators.serial import m100_protocol

NOTICES = {
    "BB02220011D53000E20010710000529B0940B402EB980C7E": (-43, 0x3000, "E20010710000529B0940B402"),
    "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E": (-55, 0x3400, "30751FEB705C5904E3D50D70"),
    "BB02220011DC3000E2806894000050245895B5EBD5F96E7E": (-36, 0x3000, "E280689400005024 5895B5EB"),
}


def only(data):
    (frame,) = split(data).frames
    return frame


def answer(command, payload=b""):
    return Frame(FrameType.ANSWER, command, payload)


def test_crc_of_the_catalogue():
    assert crc16(b"123456789") == 0xD64E  # CRC-16/GENIBUS check value


@pytest.mark.parametrize("text", NOTICES)
def test_published_tag_notices(text):
    rssi, pc, epc = NOTICES[text]
    notice = commands.tag_notice(only(bytes.fromhex(text)))
    assert (notice.rssi, notice.pc, notice.epc) == (rssi, pc, bytes.fromhex(epc))
    assert notice.intact


@pytest.mark.parametrize("text", NOTICES)
def test_the_emulator_sends_the_same_tag_as_the_same_bytes(text):
    rssi, pc, epc = NOTICES[text]
    payload = m100_protocol.tag_payload(rssi, pc, bytes.fromhex(epc))
    made = m100_protocol.frame(m100_protocol.NOTICE, m100_protocol.SINGLE, payload)
    assert made == bytes.fromhex(text)


@pytest.mark.parametrize(
    ("command", "published"),
    [
        (commands.version(), "BB0003000100047E"),
        (commands.single_inventory(), "BB00220000227E"),
        (commands.multi_inventory(10000), "BB00270003222710837E"),
        (commands.multi_inventory(), "BB0027000322FFFF4A7E"),
        (commands.stop(), "BB00280000287E"),
        (commands.set_power(20.0), "BB00B6000207D08F7E"),
        (commands.get_power(), "BB00B70000B77E"),
        (commands.set_region("china-900"), "BB0007000101097E"),
        (
            commands.select(bytes.fromhex("30751FEB705C5904E3D50D70")),
            "BB000C001301000000206000 30751FEB705C5904E3D50D70 AD7E",
        ),
        (commands.read(commands.Bank.USER, 0, 2, 0xFFFF), "BB003900090000FFFF030000000245 7E"),
        (
            commands.write(commands.Bank.USER, 0, bytes.fromhex("12345678"), 0xFFFF),
            "BB0049000D0000FFFF0300000002123456786D7E",
        ),
        (
            commands.lock(commands.Area.ACCESS_PASSWORD, commands.Lock.WITH_PASSWORD, 0xFFFF),
            "BB008200070000FFFF020080097E",
        ),
    ],
)
def test_published_commands(command, published):
    assert command.to_bytes() == bytes.fromhex(published)
    ((code, payload),) = m100_protocol.command_frames(command.to_bytes())[0]
    assert (code, payload) == (command.code, command.payload)


def test_any_wrong_bit_of_a_tag_is_seen():
    frame = only(bytes.fromhex(next(iter(NOTICES))))
    for at in range(1, len(frame.payload)):
        for bit in range(8):
            damaged = bytearray(frame.payload)
            damaged[at] ^= 1 << bit
            assert not commands.tag_notice(Frame(frame.type, frame.command, bytes(damaged))).intact


def test_an_epc_shorter_than_its_pc_word_says_is_not_intact():
    pc, epc = 0x3000, bytes(10)
    crc = crc16(pc.to_bytes(2) + epc)
    notice = commands.TagNotice(-40, pc, epc, crc)
    assert not notice.intact


def test_a_notice_too_short_for_a_tag():
    with pytest.raises(BadFrame, match="4 bytes"):
        commands.tag_notice(Frame(FrameType.NOTICE, 0x22, bytes(4)))


def test_errors_are_told_in_words():
    assert commands.error_code(answer(0xFF, b"\x15")) == commands.NO_TAG
    assert commands.error_code(answer(0x03, b"\x15")) is None
    assert "does not know the command" in str(commands.fault(0x17))
    assert "0x99" in str(commands.fault(0x99))


def test_published_answers_of_accesses():
    read = only(bytes.fromhex("BB01390013 0E3400 30751FEB705C5904E3D50D70 12345678 B07E"))
    assert commands.access_data(read) == bytes.fromhex("12345678")
    written = only(bytes.fromhex("BB01490010 0E3400 30751FEB705C5904E3D50D70 00 A97E"))
    assert commands.access_data(written) == b"\x00"
    with pytest.raises(BadFrame):
        commands.access_data(answer(0x39, bytes.fromhex("0E3400")))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0xA3, "the tag refuses reading: there is no such memory"),
        (0xB4, "the tag refuses writing: this memory is locked"),
        (0xBB, "too little power to write"),
        (0xCF, "the tag refuses locking"),
        (0x16, "the tag refused the access password"),
        (0x10, "did not answer to writing"),
    ],
)
def test_what_the_tag_itself_answered_is_told(code, text):
    assert text in str(commands.fault(code))
    assert f"0x{code:02X}" in str(commands.fault(code))


def test_answers():
    version = only(bytes.fromhex("BB01030010004D31303020323664426D2056312E30927E"))
    assert commands.version_text(version) == "M100 26dBm V1.0"
    assert commands.power_dbm(answer(0xB7, bytes.fromhex("07D0"))) == 20.0
    with pytest.raises(BadFrame):
        commands.power_dbm(answer(0xB7, b""))
