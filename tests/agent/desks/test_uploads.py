"""A file comes in parts that follow each other, and is the one that was announced."""

import base64
import hashlib

import pytest

from agent.desks.control import BadRequest
from agent.desks.uploads import Uploads

FILE = bytes(range(256)) * 20
MOST = 1 << 20


@pytest.fixture
def uploads():
    return Uploads("file", MOST, "split it")


def part(data=FILE, start=0, end=None, digest=None, **more):
    digest = digest or hashlib.sha256(data).hexdigest()
    encoded = base64.b64encode(data[start:end]).decode()
    return {"digest": digest, "offset": start, "part": encoded, **more}


def refused(uploads, request):
    with pytest.raises(BadRequest) as caught:
        uploads.take(request)
    return str(caught.value)


@pytest.mark.parametrize("size", [1, 1000, len(FILE)])
def test_parts_become_the_file(uploads, size):
    for start in range(0, len(FILE), size):
        end = start + size
        taken = uploads.take(part(start=start, end=end, last=end >= len(FILE)))
        assert taken.length == min(end, len(FILE))
    assert taken.whole == FILE


def test_a_new_beginning_forgets_the_file_before(uploads):
    uploads.take(part(end=100))
    assert uploads.take(part(last=True)).whole == FILE


def test_parts_must_follow_each_other(uploads):
    wanted = "the parts of the file do not follow each other"
    assert refused(uploads, part(start=100)) == wanted
    uploads.take(part(end=100))
    assert refused(uploads, part(start=101)) == wanted
    assert refused(uploads, part(b"another file" * 100, start=100)) == wanted


def test_what_has_ended_takes_no_more(uploads):
    uploads.take(part(last=True))
    assert "follow" in refused(uploads, part(start=len(FILE)))


def test_another_file_than_was_announced(uploads):
    digest = hashlib.sha256(b"another").hexdigest()
    assert "do not match their digest" in refused(uploads, part(digest=digest, last=True))


def test_a_file_of_the_largest_size_and_one_beyond(uploads):
    assert uploads.take(part(bytes(MOST), last=True)).length == MOST
    assert refused(uploads, part(bytes(MOST + 1), last=True)) == "the file has more than 1 MiB"
    assert "follow" in refused(uploads, part(bytes(MOST + 1), start=MOST))


def test_what_is_refused_as_too_large_is_forgotten(uploads):
    large = bytes(MOST + 1)
    uploads.take(part(large, end=MOST))
    assert refused(uploads, part(large, start=MOST)) == "the file has more than 1 MiB"
    assert "follow" in refused(uploads, part(large, start=MOST))


@pytest.mark.parametrize(
    "change", [{"part": "no base64!"}, {"part": None}, {"digest": "00"}, {"offset": "x"}]
)
def test_rubbish_is_refused(uploads, change):
    assert refused(uploads, {**part(), **change})
