"""Thirty cards from a plan, on files: every planted fault is refused with its row and its reason."""

from __future__ import annotations

import csv
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import segno
from flashing import card, log, session
from flashing.device import Device
from flashing.errors import CardBad, ImageWrong, SeedWrong, TargetRefused
from flashing.fat import Fat32
from flashing.image import read_image
from flashing.plan import known_profiles, read_plan
from flashing.seeds import SEED_NAME, FromFolder, FromNode, check_seed
from flashing.target import Machine, Target

from ledger.base.clock import SystemClock
from ledger.enrolling import enrolment
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.seed_text import seed_text
from tests.ledger.support import make_cluster
from tests.provisioning.disk_images import MIB, needs

ROOT = Path(__file__).parents[2]
FLASH = ROOT / "provisioning/flash"
PROFILES = known_profiles([ROOT / "provisioning/profiles"])
FAT_AT, FAT_SIZE = MIB, MIB
IMAGE_SIZE, CARD_SIZE = 3 * MIB, 16 * MIB


def quiet(_phase: str, _done: int, _total: int) -> None:
    pass


def write_disk(path: Path, fat_size: int, root: bytes) -> None:
    """An MBR, a FAT32, and something behind it."""
    needs("mkfs.vfat")
    fat = path.with_name("fat")
    with fat.open("wb") as file:
        file.truncate(fat_size)
    made = ["mkfs.vfat", "-F", "32", "-s", "1", "-i", "0ed6e001", "-n", "FIRMWARE", str(fat)]
    subprocess.run(made, check=True, capture_output=True)
    place = (FAT_AT // 512).to_bytes(4, "little") + (fat_size // 512).to_bytes(4, "little")
    head = bytearray(FAT_AT)
    head[446:462] = bytes([0x80, 0, 0, 0, 0x0C, 0, 0, 0]) + place
    head[510:512] = b"\x55\xaa"
    path.write_bytes(head + fat.read_bytes() + root)


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("image") / "gateway.img"
    write_disk(path, FAT_SIZE, hashlib.sha256(b"root").digest() * (MIB // 32))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name("gateway.img.sha256").write_text(f"{digest}  gateway.img\n")
    return path


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    made = make_cluster(folder, witnesses=0, settings='enrol_listen = "tcp://127.0.0.1:7412"\n')
    return made.sequencer


def plan_text(count: int = 30) -> list[str]:
    rows = [
        f"GW-TO-{n:03},turin,{'truck' if n % 2 else 'warehouse'},{'iot.example' if n % 2 else ''},"
        for n in range(1, count + 1)
    ]
    return ["label,site,profile,apn,note", *rows]


def write_plan(folder: Path, lines: list[str]) -> Path:
    path = folder / "fleet.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def blank(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"card-{n:02}" for n in range(1, count + 1)]
    for path in paths:
        with path.open("wb") as file:
            file.truncate(CARD_SIZE)
    return paths


def flash(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FLASH), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def tools(image, seeds, folder, **more) -> session.Tools:
    read = read_image(image, None, quiet)
    kept = log.Log(folder / "log.csv")
    return session.Tools(
        Machine(),
        read,
        seeds,
        kept,
        lambda: "2026-11-22T10:00:00Z",
        os.urandom,
        quiet,
        True,
        **more,
    )


def seeds_for(rows, folder: Path) -> FromFolder:
    """Seeds without a node; what a real one holds, test_flash_with_a_node has."""
    folder.mkdir()
    for row in rows:
        text = (
            f'version = 1\nlabel = "{row.label}"\nsite = "{row.site}"\nprofile = "{row.profile}"\n'
        )
        text += f'apn = "{row.apn}"\n' if row.apn else ""
        token = hashlib.sha256(row.label.encode()).hexdigest()
        text += f'[enrol]\nendpoint = "tcp://node:7412"\nserver_key = "k"\ntoken = "{token}"\n'
        text += '[ledger]\npolicy = "log node"\n'
        (folder / f"{row.label}.toml").write_text(text)
    return FromFolder(folder)


def invite_all(node, rows, folder: Path) -> None:
    """What `flash seeds` does, in one process."""
    folder.mkdir()
    for row in rows:
        invitation = Invitation(row.site, row.profile, row.label, "1d")
        token = enrolment.invite(node, invitation, SystemClock().wall(), os.urandom)
        (folder / f"{row.label}.toml").write_text(seed_text(node, invitation, token, row.apn))


def seed_on(path: Path) -> bytes | None:
    with Device.open(Target(path, path.stat().st_size, "")) as device:
        return Fat32.find(device).read(SEED_NAME)


def faults(tmp_path, lines: list[str]) -> list[str]:
    return [str(fault) for fault in read_plan(write_plan(tmp_path, lines), PROFILES).faults]


def test_a_plan_of_thirty_is_flashed_whole_and_nothing_of_it_holds_a_private_key(
    image, node, tmp_path
):
    plan = write_plan(tmp_path, plan_text())
    cards = blank(tmp_path, 30)
    laptop = tmp_path / "laptop"
    invite_all(node, read_plan(plan, PROFILES).rows, laptop)
    said = flash("write", plan, image, *cards, "--seeds", laptop, "--files", "--yes")
    assert said.returncode == 0, said.stderr
    assert "30 of 30 finished, 0 cards refused" in said.stdout
    rows = list(csv.DictReader((tmp_path / "fleet.csv.log.csv").read_text().splitlines()))
    assert [row["result"] for row in rows].count("ok") == 30
    assert len({row["enrolment"] for row in rows}) == 30
    released = image.read_bytes()
    for number, path in enumerate(cards, 1):
        data = path.read_bytes()
        assert data[:FAT_AT] == released[:FAT_AT]
        assert data[2 * MIB : IMAGE_SIZE] == released[2 * MIB :]
        seed = seed_on(path)
        assert f'label = "GW-TO-{number:03}"' in seed.decode()
        assert not re.search(rb"private|secret", seed, re.IGNORECASE)
    assert list(laptop.iterdir()) == [], "a used seed stays on no laptop"
    for path in (image, *cards, plan, tmp_path / "fleet.csv.log.csv"):
        assert b"PRIVATE KEY" not in path.read_bytes()
    page = flash("labels", plan).stdout
    assert page.count("<section>") == 30
    for row in rows:
        assert row["enrolment"] in page
        text = f"{row['label']}\nturin {row['profile']}\nenrolment {row['enrolment']}"
        code = segno.make(text, error="m", boost_error=False, micro=False)
        assert code.svg_inline(border=2, omitsize=True) in page
    again = flash("write", plan, image, cards[0], "--seeds", laptop, "--files", "--yes")
    assert (again.returncode, "30 finished before" in again.stdout) == (0, True)


def test_faults_of_a_plan_are_named_by_row_and_nothing_is_written(image, tmp_path):
    lines = plan_text()
    lines[7] = "gw.to.006,turin,truck,iot.example,"
    lines[18] = "GW-TO-018,turin,truck,,"
    lines[20] = "GW-TO-020,turin,lorry,,"
    lines[22] = "GW TO 022,turin,warehouse,,"
    lines[24] = "GW-TO-024,turin,truck,http://apn,"
    lines[26] = "GW-TO-026,turin"
    plan = write_plan(tmp_path, lines)
    (only,) = blank(tmp_path, 1)
    said = flash("write", plan, image, only, "--seeds", tmp_path, "--files", "--yes")
    assert said.returncode == 2
    head, *lines, advice = said.stderr.splitlines()
    assert head == f"error: {plan}: 6 problems, nothing was written"
    assert advice == "next: correct these rows, then try again"
    found = [line.removeprefix("error: ") for line in lines]
    assert [line.split(":")[0] for line in found] == [f"row {n}" for n in (8, 19, 21, 23, 25, 27)]
    assert "host name 'gw-to-006' stands in row 7 already" in found[0]
    assert "has no APN" in found[1]
    assert "unknown profile 'lorry'; known: truck, warehouse" in found[2]
    assert "label 'GW TO 022' is not usable" in found[3]
    assert "APN 'http://apn' is not usable" in found[4]
    assert "2 cells where the header has 5" in found[5]
    assert only.read_bytes() == bytes(CARD_SIZE)


def test_what_spreadsheets_write_is_read(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_bytes("\ufefflabel;site;profile\r\nw1;turin;warehouse\r\n;;\r\n".encode())
    plan = read_plan(path, PROFILES)
    assert [(row.number, row.label) for row in plan.rows] == [(2, "w1")]
    assert not plan.faults
    path.write_bytes(b"label,site,profile\nw\xe4,turin,warehouse\n")
    assert "UTF-8" in str(read_plan(path, PROFILES).faults[0])
    assert "no rows" in faults(tmp_path, ["label,site,profile"])[0]
    assert "no column site" in faults(tmp_path, ["label,profile", "a,truck"])[0]
    assert "unknown column 'simcard'" in faults(tmp_path, ["label,site,profile,simcard"])[0]


def test_an_image_that_is_not_the_published_one_is_refused(image, tmp_path):
    copy = tmp_path / "gateway.img"
    data = bytearray(image.read_bytes())
    data[2 * MIB + 5] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ImageWrong, match=r"put gateway\.img\.sha256 beside it"):
        read_image(copy, None, quiet)
    shutil.copy(image.with_name("gateway.img.sha256"), tmp_path)
    with pytest.raises(ImageWrong, match="published is"):
        read_image(copy, None, quiet)
    data[2 * MIB :] = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
    copy.write_bytes(data)
    with pytest.raises(ImageWrong, match="holds a private key"):
        read_image(copy, hashlib.sha256(data).hexdigest(), quiet)


class Fake(Device):
    """A card that has `real` bytes and says more: further writes are dropped, or go round."""

    real, wraps = 6 * MIB, False

    def _place(self, place: int) -> int:
        return place % self.real if self.wraps else place

    def write(self, data: bytes, place: int) -> None:
        for at in range(0, len(data), 4096):
            if self.wraps or place + at < self.real:
                super().write(data[at : at + 4096], self._place(place + at))

    def read(self, count: int, place: int) -> bytes:
        parts = (
            super(Fake, self).read(4096, self._place(place + at)) for at in range(0, count, 4096)
        )
        return b"".join(parts)[:count]


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize("real", [2 * MIB, 4 * MIB, 5 * MIB + 12288, 7 * MIB, 11 * MIB + 4096])
def test_a_card_of_fake_capacity_is_found_wherever_it_ends(image, tmp_path, wraps, real):
    kind = type("OfThisSize", (Fake,), {"real": real, "wraps": wraps})
    (path,) = blank(tmp_path, 1)
    rows = read_plan(write_plan(tmp_path, plan_text(1)), PROFILES).rows
    seeds = seeds_for(rows, tmp_path / "seeds")
    made = tools(image, seeds, tmp_path, open=kind.open)
    outcome = session.flash(rows[0], path, made)
    assert "fake capacity" in outcome.fault
    assert made.log.newest("GW-TO-001").result == "failed"


def test_markers_are_never_further_apart_than_the_image_is_long():
    places = card.marker_places(32_000_000_000, 1_800_000_000)
    assert places[0] == 0
    assert places[-1] == 32_000_000_000 // 4096 * 4096 - 4096
    assert all(b - a <= 1_800_000_000 for a, b in itertools.pairwise(places))


class Forgets(Device):
    """A card with one bad block."""

    def write(self, data: bytes, place: int) -> None:
        super().write(data, place)
        if place <= 2 * MIB + 8192 < place + len(data) and len(data) > 4096:
            super().write(b"\0" * 4096, 2 * MIB + 8192)


def test_a_read_back_that_differs_names_the_block_and_the_row_stays_to_do(image, tmp_path):
    plan = read_plan(write_plan(tmp_path, plan_text(2)), PROFILES)
    paths = blank(tmp_path, 2)
    made = tools(image, seeds_for(plan.rows, tmp_path / "seeds"), tmp_path, open=Forgets.open)
    outcome = session.flash(plan.rows[0], paths[0], made)
    assert f"read-back differs at block {(2 * MIB + 8192) // 4096}" in outcome.fault
    assert [row.label for row in session.to_do(plan, made.log)] == ["GW-TO-001", "GW-TO-002"]
    assert (tmp_path / "seeds/GW-TO-001.toml").exists(), "its seed is still good"


class Pulled(Device):
    """The operator pulls the card, or the laptop's plug, in the middle."""

    def write(self, data: bytes, place: int) -> None:
        if len(data) > 4096:
            super().write(data[: len(data) // 2], place)
            raise KeyboardInterrupt
        super().write(data, place)


def test_a_row_cut_in_the_middle_is_done_again_with_another_token(image, node, tmp_path):
    plan = read_plan(write_plan(tmp_path, plan_text(2)), PROFILES)
    paths = blank(tmp_path, 2)
    program = str(Path(sys.executable).with_name("tallyman-ledger"))
    seeds = FromNode([program], node.folder, "1d")
    with pytest.raises(KeyboardInterrupt):
        session.flash(plan.rows[0], paths[0], tools(image, seeds, tmp_path, open=Pulled.open))
    with (tmp_path / "log.csv").open("a") as file:
        file.write("2026-11-22T10:0")  # and the log's last line
    made = tools(image, seeds, tmp_path)
    begun = made.log.newest("GW-TO-001")
    assert begun.result == "begun"
    assert seed_on(paths[0]) is None
    outcomes = list(session.flash_all(session.to_do(plan, made.log), paths, made, lambda *_: True))
    assert [outcome.fault for outcome in outcomes] == ["", ""]
    assert made.log.newest("GW-TO-001").enrolment != begun.enrolment
    listed = subprocess.run(
        [program, "token", "list", node.folder], capture_output=True, text=True, check=True
    ).stdout
    assert begun.enrolment not in listed
    assert made.log.newest("GW-TO-001").enrolment in listed


def test_a_seed_that_a_cut_left_on_another_card_is_told_of(image, tmp_path):
    """The power goes when the seed is on the card, and the log does not say so yet."""
    plan = read_plan(write_plan(tmp_path, plan_text(1)), PROFILES)
    paths = blank(tmp_path, 2)
    made = tools(image, seeds_for(plan.rows, tmp_path / "seeds"), tmp_path)
    text = (tmp_path / "seeds/GW-TO-001.toml").read_bytes()
    session.flash(plan.rows[0], paths[0], made)
    (tmp_path / "seeds/GW-TO-001.toml").write_bytes(text)
    lines = (tmp_path / "log.csv").read_text().splitlines()
    (tmp_path / "log.csv").write_text("\n".join(lines[:-1]) + "\n")
    again = tools(image, FromFolder(tmp_path / "seeds"), tmp_path)
    outcome = session.flash(plan.rows[0], paths[1], again)
    assert outcome.fault == ""
    assert seed_on(paths[0]) == seed_on(paths[1])
    assert "may hold the same seed: write it anew or destroy it" in outcome.twin
    assert "2026-11-22T10:00:00Z (file card-01)" in outcome.twin


def test_where_nobody_changes_it_a_device_is_refused_once(image, tmp_path):
    plan = write_plan(tmp_path, plan_text(3))
    seeds_for(read_plan(plan, PROFILES).rows, tmp_path / "seeds")
    done = flash(
        "write", plan, image, "/dev/null", "--seeds", tmp_path / "seeds", "--yes", "--files"
    )
    assert done.returncode == 1
    assert done.stderr.count("is no disk") == 1
    assert "0 of 3 finished, 1 card refused" in done.stdout


def test_a_card_that_is_a_little_too_small_says_by_how_much(image, tmp_path):
    plan = read_plan(write_plan(tmp_path, plan_text(1)), PROFILES)
    path = tmp_path / "small"
    with path.open("wb") as file:
        file.truncate(image.stat().st_size - 300_000)
    made = tools(image, seeds_for(plan.rows, tmp_path / "seeds"), tmp_path)
    assert "0.3 MB less than the image" in session.flash(plan.rows[0], path, made).fault


def test_seeds_are_made_on_the_node_once_for_each_row(node, tmp_path):
    plan, out = write_plan(tmp_path, plan_text(1)), tmp_path / "seeds"
    made = flash("seeds", plan, "--node", node.folder, "--out", out)
    assert made.returncode == 0, made.stderr
    before = (out / "GW-TO-001.toml").read_bytes()
    row = read_plan(plan, PROFILES).rows[0]
    assert check_seed(row, before).text == before
    assert (out / "GW-TO-001.toml").stat().st_mode & 0o777 == 0o600
    assert flash("seeds", plan, "--node", node.folder, "--out", out).returncode == 0
    assert (out / "GW-TO-001.toml").read_bytes() == before


def test_a_finished_card_that_was_not_changed_is_not_overwritten(image, tmp_path):
    plan = read_plan(write_plan(tmp_path, plan_text(2)), PROFILES)
    (path,) = blank(tmp_path, 1)
    made = tools(image, seeds_for(plan.rows, tmp_path / "seeds"), tmp_path)
    assert not session.flash(plan.rows[0], path, made).fault
    assert "was finished for GW-TO-001" in session.flash(plan.rows[1], path, made).fault
    assert b"GW-TO-001" in seed_on(path)


def test_a_seed_of_another_row_or_with_a_key_in_it_is_refused(tmp_path):
    row = read_plan(write_plan(tmp_path, plan_text(1)), PROFILES).rows[0]
    seeds_for([row], tmp_path / "seeds")
    text = (tmp_path / "seeds/GW-TO-001.toml").read_bytes()
    assert len(check_seed(row, text).enrolment) == 12
    for old, new, reason in (
        (b"GW-TO-001", b"GW-TO-002", "another row"),
        (b"version", b"secret_key = 1\nversion", "key that no seed has: secret_key"),
        (b"[enrol]", b"# -----BEGIN PRIVATE KEY-----\n[enrol]", "private key"),
        (b"token =", b"tokens =", "key that no seed has: tokens"),
    ):
        with pytest.raises(SeedWrong, match=reason):
            check_seed(row, text.replace(old, new, 1))


def test_a_second_reader_sees_the_seed_on_the_fat(tmp_path):
    needs("mtype", "fsck.vfat")
    disk, size = tmp_path / "card", 34 * MIB  # with less it would be no FAT32 to others
    write_disk(disk, size, b"")
    text = b"label = 'x'\n" * 200
    with Device.open(Target(disk, FAT_AT + size, "")) as device:
        Fat32.find(device).add(SEED_NAME, text)
        with pytest.raises(CardBad, match="already"):
            Fat32.find(device).add(SEED_NAME, text)
    shown = ["mtype", "-i", f"{disk}@@{FAT_AT}", f"::{SEED_NAME}"]
    assert subprocess.run(shown, capture_output=True, check=True).stdout == text
    fat = tmp_path / "fat"
    fat.write_bytes(disk.read_bytes()[FAT_AT:])
    checked = subprocess.run(["fsck.vfat", "-n", fat], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture
def machine(tmp_path):
    """A laptop: sda is its disk, mmcblk0 soldered memory, sdb and mmcblk1 are cards."""
    sys_, proc = tmp_path / "sys", tmp_path / "proc"

    def disk(name, number, *, removable="0", parts=(), **more):
        folder = sys_ / "block" / name
        for part in ("", *parts):
            (folder / part / "holders").mkdir(parents=True)
            (folder / part / "dev").write_text(
                f"8:{number + (parts.index(part) + 1 if part else 0)}\n"
            )
        (folder / "removable").write_text(removable)
        (folder / "ro").write_text(more.get("ro", "0"))
        (folder / "size").write_text(more.get("size", "62333952"))
        (folder / "device").mkdir()
        (folder / "device/type").write_text(more.get("type", ""))
        return folder

    disk("sda", 0, parts=("sda1", "sda2"))
    disk("sdb", 16, removable="1", parts=("sdb1",))
    disk("sdc", 32, removable="1", parts=("sdc1",))
    (sys_ / "block/sdc/sdc1/holders/dm-0").touch()
    disk("sdd", 48, removable="1", size="0")
    disk("sde", 64, removable="1", ro="1")
    disk("sdf", 80, removable="1", parts=("sdf1",))
    disk("sdg", 96)
    disk("mmcblk0", 112, type="MMC")
    (disk("mmcblk1", 128, type="SD") / "device/cid").write_text("03534453")
    (proc / "self").mkdir(parents=True)
    (proc / "self/mountinfo").write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:44 / /home/a\\040b rw - btrfs /dev/sdf1 rw\n"
    )
    (proc / "swaps").write_text("Filename\tType\tSize\n")
    return Machine(sys_, proc)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sda", r"system disk \(/ is on it\)"),
        ("sda1", "not a whole disk: name the whole disk, /dev/sda"),
        ("sdc", "in use by dm-0"),
        ("sdd", "no card in it"),
        ("sde", "write-protected"),
        ("sdf", "in use: /home/a b is on it"),
        ("sdg", "not removable"),
        ("mmcblk0", "not removable"),
        ("loop0", "not a whole disk"),
    ],
)
def test_what_is_no_free_card_is_refused(machine, name, reason):
    with pytest.raises(TargetRefused, match=reason):
        machine.disk(Path("/dev") / name)


def test_cards_are_found_with_their_size_and_number(machine):
    assert machine.disk(Path("/dev/sdb")).size == 62333952 * 512
    assert machine.disk(Path("/dev/mmcblk1")).card == "cid 03534453"


def test_a_row_for_a_system_disk_is_refused_with_its_number(image, machine, tmp_path):
    plan = read_plan(write_plan(tmp_path, plan_text(2)), PROFILES)
    made = tools(image, seeds_for(plan.rows, tmp_path / "seeds"), tmp_path)
    outcome = session.flash(plan.rows[1], Path("/dev/null"), made)
    assert (outcome.row.number, "is no disk" in outcome.fault) == (3, True)
    said = made.log.newest("GW-TO-002")
    assert (said.row, said.result) == ("3", "failed")
