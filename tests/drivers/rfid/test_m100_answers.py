"""What an M100 module's bytes mean at their edges: errors, locks, notices, frames."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame
from drivers.rfid import m100_commands as commands
from drivers.rfid.causes import MODULE_FAULT
from drivers.rfid.m100_commands import Area, Bank, Code, Lock
from drivers.rfid.m100_frames import Frame, FrameType, split


def answer(command, payload=b""):
    return Frame(FrameType.ANSWER, command, payload)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0x09, "the selected tag did not answer to reading"),
        (0x10, "the selected tag did not answer to writing"),
        (0x12, "the selected tag did not answer to killing"),
        (0x13, "the selected tag did not answer to locking"),
        (0x15, "no tag answered"),
        (0x16, "the tag refused the access password"),
        (0x17, "the module does not know the command or its parameter"),
        (0x20, "no free channel was found"),
        (0x21, "error"),
    ],
)
def test_errors_of_the_module(code, text):
    fault = commands.fault(code)
    assert str(fault) == f"the module says {text} (code 0x{code:02X})"
    assert (fault.code, fault.cause) == (code, MODULE_FAULT)


OPERATIONS = {0xA: "reading", 0xB: "writing", 0xC: "locking", 0xD: "killing"}
MEANINGS = {
    0x0: ("an error without a code of its own", None),
    0x3: ("there is no such memory", "use a tag with more memory"),
    0x4: ("this memory is locked", "it opens only with the tag's access password"),
    0xB: ("too little power to write", "hold the tag closer to the antenna, and still"),
    0xF: ("an error it does not name", None),
    0x7: ("an error it does not name", None),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("low", MEANINGS)
def test_errors_of_the_tag_itself(operation, low):
    """Gen2, annex I: the low half is the tag's own code."""
    meaning, advice = MEANINGS[low]
    code = operation << 4 | low
    fault = commands.fault(code)
    told = f"the tag refuses {OPERATIONS[operation]}: {meaning} (code 0x{code:02X})"
    assert (str(fault), fault.code) == (told, code)
    assert fault.advice == (advice or MODULE_FAULT.next)
    assert commands.is_locked(code) is (low == 0x4)


@pytest.mark.parametrize("code", [0x04, 0x14, 0x94, 0xE4])
def test_the_modules_own_errors_are_no_locked_memory(code):
    assert not commands.is_locked(code)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (answer(0xFF, b"\x17"), 0x17),
        (answer(0xFF, b"\x00\x17"), 0x00),
        (answer(0xFF), None),
        (answer(0x22, b"\x17"), None),
        (Frame(FrameType.NOTICE, 0xFF, b"\x17"), None),
    ],
)
def test_which_frames_are_errors(frame, code):
    assert commands.error_code(frame) == code


@pytest.mark.parametrize(
    ("frame", "tag"),
    [
        (Frame(FrameType.NOTICE, 0x22), True),
        (Frame(FrameType.NOTICE, 0x27), True),
        (Frame(FrameType.NOTICE, 0x28), False),
        (answer(0x22), False),
        (answer(0x27), False),
    ],
)
def test_which_frames_tell_of_a_tag(frame, tag):
    assert commands.is_tag(frame) is tag


def test_the_shortest_notice_is_a_tag_without_an_epc():
    notice = commands.tag_notice(Frame(FrameType.NOTICE, 0x22, bytes.fromhex("D50000E2F0")))
    assert (notice.rssi, notice.pc, notice.epc, notice.crc) == (-43, 0, b"", 0xE2F0)
    assert notice.intact  # CRC-16/GENIBUS of two zero bytes


@pytest.mark.parametrize(
    ("payload", "data"),
    [("00", ""), ("0034", "34"), ("02300012", "12"), ("023000", ""), ("0230", None), ("", None)],
)
def test_what_stands_behind_pc_and_epc(payload, data):
    frame = answer(0x39, bytes.fromhex(payload))
    if data is not None:
        assert commands.access_data(frame) == bytes.fromhex(data)
        return
    with pytest.raises(BadFrame, match=f"an access answer of {len(frame.payload)} bytes"):
        commands.access_data(frame)


def test_a_version_is_one_line_of_ascii():
    text = answer(0x03, b"\x00\x00 M100\x1b[2J V1.0\xe9 \x00")
    assert commands.version_text(text) == "M100?[2J V1.0\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("payload", [b"", b"\x07", b"\x07\xd0\x00"])
def test_a_power_is_two_bytes(payload):
    with pytest.raises(BadFrame, match=f"a power answer of {len(payload)} bytes"):
        commands.power_dbm(answer(0xB7, payload))


@pytest.mark.parametrize(
    ("area", "state", "payload"),
    [
        # Gen2 §6.3.2.12.3.5: mask, then action, two bits an area: kill, access, EPC, TID, user
        (Area.KILL_PASSWORD, Lock.WITH_PASSWORD, 0b1000000000_1000000000),
        (Area.ACCESS_PASSWORD, Lock.FOREVER, 0b0011000000_0011000000),
        (Area.EPC, Lock.OPEN, 0b0000100000_0000000000),
        (Area.TID, Lock.OPEN_FOREVER, 0b0000001100_0000000100),
        (Area.USER, Lock.WITH_PASSWORD, 0b0000000010_0000000010),
    ],
)
def test_lock_payloads(area, state, payload):
    command = commands.lock(area, state, 0x12345678)
    assert command.payload == bytes.fromhex("12345678") + payload.to_bytes(3)
    assert (command.code, command.within) == (0x82, 1.0)


@pytest.mark.parametrize(
    ("command", "code", "payload", "within"),
    [
        (commands.read(Bank.RESERVED, 2, 2), 0x39, "00000000 00 0002 0002", 1.0),
        (commands.read(Bank.TID, 0, 6, 0xFFFF), 0x39, "0000FFFF 02 0000 0006", 1.0),
        (commands.write(Bank.EPC, 1, b"\x30\x00\x12\x34"), 0x49, "00000000 01 0001 0002 30001234",
         1.0),
        (commands.write(Bank.USER, 3, b"ab", 1), 0x49, "00000001 03 0003 0001 6162", 1.0),
        (commands.select(b"\x12\x34"), 0x0C, "01 00000020 10 00 1234", 0.5),
        (commands.set_region("us"), 0x07, "02", 0.5),
        (commands.set_region("eu"), 0x07, "03", 0.5),
        (commands.set_region("china-800"), 0x07, "04", 0.5),
        (commands.set_region("korea"), 0x07, "06", 0.5),
        (commands.set_power(26.5), 0xB6, "0A5A", 0.5),
        (commands.set_power(26.005), 0xB6, "0A28", 0.5),
    ],
)  # fmt: skip
def test_commands(command, code, payload, within):
    assert (command.code, command.payload) == (code, bytes.fromhex(payload))
    assert command.within == within


def test_command_bytes_of_the_protocol_page():
    assert {each.name: each.value for each in Code} == {
        "VERSION": 0x03, "SET_REGION": 0x07, "GET_REGION": 0x08, "SELECT": 0x0C,
        "SINGLE_INVENTORY": 0x22, "MULTI_INVENTORY": 0x27, "STOP": 0x28, "READ": 0x39,
        "WRITE": 0x49, "LOCK": 0x82, "SET_POWER": 0xB6, "GET_POWER": 0xB7,
    }  # fmt: skip


@pytest.mark.parametrize("kind", [FrameType.ANSWER, FrameType.NOTICE])
@pytest.mark.parametrize(("length", "fits"), [(255, True), (256, False)])
def test_the_longest_payload(kind, length, fits):
    body = bytes([kind, 0x22]) + length.to_bytes(2) + bytes(length)
    data = b"\xbb" + body + bytes([sum(body) & 0xFF]) + b"\x7e"
    found = split(data)
    assert [len(frame.payload) for frame in found.frames] == ([255] if fits else [])
    assert found.skipped == (0 if fits else len(data))
    assert found.lost == ()


def test_a_report_whose_sum_or_tail_is_wrong_is_lost_and_another_frame_is_not():
    for kind, lost in ((2, ("a notice whose sum is wrong",)), (1, ()), (0, ())):
        for end in (b"\x00\x7e", bytes([kind + 5, 0x7F])):
            data = bytes([0xBB, kind, 5, 0, 0]) + end
            found = split(data)
            assert (found.frames, found.lost, found.skipped) == ((), lost, len(data))


@pytest.mark.parametrize(
    ("data", "skipped"),
    [("BB", 0), ("BB02", 0), ("BB03", 2), ("BB0222", 0), ("BB022200", 0), ("BB02220005D5", 0),
     ("00BB02", 1), ("7EBB", 1)],
)  # fmt: skip
def test_a_frame_that_has_begun_is_waited_for(data, skipped):
    found = split(bytes.fromhex(data))
    assert (found.skipped, found.rest) == (skipped, bytes.fromhex(data)[skipped:])
