import subprocess

from hil.boot.card import FIRMWARE, Card
from tests.provisioning.disk_images import make_card

CONFIG = "kernel=vmlinuz\ninitramfs initrd.img followkernel\n[pi4]\ndtoverlay=pi4-spidev\n"


def test_a_partition_goes_and_comes_back(tmp_path):
    card = Card(make_card(tmp_path / "card.img"))
    whole = card.image.read_bytes()[:512]
    line = card.remove_partition(3)
    assert card.image.read_bytes()[:512] != whole
    subprocess.run(["sfdisk", "-q", "--append", card.image], input=line, text=True, check=True)
    assert card.image.read_bytes()[:512] == whole


def test_files_that_a_pi_would_look_for_in_vain_are_named(tmp_path):
    paths = [tmp_path / name for name in (*FIRMWARE, "vmlinuz", "initrd.img", "config.txt")]
    for path in paths:
        path.write_text(CONFIG)
    card = Card(make_card(tmp_path / "card.img", paths))
    assert card.missing_files() == ["overlays/pi4-spidev.dtbo"]
