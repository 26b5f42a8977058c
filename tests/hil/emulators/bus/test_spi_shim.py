"""Programs that see an emulated MFRC522 as /dev/spidev9.0: plain system calls and our driver."""

import asyncio
import errno
import json
import os

import pytest

from hil.emulators.nfc.mfrc522_board import Mfrc522Board
from tests.hil.conftest import ROOT, I2cBench, Output

NTAG = {
    "name": "ntag",
    "uid": "04E10CDA993C80",
    "signature": "8B76052EE42F5567BEB53238B3E3F9950707C0DCC956B5C5EFCFDB709B2D82B3",
}
CLASSIC = {"name": "classic", "uid": "DEADBEEF", "kind": "classic1k"}
MESSAGE = """
    import ctypes, fcntl, os, struct
    TRANSFER = struct.Struct("=QQIIHBBBBBB")
    def message(fd, *accesses, speed=1_000_000):
        data = ctypes.create_string_buffer(b"".join(accesses), sum(map(len, accesses)))
        at, parts = ctypes.addressof(data), []
        for number, access in enumerate(accesses, 1):
            last = number == len(accesses)
            parts.append(TRANSFER.pack(at, at, len(access), speed, 0, 8, not last, 0, 0, 0, 0))
            at += len(access)
        whole = bytearray().join(parts)
        size = fcntl.ioctl(fd, 0x40006B00 | len(whole) << 16, whole)
        return size, data.raw
"""


@pytest.fixture
async def spi_bench(shim, tmp_path):
    socket = tmp_path / "spi.sock"
    board = Mfrc522Board(link=socket, cards=[NTAG, CLASSIC])
    board.parts["classic"].unplug()
    running = asyncio.create_task(board.run())
    board.plug()
    environment = {
        "LD_PRELOAD": str(shim),
        "TALLYMAN_SHIM_SOCKETS": f"/dev/spidev8.0={tmp_path}/none,/dev/spidev9.0={socket}",
        "PYTHONPATH": str(ROOT),
    }
    bench = I2cBench(board, os.environ | environment)
    yield bench
    await bench.stop()
    running.cancel()
    await asyncio.wait([running])


async def test_several_accesses_in_one_message(spi_bench):
    out = await spi_bench.python(
        MESSAGE
        + """
    fd = os.open("/dev/spidev9.0", os.O_RDWR)
    size, answer = message(fd, bytes([0xEE, 0]), bytes([0x2D << 1, 0x5A]), bytes([0xDA, 0xEE, 0]))
    print(size, answer.hex())
    """
    )
    assert out == "7 0092" + "0000" + "005a92\n"
    assert spi_bench.bus.node.messages == 1


async def test_modes_speeds_and_what_the_kernel_refuses(spi_bench):
    out = await spi_bench.python(
        MESSAGE
        + """
    fd = os.open("/dev/spidev9.0", os.O_RDWR)
    mode, speed = bytearray(1), bytearray(4)
    fcntl.ioctl(fd, 0x40016B01, b"\\x03")
    fcntl.ioctl(fd, 0x80016B01, mode)
    fcntl.ioctl(fd, 0x40046B04, struct.pack("=I", 4_000_000))
    fcntl.ioctl(fd, 0x80046B04, speed)
    print(mode[0], struct.unpack("=I", speed)[0])
    print(message(fd, bytes([0xEE, 0]))[1].hex(), end=" ")
    fcntl.ioctl(fd, 0x40016B01, b"\\x00")
    print(message(fd, bytes([0xEE, 0]), speed=20_000_000)[1].hex(), end=" ")
    print(message(fd, bytes([0xEE, 0]))[1].hex())
    for call in (
        lambda: message(fd, bytes(4097)),
        lambda: fcntl.ioctl(fd, 0x40016B03, b"\\x10"),
        lambda: fcntl.ioctl(fd, 0x0703, 0x44),
        lambda: os.open("/dev/spidev8.0", os.O_RDWR),
    ):
        try:
            call()
        except OSError as error:
            print(error.errno, end=" ")
    print(os.write(fd, bytes([0x2D << 1, 7])), os.read(fd, 2))
    """
    )
    assert out.splitlines() == [
        "3 4000000",
        "0000 0000 0092",  # mode 3 and 20 MHz are not this chip's
        f"{errno.EMSGSIZE} {errno.EINVAL} {errno.ENOTTY} {errno.ENOENT} 2 b'\\x00\\x00'",
    ]


async def test_the_driver_through_everything_that_can_happen_to_it(spi_bench):
    options = json.dumps({"bus": "/dev/spidev9.0", "poll_interval": 0.1, "leave_after": 0.4})
    process = await spi_bench.start("tests/hil/driver_process.py", "rfid.mfrc522", options)
    output = Output(process)
    entered = await output.until(kind="tag", uid=NTAG["uid"])
    assert (entered["type"], entered["origin"]) == ("NTAG213", "chip claims NXP origin")
    spi_bench.bus.parts["classic"].plug()
    assert (await output.until(kind="tag", uid="DEADBEEF"))["type"] == "MIFARE Classic 1K"
    spi_bench.bus.parts["ntag"].unplug()
    await output.until(kind="tag", uid=NTAG["uid"], state="left")
    spi_bench.bus.unplug()
    gone = await output.until(state="missing")
    assert "nothing answers at /dev/spidev9.0" in gone["detail"] or "settings" in gone["detail"]
    spi_bench.bus.plug()
    await output.until(uid="DEADBEEF", state="entered")
    spi_bench.bus.fault("hang")
    hanging = await output.until(state="missing")
    assert "did not end within 3 s" in hanging["detail"]
    spi_bench.bus.fault("clear")
    await output.until(state="running")
    await output.finish()


async def test_a_bus_that_is_not_there_is_named(spi_bench):
    options = json.dumps({"bus": "/dev/spidev8.0"})
    process = await spi_bench.start("tests/hil/driver_process.py", "rfid.mfrc522", options)
    missing = await Output(process).until(state="missing")
    assert missing["detail"] == "/dev/spidev8.0: no such SPI device"
    assert "dtparam=spi=on" in missing["advice"]
