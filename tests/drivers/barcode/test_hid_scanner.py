"""The driver of keyboard scanners on a pty that carries input events."""

import asyncio
import errno
import fcntl
import functools
from pathlib import Path

import pytest

from drivers import catalog
from drivers.barcode import hid
from drivers.barcode.layouts import LAYOUTS
from drivers.driver import Host, State
from drivers.errors import CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.links import evdev
from drivers.links.evdev import EvdevLink
from drivers.reading import Quality
from foundation.options import settings_of
from hil.emulators.input.barcode_keyboard import KeyboardGun
from tests.drivers.barcode.input_kernel import Kernel
from tests.drivers.pty_bench import DEADLINE, PtyBench

GTIN = "09506000134352"
LABEL = f"]d201{GTIN}21xyz\x1d17261031"


class Bench(PtyBench):
    def __init__(self, tmp_path, *, options=None, **emulated):
        path = tmp_path / "gun"
        given = {"port": str(path), "debounce": 0} | (options or {})
        chosen = settings_of(hid.Settings, catalog.check_options("barcode.hid", given))
        connect = functools.partial(EvdevLink.open, str(path), Kernel())
        super().__init__(
            KeyboardGun(link=path, **({"every": 0.02} | emulated)),
            hid.HidScanner("gate", chosen, Host(), connect),
        )


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_the_layout_is_found_out(tmp_path, layout):
    label = LABEL.replace("xyz", "xab")
    async with Bench(tmp_path, scans=[label], repeat=True, layout=layout) as bench:
        reading = await bench.next()
    assert (reading.quality, reading.fields["symbology"]) == (Quality.OK, "GS1 DataMatrix")
    assert (reading.fields["serial"], reading.fields["expiry"]) == ("xab", "2026-10-31")


@pytest.mark.parametrize("layout", ["us", "uk", "fr", "it", "es"])
async def test_letters_that_no_other_keyboard_exchanges(tmp_path, layout):
    scans = ["]C100095201234567891235", LABEL.replace("xyz", "qwa")]
    async with Bench(tmp_path, scans=scans, repeat=True, layout=layout) as bench:
        while (reading := await bench.next()).fields["serial"] is None:
            assert reading.quality is Quality.OK
    assert (reading.quality, reading.fields["serial"]) == (Quality.OK, "qwa")


async def test_letters_that_german_and_nordic_keyboards_exchange(tmp_path):
    """GS1 content makes sense both ways: nobody can tell, until the configuration does."""
    async with Bench(tmp_path, scans=[LABEL], repeat=True, layout="de") as bench:
        reading = await bench.next()
        assert "set `layout`" in bench.driver.health.advice
    assert reading.quality is Quality.SUSPECT
    assert (reading.fields["serial"], reading.fields["uri"]) == ("xyz", None)
    assert "on a keyboard se it would be ]d2" in reading.fields["problem"]
    async with Bench(
        tmp_path, options={"layout": "de"}, scans=[LABEL], repeat=True, layout="de"
    ) as bench:
        reading = await bench.next()
    assert (reading.quality, reading.fields["serial"]) == (Quality.OK, "xyz")


async def scanned(bench, *contents):
    """Fire codes at a driver that listens; return their readings."""
    found = []
    for content in contents:
        reading = asyncio.ensure_future(anext(bench.stream))
        while bench.driver.health.state is not State.RUNNING:
            await asyncio.sleep(0.01)
        await bench.emulator.fire(content)
        found.append(await asyncio.wait_for(reading, DEADLINE))
    return found


async def test_a_plain_code_is_doubted_until_a_gs1_code_teaches_the_keyboard(tmp_path):
    async with Bench(tmp_path, layout="de") as bench:
        first, _, second = await scanned(bench, "QC-157", "]C100095201234567891235", "QC-157")
    assert (first.quality, first.fields["text"]) == (Quality.SUSPECT, "QC/157")
    assert "it would be QC-157" in first.fields["problem"]
    assert (second.quality, second.fields["text"]) == (Quality.OK, "QC-157")


async def test_a_scanner_in_another_layout_than_configured_is_marked(tmp_path):
    async with Bench(
        tmp_path, options={"layout": "us"}, scans=[LABEL], repeat=True, layout="fr"
    ) as bench:
        reading = await bench.next()
        await bench.next()
        assert "makes sense on a keyboard" in bench.driver.health.detail
        assert bench.driver.health.cause.id == "scanner.layout"
    assert reading.fields["gtin"] is None
    assert reading.fields["text"] != LABEL[3:]


async def test_two_layouts_that_make_sense_are_a_doubt(tmp_path):
    plain = f"01{GTIN}10YZ"
    async with Bench(tmp_path, scans=[plain, LABEL], repeat=True, layout="de", aim=False) as bench:
        reading = await bench.next()
        while reading.fields["lot"] is None:
            reading = await bench.next()
        assert reading.quality is Quality.SUSPECT
        assert "layout" in bench.driver.health.advice
    assert "on a keyboard" in reading.fields["problem"]


async def test_a_scanner_without_enter(tmp_path):
    async with Bench(
        tmp_path, options={"gap": 0.03}, scans=[LABEL], repeat=True, enter=False, every=0.1
    ) as bench:
        assert (await bench.next()).fields["gtin"] == GTIN


async def test_unplugged_and_replugged(tmp_path):
    async with Bench(tmp_path, scans=[LABEL], repeat=True) as bench:
        await bench.next()
        bench.emulator.unplug()
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        bench.emulator.plug()
        assert (await bench.next()).fields["gtin"] == GTIN


async def test_unplugged_in_a_scan(tmp_path):
    async with Bench(tmp_path, options={"gap": 5.0}, enter=False) as bench:
        reading = asyncio.ensure_future(anext(bench.stream))
        while bench.driver.health.state is not State.RUNNING:
            await asyncio.sleep(0.01)
        await bench.emulator.fire("950600")
        await asyncio.sleep(0.05)
        bench.emulator.unplug()
        cut = await asyncio.wait_for(reading, DEADLINE)
    assert (cut.quality, cut.fields["text"]) == (Quality.CORRUPT, "950600")


async def test_the_device_is_named_and_grabbed(tmp_path):
    gun = KeyboardGun(link=tmp_path / "gun")
    gun.plug()
    kernel = Kernel()
    link = await EvdevLink.open(gun.where, kernel)
    assert link.device_name == "Honeywell 1900"
    assert kernel.asked[-1] == (0x40044590, 1)
    with pytest.raises(CommandTimeout):
        await link.write(b"x", 0.1)
    assert await link.read(0.01) == b""
    gun.unplug()
    with pytest.raises(LinkLost, match="went away"):
        await link.read(1.0)
    link.close()
    link.close()


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (errno.EBUSY, DeviceMissing, "grabbed by another process"),
        (errno.ENOTTY, WrongDevice, "not an input device"),
        (errno.ENOMEM, DeviceMissing, "Cannot allocate"),
    ],
)
async def test_a_grab_that_fails_is_explained(tmp_path, number, kind, text):
    gun = KeyboardGun(link=tmp_path / "gun")
    gun.plug()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(kind, match=text):
        await EvdevLink.open(gun.where, Kernel(number))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    gun.unplug()


async def test_paths_that_are_no_input_device(tmp_path):
    with pytest.raises(DeviceMissing, match="no input device"):
        await EvdevLink.open(str(tmp_path / "none"))
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(WrongDevice):
        await EvdevLink.open(str(file), fcntl.ioctl)
    assert evdev.open_error("/dev/x", errno.EACCES).advice.startswith("add the user")


async def test_nothing_is_read_before_it_comes(tmp_path):
    gun = KeyboardGun(link=tmp_path / "gun")
    gun.plug()
    link = await EvdevLink.open(gun.where, Kernel())
    reading = asyncio.ensure_future(link.read(5.0))
    await asyncio.sleep(0.01)
    assert not reading.done()
    await gun.fire("1")
    assert len(await reading) % 24 == 0
    link.close()
    gun.unplug()


def test_silence_means_nothing_to_a_scanner():
    options = catalog.check_options("barcode.hid", {"port": "/dev/x"})
    assert catalog.module("barcode.hid").interval(options) is None
