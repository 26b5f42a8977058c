"""A stock Raspberry Pi OS image made a gateway's, on an image with the same partitions."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest
from debian_archive import Entry, package

from tests.provisioning.disk_images import fat_of, make_card

SCRIPT = Path(__file__).parents[2] / "provisioning/personalise"
SEED = """\
version = 1
label = "GW-TO.7"
site = "turin"
profile = "warehouse"

[enrol]
endpoint = "tcp://node.example:7412"
server_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
token = "once"

[ledger]
policy = "log node.example"
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f technician"
"""The bytes 0 to 31 as a key, in the form of RFC 8709 §4."""


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )


def read(card: Path, name: str) -> str:
    done = run("mtype", "-i", fat_of(card), f"::{name}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_package(path: Path, size: int = 100, **other: str) -> Path:
    """Write a Debian package of `size` bytes that cannot be packed; `other` control fields."""
    fields = {"Package": "tallyman", "Version": path.name.split("_")[1], "Architecture": "arm64"}
    control = "".join(f"{name}: {value}\n" for name, value in {**fields, **other}.items())
    content = Random(1).randbytes(size)
    path.write_bytes(package({"control": Entry(control.encode())}, {"x": Entry(content)}, 0))
    return path


@pytest.fixture
def card(tmp_path):
    (tmp_path / "config.txt").write_text("dtparam=audio=on\n")
    (tmp_path / "user-data").write_text("#cloud-config\n")
    files = [tmp_path / "config.txt", tmp_path / "user-data"]
    image = make_card(tmp_path / "raspios.img", files)
    write_package(tmp_path / "tallyman_1.0_arm64.deb")
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
    assert (
        run(
            "mcopy",
            "-n",
            "-i",
            fat_of(card),
            "::tallyman_1.0_arm64.deb",
            copy := card.with_name("copy"),
        ).returncode
        == 0
    )
    assert copy.read_bytes() == card.with_name("tallyman_1.0_arm64.deb").read_bytes()
    assert read(card, "config.txt").count("dtparam=i2c_arm=on") == 1
    said = read(card, "user-data")
    assert said.startswith("#cloud-config\n")
    assert "\nhostname: gw-to-7\n" in said
    assert '/boot/firmware/tallyman_1.0_arm64.deb"]' in said
    assert f'ssh_authorized_keys: ["{KEY}"]' in said
    assert "@" not in said


def test_without_a_key_nobody_logs_in_and_that_is_said(card):
    words = ["--seed", card.with_name("seed.toml")]
    words += ["--package", card.with_name("tallyman_1.0_arm64.deb")]
    done = run(SCRIPT, card, *words)
    assert (done.returncode, "nobody can log in" in done.stdout) == (0, True), done.stderr
    assert "ssh_authorized_keys: []" in read(card, "user-data")


def test_each_key_of_the_file_may_log_in_and_comments_are_none(card):
    card.with_name("key.pub").write_text(f"# my keys\r\n{KEY}\r\n\r\n{KEY}2\n")
    assert personalise(card).returncode == 0
    assert f'ssh_authorized_keys: ["{KEY}", "{KEY}2"]' in read(card, "user-data")


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("key.pub", "-----BEGIN OPENSSH PRIVATE KEY-----\n", "private key"),
        ("key.pub", "", "holds no public key"),
        ("key.pub", "# only a comment\n", "holds no public key"),
        ("key.pub", "not a key at all\n", "line 1: no public key"),
        ("key.pub", f"{KEY}\nssh-ed25519 AAAA me\n", "line 2: no public key"),
        ("key.pub", KEY.replace("ssh-ed25519", "ssh-rsa"), "line 1: no public key"),
        ("seed.toml", "version = 1\n", "does not say enrol"),
        ("seed.toml", 'label = "truck-9"\n', "does not say enrol"),
        ("seed.toml", SEED.replace('token = "once"\n', ""), "does not say [enrol] token"),
        ("seed.toml", SEED.replace("GW-TO.7", "truck-7."), "ends in a dash or dot"),
        ("seed.toml", SEED.replace('"warehouse"', '"truck"'), "has no APN"),
        ("seed.toml", SEED.replace('"warehouse"', '"frog"'), "unknown profile 'frog'"),
        ("seed.toml", f"{SEED}key = 'BEGIN PRIVATE KEY'\n", "private key"),
        ("seed.toml", "\0", "cannot be read"),
        ("tallyman_1.0_arm64.deb", "", "0 bytes that are no Debian package"),
        ("tallyman_1.0_arm64.deb", "!<arch>\n", "it ends before its files"),
    ],
)
def test_what_flash_would_refuse_is_refused_and_nothing_is_written(card, file, text, reason):
    card.with_name(file).write_text(text)
    refused(card, reason)


def refused(card: Path, reason: str, **other: str) -> None:
    before = card.read_bytes()
    done = personalise(card, **other)
    assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
    assert done.stderr.startswith("error: ")
    assert "\nnext: " in done.stderr
    assert card.read_bytes() == before


def test_a_package_that_was_cut_short_is_refused(card):
    path = card.with_name("tallyman_1.0_arm64.deb")
    path.write_bytes(path.read_bytes()[:-50])
    refused(card, "within a file")


@pytest.mark.parametrize(
    ("field", "value"), [("Architecture", "amd64"), ("Version", "1.1"), ("Package", "other")]
)
def test_a_package_that_is_another_than_its_name_says_is_refused(card, field, value):
    write_package(card.with_name("tallyman_1.0_arm64.deb"), **{field: value})
    refused(card, f"says {field}: {value}")


def test_a_package_for_another_machine_is_refused(card):
    write_package(card.with_name("tallyman_1.0_amd64.deb"))
    refused(card, "is no tallyman_VERSION_arm64.deb", package="tallyman_1.0_amd64.deb")


def test_a_blank_card_gets_the_next_step(card):
    card.write_bytes(bytes(32 << 20))
    refused(card, "has no FAT partition\nnext: write the Raspberry Pi OS image first")


def test_a_card_that_is_not_there_is_named(card):
    card.unlink()
    done = personalise(card)
    assert (done.returncode, "raspios.img: No such file" in done.stderr) == (2, True), done.stderr


def test_a_start_partition_without_room_keeps_what_it_had(card):
    write_package(card.with_name("tallyman_2.0_arm64.deb"), size=9 << 20)
    refused(card, "kB free, the package and seed need", package="tallyman_2.0_arm64.deb")


def test_of_two_versions_the_last_one_lies_on_the_card(card):
    write_package(card.with_name("tallyman_1.1_arm64.deb"), size=4 << 20)
    write_package(card.with_name("tallyman_1.2_arm64.deb"), size=1 << 20)
    for name in ("tallyman_1.0_arm64.deb", "tallyman_1.1_arm64.deb", "tallyman_1.2_arm64.deb"):
        done = personalise(card, package=name)
        assert done.returncode == 0, done.stderr
    listed = run("mdir", "-b", "-i", fat_of(card), "::").stdout.split()
    assert [name for name in listed if name.endswith(".deb")] == ["::/tallyman_1.2_arm64.deb"]
    assert '/boot/firmware/tallyman_1.2_arm64.deb"]' in read(card, "user-data")


def test_another_image_is_refused(card):
    run("mdel", "-i", fat_of(card), "::user-data")
    refused(card, "no Raspberry Pi OS of trixie")
