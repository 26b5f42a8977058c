"""Vectors of what goes over the wire: envelopes, and requests to be admitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence import cbor, cose
from evidence.cbor import Tag
from evidence.enrolment import Request, sign_request
from tests.evidence.building import ISSUER, EcdsaSigner, EdSigner, small_world
from tests.vectors.case import Case

WORLD = small_world()
STATEMENT = WORLD.sealed[0].statement.encoded
ASKED = bytes(range(8))


def frame_cases() -> Iterator[Case]:
    """Yield envelopes, each with an empty second frame."""
    good: Mapping[str, tuple[int, dict[int, cbor.Value], bytes | None]] = {
        "HELLO": (1, {1: bytes(16), 6: 4}, None),
        "REGISTER": (2, {}, STATEMENT),
        "RECEIPT": (4, {9: WORLD.note(), 10: ((0, WORLD.receipt(WORLD.sealed[0])),)}, None),
        "ERROR": (13, {2: 7, 15: "gap", 16: "statement 7 is wanted"}, None),
        "a label of another version": (7, {999: "ignored"}, None),
    }
    for name, (type_, header, statement) in good.items():
        shown = None if statement is None else statement.hex()
        values = {
            "type": type_,
            "request": ASKED.hex(),
            "labels": sorted(header),
            "statement": shown,
        }
        yield Case(name, cbor.encode((1, type_, ASKED, header, statement)), values=values)
    for name, (item, reason) in {
        "version 2": ((2, 1, ASKED, {}, None), "version"),
        "version below 0": ((-1, 1, ASKED, {}, None), "version"),
        "version true": ((True, 1, ASKED, {}, None), "shape"),
        "a label as text": ((1, 1, ASKED, {"epoch": bytes(16)}, None), "shape"),
        "a label below 0": ((1, 1, ASKED, {-1: 0}, None), "shape"),
        "both: type 99, a request of 7 bytes": ((1, 99, ASKED[1:], {}, None), "wire-type"),
        "type 0": ((1, 0, ASKED, {}, None), "wire-type"),
        "type 99": ((1, 99, ASKED, {}, None), "wire-type"),
        "a type true": ((1, True, ASKED, {}, None), "shape"),
        "a request of 7 bytes": ((1, 1, ASKED[1:], {}, None), "shape"),
        "a header that is no map": ((1, 1, ASKED, (), None), "shape"),
        "an empty statement": ((1, 2, ASKED, {}, b""), "wire"),
        "a statement as text": ((1, 2, ASKED, {}, "x"), "shape"),
        "four items": ((1, 1, ASKED, {}), "shape"),
        "six items": ((1, 1, ASKED, {}, None, None), "shape"),
        "a map": ({}, "shape"),
        "a tagged envelope": (Tag(18, (1, 1, ASKED, {}, None)), "cbor-tag"),
    }.items():
        yield Case(name, cbor.encode(item), reason)
    yield Case("nothing", b"", "cbor-truncated")
    yield Case("of 262,144 bytes", b"\x85", "cbor-trailing", zeros=(1, 256 * 1024 - 1))
    yield Case("of 262,145 bytes", b"\x85", "wire-size", zeros=(1, 256 * 1024))


KEY = EcdsaSigner("gateway")
TOKEN = "abcdefghijklmnopqrstuvwxyz"
REQUEST = Request(TOKEN, "truck 7", ISSUER, "x" * 40, KEY.public)


def enrolment_cases() -> Iterator[Case]:
    """Yield requests to be admitted, each signed by the key that it names."""
    for signer, algorithm in ((KEY, -7), (EdSigner("ed"), -8)):
        request = Request(TOKEN, "truck 7", ISSUER, "x" * 40, signer.public)
        data = sign_request(request, algorithm, signer)
        values = {"token": TOKEN, "name": "truck 7", "issuer": ISSUER, "curve": "x" * 40}
        kid = {"kid": signer.public.kid.hex()}
        yield Case(f"by {signer.public.curve.name}", data, values={**values, **kid})
    thief = EcdsaSigner("thief")
    yield Case("signed by another key", sign_request(REQUEST, -7, thief), "signature")
    yield Case("alg of another curve", sign_request(REQUEST, -8, KEY), "algorithm")
    header: dict[int | str, cbor.Value] = {1: -7, 4: KEY.public.kid, 16: "tallyman/enrolment"}
    fields: dict[int, cbor.Value] = {
        1: TOKEN,
        2: "truck",
        3: ISSUER,
        4: "x" * 40,
        5: KEY.public.to_cose(),
    }
    for name, (change, reason) in {
        "a token of 25 letters": ({1: TOKEN[1:]}, "token"),
        "a token in capitals": ({1: TOKEN.upper()}, "token"),
        "a line feed behind the token": ({1: TOKEN + "\n"}, "token"),
        "a curve key of 39 letters": ({4: "x" * 39}, "shape"),
        "a name that is no text": ({2: 7}, "shape"),
        "a token that is no text": ({1: TOKEN.encode()}, "shape"),
        "an issuer that is no text": ({3: 7}, "shape"),
        "a curve key that is no text": ({4: b"x" * 40}, "shape"),
        "a key that is a map": ({5: {}}, "shape"),
        "a key that is none": ({5: b"\xa0"}, "shape"),
        "a label that means nothing": ({6: 0}, "shape"),
    }.items():
        yield Case(
            name, cose.sign(header, cbor.encode({**fields, **change}), KEY).to_bytes(), reason
        )
    for name, change in {"a label more": {3: 0}, "kid of 7 bytes": {4: KEY.public.kid[:7]}}.items():
        odd = cose.sign({**header, **change}, cbor.encode(fields), KEY)
        yield Case(name, odd.to_bytes(), "shape")
    number = cose.sign(header, cbor.encode(7), KEY)
    yield Case("a payload that is a number", number.to_bytes(), "shape")
    detached = cose.sign(header, cbor.encode(fields), KEY, detached=True)
    yield Case("payload detached", detached.to_bytes(), "shape")
    statement = {**header, 16: 277}
    yield Case(
        "typ of a statement", cose.sign(statement, cbor.encode(fields), KEY).to_bytes(), "enrolment"
    )
    for name, change, more, reason in (
        ("both: typ of a statement, kid of 7 bytes", {16: 277, 4: bytes(7)}, {}, "enrolment"),
        ("both: a token in capitals, a key that is none", {}, {1: TOKEN.upper(), 5: b""}, "token"),
    ):
        odd = cose.sign({**header, **change}, cbor.encode({**fields, **more}), KEY)
        yield Case(name, odd.to_bytes(), reason)
    silent = cose.sign(statement, cbor.encode(fields), KEY, detached=True)
    yield Case("both: typ of a statement, payload detached", silent.to_bytes(), "enrolment")
    other = {**header, 4: thief.public.kid}
    yield Case("kid of another key", cose.sign(other, cbor.encode(fields), KEY).to_bytes(), "kid")
    loose = cose.sign(header, cbor.encode(fields), KEY, unprotected={99: 0})
    yield Case("an unprotected header", loose.to_bytes(), "enrolment")
