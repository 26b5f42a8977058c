"""Whether this machine's own processor may run a guest. It is tried, as a /dev/kvm that can be
opened may still run nothing: the card's kernel is started with no root, and must come to say so."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from hil.boot.boards import EMULATED, Board
from hil.boot.machine import Boot

KVM = ("-accel", "kvm", "-cpu", "host")
PROBE_TIMEOUT_S = 20.0
"""It takes two or three seconds; one that is slower would bring nothing."""

NO_ROOT = b"Unable to mount root fs"
"""What Linux says last in a probe (init/do_mounts.c)."""


def choose(board: Board, boot: Boot, folder: Path) -> tuple[Board, str]:
    """Return the board with KVM where that works, and which it is in words."""
    if not board.tries_kvm:
        return board, "emulated"
    if trouble := refused(board, boot, folder):
        return replace(board, accel=EMULATED), f"emulated, as KVM does not work here: {trouble}"
    return replace(board, accel=KVM), "run by this machine's own processor (KVM)"


def refused(board: Board, boot: Boot, folder: Path) -> str:
    """Return what KVM lacks, empty where the kernel ran to its end."""
    log = folder / "kvm.log"
    log.unlink(missing_ok=True)
    argv = [
        board.qemu.program, *board.machine, *KVM,
        "-display", "none", "-nodefaults", "-no-user-config", "-no-reboot",
        "-kernel", str(boot.kernel), "-append", "console=ttyS0 quiet panic=-1",
        "-serial", f"file:{log}",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603  our own command line
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=PROBE_TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"a kernel did not come up within {PROBE_TIMEOUT_S:g} s"
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or [f"QEMU ended with {done.returncode}"])[0]
    return "" if NO_ROOT in log.read_bytes() else "a kernel ended before it looked for its root"
