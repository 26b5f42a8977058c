"""A stock Raspberry Pi OS image made a gateway's, on an image with the same partitions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.provisioning.disk_images import fat_of, make_card

SCRIPT = Path(__file__).parents[2] / "provisioning/personalise"
SEED = 'version = 1\nlabel = "GW-TO.7"\nsite = "turin"\n[enrol]\ntoken = "once"\n'
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== technician"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )


def read(card: Path, name: str) -> str:
    done = run("mtype", "-i", fat_of(card), f"::{name}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def card(tmp_path):
    (tmp_path / "config.txt").write_text("dtparam=audio=on\n")
    (tmp_path / "user-data").write_text("#cloud-config\n")
    files = [tmp_path / "config.txt", tmp_path / "user-data"]
    image = make_card(tmp_path / "raspios.img", files)
    (tmp_path / "tallyman_1.0_arm64.deb").write_bytes(b"!<arch>\n")
    (tmp_path / "seed.toml").write_text(SEED)
    (tmp_path / "key.pub").write_text(f"{KEY}\n")
    return image


def personalise(card: Path, **other: str) -> subprocess.CompletedProcess[str]:
    names = {"seed": "seed.toml", "package": "tallyman_1.0_arm64.deb", "ssh-key": "key.pub"}
    words = [(f"--{key}", card.with_name(name)) for key, name in {**names, **other}.items()]
    return run(SCRIPT, card, *(word for pair in words for word in pair))


def test_a_stock_image_gets_package_seed_and_first_boot(card):
    for _ in range(2):  # repeating it changes nothing
        done = personalise(card)
        assert (done.returncode, "becomes GW-TO.7" in done.stdout) == (0, True), done.stderr
    assert read(card, "tallyman-seed.toml") == SEED
    assert read(card, "tallyman_1.0_arm64.deb") == "!<arch>\n"
    assert read(card, "config.txt").count("dtparam=i2c_arm=on") == 1
    said = read(card, "user-data")
    assert said.startswith("#cloud-config\n")
    assert "\nhostname: gw-to-7\n" in said
    assert '/boot/firmware/tallyman_1.0_arm64.deb"]' in said
    assert f'ssh_authorized_keys: ["{KEY}"]' in said
    assert "@" not in said


def test_without_a_key_nobody_logs_in(card):
    card.with_name("key.pub").write_text("")
    assert personalise(card).returncode == 0
    assert "ssh_authorized_keys: []" in read(card, "user-data")


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("key.pub", "-----BEGIN OPENSSH PRIVATE KEY-----\n", "private key"),
        ("seed.toml", "version = 1\n", "names no label"),
    ],
)
def test_what_is_no_seed_and_no_public_key_is_refused(card, file, text, reason):
    card.with_name(file).write_text(text)
    before = card.read_bytes()
    done = personalise(card)
    assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
    assert card.read_bytes() == before


def test_another_image_is_refused(card):
    run("mdel", "-i", fat_of(card), "::user-data")
    done = personalise(card)
    assert (done.returncode, "no Raspberry Pi OS of trixie" in done.stderr) == (2, True)
