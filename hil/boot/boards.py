"""The two boards that boot a card in QEMU: a quick one, and a Pi 3 with its own buses."""

from __future__ import annotations

from dataclasses import dataclass

SHELL, LOG = "shell", "log"
"""Character devices: a root shell of the guest, and what its kernel says."""

QUIET = "quiet loglevel=3 systemd.show_status=0 audit=0"


@dataclass(frozen=True, slots=True)
class Board:
    """What differs between boards: QEMU's words, and the kernel's."""

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


VIRT = Board(
    argv=(
        "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024",
        "-accel", "tcg,thread=multi",
        "-drive", "if=none,id=card,file={card},format=raw,cache=writeback",
        "-device", "virtio-blk-pci,drive=card",
        "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
        "-serial", f"chardev:{LOG}",
        "-device", "virtio-serial-pci",
        # the first such console gets a login prompt, so the shell has the second
        "-chardev", "null,id=login", "-device", "virtconsole,chardev=login",
        "-device", f"virtconsole,chardev={SHELL}",
        "-device", "i6300esb", "-action", "watchdog=reset",
        "-device", "qemu-xhci,id=usb",
    ),
    append=f"console=ttyAMA0 {QUIET} mitigations=off nokaslr systemd.debug_shell=hvc1",
)  # fmt: skip

SENSOR = "board-sensor"
"""QEMU's own TMP105 on the Pi's I2C bus; its temperature is set over QMP, in m°C."""

RASPI3B = Board(
    argv=(
        # Four cores, of which one has work: a thread for each costs more than it brings.
        "-M", "raspi3b", "-accel", "tcg,thread=single",
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
