"""Captures of UHF readers, whole and damaged: a replay ends, and says what it could not read."""

import struct
import time

import pytest

from hil.__main__ import main
from hil.emulators.llrp.protocol import message, tlv
from hil.emulators.llrp.reader import REPORT
from hil.emulators.serial import mercury_protocol as wire
from hil.rig.replay import replay

EPC, OTHER = "3074257BF7194E4000001A85", "E20010710000529B0940B402"
SGTIN = "urn:epc:id:sgtin:0614141.812345.6789"
# Published: an FX9600's report, and notices of a JRD-4035 and an EL-UHF-RMT01.
FX9600 = bytes.fromhex(
    "043d0000002a000001be00f000208de2005037590701270270edaf87001884000591e2f0b6d69a8814fe"
)
NOTICE = bytes.fromhex("BB02220011D53000E20010710000529B0940B402EB980C7E")
NO_TAG = bytes.fromhex("BB01FF000115167E")
SECONDS = 60.0  # a replay takes milliseconds, whatever time its capture took


async def played(kind, capture):
    """The EPCs of a replay's readings, and what it says was not read."""
    troubles = []
    begin = time.monotonic()
    found = [one.fields["epc"] async for one in replay(kind, "door", capture, troubles)]
    assert time.monotonic() - begin < SECONDS
    return found, troubles


def entry(epc):
    return tlv(240, b"\x8d" + bytes.fromhex(epc))


CUT_ENTRY = tlv(240, b"\x8d" + bytes.fromhex(OTHER) + b"\x86")
IMPOSSIBLE = "parameter 240 has an impossible length"
BEYOND = struct.pack(">HH", 240, 999) + b"\x8d"


@pytest.mark.parametrize(
    ("capture", "epcs", "said"),
    [
        (FX9600, ["E2005037590701270270EDAF"], []),
        (b"\xcd" + FX9600[1:], [], ["the reader sent a message of version 3, not LLRP 1"]),
        (
            FX9600[:30],
            [],
            ["end of the capture in the middle of a message of 42 bytes, of which 30 came"],
        ),
        (
            FX9600 + FX9600[:4],
            ["E2005037590701270270EDAF"],
            ["end of the capture in the middle of a message"],
        ),
        (
            FX9600 + b"\x04\x3d\x7f" + bytes(99),
            ["E2005037590701270270EDAF"],
            ["the reader sent a message of 2130706432 bytes, not of 10 to 131072"],
        ),
        (
            message(REPORT, 1, CUT_ENTRY + entry(EPC)),
            [EPC],
            ["a damaged TagReportData: PeakRSSI is cut short"],
        ),
        (
            message(REPORT, 1, entry(EPC) + BEYOND),
            [EPC],
            [f"a damaged RO_ACCESS_REPORT: {IMPOSSIBLE}; what is behind it was not read"],
        ),
        (
            message(REPORT, 1, tlv(240, b"\x81\x00\x01")) * 3,
            [],
            ["a tag report without an EPC, 3 times"],
        ),
        (message(REPORT, 1, b"\x00\xf0\x00"), [], None),
        (message(REPORT, 1), [], []),
        (b"043d0", [], ["its hexadecimal digits are no whole bytes"]),
        (b" \n", [], ["it is empty"]),
        (b"", [], ["it is empty"]),
        (b"GET / HTTP/1.1\r\n\r\n", [], None),
    ],
)
async def test_llrp(capture, epcs, said):
    found, troubles = await played("rfid.llrp", capture)
    assert found == epcs
    assert troubles == said if said is not None else troubles


@pytest.mark.parametrize(
    ("capture", "epcs", "said"),
    [
        (NOTICE, [OTHER], []),
        (NOTICE + NO_TAG + NOTICE[:15], [OTHER], ["15 bytes of a frame without an end"]),
        (NOTICE[:-2] + b"\x0d\x7e", [], ["a notice whose sum is wrong"]),
        (b"\x00\x55" * 200, [], ["bytes outside a frame, 7 times"]),
        (bytes.fromhex("BB0222000215303B7EBB02990000 9B7E"), [], None),
        (b"BB0", [], ["its hexadecimal digits are no whole bytes"]),
        (b"", [], ["it is empty"]),
    ],
)
async def test_m100(capture, epcs, said):
    found, troubles = await played("rfid.m100", capture)
    assert found == epcs
    assert troubles == said if said is not None else troubles


def page(*epcs):
    records = [wire.tag_record(2, -50, 1, 0x3000, bytes.fromhex(epc)) for epc in epcs]
    data = (7).to_bytes(2) + bytes([0, len(records)]) + b"".join(records)
    return wire.answer(wire.GET_BUFFER, wire.OK, data)


def found(count):
    return wire.answer(wire.READ_MULTIPLE, wire.OK, bytes(3) + count.to_bytes(4))


NOTHING = wire.answer(wire.READ_MULTIPLE, wire.NO_TAGS)
CLEARED = wire.answer(wire.CLEAR_BUFFER, wire.OK)
VERSION = wire.answer(wire.VERSION, wire.OK, bytes(20))


@pytest.mark.parametrize(
    ("capture", "epcs", "said"),
    [
        (page(EPC, OTHER), [EPC, OTHER], []),
        (page(EPC).hex().encode(), [EPC], []),
        (VERSION + NOTHING + found(1) + page(EPC) + CLEARED + NOTHING, [EPC], []),
        (found(2) + page(EPC) + page(OTHER), [EPC, OTHER], []),
        (
            found(2) + page(EPC) + CLEARED + NOTHING,
            [EPC],
            ["no answer to the command get_buffer"],
        ),
        (b"\x01\x02\x03" + page(EPC), [EPC], ["bytes outside a frame"]),
        (page(EPC)[:-1] + b"\x00" + page(OTHER), [OTHER], ["bytes outside a frame"]),
        (
            page(EPC) + found(1)[:6],
            [EPC],
            ["6 bytes of a frame without an end"],
        ),
        (wire.answer(wire.GET_BUFFER, wire.OK, b"\x00\x07\x00\x05"), [], None),
        (b"\x55" * 99, [], None),
        (b"", [], ["it is empty"]),
    ],
)
async def test_mercury(capture, epcs, said):
    told, troubles = await played("rfid.mercury", capture)
    assert told == epcs
    assert troubles == said if said is not None else troubles


@pytest.mark.parametrize(
    ("kind", "capture", "code", "said"),
    [
        ("rfid.llrp", b"\xcd" + FX9600[1:], 1, "version 3, not LLRP 1"),
        ("rfid.llrp", FX9600 + FX9600[:20], 0, "in the middle of a message"),
        ("rfid.m100", NOTICE[:-2] + b"\x0d\x7e", 1, "a notice whose sum is wrong"),
        ("rfid.mercury", page(EPC), 0, ""),
        ("rfid.mercury", b"\xff" * 20, 1, "not read of"),
    ],
)
def test_the_command_says_it_on_standard_error(tmp_path, capsys, kind, capture, code, said):
    file = tmp_path / "capture"
    file.write_bytes(capture)
    assert main(["replay", kind, str(file)]) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert bool(printed.out) is (code == 0)
    assert bool(printed.err) is bool(said)
    assert ("no reading of" in printed.err) is (code == 1)
