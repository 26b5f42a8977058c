"""Hash envelopes in records, files in bundles. Verdicts are also those of the independent verifier."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cbor2
import pytest

from evidence import cbor, cose
from evidence.cbor import Tag
from evidence.errors import MalformedError, SignatureError
from evidence.hash_envelope import parse_envelope, sign_envelope
from evidence.report import Attachment, Outcome
from tests.evidence.building import ISSUER, NOON, EcdsaSigner, World, record
from tests.evidence.test_disclosure import verdict

AUTHENTIC, ALTERED = Outcome.AUTHENTIC, Outcome.ALTERED
UNTRUSTED, UNREADABLE = Outcome.UNTRUSTED, Outcome.UNREADABLE
FILE = b"%PDF-1.7 certificate 4711"
DIGEST = hashlib.sha256(FILE).digest()
GATEWAY = EcdsaSigner("gateway")


def attachment(world: World, number: int = 1, file: bytes = FILE, **changes: object):
    values = {
        "name": "certificate.pdf",
        "type": "calibration",
        "digest": hashlib.sha256(file).digest(),
        "bytes": len(file),
        "envelope": world.envelope(file),
    }
    return record(number, kind="attachment", values=values | changes)


def bundle_of(world: World, made, *files: bytes):
    sealed = world.seal([record(0), made, record(2)])
    return replace(world.bundle([world.in_part(sealed, (1,))]), attachments=files)


def test_a_file_travels_with_the_record_that_names_it():
    world = World()
    report = verdict(bundle_of(world, attachment(world), FILE), world)
    assert report.outcome is AUTHENTIC
    (found,) = report.attachments
    assert (found.digest, found.commitment, found.record.number) == (DIGEST, None, 1)
    assert report.files == {DIGEST: FILE}
    assert (found.envelope.issuer, found.envelope.content_type) == (ISSUER, "application/pdf")


def test_a_file_beside_the_bundle():
    world = World()
    report = verdict(bundle_of(world, attachment(world)), world)
    assert (report.outcome, report.files) == (AUTHENTIC, {})
    report.add_file(FILE, "certificate.pdf")
    assert (report.outcome, report.files) == (AUTHENTIC, {DIGEST: FILE})
    report.add_file(FILE + b".", "other.pdf")
    assert report.outcome is ALTERED
    assert report.findings[0].reason == "attachment"
    assert "other.pdf: no record shown names" in report.findings[0].text


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ((FILE[:-1],), ALTERED),
        ((FILE, b"one more"), ALTERED),
        ((FILE, FILE), UNREADABLE),
    ],
)
def test_files_that_no_record_names(files, outcome):
    world = World()
    ordered = tuple(sorted(files, key=lambda file: hashlib.sha256(file).digest()))
    assert verdict(bundle_of(world, attachment(world), *ordered), world).outcome is outcome


def test_files_stand_in_the_order_of_their_digests():
    world = World()
    other = b"delivery paper"
    both = sorted((FILE, other), key=lambda file: hashlib.sha256(file).digest())
    made = [attachment(world, 0), attachment(world, 1, other)]
    sealed = world.seal(made)
    bundle = replace(world.bundle([world.bundled(sealed)]), attachments=tuple(both))
    assert verdict(bundle, world).outcome is AUTHENTIC
    assert verdict(replace(bundle, attachments=tuple(both[::-1])), world).outcome is UNREADABLE


def test_a_hidden_record_names_no_file():
    world = World()
    sealed = world.seal([record(0), attachment(world), record(2)])
    bundle = replace(world.bundle([world.in_part(sealed, (0,))]), attachments=(FILE,))
    assert verdict(bundle, world).outcome is ALTERED


THIEF = EcdsaSigner("thief")


def changed(envelope: bytes, **header: object) -> bytes:
    """An envelope of the gateway's own key with other labels."""
    genuine = cose.parse(envelope)
    labels = {int(name[1:]): value for name, value in header.items()}
    said = {k: v for k, v in {**genuine.header, **labels}.items() if v is not None}
    return cose.sign(said, genuine.payload, GATEWAY).to_bytes()


def unprotected(envelope: bytes) -> bytes:
    genuine = cose.parse(envelope)
    return replace(genuine, unprotected={258: -16}).to_bytes()


ENVELOPE = World().envelope(FILE)
CLAIMS = cose.parse(ENVELOPE).header[15]


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"envelope": ENVELOPE[:-1] + bytes([ENVELOPE[-1] ^ 1])}, ALTERED),
        ({"envelope": b""}, ALTERED),
        ({"envelope": "text"}, ALTERED),
        ({"envelope": World().envelope(b"another file")}, ALTERED),
        ({"envelope": World().envelope(FILE, issuer="urn:uuid:another")}, ALTERED),
        ({"envelope": World(gateway=THIEF).envelope(FILE)}, UNTRUSTED),
        ({"envelope": changed(ENVELOPE, _258=-44)}, ALTERED),
        ({"envelope": changed(ENVELOPE, _258=None)}, ALTERED),
        ({"envelope": changed(ENVELOPE, _3="application/pdf")}, ALTERED),
        ({"envelope": changed(ENVELOPE, _259=50)}, ALTERED),
        ({"envelope": changed(ENVELOPE, _15={**CLAIMS, 2: "batch"})}, ALTERED),
        ({"envelope": changed(ENVELOPE, _1=-35)}, ALTERED),
        ({"envelope": unprotected(changed(ENVELOPE, _258=None))}, ALTERED),
        ({"envelope": bytes(2000)}, ALTERED),
        ({"digest": bytes(32)}, ALTERED),
        ({"digest": DIGEST.hex()}, ALTERED),
        ({"bytes": -1}, ALTERED),
        ({"commitment": bytes(31)}, ALTERED),
        ({"commitment": bytes(32)}, AUTHENTIC),
        ({"envelope": changed(ENVELOPE, _260="https://example.com/4711.pdf")}, AUTHENTIC),
        ({"envelope": changed(ENVELOPE, _1=-9)}, AUTHENTIC),
    ],
)
def test_what_a_record_says_of_a_file(values, outcome):
    world = World()
    report = verdict(bundle_of(world, attachment(world, **values)), world)
    assert report.outcome is outcome, report.findings


def test_a_record_that_says_nothing_of_it():
    world = World()
    bare = record(1, kind="attachment", values={"name": "x"})
    assert verdict(bundle_of(world, bare), world).outcome is ALTERED


def test_an_envelope_by_a_revoked_key():
    world = World()
    bundle = bundle_of(world, attachment(world))
    world.gateway_times = "from 2026-01-01T00:00:00Z revoked 2026-01-02T00:00:00Z"
    assert verdict(bundle, world).outcome is UNTRUSTED


def test_envelope_and_file_are_evidence_by_themselves():
    envelope = parse_envelope(ENVELOPE)
    envelope.verify(GATEWAY.public)
    assert envelope.digest == DIGEST
    with pytest.raises(SignatureError):
        envelope.verify(THIEF.public)


def test_an_envelope_is_no_statement_and_a_statement_no_envelope():
    from evidence.statement import parse_statement

    world = World()
    sealed = world.seal([record(0)])
    with pytest.raises(MalformedError):
        parse_envelope(sealed.statement.encoded)
    with pytest.raises(MalformedError):
        parse_statement(ENVELOPE)
    outer = cbor.decode(ENVELOPE, tags=frozenset({18}))
    assert isinstance(outer, Tag)
    with pytest.raises(MalformedError):
        parse_envelope(cbor.encode(outer.value))


@pytest.mark.parametrize(("value", "told"), [(bytes(32), bytes(32)), (None, None), ("text", None)])
def test_a_sealed_file_is_committed_to_by_what_is_in_it(value, told):
    values = {} if value is None else {"commitment": value}
    sealed = Attachment(
        record(0, "attachment", values=values), parse_envelope(World().envelope(b"x"))
    )
    assert sealed.commitment == told
    assert sealed.digest == hashlib.sha256(b"x").digest()


@pytest.mark.parametrize(
    ("location", "told"), [("", {}), ("https://a.example/1", {260: "https://a.example/1"})]
)
def test_an_envelope_says_where_its_file_is_where_that_is_told(location, told):
    """RFC 9995: label 260, payload-location."""
    made = sign_envelope(
        ISSUER, NOON, DIGEST, kid=GATEWAY.public.kid, signer=GATEWAY, content_type="text/plain",
        algorithm=-7, location=location,
    )  # fmt: skip
    header = cbor2.loads(cbor2.loads(made).value[0])
    assert {label: value for label, value in header.items() if label == 260} == told
