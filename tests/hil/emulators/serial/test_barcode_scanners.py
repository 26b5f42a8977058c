"""Scanners as programs see them: the keyboard behind its shim, emulate and replay."""

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hil.emulators.input.barcode_keyboard import KeyboardGun
from hil.rig.rig import load_rig

ROOT = Path(__file__).parents[4]
GTIN = "09506000134352"
LABEL = f"]d201{GTIN}21xyz\x1d17261031"
PLAIN_LABEL = LABEL.replace("xyz", "xab")  # no letter that German and Nordic keyboards exchange
PATIENCE = 60.0  # s


@pytest.fixture
async def gun(tmp_path):
    emulated = KeyboardGun(
        link=tmp_path / "gun", scans=[PLAIN_LABEL], repeat=True, every=0.05, layout="de"
    )
    emulated.plug()
    running = asyncio.ensure_future(emulated.run())
    yield emulated
    running.cancel()
    await asyncio.wait([running])


async def follow(environment, path, *wanted):
    """Run the production driver as a process until its lines have shown all of `wanted`."""
    options = json.dumps({"port": str(path), "debounce": 0})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "tests/hil/driver_process.py", "barcode.hid", options),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            for condition in wanted:
                while not condition(found := json.loads(await process.stdout.readline())):
                    pass
    finally:
        process.kill()
        await process.wait()
    return found


async def test_the_driver_over_the_shim(evdev_shim, gun):
    environment = {
        "LD_PRELOAD": str(evdev_shim),
        "TALLYMAN_SHIM_EVDEV": f"{gun.where}=Honeywell 1900",
    }
    found = await follow(environment, gun.where, lambda line: line.get("kind") == "barcode")
    assert (found["gtin"], found["serial"], found["quality"]) == (GTIN, "xab", "ok")


async def test_a_second_grab_is_refused(evdev_shim, gun):
    environment = {
        "LD_PRELOAD": str(evdev_shim),
        "TALLYMAN_SHIM_EVDEV": f"{gun.where}=Honeywell 1900",
    }
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, gun.where),
        env=os.environ | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert await holder.stdout.readline() == b"Honeywell 1900\n"
    try:
        found = await follow(environment, gun.where, lambda line: line["state"] == "missing")
    finally:
        holder.kill()
        await holder.communicate()
    assert "grabbed by another process" in found["detail"]


HOLD = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NOCTTY)
print(fcntl.ioctl(fd, 0x81004506, bytes(256)).split(b"\\0")[0].decode(), flush=True)
fcntl.ioctl(fd, 0x40044590, 1)
sys.stdin.read()
"""


async def test_without_the_shim_a_pty_is_no_input_device(gun):
    found = await follow({}, gun.where, lambda line: line["state"] == "wrong-device")
    assert "not an input device" in found["detail"]


def hil(*args):
    command = [sys.executable, "-m", "hil", *map(str, args)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_replay_of_scans(tmp_path):
    capture = tmp_path / "capture"
    capture.write_bytes(f"{LABEL}\r{LABEL}\r]E09506000134353\r\xa5\r]C100095201".encode("latin-1"))
    done = hil("replay", "barcode.serial", capture)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["quality"] for line in lines] == ["ok", "ok", "suspect", "corrupt", "corrupt"]
    assert lines[0]["gtin"] == GTIN
    assert lines[0]["uri"] == f"https://id.gs1.org/01/{GTIN}/21/xyz?17=261031"
    assert lines[4]["problem"] == "the scan's end did not come"


def test_emulate_fires_scans(tmp_path):
    link = tmp_path / "gun"
    command = [sys.executable, "-m", "hil", "emulate", "barcode.serial", "--link", str(link)]
    command += ["--set", f"scans=['{LABEL[:16]}']", "--set", "every=0.05", "--set", "repeat=true"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == f"barcode.serial {link}\n"
            fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
            heard = b""
            while b"\r" not in heard:
                heard += os.read(fd, 64)
            os.close(fd)
        finally:
            process.terminate()
            process.wait(10)
    assert heard.startswith(b"]d2")


def test_a_rig_tells_the_agent_of_its_keyboards(tmp_path):
    text = """
        name = "gate"
        [[device]]
        name = "gun"
        kind = "barcode.hid"
        scans = ["9506000134352"]
        [[device]]
        name = "bus"
        kind = "i2c.bus"
        path = "/dev/i2c-9"
        chips = []
    """
    assert tomllib.loads(text)
    file = tmp_path / "rig.toml"
    file.write_text(text)
    rig = load_rig(file)
    environment = rig.environment(tmp_path)
    assert environment["TALLYMAN_SHIM_EVDEV"] == f"{tmp_path}/gun=gun"
    assert [Path(shim).name for shim in environment["LD_PRELOAD"].split(":")] == [
        "i2c_shim.so",
        "evdev_shim.so",
    ]
    assert {"name": "gun", "kind": "barcode.hid", "port": f"{tmp_path}/gun"} in rig.devices(
        tmp_path
    )
