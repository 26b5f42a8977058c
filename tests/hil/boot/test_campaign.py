"""What is refused before a card is built, and which drills a card is put through."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.__main__ import main
from hil.boot.boards import PC, QUICK, RASPI3B, VIRT
from hil.boot.campaign import DRILLS, drills_of
from hil.boot.machine import Boot, Machine

PROGRAMS = {"arm64": "qemu-system-aarch64", "amd64": "qemu-system-x86_64"}


@pytest.mark.parametrize("board", [VIRT, PC, RASPI3B])
def test_every_board_is_run_by_the_qemu_of_its_cards_architecture(board):
    boot = Boot(Path("vmlinuz"), Path("initrd.img"), "0a11ca4d-02")
    words = Machine(Path("/nowhere"), "card.img", boot, board).argv()
    assert words[0] == PROGRAMS[board.arch]
    assert words.count("-accel") == words.count("-M") == 1
    assert any("file=card.img" in word for word in words)


def test_only_a_pis_card_is_put_into_a_pi():
    assert drills_of(QUICK["arm64"]) == list(DRILLS)
    assert [name for name in DRILLS if name not in drills_of(QUICK["amd64"])] == ["raspi3b"]


def test_a_drill_that_needs_a_pis_card_is_refused_before_anything_is_built(capsys):
    words = ["boot-test", "--arch", "amd64", "--drill", "units", "--drill", "raspi3b"]
    assert main(words) == 2
    assert capsys.readouterr().out == "raspi3b needs a Pi's card: --arch arm64\n"


@pytest.mark.parametrize(
    ("arch", "package", "backports"),
    [("arm64", "qemu-system-arm", True), ("amd64", "qemu-system-x86", False)],
)
def test_without_qemu_it_names_the_package_and_where_it_is(
    tmp_path, monkeypatch, capsys, arch, package, backports
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["boot-test", "--arch", arch]) == 2
    said = capsys.readouterr().out
    assert f"boot-test needs {PROGRAMS[arch]}, mcopy, mkfs.vfat, sfdisk:\n" in said
    assert f"  sudo apt install {package}" in said
    assert ("bookworm-backports" in said) == backports
