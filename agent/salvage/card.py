"""Finding what a dead gateway left: in a copied folder, in an image's file systems, or in the raw
blocks of a medium that no file system opens any more.

The source is opened for reading only. File systems are mounted read-only and without replaying
their journal (`noload`), from a read-only loop device, as root only.
"""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.journal.places import FILE_NAME, ring_path
from agent.salvage.archive import Archive
from agent.salvage.blocks import Blocks, Pread
from agent.salvage.life import Batch, known_keys, lives_of, proven, with_cuts
from agent.salvage.loose_ring import Found, records_of, whole_blocks
from agent.salvage.sqlite_file import databases, rows
from agent.salvage.sqlite_pages import Row
from agent.signing.identity import IDENTITY_FILE, IdentityDamaged, load
from agent.signing.key_store import public_of
from agent.signing.succession import FOLDER as KEYS_FOLDER
from agent.signing.succession import NEXT_KEY, STATEMENT_KEY
from evidence.keys import PublicKey
from evidence.policy import Policy
from foundation.errors import AgentError, Fatal

RING_FILE = ring_path(Path(FILE_NAME)).name
LOG_FILE = f"{FILE_NAME}-wal"
_MINE = (FILE_NAME, LOG_FILE, RING_FILE, IDENTITY_FILE)

_SECTOR = 512
_MBR_ENTRIES, _MBR_ENTRY = 446, struct.Struct("<8xII")
_GPT_MAGIC = b"EFI PART"
_GPT_ENTRY = struct.Struct("<16s16sQQ")
_EXT4_MAGIC_AT, _EXT4_MAGIC = 1024 + 56, b"\x53\xef"


class NothingFound(Fatal):
    """The source holds nothing of a Tallyman gateway that can be read."""

    advice = "give the card's device or image (a Pi's data partition is ext4), or a copied folder"


@dataclass(slots=True)
class Pieces:
    """What was read, nothing of it checked. `bad` names unreadable blocks by file and offset;
    `shut` are folders that do not open.
    """

    rows: list[Row] = field(default_factory=list)
    blocks: Found = field(default_factory=dict)
    torn: int = 0
    owners: dict[bytes, str] = field(default_factory=dict)
    keys: list[tuple[str, PublicKey]] = field(default_factory=list)
    bad: list[tuple[str, int]] = field(default_factory=list)
    shut: list[OSError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What came out: the archive, ring blocks with a damaged payload, unreadable blocks."""

    archive: Archive
    torn: int
    bad: tuple[tuple[str, int], ...]


def salvage(source: Path, policies: Iterable[Policy], pread: Pread = os.pread) -> Salvage:
    """Read all that a source still holds; NothingFound, or AgentError where it cannot be opened."""
    pieces = Pieces()
    try:
        if source.is_dir():
            _read_tree(source, pieces, pread)
        else:
            _read_medium(source, pieces, pread)
    except OSError as error:
        raise _unreadable(source, error) from error
    if not pieces.rows and not pieces.blocks:
        if pieces.shut:
            raise _unreadable(pieces.shut[0].filename, pieces.shut[0])
        raise NothingFound(f"{source} holds no journal that can be read")
    return assembled(pieces, policies)


def _unreadable(place: Path | str, error: OSError) -> AgentError:
    return AgentError(f"cannot read {place}: {os.strerror(error.errno or 0)}", advice="use sudo")


def assembled(pieces: Pieces, policies: Iterable[Policy]) -> Salvage:
    """Return what the pieces prove under the pinned policies and the card's own keys."""
    signed = proven(_batches(pieces.rows), known_keys(policies, pieces.keys))
    batches = with_cuts(signed, _cuts(pieces.rows))
    ring = {epoch: records_of(found) for epoch, found in pieces.blocks.items()}
    lives = lives_of(batches, ring, pieces.owners)
    archive = Archive(tuple(lives), tuple(_notes(pieces.rows)))
    return Salvage(archive, pieces.torn, tuple(sorted(set(pieces.bad))))


def _batches(found: Iterable[Row]) -> Iterator[Batch]:
    """Yield what looks like rows of the table `batch` (`agent/journal/batches.py`)."""
    for _, values in found:
        match values:
            case [None, int(), int(), *_, bytes(), bytes(statement), bytes(body), receipt] if (
                len(values) == 16  # noqa: PLR2004  the table's columns
            ):
                yield Batch(statement, body, receipt if isinstance(receipt, bytes) else b"")


def _cuts(found: Iterable[Row]) -> Iterator[tuple[int, bytes]]:
    """Yield what looks like rows of the table `cut` (`agent/journal/erasing.py`)."""
    for seq, values in found:
        match values:
            case [None, int(), bytes(rest)]:
                yield seq, rest


def _notes(found: Iterable[Row]) -> list[bytes]:
    """Return what looks like rows of the table `checkpoint`, one a size."""
    notes = {size: row[1] for size, row in found if len(row) == 2 and row[0] is None}  # noqa: PLR2004  its columns
    return [note for _, note in sorted(notes.items()) if isinstance(note, bytes)]


def _read_medium(source: Path, pieces: Pieces, pread: Pread) -> None:
    with Blocks(source, pread) as medium:
        if os.geteuid() == 0:
            for offset, size in _file_systems(medium):
                with suppress(subprocess.CalledProcessError), _mounted(source, offset, size) as at:
                    _read_tree(at, pieces, pread)
        if not pieces.rows and not pieces.blocks:
            _read_raw(medium, pieces)
        pieces.bad += [(str(source), block) for block in medium.bad]


def _read_raw(medium: Blocks, pieces: Pieces) -> None:
    pieces.blocks, pieces.torn = whole_blocks(medium)
    for begin, end in databases(medium):
        pieces.rows += rows(medium, None, begin, end)


def _file_systems(medium: Blocks) -> list[tuple[int, int]]:
    """Return offset and size of each ext4 file system, of the whole medium or of a partition."""
    whole = [(0, medium.size)]
    return [
        (offset, size)
        for offset, size in whole + list(_partitions(medium))
        if medium.read(offset + _EXT4_MAGIC_AT, len(_EXT4_MAGIC)) == _EXT4_MAGIC
    ]


def _partitions(medium: Blocks) -> Iterator[tuple[int, int]]:
    """Yield the partitions of a GPT (UEFI 5.3), else those of an MBR."""
    head = medium.read(_SECTOR, 92)
    if head.startswith(_GPT_MAGIC):
        first, count, size = struct.unpack_from("<QII", head, 72)
        for index in range(min(count, 128)):
            entry = medium.read(first * _SECTOR + index * size, _GPT_ENTRY.size)
            _, _, begin, last = _GPT_ENTRY.unpack(entry.ljust(_GPT_ENTRY.size, b"\0"))
            if begin:
                yield begin * _SECTOR, (last + 1 - begin) * _SECTOR
        return
    table = medium.read(0, _SECTOR).ljust(_SECTOR, b"\0")
    for index in range(4):
        begin, sectors = _MBR_ENTRY.unpack_from(table, _MBR_ENTRIES + 16 * index)
        if sectors:
            yield begin * _SECTOR, sectors * _SECTOR


@contextmanager
def _mounted(source: Path, offset: int, size: int) -> Iterator[Path]:
    options = f"ro,noload,loop,offset={offset},sizelimit={size}"
    with tempfile.TemporaryDirectory(prefix="tallyman-salvage-") as name:
        argv = ["mount", "-t", "ext4", "-o", options, str(source), name]
        subprocess.run(argv, check=True, capture_output=True)  # noqa: S603  fixed words
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=True, capture_output=True)  # noqa: S603, S607


def _read_tree(root: Path, pieces: Pieces, pread: Pread) -> None:
    """Read every folder below `root` that holds a journal: the state, and earlier epochs."""
    for folder, folders, files in os.walk(root, onerror=pieces.shut.append):
        folders[:] = [name for name in folders if not (Path(folder) / name).is_symlink()]
        if any(name in files for name in _MINE):
            _read_state(Path(folder), set(files), pieces, pread)


def _read_state(folder: Path, files: set[str], pieces: Pieces, pread: Pread) -> None:
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context(file)
            for name in (FILE_NAME, LOG_FILE, RING_FILE)
            if name in files and (file := _opened(folder / name, pieces, pread)) is not None
        }
        pieces.rows += rows(opened.get(FILE_NAME), opened.get(LOG_FILE))
        if RING_FILE in opened:
            found, torn = whole_blocks(opened[RING_FILE])
            pieces.torn += torn
            for epoch, blocks in found.items():
                pieces.blocks[epoch] = pieces.blocks.get(epoch, {}) | blocks
        for file in opened.values():
            pieces.bad += [(str(file.path), block) for block in file.bad]
    _read_identity(folder, pieces)


def _opened(path: Path, pieces: Pieces, pread: Pread) -> Blocks | None:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None  # a card may be anybody's: no link out of it, no pipe
        return Blocks(path, pread)
    except OSError:
        pieces.bad.append((str(path), 0))
        return None


def _read_identity(folder: Path, pieces: Pieces) -> None:
    """Learn whose the epoch is and by which keys it was signed; their private halves stay there."""
    try:
        identity = load(folder / IDENTITY_FILE)
    except IdentityDamaged:
        return
    pieces.owners[identity.epoch] = identity.gateway
    for name in (STATEMENT_KEY, NEXT_KEY):
        with suppress(OSError, Fatal):
            key = public_of(folder / KEYS_FOLDER / name)
            pieces.keys.append((identity.gateway, key))
