"""Notes, cosignatures and checkpoints, checked with python-ecdsa and by hand."""

from __future__ import annotations

import base64
import hashlib

import pytest
from ecdsa import Ed25519, VerifyingKey
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import EvidenceError, MalformedError, SignatureError
from evidence.merkle import MAX_SIZE
from evidence.note import (
    KeyType,
    Note,
    NoteKey,
    Signature,
    cosign_note,
    parse_line,
    parse_note,
    sign_note,
)
from tests.evidence.building import ORIGIN, EdSigner, seeded

LOG, WITNESS, OTHER = EdSigner("log"), EdSigner("amber"), EdSigner("birch")
LOG_KEY = LOG.note_key(ORIGIN, KeyType.NOTE)
WITNESS_KEY = WITNESS.note_key("amber.example.org/w", KeyType.COSIGNATURE)
TEXT = Checkpoint(ORIGIN, 42, seeded("root")).to_text()
TIME = 1_679_315_147


def note(*lines, text=TEXT):
    return Note(text, lines or (sign_note(text, LOG_KEY, LOG), cosigned())).to_text().encode()


def cosigned(text=TEXT, time=TIME):
    return cosign_note(text, WITNESS_KEY, time, WITNESS)


def refused(data):
    with pytest.raises(MalformedError) as caught:
        parse_note(data)
    return caught.value.reason


def bad_checkpoint(text):
    with pytest.raises(MalformedError) as caught:
        Checkpoint.from_text(text)
    return caught.value.reason


def test_the_largest_note_is_read_and_a_larger_one_is_not():
    room = 16 * 1024 - len(note(text=f"{TEXT}\n"))
    largest = note(text=f"{TEXT}{'x' * room}\n")
    assert len(largest) == 16 * 1024
    assert parse_note(largest).text == f"{TEXT}{'x' * room}\n"
    assert refused(note(text=f"{TEXT}{'x' * (room + 1)}\n")) == "note-size"


def test_round_trip():
    parsed = parse_checkpoint(note())
    assert parsed.checkpoint == Checkpoint(ORIGIN, 42, seeded("root"))
    assert parsed.to_bytes() == note()
    parsed.note.verify(LOG_KEY)
    assert parsed.note.cosigned_at(WITNESS_KEY) == TIME


def test_the_authors_line_by_hand():
    line = note().decode().split("\n")[4]
    dash, name, encoded = line.split(" ")
    assert (dash, name) == ("\u2014", ORIGIN)
    blob = base64.b64decode(encoded)
    key = LOG.public.x
    assert blob[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + key).digest()[:4]
    assert VerifyingKey.from_string(key, Ed25519).verify(blob[4:], TEXT.encode())


def test_the_cosignature_by_hand():
    line = note().decode().split("\n")[5]
    blob = base64.b64decode(line.split(" ")[2])
    key = WITNESS.public.x
    assert blob[:4] == hashlib.sha256(b"amber.example.org/w\n\x04" + key).digest()[:4]
    assert blob[4:12] == TIME.to_bytes(8, "big")
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    assert VerifyingKey.from_string(key, Ed25519).verify(blob[12:], message)


def test_published_example_of_a_cosigned_checkpoint():
    # c2sp.org/tlog-cosignature, its introduction
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    lines = (
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    parsed = parse_checkpoint(f"{text}\n{lines}".encode())
    assert parsed.checkpoint.size == 20_852_163
    author, witness = parsed.note.signatures
    assert len(author.blob) == 64
    assert int.from_bytes(witness.blob[:8], "big") == TIME
    assert parsed.to_bytes() == f"{text}\n{lines}".encode()


def test_extension_lines_are_signed_too():
    text = TEXT + "extension\n"
    parsed = parse_checkpoint(note(sign_note(text, LOG_KEY, LOG), text=text))
    parsed.note.verify(LOG_KEY)
    with pytest.raises(SignatureError):
        parse_note(note(sign_note(TEXT, LOG_KEY, LOG), text=text)).verify(LOG_KEY)


def test_vkey_round_trip():
    for key in (LOG_KEY, WITNESS_KEY):
        assert NoteKey.from_text(key.to_text()) == key


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        LOG_KEY.to_text()[1:],  # another name, so another id
        LOG_KEY.to_text().replace("+", "+0", 1),
        LOG_KEY.to_text() + "=",
        LOG_KEY.to_text()[:-1],
        LOG_KEY.to_text().upper(),
        "n+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "n+00000000+" + base64.b64encode(b"\x06" + bytes(32)).decode(),
        "n+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
        "n+00000000+" + base64.b64encode(b"\x01" + bytes(33)).decode(),
        "n+00000000+é",
        "two words+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode(),
        "+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode(),
    ],
)
def test_vkeys_that_are_none(vkey):
    with pytest.raises(MalformedError):
        NoteKey.from_text(vkey)


LINE = cosigned().to_line().removesuffix("\n")


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE.replace("\u2014", "-"),
        LINE.replace("\u2014", "\u2013"),
        LINE.replace("\u2014 ", "\u2014"),
        " " + LINE,
        LINE + " ",
        LINE + "=",
        LINE[:-2],
        LINE.replace(" amber", "  amber"),
        LINE.replace("amber", "am ber"),
        LINE.replace("amber", "am+ber"),
        LINE.replace("amber", "am\u00a0ber"),
        LINE.replace("amber.example.org/w", ""),
        "\u2014 name AAAAAA==",
        "\u2014 name AAAAAB==",
        "\u2014 name",
        "\u2014 name ",
        "\u2014 name é",
        "\u2014 name AAAA\u0660AAA",
    ],
)
def test_lines_that_are_none(line):
    with pytest.raises(MalformedError):
        parse_line(line)


def test_base64_has_one_form():
    # 5 bytes end in a digit of which two bits count for nothing
    assert parse_line("\u2014 name AAAAAAA=").blob == b"\0"
    for loose in ("AAAAAAB=", "AAAAAAA", "AAAAAAA==", "AAAA-_A=", "AAAA AAA=", "AAAAAAA=\t"):
        with pytest.raises(MalformedError):
            parse_line(f"\u2014 name {loose}")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "note-form"),
        (TEXT.encode(), "note-form"),
        (TEXT.encode() + b"\n", "note-form"),
        (note()[:-1], "note-form"),
        (note() + b"\n", "note-form"),
        (note() + b"more\n", "note-line"),
        (note().replace(b"\n", b"\r\n"), "note-control"),
        (note().replace(b"42", b"4\x002"), "note-control"),
        (note().replace(b"42", b"42\t"), "note-control"),
        (note().replace(b"42", b"4\x1b2"), "note-control"),
        (note().replace(b"42", b"\xff"), "note-utf8"),
        (note().replace(b"42", b"\xed\xa0\x80"), "note-utf8"),
        (note() + b"x" * 16_384, "note-size"),
    ],
)
def test_notes_that_are_none(data, reason):
    assert refused(data) == reason


def test_the_last_empty_line_parts_text_and_signatures():
    text = "a\n\nb\n"
    parsed = parse_note(note(sign_note(text, LOG_KEY, LOG), text=text))
    assert parsed.text == text
    parsed.verify(LOG_KEY)


def test_a_known_key_twice():
    parsed = parse_note(note(cosigned(), cosigned(time=TIME + 1)))
    with pytest.raises(MalformedError) as caught:
        parsed.cosigned_at(WITNESS_KEY)
    assert caught.value.reason == "note-twice"


def test_unknown_keys_are_ignored():
    twin = Signature(WITNESS_KEY.name, b"\0\0\0\0", bytes(72))  # same name, other id
    alias = Signature("someone.else", WITNESS_KEY.identifier, bytes(72))  # same id, other name
    parsed = parse_note(note(twin, alias))
    assert parsed.cosigned_at(WITNESS_KEY) is None
    with pytest.raises(SignatureError):
        parsed.verify(LOG_KEY)


def test_a_colliding_key_id_rejects_the_note():
    line = Signature(
        WITNESS_KEY.name, WITNESS_KEY.identifier, cosign_note(TEXT, WITNESS_KEY, 1, OTHER).blob
    )
    with pytest.raises(SignatureError):
        parse_note(note(line)).cosigned_at(WITNESS_KEY)


@pytest.mark.parametrize("blob", [bytes(71), bytes(73), bytes(64), bytes(1)])
def test_a_cosignature_of_another_length(blob):
    line = Signature(WITNESS_KEY.name, WITNESS_KEY.identifier, blob)
    with pytest.raises(MalformedError):
        parse_note(note(line)).cosigned_at(WITNESS_KEY)


def test_times_at_the_edge():
    assert parse_note(note(cosigned(time=2**63 - 1))).cosigned_at(WITNESS_KEY) == 2**63 - 1
    assert parse_note(note(cosigned(time=0))).cosigned_at(WITNESS_KEY) == 0
    with pytest.raises(MalformedError):
        parse_note(note(cosigned(time=2**63))).cosigned_at(WITNESS_KEY)


def test_the_authors_signature_is_no_cosignature_and_the_reverse():
    same = WITNESS.note_key(WITNESS_KEY.name, KeyType.NOTE)
    assert same.identifier != WITNESS_KEY.identifier
    parsed = parse_note(note(sign_note(TEXT, same, WITNESS)))
    assert parsed.cosigned_at(WITNESS_KEY) is None
    forged = Signature(same.name, same.identifier, cosigned().blob)
    with pytest.raises(SignatureError):
        parse_note(note(forged)).verify(same)


def test_of_another_text():
    other = Checkpoint(ORIGIN, 43, seeded("root")).to_text()
    with pytest.raises(SignatureError):
        parse_note(note(cosigned(), text=other)).cosigned_at(WITNESS_KEY)
    with pytest.raises(SignatureError):
        parse_note(note(sign_note(TEXT, LOG_KEY, LOG), text=other)).verify(LOG_KEY)


ROOT = base64.b64encode(seeded("root")).decode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "checkpoint-form"),
        ("o\n1\n", "checkpoint-form"),
        (f"\n1\n{ROOT}\n", "checkpoint-form"),
        (f"o\n1\n{ROOT}\n\n", "checkpoint-form"),
        (f"o\n1\n{ROOT}", "checkpoint-form"),
        (f"o\n1\n{ROOT}\nrest", "checkpoint-form"),
        (f"o\n01\n{ROOT}\n", "checkpoint-size"),
        (f"o\n+1\n{ROOT}\n", "checkpoint-size"),
        (f"o\n-1\n{ROOT}\n", "checkpoint-size"),
        (f"o\n 1\n{ROOT}\n", "checkpoint-size"),
        (f"o\n1_0\n{ROOT}\n", "checkpoint-size"),
        (f"o\n1.0\n{ROOT}\n", "checkpoint-size"),
        (f"o\n0x1\n{ROOT}\n", "checkpoint-size"),
        (f"o\n\u0661\n{ROOT}\n", "checkpoint-size"),  # Arabic digit one
        (f"o\n\u00b2\n{ROOT}\n", "checkpoint-size"),  # superscript two
        (f"o\n{2**63}\n{ROOT}\n", "checkpoint-size"),
        (f"o\n{10**19}\n{ROOT}\n", "checkpoint-size"),
        (f"o\n{'9' * 10_000}\n{ROOT}\n", "checkpoint-size"),
        ("o\n1\nroot\n", "checkpoint-root"),
        ("o\n1\nAAAA\n", "checkpoint-root"),
        (f"o\n1\n{ROOT[:-1]}\n", "base64"),
        (f"o\n1\n{ROOT} \n", "base64"),
        (f"o\n1\n{ROOT[:-2]}{chr(ord(ROOT[-2]) + 1)}=\n", "base64"),
    ],
)
def test_checkpoints_that_are_none(text, reason):
    assert bad_checkpoint(text) == reason


@pytest.mark.parametrize("size", [0, 1, MAX_SIZE])
def test_sizes_a_log_may_have(size):
    assert Checkpoint.from_text(f"o\n{size}\n{ROOT}\n").size == size


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_hostile_bytes_raise_nothing_else(data):
    for parse in (parse_note, parse_checkpoint):
        try:
            parsed = parse(data)
        except EvidenceError:
            continue
        assert (
            parsed.to_text().encode() if isinstance(parsed, Note) else parsed.to_bytes()
        ) == data


@given(st.data())
@settings(deadline=None)
def test_a_changed_note_is_refused_or_keeps_its_meaning(data):
    changed = bytearray(note())
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = parse_checkpoint(bytes(changed))
        parsed.note.verify(LOG_KEY)
        time = parsed.note.cosigned_at(WITNESS_KEY)
    except EvidenceError:
        return
    assert parsed.note.text == TEXT
    assert time in (None, TIME)
    assert parsed.to_bytes() == bytes(changed)
