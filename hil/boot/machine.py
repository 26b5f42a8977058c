"""One virtual machine: a card in, USB ports with emulated parts, a console and the power switch."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hil.boot.boards import LOG, SHELL, VIRT, Board
from hil.boot.console import Console
from hil.boot.patience import patient
from hil.boot.qmp import Qmp

HOST = "10.0.2.2"
"""The machine that runs QEMU, as the guest sees it (QEMU's user network)."""

SOCKETS_TIMEOUT_S = 20.0
SHELL_TIMEOUT_S = 300.0
"""A cold boot to a shell takes 20 to 60 s, twice that on a machine with other work."""

I2C = "i2c"
KERNEL_LOG, QEMU_LOG = "serial.log", "qemu.log"
"""What the guest's kernel said on its console, and QEMU itself; files of a machine's folder."""


class MachineFailed(Exception):
    """QEMU ended by itself; the text has its last words."""


@dataclass(frozen=True, slots=True)
class Boot:
    """What QEMU loads in the place of a Pi's firmware."""

    kernel: Path
    initrd: Path
    root: str
    """The PARTUUID of the root partition."""
    dtb: Path | None = None


@dataclass(slots=True)
class Machine:
    """A board with `card` as its disk; `serials` are the names of USB serial ports.

    Everything of it lies in `folder`: NAME.sock is the socket behind a serial port (connecting is
    plugging in), i2c.sock that of a USB I2C adapter.
    """

    folder: Path
    card: str
    """A file, or the URL of a disk: nbd+unix:///?socket=PATH."""
    boot: Boot
    board: Board = VIRT
    serials: Sequence[str] = ()
    extra: Sequence[str] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _qmp: Qmp | None = field(default=None, init=False)
    _console: Console | None = field(default=None, init=False)

    def start(self) -> None:
        """Switch on."""
        for path in self.folder.glob("*.sock"):
            path.unlink()
        with (self.folder / QEMU_LOG).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command line
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone
            )  # fmt: skip
        self._await_sockets()
        self._qmp = Qmp(self.path("qmp"))
        self._console = Console(self.path(SHELL))

    def path(self, name: str) -> Path:
        """Return the socket of that name."""
        return self.folder / f"{name}.sock"

    def argv(self) -> list[str]:
        """Return QEMU's command line."""
        root = f"root=PARTUUID={self.boot.root} ro rootwait"
        return [
            self.board.qemu.program, *self.board.machine, *self.board.accel,
            "-display", "none", "-nodefaults", "-no-user-config",
            "-kernel", str(self.boot.kernel), "-initrd", str(self.boot.initrd),
            "-append", f"{root} {self.board.append}",
            *([] if self.boot.dtb is None else ["-dtb", str(self.boot.dtb)]),
            "-chardev", f"file,id={LOG},path={self.folder / KERNEL_LOG},append=on",
            *self._chardev(SHELL),
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off",
            *(word.format(card=self.card) for word in self.board.argv),
            *(word for name in self._ports() for word in self._chardev(name)),
            *self.extra,
        ]  # fmt: skip

    def _ports(self) -> list[str]:
        return [*self.serials, I2C] if self.board.usb_ports else []

    def plug(self) -> None:
        """Put the USB devices into their ports."""
        for name in self._ports():
            if name == I2C:
                driver, serial = "usb-redir", {}
            else:
                driver, serial = "usb-serial", {"serial": f"{name.upper()}0001"}
            self.qmp.command(
                "device_add", driver=driver, id=f"usb-{name}", chardev=name, bus="usb.0", **serial
            )

    def put_in_stick(self, image: Path) -> None:
        """Put a USB stick in; `image` is never written."""
        stick = image.stem
        node = {"driver": "file", "filename": str(image), "read-only": True}
        names = {"node-name": stick, "read-only": True}
        self.qmp.command("blockdev-add", driver="raw", file=node, **names)
        self.qmp.command("device_add", driver="usb-storage", id=stick, drive=stick, bus="usb.0")

    def pull_stick(self, image: Path) -> None:
        """Take that USB stick out; unmount it before."""
        self.qmp.command("device_del", id=image.stem)

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
        """Switch off as a pulled plug does; the guest is not asked."""
        for each in (self._console, self._qmp):
            if each is not None:
                each.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._qmp = self._console = None

    def _await_sockets(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + patient(SOCKETS_TIMEOUT_S)
        while not (self.path("qmp").exists() and self.path(SHELL).exists()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise MachineFailed((self.folder / QEMU_LOG).read_text(errors="replace")[-2000:])
            time.sleep(0.05)
