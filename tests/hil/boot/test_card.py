import os
import shutil
import subprocess

import pytest

from hil.boot.card import FIRMWARE, Card

MIB = 1 << 20
TABLE = """label: dos
label-id: 0x0a11ca4d
start=1MiB, size=8MiB, type=c, bootable
start=9MiB, size=2MiB, type=83
start=11MiB, size=3MiB, type=83
"""
CONFIG = "kernel=vmlinuz\ninitramfs initrd.img followkernel\n[pi4]\ndtoverlay=pi4-spidev\n"


@pytest.fixture
def card(tmp_path):
    for program in ("mcopy", "mkfs.vfat", "sfdisk"):
        if shutil.which(program) is None:
            assert os.environ.get("CI") != "true", f"{program} is missing"
            pytest.skip(f"{program} is missing: apt install dosfstools mtools fdisk")
    image = tmp_path / "card.img"
    image.write_bytes(bytes(16 * MIB))
    subprocess.run(["sfdisk", "-q", image], input=TABLE, text=True, check=True)
    offset = ["--offset", str(MIB // 512)]
    subprocess.run(["mkfs.vfat", *offset, image, "8192"], check=True, capture_output=True)
    return Card(image)


def test_a_partition_goes_and_comes_back(card):
    whole = card.image.read_bytes()[:512]
    line = card.remove_partition(3)
    assert card.image.read_bytes()[:512] != whole
    subprocess.run(["sfdisk", "-q", "--append", card.image], input=line, text=True, check=True)
    assert card.image.read_bytes()[:512] == whole


def test_files_that_a_pi_would_look_for_in_vain_are_named(card, tmp_path):
    names = [*FIRMWARE, "vmlinuz", "initrd.img"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "config.txt").write_text(CONFIG)
    paths = [tmp_path / name for name in (*names, "config.txt")]
    subprocess.run(["mcopy", "-i", f"{card.image}@@{MIB}", *paths, "::"], check=True)
    assert card.missing_files() == ["overlays/pi4-spidev.dtbo"]
