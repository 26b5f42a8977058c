import pytest

from hil.boot.boards import PC, VIRT
from hil.boot.tools import tools_missing


@pytest.mark.parametrize(
    ("board", "version", "missing"),
    [
        (VIRT, "10.0.2", []),
        (VIRT, "11.1.0", []),
        (VIRT, "7.2.15", ["QEMU 10 or newer"]),
        (PC, "7.2.15", []),
        (PC, "6.2.0", ["QEMU 7 or newer"]),
    ],
)
def test_an_old_qemu_is_named_before_anything_is_built(
    tmp_path, monkeypatch, board, version, missing
):
    for name in (board.qemu.program, "mcopy", "mkfs.vfat", "sfdisk"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho 'QEMU emulator version {version} (Debian)'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools_missing(board.qemu) == missing
