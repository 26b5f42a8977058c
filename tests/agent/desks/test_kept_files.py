"""Files that people gave are kept as they came, however they come."""

import asyncio
import hashlib

import pytest

from agent.desks.kept_files import KeptFiles

FILE = bytes(range(256)) * 300
DIGEST = hashlib.sha256(FILE).digest()


async def test_a_file_is_kept_under_its_digest(tmp_path):
    files = KeptFiles(tmp_path / "notices")
    assert DIGEST not in files
    with pytest.raises(FileNotFoundError):
        await files.read(DIGEST)
    await files.keep(FILE)
    assert DIGEST in files
    assert await files.read(DIGEST) == FILE
    (path,) = (tmp_path / "notices").iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == (DIGEST.hex(), 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_the_same_file_may_come_from_several_at_once(tmp_path):
    files = KeptFiles(tmp_path)
    await asyncio.gather(*(files.keep(FILE) for _ in range(20)))
    assert await files.read(DIGEST) == FILE
    assert len(list(tmp_path.iterdir())) == 1
