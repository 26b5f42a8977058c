"""Files sealed to recipients: who opens them, and what a change does."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evidence import cbor
from evidence.cbor import Tag
from evidence.encrypt import (
    MOST_RECIPIENTS,
    NotForThisKey,
    SealBroken,
    SealedFile,
    key_id,
    open_sealed,
    read_private,
    read_public,
    recipients_of,
    seal,
)
from evidence.errors import EvidenceError, MalformedError
from tests.evidence.building import seeded

FILE = b"test report: model 3, passed"


def entropy():
    """Bytes that differ from call to call and are the same in every run."""
    calls = itertools.count()
    return lambda count: hashlib.shake_256(next(calls).to_bytes(4, "big")).digest(count)


ANNA = x25519.X25519PrivateKey.from_private_bytes(seeded("anna"))
BRUNO = ec.derive_private_key(int.from_bytes(seeded("bruno"), "big") >> 8, ec.SECP256R1())
OTHERS = [
    x25519.X25519PrivateKey.from_private_bytes(seeded("other")),
    ec.derive_private_key(7, ec.SECP256R1()),
]
SEALED = seal(FILE, [ANNA.public_key(), BRUNO.public_key()], entropy())
PARTS = cbor.decode(SEALED.data, tags=frozenset({96})).value


@pytest.mark.parametrize("key", [ANNA, BRUNO])
def test_each_recipient_opens_it(key):
    assert open_sealed(SEALED.data, key, SEALED.commitment) == FILE
    assert FILE not in SEALED.data
    assert key_id(key.public_key()) in recipients_of(SEALED.data)


@pytest.mark.parametrize("key", OTHERS)
def test_nobody_else_does_and_can_still_check_that_it_is_there(key):
    with pytest.raises(NotForThisKey):
        open_sealed(SEALED.data, key, SEALED.commitment)
    assert len(recipients_of(SEALED.data)) == 2


def test_the_commitment_cannot_be_tried_with_guesses():
    assert SEALED.commitment != hashlib.sha256(FILE).digest()
    again = seal(FILE, [ANNA.public_key()], lambda count: bytes(range(count)))
    assert again.commitment != SEALED.commitment


@pytest.mark.parametrize("key", [ANNA, BRUNO])
def test_every_flipped_bit_is_found_by_its_reader(key):
    mine = key_id(key.public_key())
    other = next(kid for kid in recipients_of(SEALED.data) if kid != mine)
    opened = 0
    for bit in range(8 * len(SEALED.data)):
        changed = bytearray(SEALED.data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            assert open_sealed(bytes(changed), key, SEALED.commitment) == FILE
        except EvidenceError:
            continue
        opened += 1
    # the other recipient's key id, ephemeral key and wrapped key are not ours to check
    assert other in SEALED.data
    assert opened <= 8 * (8 + 64 + 40)


def resealed(*changes: tuple[int, object]) -> bytes:
    parts = list(PARTS)
    for at, value in changes:
        parts[at] = value
    return cbor.encode(Tag(96, tuple(parts)))


def with_recipient(**changes: object) -> bytes:
    protected, loose, wrapped = PARTS[3][0]
    protected = changes.get("protected", protected)
    loose = {**loose, **changes.get("loose", {})}
    loose = {k: v for k, v in loose.items() if v is not None}
    return resealed((3, ((protected, loose, changes.get("wrapped", wrapped)),)))


EPHEMERAL = PARTS[3][0][1][-1]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (resealed((0, cbor.encode({1: 1}))), "sealed-algorithm"),  # A128GCM
        (resealed((0, cbor.encode({1: 24}))), "sealed-algorithm"),  # ChaCha20
        (resealed((0, b"")), "sealed-algorithm"),
        (resealed((0, cbor.encode({1: 3, 2: [1]}))), "sealed-algorithm"),  # crit
        (resealed((1, {1: 3, 5: PARTS[1][5]})), "shape"),
        (resealed((1, {5: PARTS[1][5][:11]})), "shape"),
        (resealed((1, {6: PARTS[1][5][:6]})), "shape"),
        (resealed((2, None)), "shape"),
        (resealed((3, ())), "sealed-recipients"),
        (resealed((3, (PARTS[3][0], PARTS[3][0]))), "sealed-recipients"),
        (with_recipient(protected=cbor.encode({1: -29})), "sealed-algorithm"),  # A128KW
        (with_recipient(protected=cbor.encode({1: -25})), "sealed-algorithm"),  # direct
        (with_recipient(protected=cbor.encode({1: -6})), "sealed-algorithm"),
        (with_recipient(loose={-2: EPHEMERAL, -1: None}), "shape"),  # static for ephemeral
        (with_recipient(loose={-20: b"salt"}), "shape"),
        (with_recipient(loose={-1: {1: 1, -1: 6, -2: bytes(32)}}), "sealed-curve"),
        (with_recipient(loose={-1: {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}}), "sealed-curve"),
        (with_recipient(loose={-1: {**EPHEMERAL, -4: bytes(32)}}), "shape"),
        (with_recipient(loose={-1: {**EPHEMERAL, -2: bytes(32)}}), "sealed-key"),  # low order
        (with_recipient(wrapped=bytes(40)), "sealed-key"),
        (with_recipient(wrapped=bytes(39)), "shape"),
        (cbor.encode(PARTS), "sealed-tag"),
        (cbor.encode(Tag(96, PARTS[:3])), "shape"),
        (SEALED.data + b"\0", "cbor-trailing"),
        (SEALED.data[:-1], "cbor-truncated"),
        (b"", "cbor-truncated"),
    ],
)
def test_another_form_is_refused(data, reason):
    with pytest.raises(EvidenceError) as error:
        open_sealed(data, ANNA, SEALED.commitment)
    assert error.value.reason == reason


def test_a_curve_is_not_exchanged_under_a_key_id():
    loose = {-1: PARTS[3][1][1][-1], 4: key_id(ANNA.public_key())}
    with pytest.raises(SealBroken) as error:
        open_sealed(with_recipient(loose=loose), ANNA, SEALED.commitment)
    assert error.value.reason == "sealed-curve"


def test_a_sender_cannot_show_another_file_under_the_same_commitment():
    forged = seal(b"another report", [ANNA.public_key()], entropy())
    with pytest.raises(SealBroken) as error:
        open_sealed(forged.data, ANNA, SEALED.commitment)
    assert error.value.reason == "sealed-commitment"


def test_sixteen_recipients_and_no_more():
    keys = [
        x25519.X25519PrivateKey.from_private_bytes(bytes([i]) * 32).public_key() for i in range(17)
    ]
    sealed = seal(FILE, keys[:MOST_RECIPIENTS], entropy())
    assert len(recipients_of(sealed.data)) == MOST_RECIPIENTS
    for wrong in ([], keys):
        with pytest.raises(ValueError, match="1 to 16"):
            seal(FILE, wrong, entropy())


def test_a_file_of_no_bytes_and_a_large_one():
    for file in (b"", bytes(1 << 20)):
        sealed = seal(file, [ANNA.public_key()], entropy())
        assert isinstance(sealed, SealedFile)
        assert open_sealed(sealed.data, ANNA, sealed.commitment) == file


def test_the_content_is_cose_s():
    """Unwrapped by hand, after RFC 9052 and 9053 alone."""
    from cryptography.hazmat.primitives import hashes, keywrap
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    protected, header, ciphertext, recipients = PARTS
    inner, loose, wrapped = recipients[0]
    secret = ANNA.exchange(x25519.X25519PublicKey.from_public_bytes(loose[-1][-2]))
    # RFC 9053 §5.2: AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo
    info = bytes.fromhex("84 24 83f6f6f6 83f6f6f6 82190100 44a101381e")
    assert inner.hex() == "a101381e"
    wrapping = HKDF(hashes.SHA256(), 32, None, info).derive(secret)
    key = keywrap.aes_key_unwrap(wrapping, wrapped)
    aad = bytes.fromhex("83 67456e6372797074 43a10103 40")
    assert protected.hex() == "a10103"
    content = AESGCM(key).decrypt(header[5], ciphertext, aad)
    assert content[32:] == FILE
    assert hashlib.sha256(content).digest() == SEALED.commitment


def pem(key) -> tuple[bytes, bytes]:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


@pytest.mark.parametrize("key", [ANNA, BRUNO])
def test_keys_from_openssl(key):
    private, public = pem(key)
    assert key_id(read_public(public)) == key_id(key.public_key())
    assert key_id(read_private(private).public_key()) == key_id(key.public_key())


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)),
        ec.derive_private_key(7, ec.SECP384R1()),
    ],
)
def test_keys_on_other_curves(key):
    private, public = pem(key)
    for read, text in ((read_public, public), (read_private, private)):
        with pytest.raises(MalformedError, match="neither X25519 nor P-256"):
            read(text)
        with pytest.raises(MalformedError, match="in PEM"):
            read(b"no key")


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186, P-256


@pytest.mark.parametrize("fill", [b"\x00", b"\x01", b"\xff"])
def test_an_ephemeral_p_256_key_is_drawn_from_the_whole_range(fill):
    """48 bytes of chance, less one multiple of the order after the other, and never 0."""
    asked = []

    def entropy(count):
        asked.append(count)
        return fill * count

    sealed = seal(FILE, [BRUNO.public_key()], entropy)
    assert asked == [32, 32, 12, 48]  # salt, key, nonce, ephemeral key
    number = int.from_bytes(fill * 48, "big") % (P256_ORDER - 1) + 1
    point = ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers()
    (recipient,) = cbor.decode(sealed.data, tags=frozenset({96})).value[3]
    assert recipient[1][-1] == {
        1: 2, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big"),
    }  # fmt: skip
    assert open_sealed(sealed.data, BRUNO, sealed.commitment) == FILE


def test_a_file_has_one_to_sixteen_recipients():
    key = ANNA.public_key()
    others = [
        x25519.X25519PrivateKey.from_private_bytes(seeded(str(n))).public_key() for n in range(16)
    ]
    assert len(recipients_of(seal(FILE, others, entropy()).data)) == 16
    for wrong in ([], [*others, key]):
        with pytest.raises(ValueError, match="a file is sealed to 1 to 16 recipients"):
            seal(FILE, wrong, entropy())
