"""Frames between gateway, node and witness."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import cbor
from evidence.errors import MalformedError
from evidence.wire import (
    MAX_BODY_BYTES,
    MAX_ENVELOPE_BYTES,
    Code,
    Envelope,
    Label,
    Type,
    labels,
    parse_frames,
)

REQUEST = bytes(range(8))


def frames(*items, body=b""):
    return [cbor.encode(items), body]


def refused(parts):
    with pytest.raises(MalformedError) as caught:
        parse_frames(parts)
    return caught.value.reason


@pytest.mark.parametrize("type_", list(Type))
def test_round_trip(type_):
    header = labels({Label.SEQ: 7, Label.NOTE: b"note", Label.SEQS: (1, 2)})
    made = Envelope(type_, REQUEST, header, b"statement", b"body")
    assert parse_frames(made.to_frames()) == made


def test_without_statement_and_body():
    made = Envelope(Type.HELLO, REQUEST)
    assert made.to_frames() == [cbor.encode((1, 1, REQUEST, {}, None)), b""]
    assert parse_frames(made.to_frames()) == made


def test_answers_carry_the_request():
    asked = Envelope(Type.STATUS, REQUEST)
    answer = asked.answer(Type.PENDING, {Label.RETRY_MS: 500})
    assert (answer.type, answer.request, answer.get(Label.RETRY_MS)) == (Type.PENDING, REQUEST, 500)
    error = asked.error(Code.GAP, "wants 3", {Label.SEQ: 3})
    assert parse_frames(error.to_frames()).get(Label.CODE) == "gap"
    assert error.get(Label.SEQ) == 3
    with pytest.raises(MalformedError):
        error.get(Label.NOTE)


def test_unknown_labels_pass():
    made = parse_frames(frames(1, 1, REQUEST, {999: "later"}, None))
    assert made.header == {999: "later"}


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "wire"),
        ([b""], "wire"),
        ([b"", b"", b""], "wire"),
        ([b"", b""], "cbor-truncated"),
        (frames(2, 1, REQUEST, {}, None), "version"),
        (frames(0, 1, REQUEST, {}, None), "version"),
        (frames(True, 1, REQUEST, {}, None), "shape"),
        (frames("1", 1, REQUEST, {}, None), "shape"),
        (frames(1, 0, REQUEST, {}, None), "wire-type"),
        (frames(1, max(Type) + 1, REQUEST, {}, None), "wire-type"),
        (frames(1, True, REQUEST, {}, None), "shape"),
        (frames(1, -1, REQUEST, {}, None), "shape"),
        (frames(1, 1, REQUEST[1:], {}, None), "shape"),
        (frames(1, 1, REQUEST + b"\0", {}, None), "shape"),
        (frames(1, 1, None, {}, None), "shape"),
        (frames(1, 1, REQUEST, (), None), "shape"),
        (frames(1, 1, REQUEST, None, None), "shape"),
        (frames(1, 1, REQUEST, {}, "statement"), "shape"),
        (frames(1, 1, REQUEST, {}, b""), "wire"),  # nil says it
        (frames(1, 1, REQUEST, {}), "shape"),
        (frames(1, 1, REQUEST, {}, None, None), "shape"),
        ([cbor.encode((1, 1, REQUEST, {}, None)) + b"\0", b""], "cbor-trailing"),
        ([bytes(MAX_ENVELOPE_BYTES + 1), b""], "wire-size"),
        (frames(1, 1, REQUEST, {}, None, body=bytes(MAX_BODY_BYTES + 1)), "wire-size"),
    ],
)
def test_refuses(parts, reason):
    assert refused(parts) == reason


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_hostile_frames_raise_nothing_else(parts):
    with contextlib.suppress(MalformedError):
        parse_frames(parts)


@given(st.data())
def test_mutated_frames_raise_nothing_else(data):
    envelope = bytearray(
        Envelope(Type.STATUS, REQUEST, {1: bytes(16), 3: (1, 2, 3)}).to_frames()[0]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        envelope[data.draw(st.integers(0, len(envelope) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = parse_frames([bytes(envelope), b""])
    except MalformedError:
        return
    assert parsed.to_frames() == [bytes(envelope), b""]
