"""The boards that boot a card in QEMU: a quick one for each architecture, and a Pi 3 with its own
buses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHELL, LOG = "shell", "log"
"""Character devices: a root shell of the guest, and what its kernel says."""

QUIET = "quiet loglevel=3 systemd.show_status=0 audit=0"


@dataclass(frozen=True, slots=True)
class Qemu:
    """The program that a board is run by."""

    program: str
    version: int
    """The first that has what the board needs."""
    packages: str
    """Where Debian has it."""


QEMU_ARM = Qemu("qemu-system-aarch64", 10, "qemu-system-arm ipxe-qemu")
QEMU_X86 = Qemu("qemu-system-x86_64", 7, "qemu-system-x86")


@dataclass(frozen=True, slots=True)
class Board:
    """What differs between boards: QEMU's words, and the kernel's."""

    arch: str
    """Whose packages are on its card, in Debian's word."""
    qemu: Qemu
    machine: tuple[str, ...]
    accel: tuple[str, ...]
    argv: tuple[str, ...]
    append: str
    dtb: str = ""
    """On the card's first partition; empty where QEMU makes one."""
    usb_ports: bool = True
    """Whether there is a hub for the bench's parts."""
    forgetful: bool = True
    """Whether a power cut takes what was written and not flushed: its disk is behind a socket."""
    devices: tuple[str, ...] = ("position", "tags", "cargo")
    """Devices of card.toml that this board can reach."""
    pi_card: bool = True
    """Whether its card has the start files of a Pi."""
    tries_kvm: bool = False
    """Whether this machine's own processor may run it (hil/boot/kvm.py)."""


DISK_AND_NET = (
    "-drive", "if=none,id=card,file={card},format=raw,cache=writeback",
    "-device", "virtio-blk-pci,drive=card",
    "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
)  # fmt: skip
WATCHDOG_AND_USB = (
    "-device", "i6300esb", "-action", "watchdog=reset",
    "-device", "qemu-xhci,id=usb",
)  # fmt: skip
EMULATED = ("-accel", "tcg,thread=multi")

VIRT = Board(
    arch="arm64",
    qemu=QEMU_ARM,
    machine=("-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024"),
    accel=EMULATED,
    argv=(
        *DISK_AND_NET,
        "-serial", f"chardev:{LOG}",
        "-device", "virtio-serial-pci",
        # the first such console gets a login prompt, so the shell has the second
        "-chardev", "null,id=login", "-device", "virtconsole,chardev=login",
        "-device", f"virtconsole,chardev={SHELL}",
        *WATCHDOG_AND_USB,
    ),
    append=f"console=ttyAMA0 {QUIET} mitigations=off nokaslr systemd.debug_shell=hvc1",
)  # fmt: skip

PC = Board(
    arch="amd64",
    qemu=QEMU_X86,
    # Without the PC's own I2C bus the adapter at the USB port is /dev/i2c-0, as on `virt`.
    machine=("-M", "q35,smbus=off", "-smp", "2", "-m", "1024"),
    accel=EMULATED,
    argv=(
        *DISK_AND_NET,
        "-serial", f"chardev:{LOG}",
        "-serial", f"chardev:{SHELL}",
        *WATCHDOG_AND_USB,
    ),
    # Linux waits a moment for the timer's ticks, and panics where a busy host gives it none. The
    # chipset has a watchdog, too, which resets nothing: systemd takes the first that it finds.
    append=f"console=ttyS0 {QUIET} mitigations=off nokaslr no_timer_check panic=10 "
    "systemd.debug_shell=ttyS1 module_blacklist=iTCO_wdt",
    pi_card=False,
    tries_kvm=True,
)  # fmt: skip

SENSOR = "board-sensor"
"""QEMU's own TMP105 on the Pi's I2C bus; its temperature is set over QMP, in m°C."""

RASPI3B = Board(
    arch="arm64",
    qemu=QEMU_ARM,
    machine=("-M", "raspi3b"),
    # Four cores, of which one has work: a thread for each costs more than it brings.
    accel=("-accel", "tcg,thread=single"),
    argv=(
        "-drive", "if=sd,id=card,file={card},format=raw,cache=writeback",
        "-netdev", "user,id=net", "-device", "usb-net,netdev=net",
        "-serial", "null", "-serial", f"chardev:{SHELL}",
        "-device", f"tmp105,id={SENSOR},bus=i2c-bus.1,address=0x48",
    ),
    # The shell has the only UART. QEMU's model of the Pi's watchdog resets as soon as it is armed.
    # Its USB network is for cdc_ether; where udev loads cdc_subset first, nothing comes in.
    append=f"console=ttyS1,115200 {QUIET} mitigations=off nokaslr systemd.debug_shell=ttyS1 "
    "systemd.mask=serial-getty@ttyS1.service systemd.watchdog_sec=off "
    "module_blacklist=cdc_subset",
    dtb="bcm2837-rpi-3-b.dtb",
    usb_ports=False,
    forgetful=False,  # QEMU's SD card reads sector by sector: a socket slows the whole machine
    devices=("board",),
)  # fmt: skip

QUICK: Mapping[str, Board] = {board.arch: board for board in (VIRT, PC)}
"""By architecture: the board that all drills are done on, but those that name another."""
