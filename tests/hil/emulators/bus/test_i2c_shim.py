"""Unmodified programs on an emulated bus: smbus2 as its peers know it, and plain system calls."""

import asyncio
import ctypes
import errno
import shutil
import subprocess

import pytest


def test_the_shim_takes_over_calls_of_the_c_library_and_nothing_else(shim):
    """A library that a program loads and that has a `send_all` of its own must keep it."""
    listed = subprocess.check_output(
        ["nm", "-D", "--defined-only", "--format=posix", shim], text=True
    )
    names = {line.split()[0] for line in listed.splitlines()}
    c_library = ctypes.CDLL("libc.so.6")
    assert {"open", "ioctl", "read", "write", "close"} <= names
    assert [name for name in sorted(names) if not hasattr(c_library, name)] == []


async def test_smbus_transfers(i2c_bench):
    out = await i2c_bench.python("""
        from smbus2 import SMBus
        with SMBus("/dev/i2c-9") as bus:
            print(bus.read_byte_data(0x53, 0x00))
            bus.write_byte_data(0x53, 0x1D, 0xA1)
            print(bus.read_byte_data(0x53, 0x1D))
            bus.write_word_data(0x53, 0x1D, 0x1234)
            print(hex(bus.read_word_data(0x53, 0x1D)))
            bus.write_i2c_block_data(0x53, 0x1D, [1, 2, 3, 4])
            print(bus.read_i2c_block_data(0x53, 0x1D, 4))
            bus.write_byte(0x53, 0x1E)
            print(bus.read_byte(0x53))
            bus.write_block_data(0x53, 0x1D, [7, 8])
            print(bus.read_i2c_block_data(0x53, 0x1D, 3))
            print(hex(bus.process_call(0x53, 0x1D, 0x0605)))
            bus.write_quick(0x53)
    """)
    assert out.split("\n") == [
        "229",
        "161",
        "0x1234",
        "[1, 2, 3, 4]",
        "2",
        "[2, 7, 8]",
        "0x408",  # read from behind the two bytes written
        "",
    ]


async def test_what_the_pis_controller_cannot_do_is_refused(i2c_bench):
    out = await i2c_bench.python("""
        import fcntl
        from smbus2 import SMBus, I2cFunc
        bus = SMBus("/dev/i2c-9")
        print(bool(bus.funcs & I2cFunc.I2C), bool(bus.funcs & I2cFunc.SMBUS_PEC))
        for call in (
            lambda: bus.read_block_data(0x53, 0x1D),
            lambda: bus.read_i2c_block_data(0x53, 0x1D, 0),
            lambda: fcntl.ioctl(bus.fd, 0x0704, 1),
            lambda: fcntl.ioctl(bus.fd, 0x0799, 0),
            lambda: fcntl.ioctl(bus.fd, 0x0703, 0x80),
        ):
            try:
                call()
            except OSError as error:
                print(error.errno)
    """)
    expected = [errno.EOPNOTSUPP, errno.EINVAL, errno.EINVAL, errno.ENOTTY, errno.EINVAL]
    assert out.split() == ["True", "True", *map(str, expected)]


async def test_combined_transfers(i2c_bench):
    out = await i2c_bench.python("""
        from smbus2 import SMBus, i2c_msg
        with SMBus("/dev/i2c-9") as bus:
            written = i2c_msg.write(0x53, [0x1D, 9, 8, 7])
            pointer, answer = i2c_msg.write(0x53, [0x1D]), i2c_msg.read(0x53, 3)
            status = i2c_msg.read(0x44, 3)
            bus.i2c_rdwr(written, pointer, answer, i2c_msg.write(0x44, [0xF3, 0x2D]), status)
            print(list(answer), bytes(status).hex())
    """)
    assert out == "[9, 8, 7] 8010e1\n"


async def test_errors_are_those_of_the_kernel(i2c_bench):
    i2c_bench.bus.parts["pallet"].fault("busy")
    out = await i2c_bench.python("""
        import os
        from smbus2 import SMBus, i2c_msg
        for path in ("/dev/i2c-8", "/dev/i2c-77"):
            try:
                SMBus(path)
            except OSError as error:
                print(error.errno, end=" ")
        bus = SMBus("/dev/i2c-9")
        for call in (
            lambda: bus.read_byte(0x20),
            lambda: bus.i2c_rdwr(i2c_msg.read(0x44, 6)),
            lambda: bus.read_byte(0x53),
            lambda: bus.i2c_rdwr(i2c_msg.read(0x53, 8193)),
            lambda: bus.i2c_rdwr(*[i2c_msg.read(0x53, 1)] * 43),
        ):
            try:
                call()
            except OSError as error:
                print(error.errno, end=" ")
    """)
    nack = errno.EREMOTEIO
    expected = [errno.ENOENT, errno.ENOENT, nack, nack, errno.EBUSY, errno.EINVAL, errno.EINVAL]
    assert out.split() == [str(number) for number in expected]


async def test_stuck_bus_times_out_and_recovers(i2c_bench):
    i2c_bench.bus.fault("stuck")
    process = await i2c_bench.start(
        "-u",
        "-c",
        """
import sys, time
from smbus2 import SMBus
bus = SMBus("/dev/i2c-9")
begin = time.monotonic()
try:
    bus.read_byte_data(0x53, 0)
except OSError as error:
    print(error.errno, time.monotonic() - begin > 0.9)
sys.stdin.readline()
print(bus.read_byte_data(0x53, 0))
""",
    )
    assert (await process.stdout.readline()).decode() == f"{errno.ETIMEDOUT} True\n"
    i2c_bench.bus.fault("clear")
    async with asyncio.timeout(60):
        out, err = await process.communicate(b"go on\n")
    assert (out.decode(), err.decode()) == ("229\n", "")


async def test_plain_reads_writes_and_copies_of_the_descriptor(i2c_bench):
    out = await i2c_bench.python("""
        import fcntl, os
        first = os.open("/dev/i2c-9", os.O_RDWR)
        fcntl.ioctl(first, 0x0703, 0x53)
        print(os.write(first, bytes([0x1D, 5, 6])))
        copy = os.dup(first)
        os.close(first)
        os.write(copy, bytes([0x1D]))
        print(list(os.read(copy, 2)))
        target = os.open("/dev/null", os.O_RDWR)
        os.dup2(copy, target)
        os.close(copy)
        os.write(target, bytes([0x00]))
        print(list(os.read(target, 1)))
        os.close(target)
        try:
            os.write(target, b"x")
        except OSError as error:
            print(error.errno)
        again = os.open("/dev/null", os.O_RDWR)
        print(os.read(again, 4))
    """)
    assert out == f"3\n[5, 6]\n[229]\n{errno.EBADF}\nb''\n"


async def test_everything_else_passes_through(i2c_bench, tmp_path):
    out = await i2c_bench.python(f"""
        import os, pathlib, stat, subprocess
        path = pathlib.Path({str(tmp_path)!r}) / "file"
        os.umask(0)
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o640)
        held = os.open("/dev/i2c-9", os.O_RDWR)
        os.write(handle, b"abc")
        os.close(handle)
        print(oct(stat.S_IMODE(path.stat().st_mode)), path.read_text())
        print(subprocess.run(["echo", "child"], capture_output=True).stdout)
        folder = os.open(path.parent, os.O_RDONLY)
        inner = os.open("file", os.O_RDONLY, dir_fd=folder)
        print(os.read(inner, 9))
    """)
    assert out == "0o640 abc\nb'child\\n'\nb'abc'\n"


async def test_forks_and_threads_do_not_disturb_transfers(i2c_bench):
    out = await i2c_bench.python("""
        import subprocess, threading
        from smbus2 import SMBus
        wrong = []
        def ask(register):
            with SMBus("/dev/i2c-9") as own:
                for _ in range(300):
                    for bus in (own, shared):
                        value = bus.read_i2c_block_data(0x53, register, 1)[0]
                        if value != register:
                            wrong.append((register, value))
        shared = SMBus("/dev/i2c-9")
        shared.write_i2c_block_data(0x53, 0x1D, [0x1D, 0x1E, 0x1F, 0x20])
        threads = [threading.Thread(target=ask, args=(register,)) for register in range(0x1D, 0x21)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            subprocess.run(["true"], check=True, preexec_fn=lambda: None)
            subprocess.run(["true"], check=True)
        for thread in threads:
            thread.join()
        print(wrong, shared.read_byte_data(0x53, 0x00))
    """)
    assert out == "[] 229\n"


async def test_without_the_variable_nothing_is_emulated(i2c_bench):
    del i2c_bench.environment["TALLYMAN_SHIM_SOCKETS"]
    out = await i2c_bench.python("""
        import os
        print(os.path.exists("/dev/i2c-9"))
        try:
            os.open("/dev/i2c-9", os.O_RDWR)
        except OSError as error:
            print(error.errno)
    """)
    assert out.split() in (["False", str(errno.ENOENT)], ["True"])


@pytest.mark.skipif(shutil.which("i2cget") is None, reason="needs i2cget: apt install i2c-tools")
async def test_i2c_tools_see_the_same_chips(i2c_bench):
    """A second client, which is no Python: Debian's i2c-tools."""
    out = await i2c_bench.python("""
        import subprocess
        for command in ("i2cget -y 9 0x53 0x00", "i2ctransfer -y 9 w2@0x44 0xf3 0x2d r3"):
            print(subprocess.check_output(command.split(), text=True).strip())
        found = subprocess.check_output(["i2cdetect", "-y", "9"], text=True)
        print(sorted(word for word in found.split() if word in {"44", "53", "1d"}))
    """)
    assert out.splitlines() == ["0xe5", "0x80 0x10 0xe1", "['44', '53']"]
