"""Whether KVM is used: a QEMU that does as one does with KVM that works, lacks, or hangs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hil.boot import kvm
from hil.boot.boards import PC, VIRT, Qemu
from hil.boot.kvm import choose
from hil.boot.machine import Boot

BOOT = Boot(Path("vmlinuz"), Path("initrd.img"), "0a11ca4d-02")
PANIC = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"


def board_run_by(tmp_path, script):
    program = tmp_path / "qemu"
    program.write_text(f"#!/bin/sh\nlog={tmp_path}/kvm.log\n{script}\n")
    program.chmod(0o755)
    return replace(PC, qemu=Qemu(str(program), 7, "qemu-system-x86"))


def test_kvm_is_used_where_a_kernel_ran_to_its_end(tmp_path):
    board, which = choose(board_run_by(tmp_path, f"echo '{PANIC}' > $log"), BOOT, tmp_path)
    assert board.accel[:2] == ("-accel", "kvm")
    assert which == "run by this machine's own processor (KVM)"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'Could not access KVM kernel module' >&2; exit 1", "Could not access KVM"),
        ("exit 1", "QEMU ended with 1"),
        (": > $log", "a kernel ended before it looked for its root"),
        ("exec sleep 60", "a kernel did not come up within 0.2 s"),
    ],
)
def test_else_the_guest_is_emulated_and_told_why(tmp_path, monkeypatch, script, why):
    monkeypatch.setattr(kvm, "PROBE_TIMEOUT_S", 0.2 if "sleep" in script else 30.0)
    board, which = choose(board_run_by(tmp_path, script), BOOT, tmp_path)
    assert board.accel == PC.accel
    assert board.accel[:2] == ("-accel", "tcg,thread=multi")
    assert which.startswith("emulated, as KVM does not work here: ")
    assert why in which


def test_what_an_earlier_probe_said_counts_for_nothing(tmp_path):
    (tmp_path / "kvm.log").write_text(PANIC)
    board, _ = choose(board_run_by(tmp_path, ": >> $log"), BOOT, tmp_path)
    assert board.accel == PC.accel


def test_a_board_of_another_processor_is_not_tried(tmp_path):
    assert choose(VIRT, BOOT, tmp_path) == (VIRT, "emulated")
