"""ThingMagic's commands and answers, byte by byte as the Mercury API sends and takes them."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame
from drivers.rfid import mercury_commands as commands
from drivers.rfid.causes import MODULE_FAULT
from drivers.rfid.crc16 import crc16
from drivers.rfid.mercury_commands import MercuryFault, Opcode
from drivers.rfid.mercury_frames import Answer, split

EPC = bytes.fromhex("3074257BF7194E4000001A85")


@pytest.mark.parametrize(
    ("command", "opcode", "data", "within"),
    [
        (commands.boot(), 0x04, "", 2.0),
        (commands.stop_stream(), 0x2F, "000002", 0.5),
        (commands.set_power(30.0), 0x92, "0BB8", 0.5),
        (commands.set_power(27.005), 0x92, "0A8C", 0.5),
        (commands.set_power(5.25), 0x92, "020D", 0.5),
        (commands.set_region("us"), 0x97, "01", 0.5),
        (commands.set_region("korea"), 0x97, "03", 0.5),
        (commands.set_region("india"), 0x97, "04", 0.5),
        (commands.set_region("japan"), 0x97, "05", 0.5),
        (commands.set_region("china-900"), 0x97, "06", 0.5),
        (commands.set_region("eu"), 0x97, "08", 0.5),
        (commands.set_region("korea-2"), 0x97, "09", 0.5),
        (commands.set_region("australia"), 0x97, "0B", 0.5),
        (commands.set_region("new-zealand"), 0x97, "0C", 0.5),
        (commands.set_antennas([3]), 0x91, "0303", 0.5),
        (commands.set_antennas([1, 4]), 0x91, "0201010404", 0.5),
        (commands.set_protocol(), 0x93, "0005", 0.5),
        (commands.read_multiple(250), 0x22, "00000000FA", 0.75),
        (commands.read_multiple(1000), 0x22, "00000003E8", 1.5),
        (commands.get_buffer(), 0x29, "000700", 0.5),
    ],
)
def test_commands(command, opcode, data, within):
    assert (command.opcode, command.data) == (opcode, bytes.fromhex(data))
    assert command.within == pytest.approx(within)


def test_opcodes_of_the_mercury_api():
    assert {each.name: each.value for each in Opcode} == {
        "VERSION": 0x03, "BOOT_FIRMWARE": 0x04, "CURRENT_PROGRAM": 0x0C, "READ_MULTIPLE": 0x22,
        "GET_BUFFER": 0x29, "CLEAR_BUFFER": 0x2A, "STREAM": 0x2F, "GET_POWER": 0x62,
        "GET_REGION": 0x67, "SET_ANTENNAS": 0x91, "SET_POWER": 0x92, "SET_PROTOCOL": 0x93,
        "SET_REGION": 0x97,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "text", "advice"),
    [
        (0x0100, "wrong number of bytes in the command", None),
        (0x0101, "it does not know the command", None),
        (0x0102, "the command is not implemented", None),
        (0x0103, "the power is more than it can do", "lower power_dbm"),
        (0x0104, "the frequency is not allowed in its region", None),
        (0x0105, "a parameter is not valid", None),
        (0x0106, "the power is less than it can do", "raise power_dbm"),
        (0x0109, "the feature is not implemented", None),
        (0x0400, "no tag answered", None),
        (0x0401, "no tag protocol is chosen", None),
        (0x0500, "the frequency is not valid", None),
        (0x0501, "the channel is occupied", None),
        (0x0503, "the antenna is not connected", "connect the antenna"),
        (0x0504, "it is too hot", "cool the module"),
        (0x0505, "the antenna reflects too much power", "check the antenna's plug"),
        (0x0507, "the antenna configuration is not valid", None),
        (0x7F00, "an unknown error", None),
        (0x7F01, "error", None),
    ],
)
def test_what_the_module_says_is_told_in_words(status, text, advice):
    fault = MercuryFault(status)
    assert str(fault) == f"the module says: {text} (status 0x{status:04X})"
    assert fault.status == status
    if advice is None:
        assert fault.cause is MODULE_FAULT
    else:
        assert advice in fault.advice


def version(hardware):
    return Answer(
        0x03, 0, bytes(4) + bytes.fromhex(hardware) + bytes(4) + b"\x01\x09\x02\x0a" + bytes(4)
    )


@pytest.mark.parametrize(
    ("hardware", "model"),
    [
        ("00000000", "M5e"),
        ("18000001", "M6e"),
        ("19000001", "M6e"),
        ("20000001", "M6e Micro"),
        ("30000001", "M6e Nano"),
        ("31000102", "module 31.00.01.02"),
    ],
)
def test_a_version_names_the_model_and_its_firmware(hardware, model):
    answer = version(hardware)
    assert commands.version_text(answer) == f"ThingMagic {model}, firmware 01.09.02.0a"
    assert len(answer.data) == 20
    with pytest.raises(BadFrame, match="a version of 19 bytes"):
        commands.version_text(Answer(0x03, 0, answer.data[:19]))


@pytest.mark.parametrize(
    ("data", "dbm"), [("0BB8", 30.0), ("000BB8", 30.0), ("01", None), ("00000BB8", None)]
)
def test_a_power_with_or_without_its_option_byte(data, dbm):
    answer = Answer(0x62, 0, bytes.fromhex(data))
    if dbm is not None:
        assert commands.power_dbm(answer) == dbm
        return
    with pytest.raises(BadFrame, match=f"a power answer of {len(answer.data)} bytes"):
        commands.power_dbm(answer)


@pytest.mark.parametrize(
    ("data", "loader"),
    [("11", True), ("01", True), ("12", False), ("13", False), ("", False), ("0101", False)],
)
def test_which_program_runs(data, loader):
    assert commands.in_boot_loader(Answer(0x0C, 0, bytes.fromhex(data))) is loader


@pytest.mark.parametrize(
    ("data", "tags"),
    [("00000005", 5), ("00000000000105", 261), ("000000", None), ("0000000001", None)],
)
def test_how_many_tags_a_search_found(data, tags):
    answer = Answer(0x22, 0, bytes.fromhex(data))
    if tags is not None:
        assert commands.tags_found(answer) == tags
        return
    with pytest.raises(BadFrame, match=f"a search's answer of {len(answer.data)} bytes"):
        commands.tags_found(answer)


def buffer(flags, *tags):
    return Answer(0x29, 0, flags.to_bytes(2) + b"\x00" + bytes([len(tags)]) + b"".join(tags))


def coded(epc=EPC, pc=0x3000, *, crc=None, bits=None):
    head = pc.to_bytes(2) + epc
    check = crc16(head) if crc is None else crc
    whole = head + check.to_bytes(2)
    return (len(whole) * 8 if bits is None else bits).to_bytes(2) + whole


def test_metadata_comes_in_the_order_of_its_flags():
    meta = bytes.fromhex("02 D8 210DBBA000000064005A050010ABCD03")
    (tag,) = commands.buffered(buffer(0x01FF, meta + coded()))
    assert (tag.count, tag.rssi, tag.antenna) == (2, -40, 2)
    assert (tag.pc, tag.epc, tag.intact) == (0x3000, EPC, True)


def test_a_tag_without_metadata():
    (tag,) = commands.buffered(buffer(0, coded()))
    assert (tag.count, tag.rssi, tag.antenna, tag.epc) == (1, None, None, EPC)


@pytest.mark.parametrize(("byte", "antenna"), [(0x11, 1), (0x2F, 2), (0xF0, 15), (0x00, 16)])
def test_the_transmit_port_is_in_the_high_half_and_16_is_sent_as_0(byte, antenna):
    (tag,) = commands.buffered(buffer(0x0004, bytes([byte]) + coded()))
    assert tag.antenna == antenna


@pytest.mark.parametrize(("byte", "count"), [(0, 1), (1, 1), (2, 2), (255, 255)])
def test_a_tag_in_the_buffer_was_read_once_at_least(byte, count):
    (tag,) = commands.buffered(buffer(0x0001, bytes([byte]) + coded()))
    assert tag.count == count


@pytest.mark.parametrize(
    ("tag", "intact"),
    [
        (coded(), True),
        (coded(crc=0), False),
        (coded(pc=0x3400), True),  # user memory
        (coded(pc=0x2800), False),  # five words by its PC, six in all
        (coded(b"", pc=0), True),
        (coded(bits=121), True),  # filled up to whole bytes
    ],
)
def test_a_tag_is_intact_by_its_own_check_and_length(tag, intact):
    (heard,) = commands.buffered(buffer(0, tag))
    assert heard.intact is intact


def test_a_buffer_that_is_cut_or_too_long_is_refused():
    for tag, why in (
        (coded()[:-1], "the buffer ends 1 bytes too soon"),
        (coded() + b"x", "1 bytes behind the last tag"),
        (b"\x00\x18" + bytes(3), "a tag of 3 bytes"),
    ):
        with pytest.raises(BadFrame, match=why):
            commands.buffered(buffer(0, tag))
    assert commands.buffered(buffer(0)) == []


@pytest.mark.parametrize(("length", "fits"), [(248, True), (249, False)])
def test_the_longest_answer(length, fits):
    data = Answer(0x29, 0, bytes(length)).to_bytes()
    found = split(b"\x00" + data)
    assert len(found.frames) == fits
    assert found.skipped == (1 if fits else 1 + len(data))


@pytest.mark.parametrize(
    ("data", "skipped", "rest"),
    [("FF", 0, "FF"), ("00FF", 1, "FF"), ("FF02", 0, "FF02"), ("FFF9", 2, ""), ("0001", 2, "")],
)
def test_an_answer_that_has_begun_is_waited_for(data, skipped, rest):
    found = split(bytes.fromhex(data))
    assert (found.skipped, found.rest) == (skipped, bytes.fromhex(rest))
