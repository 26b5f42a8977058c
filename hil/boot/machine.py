"""One virtual machine: a card in, USB ports with emulated parts, a console and the power switch."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from hil.boot.console import Console
from hil.boot.qmp import Qmp

HOST = "10.0.2.2"
"""The machine that runs QEMU, as the guest sees it (QEMU's user network)."""

SOCKETS_TIMEOUT_S = 20.0
SHELL_TIMEOUT_S = 240.0
"""A cold boot to a shell takes 20 to 60 s, four times that beside other work."""

APPEND = (
    "root=PARTUUID={root} ro rootwait console=ttyAMA0 quiet loglevel=3 systemd.show_status=0 "
    "mitigations=off audit=0 nokaslr systemd.debug_shell=hvc1"
)


class MachineFailed(Exception):
    """QEMU ended by itself; the text has its last words."""


@dataclass(frozen=True, slots=True)
class Boot:
    """What QEMU loads in the place of a Pi's firmware."""

    kernel: Path
    initrd: Path
    root: str
    """The PARTUUID of the root partition."""


@dataclass(slots=True)
class Machine:
    """A `-M virt` machine with `card` as its disk; `serials` are the names of USB serial ports.

    Everything of it lies in `folder`: NAME.usb is the socket behind a serial port (connecting is
    plugging in), i2c.usb that of a USB I2C adapter. Leaving the context switches it off.
    """

    folder: Path
    card: str
    """A file, or the URL of a disk: nbd+unix:///?socket=PATH."""
    boot: Boot
    serials: Sequence[str] = ()
    i2c: bool = False
    extra: Sequence[str] = ()
    append: str = ""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _qmp: Qmp | None = field(default=None, init=False)
    _console: Console | None = field(default=None, init=False)

    def start(self) -> None:
        """Switch on."""
        for path in self.folder.glob("*.sock"):
            path.unlink()
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command line
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._await_sockets()
        self._qmp = Qmp(self.path("qmp"))
        self._console = Console(self.path("shell"))

    def path(self, name: str) -> Path:
        """Return the socket of that name."""
        return self.folder / f"{name}.sock"

    def argv(self) -> list[str]:
        """Return QEMU's command line."""
        return [
            "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72",
            "-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024",
            "-display", "none", "-nodefaults", "-no-user-config",
            "-kernel", str(self.boot.kernel), "-initrd", str(self.boot.initrd),
            "-append", f"{APPEND.format(root=self.boot.root)} {self.append}".strip(),
            "-drive", f"if=none,id=card,file={self.card},format=raw,cache=writeback",
            "-device", "virtio-blk-pci,drive=card",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
            "-chardev", f"file,id=log,path={self.folder / 'serial.log'},append=on",
            "-serial", "chardev:log",
            "-device", "virtio-serial-pci",
            # the first such console gets a login prompt, so the shell has the second
            "-chardev", "null,id=login", "-device", "virtconsole,chardev=login",
            *self._chardev("shell"), "-device", "virtconsole,chardev=shell",
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off",
            "-device", "i6300esb", "-action", "watchdog=reset",
            "-device", "qemu-xhci,id=usb",
            *self._usb(),
            *self.extra,
        ]  # fmt: skip

    def _usb(self) -> list[str]:
        names = [*self.serials, "i2c"] if self.i2c else self.serials
        return [word for name in names for word in self._chardev(name)]

    def plug(self) -> None:
        """Put the USB devices into their ports."""
        for name in self.serials:
            self.qmp.command(
                "device_add", driver="usb-serial", id=f"usb-{name}", chardev=name,
                serial=f"{name.upper()}0001", bus="usb.0",
            )  # fmt: skip
        if self.i2c:
            self.qmp.command(
                "device_add", driver="usb-redir", id="usb-i2c", chardev="i2c", bus="usb.0"
            )

    def _chardev(self, name: str) -> list[str]:
        return ["-chardev", f"socket,id={name},path={self.path(name)},server=on,wait=off"]

    @property
    def console(self) -> Console:
        """The guest's root shell; wait for it with `await_shell`."""
        assert self._console is not None, "the machine is off"
        return self._console

    @property
    def qmp(self) -> Qmp:
        """The machine's control socket."""
        assert self._qmp is not None, "the machine is off"
        return self._qmp

    def await_shell(self) -> float:
        """Return the seconds until the guest's shell answered."""
        start = time.monotonic()
        self.console.await_shell(SHELL_TIMEOUT_S)
        return time.monotonic() - start

    def power_cut(self) -> None:
        """Switch off as a pulled plug does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End QEMU; the guest is not asked."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        for each in (self._console, self._qmp):
            if each is not None:
                each.close()
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
        self._process = self._qmp = self._console = None

    def _await_sockets(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + SOCKETS_TIMEOUT_S
        while not (self.path("qmp").exists() and self.path("shell").exists()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise MachineFailed((self.folder / "qemu.log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
