"""The DS18B20: what the kernel tells, and what must not be taken for a temperature."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DeviceMissing, WrongDevice
from drivers.reading import Quality
from drivers.sensors.ds18b20_codec import crc8, scratchpad, scratchpad_bytes
from hil.emulators.chips.script import scripted
from hil.emulators.onewire.w1_probe import W1Probe, told
from tests.drivers.fake_timing import FakeTiming

POWER_ON = "50 05 4b 46 7f ff 0c 10 1c"  # as published: a board that had just been switched on
TRUE_85 = "50 05 4b 46 7f ff 10 10 bd"  # as published: a probe in hot water


def text(pad, word="YES"):
    return f"{pad} : crc={pad[-2:]} {word}\n{pad} t=85000\n".encode()


@pytest.mark.parametrize(
    ("raw", "celsius"),
    [  # data sheet, table 1
        (0x07D0, 125.0), (0x0550, 85.0), (0x0191, 25.0625), (0x00A2, 10.125), (0x0008, 0.5),
        (0x0000, 0.0), (0xFFF8, -0.5), (0xFF5E, -10.125), (0xFE6F, -25.0625), (0xFC90, -55.0),
    ],
)  # fmt: skip
def test_the_data_sheets_table(raw, celsius):
    body = raw.to_bytes(2, "little") + bytes.fromhex("4b467fff1010")
    got = scratchpad(body + bytes([crc8(body)]))
    assert (got.temperature, got.intact, got.converted, got.in_range) == (celsius, True, True, True)


def test_the_checksum_of_published_scratchpads():
    for pad in (POWER_ON, TRUE_85):
        data = bytes.fromhex(pad)
        assert crc8(data[:8]) == data[8]
    assert crc8(bytes.fromhex("021cb801000000")) == 0xA2  # Maxim AN27's example


def test_undefined_bits_of_a_coarse_conversion_are_no_value():
    body = (0x0197).to_bytes(2, "little") + bytes.fromhex("4b461fff0910")  # 9 bits: 25.0 °C
    assert scratchpad(body + bytes([crc8(body)])).temperature == 25.0


def test_any_flipped_bit_is_found():
    data = bytes.fromhex(TRUE_85)
    for bit in range(72):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not scratchpad(bytes(flipped)).intact


@pytest.mark.parametrize("junk", [b"", b"\xff" * 80, b"50 05", b"zz " * 9 + b": crc=00 YES"])
def test_what_is_no_scratchpad_is_a_bad_frame(junk):
    with pytest.raises(BadFrame):
        scratchpad_bytes(junk)


async def read(tmp_path, content):
    folder = tmp_path / "28-0316a2795c6f"
    folder.mkdir(exist_ok=True)
    (folder / "w1_slave").write_bytes(content)
    return await catalog.build(
        "sensors.ds18b20", "probe", {"port": str(folder)}, Host()
    ).read_once()


async def test_a_true_85_is_a_value(tmp_path):
    got = await read(tmp_path, text(TRUE_85))
    assert (got.fields, got.quality) == ({"temperature": 85.0}, Quality.OK)


@pytest.mark.parametrize(
    ("pad", "error", "said"),
    [
        (POWER_ON, DeviceFault, "85 °C is what it says after power-up"),
        ("ff 07 4b 46 7f ff 0c 10 74", DeviceFault, "127.938 °C"),
        ("aa 00 4b 46 ff ff 0c 10 87", WrongDevice, "no DS18B20"),
    ],
)
async def test_sound_bytes_that_are_no_measurement_give_none(tmp_path, pad, error, said):
    data = bytes.fromhex(pad)
    pad = f"{pad[:-2]}{crc8(data[:8]):02x}"
    with pytest.raises(error, match=said):
        await read(tmp_path, text(pad))


async def test_an_empty_file_is_a_probe_that_did_not_answer(tmp_path):
    with pytest.raises(CommandTimeout, match="no probe answers"):
        await read(tmp_path, b"")


async def test_no_folder_is_a_missing_probe(tmp_path):
    driver = catalog.build("sensors.ds18b20", "probe", {"port": str(tmp_path / "28-0")}, Host())
    with pytest.raises(DeviceMissing, match="28-0"):
        await driver.read_once()


@pytest.mark.parametrize(
    "content",
    [text(TRUE_85[:-2] + "bc", "NO"), text(TRUE_85[:-2] + "bc"), told(bytes(9)), b"garbage"],
    ids=["crc", "a kernel that thinks it right", "a line held low", "garbage"],
)
async def test_what_fails_its_check_is_kept_as_corrupt(tmp_path, content):
    assert (await read(tmp_path, content)).quality is Quality.CORRUPT


async def test_out_of_its_range(tmp_path):
    body = (-60 * 16).to_bytes(2, "little", signed=True) + bytes.fromhex("4b467fff1010")
    got = await read(tmp_path, told(body + bytes([crc8(body)])))
    assert (got.fields["temperature"], got.quality) == (-60.0, Quality.OUT_OF_RANGE)


async def test_a_script_plays_what_a_probe_told(tmp_path):
    script = tmp_path / "script"
    script.write_text(f"{POWER_ON}  # just switched on\n{TRUE_85}\n\n")
    now = [0.0]
    probe = W1Probe(link=tmp_path / "28-1", script=str(script), hold=1.0, clock=lambda: now[0])
    probe.plug()
    file = tmp_path / "28-1" / "w1_slave"
    assert file.read_bytes().startswith(POWER_ON.encode())
    now[0] = 1.5
    probe.plug()
    assert file.read_bytes().startswith(TRUE_85.encode())
    now[0] = 2.5
    probe.plug()
    assert file.read_bytes() == b""


def test_a_wrong_line_of_a_script_is_named():
    with pytest.raises(ValueError, match="line 2"):
        scripted("50 05 4b 46 7f ff 0c 10 1c\n50 05\n", 9)


async def test_a_supply_that_comes_back_gives_values_again(tmp_path):
    probe = W1Probe(link=tmp_path / "28-1", low=4.0, high=4.0)
    probe.fault("power-on")
    probe.plug()
    driver = catalog.build("sensors.ds18b20", "probe", {"port": probe.where}, Host())
    with pytest.raises(DeviceFault) as error:
        await driver.read_once()
    assert driver.health.state is State.FAULTY
    assert error.value.cause.id == "onewire.supply"
    probe.fault("none")
    probe.plug()
    assert (await driver.read_once()).fields == {"temperature": 4.0}


def test_a_probe_that_fell_silent_has_a_reading_without_a_value():
    driver = catalog.build("sensors.ds18b20", "probe", {"port": "/nowhere/28-0"}, Host())
    silent = driver.no_answer()
    assert (silent.device, silent.kind) == ("probe", "temperature")
    assert (silent.fields, silent.quality) == ({"temperature": None}, Quality.NO_ANSWER)


async def test_a_probe_is_read_once_an_interval(tmp_path):
    timing = FakeTiming()
    (tmp_path / "w1_slave").write_bytes(text(TRUE_85))
    driver = catalog.build(
        "sensors.ds18b20", "probe", {"port": str(tmp_path), "interval": 20}, Host(timing)
    )
    async with driver, aclosing(driver.readings()) as readings:
        found = [(await anext(readings)).monotonic for _ in range(3)]
    assert found == [100.0, 120.0, 140.0]
