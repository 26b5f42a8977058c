"""What a half-dead card proves is found; what is damaged proves nothing; the card stays as it is."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from agent.journal.batches import PAGE_BYTES
from agent.journal.ring_block import BLOCK_BYTES
from agent.salvage.archive import parse_archive
from agent.salvage.card import NothingFound, salvage
from agent.salvage.life import Life, Run
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys
from evidence.errors import MalformedError
from evidence.keys import PublicKey
from evidence.policy import parse_policy
from foundation.errors import AgentError
from tests.agent.salvage.dead_gateway import PER_BATCH, DeadGateway, die, flip, zero

MEBIBYTE = 1 << 20
IMAGE_BYTES = 24 * MEBIBYTE
SEED = 20261122


@pytest.fixture
def dead(tmp_path) -> DeadGateway:
    return die(tmp_path / "card" / "var" / "lib" / "tallyman")


def fingerprint(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()
    }


def saved(source: Path, policies=(), pread=os.pread) -> Life:
    """Salvage, and hold that the source is as before; return the one epoch there is."""
    before = fingerprint(source)
    found = salvage(source, policies, pread)
    assert fingerprint(source) == before, "the source was written to"
    (life,) = found.archive.lives
    return life


def numbers(life: Life) -> set[int]:
    """Return every record that is readable, signed or not, each held against what was written."""
    found = set(life.records)
    for batch in life.batches:
        if batch.body:
            about = batch.signed.batch
            found |= set(range(about.first, about.first + about.count))
    return found


def whole(dead: DeadGateway) -> Run:
    return Run(0, dead.sealed - 1, 0, dead.first_loose - 1, 0)


def test_a_sound_card_gives_back_everything(dead):
    life = saved(dead.folder.parents[2])
    assert (life.issuer, life.epoch) == (dead.identity.gateway, dead.identity.epoch)
    assert life.runs() == [whole(dead)]
    assert [batch.receipt for batch in life.batches[:2]] == [b"receipt", b""]
    loose = range(dead.first_loose, dead.first_loose + dead.loose)
    assert life.records == {number: dead.leaf(number) for number in loose}


@pytest.mark.parametrize("lost", ["nothing", "database", "log"])
def test_batches_in_the_log_alone_are_found(tmp_path, lost):
    """A gateway that is pulled leaves its newest batches in the write-ahead log."""
    dead = die(tmp_path / "state", log=True)
    log = dead.folder / "journal.sqlite-wal"
    assert log.stat().st_size > 10 * PAGE_BYTES
    if lost == "database":
        zero(dead.database, 0, dead.database.stat().st_size)
    elif lost == "log":
        log.unlink()
    life = saved(dead.folder)
    if lost != "log":
        assert life.runs() == [whole(dead)]
    assert set(life.records) >= set(range(dead.first_loose, dead.first_loose + dead.loose))
    assert numbers(life) == set(range(dead.first_loose + dead.loose)), "the ring has the others"


def test_a_lost_database_leaves_what_the_ring_still_holds(dead):
    dead.database.unlink()
    life = saved(dead.folder)
    assert life.batches == ()
    assert life.issuer == dead.identity.gateway
    assert max(life.records) == dead.first_loose + dead.loose - 1


def test_a_lost_ring_costs_the_unsigned_records_alone(dead):
    dead.ring.unlink()
    life = saved(dead.folder)
    assert life.runs() == [whole(dead)]
    assert life.records == {}


@pytest.mark.parametrize("page", [1, 2, 3])
def test_the_head_and_root_of_the_database_are_not_needed(dead, page):
    zero(dead.database, (page - 1) * PAGE_BYTES, PAGE_BYTES)
    assert saved(dead.folder).runs() == [whole(dead)]


def test_a_truncated_database_keeps_its_first_batches(tmp_path):
    dead = die(tmp_path / "state", sealed=40)
    os.truncate(dead.database, dead.database.stat().st_size // 2)
    life = saved(dead.folder)
    assert 0 < len(life.batches) < dead.sealed
    assert life.runs()[0].first_batch == 0


def test_damage_anywhere_never_makes_a_record_up(tmp_path):
    """Zeroed blocks and flipped bytes, seeded: less is found, nothing that was not written."""
    rng = random.Random(SEED)
    for round_ in range(6):
        dead = die(tmp_path / str(round_))
        for path in (dead.database, dead.ring):
            used = path.stat().st_size if path == dead.database else 60 * BLOCK_BYTES
            for _ in range(4):
                zero(path, rng.randrange(used) // 512 * 512, 512)
            flip(path, *(rng.randrange(used) for _ in range(12)))
        life = saved(dead.folder)
        for number, leaf in life.records.items():
            assert leaf == dead.leaf(number)
        for batch in life.batches:
            batch.signed.verify(keys_of(dead))
        assert len(numbers(life)) > dead.first_loose / 2


def keys_of(dead: DeadGateway) -> PublicKey:
    return Keys.load_or_make(dead.folder, KeyStore()).statement.public


def test_unreadable_blocks_are_skipped_and_listed(dead):
    """The device says EIO for some blocks: what lies on the others is read."""
    bad = {4 * BLOCK_BYTES, 9 * BLOCK_BYTES}
    target = dead.ring.stat().st_ino

    def pread(fd: int, length: int, offset: int) -> bytes:
        if os.fstat(fd).st_ino == target:
            touched = range(offset // BLOCK_BYTES, -(-(offset + length) // BLOCK_BYTES))
            if any(block * BLOCK_BYTES in bad for block in touched):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.pread(fd, length, offset)

    found = salvage(dead.folder, (), pread)
    assert set(found.bad) == {(str(dead.ring), offset) for offset in bad}
    (life,) = found.archive.lives
    assert life.runs() == [whole(dead)]
    assert life.records == {
        number: dead.leaf(number)
        for number in range(dead.first_loose, dead.first_loose + dead.loose)
    }


def test_a_torn_commit_is_dropped_and_counted(dead):
    data = dead.ring.read_bytes()
    last = max(at for at in range(0, len(data), BLOCK_BYTES) if data[at : at + 4] == b"TLRB")
    zero(dead.ring, last + 70, 4)
    found = salvage(dead.folder, ())
    assert found.torn == 1
    (life,) = found.archive.lives
    assert max(life.records) == dead.first_loose + dead.loose - 2


def image_of(folder: Path, path: Path) -> Path:
    """Make an ext4 image of a folder, as a card's data partition is one."""
    if shutil.which("mke2fs") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("images need mke2fs, and CI must have it")
        pytest.skip("images need mke2fs: sudo apt install e2fsprogs")
    with path.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    argv = ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", str(folder), str(path)]
    subprocess.run(argv, check=True, capture_output=True)
    return path


def test_an_image_whose_file_system_is_gone_is_read_block_by_block(dead, tmp_path):
    image = image_of(dead.folder.parents[2], tmp_path / "image")
    zero(image, 0, 16 * 4096)  # superblock, group descriptors, bitmaps
    policy = parse_policy(policy_for(dead))
    life = saved(image, [policy])
    assert life.runs() == [whole(dead)]
    assert set(life.records) == set(range(dead.first_loose, dead.first_loose + dead.loose))


@pytest.mark.parametrize("partitioned", [False, True])
def test_an_image_is_mounted_without_being_changed(dead, tmp_path, partitioned):
    if os.geteuid() != 0:
        pytest.skip("mounting an image needs root")
    image = image_of(dead.folder.parents[2], tmp_path / "image")
    if partitioned:
        image = behind_a_partition_table(image, tmp_path / "card.img")
    if not Path("/dev/loop-control").exists():
        pytest.skip("there are no loop devices here")
    life = saved(image)
    assert life.issuer == dead.identity.gateway, "only the file system knows it"
    assert life.runs() == [whole(dead)]


def behind_a_partition_table(image: Path, path: Path) -> Path:
    sectors = IMAGE_BYTES // 512
    entry = b"\0\0\0\0\x83\0\0\0" + (2048).to_bytes(4, "little") + sectors.to_bytes(4, "little")
    table = bytes(446) + entry + bytes(48) + b"\x55\xaa"
    path.write_bytes(table.ljust(MEBIBYTE, b"\0") + image.read_bytes())
    return path


def policy_for(dead: DeadGateway) -> str:
    """Return a policy that lists the dead gateway's key, and nobody else's."""
    page = (Path(__file__).parents[3] / "docs" / "PROTOCOL.md").read_text("utf-8")
    example = page.split("<!-- example-policy -->")[1].split("<!-- /example-policy -->")[0]
    kept = [line.strip() for line in example.strip().splitlines() if "gateway" not in line]
    key = base64.b64encode(keys_of(dead).to_cose()).decode()
    return "\n".join([*kept, f"gateway {dead.identity.gateway} {key} from 2020-01-01T00:00:00Z\n"])


def test_without_a_known_key_nothing_is_signed(dead):
    """A card that brings its own identity but no key: its batches prove nothing without a policy."""
    policy = parse_policy(policy_for(dead))
    (dead.folder / "keys" / "statement.pem").unlink()
    assert saved(dead.folder).batches == ()
    assert saved(dead.folder, [policy]).runs() == [whole(dead)]


def test_a_hole_in_the_chain_parts_it(dead):
    database = sqlite3.connect(dead.database)
    database.execute("PRAGMA secure_delete = ON")
    database.execute("DELETE FROM batch WHERE seq = 5")
    database.commit()
    database.close()
    first, second = saved(dead.folder).runs()
    assert (first.last_batch, second.first_batch) == (4, 6)
    assert second.first == 6 * PER_BATCH


def test_a_folder_that_does_not_open_is_not_called_empty(tmp_path, monkeypatch):
    def refuse(path: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(AgentError, match=f"cannot read {tmp_path}: Permission denied") as caught:
        salvage(tmp_path, [])
    assert caught.value.advice == "use sudo"


def test_a_folder_without_a_gateway_says_so(tmp_path):
    (tmp_path / "journal.ring").write_bytes(bytes(BLOCK_BYTES))
    with pytest.raises(NothingFound):
        salvage(tmp_path, ())


def test_an_archive_reads_back_and_shows_every_cut(dead):
    archive = salvage(dead.folder, ()).archive
    data = archive.to_bytes()
    assert parse_archive(data) == archive
    assert salvage(dead.folder, ()).archive.to_bytes() == data, "the same card, the same file"
    for at in range(0, len(data), 997):
        with pytest.raises(MalformedError):
            parse_archive(data[:at])
