"""Vectors of files: hash envelopes, sealed files, and bundles of version 2 that carry them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence import cbor, cose
from evidence.bundle import Bundle
from evidence.cbor import Tag
from evidence.encrypt import PrivateKey, seal
from evidence.hash_envelope import sign_envelope
from evidence.leaf import Record
from tests.evidence.building import (
    ISSUER,
    NOON,
    EcdsaSigner,
    EdSigner,
    World,
    record,
    records,
    seeded,
)
from tests.vectors.case import BundleCase, Case, Json

FILE = b"%PDF-1.7 certificate 4711"
OTHER = b"delivery paper 12"
DIGEST = hashlib.sha256(FILE).digest()
P256, P384, ED = EcdsaSigner("gateway"), EcdsaSigner("wide", ec.SECP384R1()), EdSigner("ed")

# Hash envelopes


def envelope_cases() -> Iterator[Case]:
    """Yield hash envelopes under the key that is given, and what is none."""
    for signer, algorithm in ((P256, -7), (P384, -35), (ED, -8)):
        kid = signer.public.kid
        data = sign_envelope(ISSUER, NOON, DIGEST, "application/pdf", kid, algorithm, signer)
        yield _envelope(f"by {signer.public.curve.name}", data, signer=signer)
    place = "https://files.example.org/4711.pdf"
    kid = P256.public.kid
    yield _envelope("with a place to get the file", _placed(place), location=place)
    rest = len(_placed("x" * 300)) - 300
    longest = "x" * (1024 - rest)
    yield _envelope("of 1,024 bytes", _placed(longest), location=longest)
    yield _envelope("of 1,025 bytes", _larger("x" * (1025 - rest)), "envelope")
    claims = {1: ISSUER, 2: "attachment", 6: NOON}
    header = {1: -7, 4: kid, 15: claims, 258: -16, 259: "application/pdf"}
    for name, (change, reason) in {
        "another hash": ({258: -43}, "envelope-hash"),
        "hash as text": ({258: "SHA-256"}, "shape"),
        "content type as a number": ({259: 50}, "shape"),
        "with content type label 3, which RFC 9995 forbids": ({3: 50}, "shape"),
        "another subject": ({15: {**claims, 2: "batch"}}, "envelope"),
        "subject as a number": ({15: {**claims, 2: 7}}, "envelope"),
        "alg as text": ({1: "ES256"}, "shape"),
        "both: another hash, another subject": (
            {258: -43, 15: {**claims, 2: "batch"}},
            "envelope-hash",
        ),
        "both: another subject, content type as a number": (
            {15: {**claims, 2: "batch"}, 259: 50},
            "envelope",
        ),
        "kid of 7 bytes": ({4: kid[:7]}, "shape"),
        "a claim that means nothing": ({15: {**claims, 7: 0}}, "shape"),
        "claims as a number": ({15: 7}, "shape"),
        "iss no text": ({15: {**claims, 1: 7}}, "shape"),
        "iat negative": ({15: {**claims, 6: -1}}, "shape"),
        "location no text": ({260: 7}, "shape"),
        "a critical header": ({2: (258,)}, "cose-crit"),
    }.items():
        made = cose.sign({**header, **change}, DIGEST, P256)
        yield _envelope(name, made.to_bytes(), reason)
    good = cose.sign(header, DIGEST, P256)
    less = {label: value for label, value in header.items() if label != 258}
    loose = cose.sign(less, DIGEST, P256, unprotected={258: -16})
    yield _envelope("hash only unprotected", loose.to_bytes(), "envelope")
    yield _envelope("a digest of 31 bytes", cose.sign(header, DIGEST[1:], P256).to_bytes(), "shape")
    items = (good.protected, {}, None, good.signature)
    yield _envelope("payload detached", cbor.encode(Tag(18, items)), "envelope")
    yield _envelope("without its tag", good.to_bytes()[1:], "cose-tag")
    other = (good.protected, {}, hashlib.sha256(OTHER).digest(), good.signature)
    yield _envelope("another file's digest", cbor.encode(Tag(18, other)), "signature")


def _placed(place: str) -> bytes:
    kid = P256.public.kid
    return sign_envelope(ISSUER, NOON, DIGEST, "application/pdf", kid, -7, P256, place)


def _larger(place: str) -> bytes:
    """Return an envelope that our own signer refuses to make."""
    claims = {1: ISSUER, 2: "attachment", 6: NOON}
    header = {1: -7, 4: P256.public.kid, 15: claims, 258: -16, 259: "application/pdf", 260: place}
    return cose.sign(header, DIGEST, P256).to_bytes()


def _envelope(
    name: str,
    data: bytes,
    reason: str | None = None,
    signer: EcdsaSigner | EdSigner = P256,
    location: str = "",
) -> Case:
    said: dict[str, Json] = {
        "iss": ISSUER,
        "iat": NOON,
        "digest": DIGEST.hex(),
        "content type": "application/pdf",
        "location": location,
    }
    given = {"key": signer.public.to_cose().hex()}
    return Case(name, data, reason, given, {} if reason else said)


# Sealed files

X_KEY = X25519PrivateKey.from_private_bytes(seeded("a recipient on X25519"))
P_KEY = ec.derive_private_key(
    int.from_bytes(seeded("a recipient on P-256"), "big") >> 8, ec.SECP256R1()
)
STRANGER = X25519PrivateKey.from_private_bytes(seeded("no recipient"))


def sealed_cases() -> Iterator[Case]:
    """Yield sealed files for the private key (PKCS #8, DER) and commitment that are given."""
    made = seal(FILE, [X_KEY.public_key(), P_KEY.public_key()], _entropy())
    commitment = made.commitment
    for name, key in (("to X25519", X_KEY), ("to P-256", P_KEY)):
        yield _sealed(name, made.data, key, commitment)
    empty = seal(b"", [X_KEY.public_key()], _entropy())
    yield _sealed("nothing", empty.data, X_KEY, empty.commitment, file=b"")
    yield _sealed("to others", made.data, STRANGER, commitment, "sealed-recipient")
    yield _sealed("another commitment", made.data, X_KEY, bytes(32), "sealed-commitment")
    outer = cbor.decode(made.data, tags=frozenset({96}))
    assert isinstance(outer, Tag)
    protected, header, ciphertext, recipients = outer.value
    one = recipients[0]
    spoilt = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    wrapped = bytes([one[2][0] ^ 1]) + one[2][1:]
    for name, items, reason in (
        ("a bit of the content changed", (protected, header, spoilt, recipients), "sealed-content"),
        ("a bit of the key changed", (protected, header, ciphertext, ((*one[:2], wrapped),)), "sealed-key"),
        ("A128GCM", (cbor.encode({1: 1}), header, ciphertext, recipients), "sealed-algorithm"),
        ("another wrapping", (protected, header, ciphertext, ((cbor.encode({1: -29}), *one[1:]),)), "sealed-algorithm"),
        ("a content header as a number", (7, header, ciphertext, recipients), "sealed-algorithm"),
        ("a recipient's algorithm as a number", (protected, header, ciphertext, ((7, *one[1:]),)), "sealed-algorithm"),
        ("both: another wrapping, seventeen of it", (protected, header, ciphertext, ((cbor.encode({1: -29}), *one[1:]),) * 17), "sealed-recipients"),
        ("no recipient", (protected, header, ciphertext, ()), "sealed-recipients"),
        ("one recipient twice", (protected, header, ciphertext, (one, one)), "sealed-recipients"),
        ("an unprotected header that is a number", (protected, 7, ciphertext, recipients), "shape"),
        ("content as text", (protected, header, "x" * 80, recipients), "shape"),
        ("recipients as a number", (protected, header, ciphertext, 7), "shape"),
        ("a recipient as a number", (protected, header, ciphertext, (7,)), "shape"),
        ("a recipient of four items", (protected, header, ciphertext, ((*one, None),)), "shape"),
        ("a recipient's header that is a number", (protected, header, ciphertext, ((one[0], 7, one[2]),)), "shape"),
        ("a nonce of 11 bytes", (protected, {5: bytes(11)}, ciphertext, recipients), "shape"),
        ("three items", (protected, header, ciphertext), "shape"),
    ):  # fmt: skip
        yield _sealed(name, cbor.encode(Tag(96, items)), X_KEY, commitment, reason)
    yield _sealed("without its tag", made.data[2:], X_KEY, commitment, "sealed-tag")
    yield from _bad_recipients(outer.value, commitment)
    p521 = {**one[1], -1: {1: 2, -1: 3, -2: bytes(32), -3: bytes(32)}}
    curve = cbor.encode(Tag(96, (protected, header, ciphertext, ((one[0], p521, one[2]),))))
    yield _sealed("an ephemeral key on P-521", curve, X_KEY, commitment, "sealed-curve")


def _bad_recipients(items: Sequence[cbor.Value], commitment: bytes) -> Iterator[Case]:
    """Yield files whose recipients, or what is said of them, are not as they must be."""
    protected, header, ciphertext, recipients = items
    assert isinstance(header, dict)
    assert isinstance(recipients, tuple)
    mine, other = recipients
    loose, p256 = mine[1], other[1][-1]
    others = [(mine[0], {**loose, 4: bytes([n]) * 8}, mine[2]) for n in range(16)]
    many: Sequence[cbor.Value] = [mine, *others]
    for name, some, reason in (
        ("sixteen recipients", many[:16], None),
        ("seventeen recipients", many, "sealed-recipients"),
        ("an ephemeral key of the other curve", [_to(mine, p256)], "sealed-curve"),
        (
            "an ephemeral key of small order",
            [_to(mine, {**loose[-1], -2: bytes(32)})],
            "sealed-key",
        ),
        ("an ephemeral key as a number", [_to(mine, 7)], "shape"),
        ("an ephemeral key with its type as text", [_to(other, {**p256, 1: "EC2"})], "shape"),
        (
            "an ephemeral key with its curve as text",
            [_to(mine, {**loose[-1], -1: "X25519"})],
            "shape",
        ),
        (
            "an ephemeral key with an x of 31 bytes",
            [_to(mine, {**loose[-1], -2: bytes(31)})],
            "shape",
        ),
        ("an ephemeral key with a y of 31 bytes", [_to(mine, {**p256, -3: bytes(31)})], "shape"),
        (
            "an ephemeral key of X25519 that names P-256",
            [_to(mine, {**loose[-1], -1: 1})],
            "sealed-curve",
        ),
        (
            "an ephemeral key of P-256 that names X25519",
            [_to(mine, {**p256, -1: 4})],
            "sealed-curve",
        ),
        ("a kid of 7 bytes", [(mine[0], {**loose, 4: bytes(7)}, mine[2])], "shape"),
        ("another's ephemeral key of type 3", [mine, _to(other, {**p256, 1: 3})], "sealed-curve"),
        (
            "another's ephemeral key of X448",
            [mine, _to(other, {**loose[-1], -1: 5})],
            "sealed-curve",
        ),
        (
            "another's ephemeral key of P-256 that names X25519",
            [mine, _to(other, {**p256, -1: 4})],
            "sealed-curve",
        ),
        ("an ephemeral key of type 3", [_to(mine, {**p256, 1: 3})], "sealed-curve"),
        (
            "another's ephemeral key on no curve",
            [mine, _to(other, {**p256, -3: bytes(32)})],
            "sealed-curve",
        ),
        ("an ephemeral key on no curve", [_to(mine, {**p256, -3: bytes(32)})], "sealed-curve"),
        ("an ephemeral key of X448", [_to(mine, {**loose[-1], -1: 5})], "sealed-curve"),
        ("an ephemeral key with a label more", [_to(mine, {**loose[-1], 2: b""})], "shape"),
        ("a recipient with a label more", [(mine[0], {**loose, 5: b""}, mine[2])], "shape"),
        ("a wrapped key of 39 bytes", [(*mine[:2], mine[2][1:])], "shape"),
    ):
        made = cbor.encode(Tag(96, (protected, header, ciphertext, tuple(some))))
        yield _sealed(name, made, X_KEY, commitment, reason)
    more = cbor.encode(Tag(96, (protected, {**header, 4: b""}, ciphertext, recipients)))
    yield _sealed("a content header with a label more", more, X_KEY, commitment, "shape")


def _to(recipient: Sequence[cbor.Value], ephemeral: cbor.Value) -> cbor.Value:
    protected, header, wrapped = recipient
    assert isinstance(header, dict)
    return (protected, {**header, -1: ephemeral}, wrapped)


def _sealed(
    name: str,
    data: bytes,
    key: PrivateKey,
    commitment: bytes,
    reason: str | None = None,
    file: bytes = FILE,
) -> Case:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    given = {"private key": der.hex(), "commitment": commitment.hex()}
    return Case(name, data, reason, given, {} if reason else {"file": file.hex()})


def _entropy() -> Callable[[int], bytes]:
    """Return bytes that are the same in every run; never do so elsewhere."""
    numbers = count()

    def draw(size: int) -> bytes:
        return hashlib.shake_256(b"entropy %d" % next(numbers)).digest(size)

    return draw


# Bundles of version 2

ALTERED, UNTRUSTED, UNREADABLE = 1, 3, 4


def disclosure_cases() -> Iterator[BundleCase]:
    """Yield bundles that show some records with one proof, and that carry files."""
    world = World()
    for size in (2, 3, 7, 8):
        first = world.sealed[-1].statement.next_record if world.sealed else 0
        world.seal(records(first, size))
    shown = ((0,), (1,), (0, 3, 6), (2, 3, 4, 5, 6))
    batches = [world.in_part(each, some) for each, some in zip(world.sealed, shown, strict=True)]
    honest = world.bundle(batches)
    yield _bundle("some records of four batches", honest, world)
    part = batches[2]
    proof = part.proof or ()
    for name, change, exit_code, reason in (
        ("a hash too few", {"proof": proof[:-1]}, ALTERED, "proof-length"),
        ("a hash too many", {"proof": (*proof, bytes(32))}, ALTERED, "proof-length"),
        ("hashes the other way round", {"proof": proof[::-1]}, ALTERED, "proof-root"),
        ("a hash of 31 bytes", {"proof": (proof[0][1:], *proof[1:])}, ALTERED, "proof-hash"),
        ("no hash", {"proof": ()}, UNREADABLE, "bundle-paths"),
        ("a proof of nothing", {"disclosed": ()}, UNREADABLE, "bundle-paths"),
        ("another index", {"disclosed": (replace(part.disclosed[0], index=1), *part.disclosed[1:])}, ALTERED, "proof-root"),
        ("an index beyond the batch", {"disclosed": (*part.disclosed[:2], replace(part.disclosed[2], index=7))}, ALTERED, "proof-index"),
        ("records out of order", {"disclosed": part.disclosed[::-1]}, UNREADABLE, "bundle-order"),
    ):  # fmt: skip
        spoilt = (*batches[:2], replace(part, **change), batches[3])
        yield _bundle(name, replace(honest, batches=spoilt), world, exit_code, reason)
    yield from _files()


def _files() -> Iterator[BundleCase]:
    world, bundle = _with_file()
    yield _bundle("a file and its record", replace(bundle, attachments=(FILE,)), world)
    yield _bundle("a file that is kept elsewhere", bundle, world)
    both = replace(bundle, attachments=(OTHER,), gaps=(1,))
    yield _bundle(
        "a gap that is none, and a file that no record names", both, world, ALTERED, "gaps"
    )
    none = replace(bundle, attachments=(OTHER,))
    yield _bundle("a file that no record names", none, world, ALTERED, "attachment")
    both = sorted((FILE, OTHER), key=lambda file: hashlib.sha256(file).digest())
    turned = replace(bundle, attachments=tuple(both[::-1]))
    yield _bundle("files out of order", turned, world, UNREADABLE, "bundle-order")
    twice = replace(bundle, attachments=(FILE, FILE))
    yield _bundle("a file twice", twice, world, UNREADABLE, "bundle-order")
    thief = EcdsaSigner("thief")
    stolen = sign_envelope(ISSUER, NOON, DIGEST, "text/plain", P256.public.kid, -7, thief)
    unknown = sign_envelope(ISSUER, NOON, DIGEST, "text/plain", thief.public.kid, -7, thief)
    wordy = _worded(thief)
    elsewhere = sign_envelope("urn:uuid:x", NOON, DIGEST, "text/plain", P256.public.kid, -7, P256)
    for name, values, exit_code, reason in (
        ("an envelope of another gateway", {"envelope": elsewhere}, ALTERED, "envelope-issuer"),
        ("an envelope about another file", {"digest": bytes(32)}, ALTERED, "envelope-digest"),
        ("an envelope by another key under this kid", {"envelope": stolen}, ALTERED, "signature"),
        ("an envelope by an unknown key", {"envelope": unknown}, UNTRUSTED, "unknown-gateway"),
        ("an envelope by an unknown key, alg as text", {"envelope": wordy}, ALTERED, "shape"),
        ("no envelope", {"envelope": b""}, ALTERED, "cbor-truncated"),
        ("a commitment of 31 bytes", {"commitment": bytes(31)}, ALTERED, "shape"),
    ):
        world, bundle = _with_file(**values)
        yield _bundle(name, bundle, world, exit_code, reason)


def _worded(signer: EcdsaSigner) -> bytes:
    claims = {1: ISSUER, 2: "attachment", 6: NOON}
    header = {1: "ES256", 4: signer.public.kid, 15: claims, 258: -16, 259: "text/plain"}
    return cose.sign(header, DIGEST, signer).to_bytes()


def _with_file(**values: object) -> tuple[World, Bundle]:
    world = World()
    said = {
        "name": "4711.pdf",
        "digest": DIGEST,
        "bytes": len(FILE),
        "envelope": world.envelope(FILE),
    }
    made: Record = record(1, "attachment", values=said | values)
    sealed = world.seal([record(0), made, record(2)])
    return world, world.bundle([world.in_part(sealed, (1,))])


def _bundle(
    name: str, bundle: Bundle, world: World, exit_code: int = 0, *findings: str
) -> BundleCase:
    given: Mapping[str, Json] = {"policy": world.policy_text()}
    data = bundle.to_bytes()
    return BundleCase(f"version 2: {name}", data, given=given, exit=exit_code, findings=findings)
