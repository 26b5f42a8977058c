import asyncio
import os
import termios

import pytest
import serial

from hil.emulators.serial.pty_port import PtyPort, Unplugged


@pytest.fixture
def port(tmp_path):
    port = PtyPort(tmp_path / "folder" / "device", baudrate=115200, patience=0.2)
    port.plug()
    yield port
    port.unplug()


def opened(port, baudrate=115200):
    return serial.Serial(str(port.path), baudrate, timeout=1, exclusive=True)


async def test_every_byte_passes_both_ways(port):
    every_byte = bytes(range(256))
    with opened(port) as client:
        client.write(every_byte)
        assert await port.read() == every_byte
        await port.write(every_byte)
        assert client.read(256) == every_byte


async def test_a_client_at_another_rate_gets_garbage(port):
    with opened(port, 9600) as client:
        await port.write(b"hello")
        assert client.read(5) != b"hello"
        client.baudrate = 115200
        await port.write(b"hello")
        assert client.read(5) == b"hello"


def test_a_client_that_sets_nothing_finds_the_devices_rate(port):
    fd = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(fd)[4] == termios.B115200
    os.close(fd)


async def test_a_client_may_go_and_come_back(port):
    for _ in range(3):
        with opened(port) as client:
            client.write(b"?")
            assert await port.read() == b"?"


async def test_unplugging_takes_the_path_and_wakes_the_device(port):
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    port.unplug()
    with pytest.raises(Unplugged):
        await reading
    assert not os.path.lexists(port.path)
    for use in (port.read(), port.write(b"x")):
        with pytest.raises(Unplugged):
            await use
    port.plug()
    with opened(port) as client:
        client.write(b"again")
        assert await port.read() == b"again"


async def test_replugged_at_once_the_old_reader_does_not_read_the_new_port(port):
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    port.unplug()
    port.plug()
    with pytest.raises(Unplugged):
        await reading
    with opened(port) as client:
        client.write(b"x")
        assert await asyncio.wait_for(port.read(), 60) == b"x"


async def test_a_stale_link_is_replaced(tmp_path):
    (tmp_path / "device").symlink_to("/nowhere")
    port = PtyPort(tmp_path / "device")
    port.plug()
    assert (tmp_path / "device").exists()
    port.unplug()


async def test_what_nobody_takes_is_lost_and_counted(port):
    await port.write(bytes(100_000))
    assert 0 < port.lost < 100_000


async def test_a_cancelled_read_leaves_the_port_usable(port):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.read(), 0.02)
    with opened(port) as client:
        client.write(b"x")
        assert await port.read() == b"x"


async def test_everything_sent_goes_through_the_wrapper(port):
    def shouting(write):
        async def loud(data):
            await write(data.upper())

        return loud

    port.through(shouting)
    with opened(port) as client:
        await port.write(b"hello")
        assert client.read(5) == b"HELLO"
