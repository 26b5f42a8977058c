from __future__ import annotations

import base64
import hashlib
import stat
import tomllib

import ecdsa
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from ecdsa.util import sigdecode_string

from agent.signing import people
from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity
from agent.signing.key_store import KeyStore, public_of
from agent.signing.keys import Keys, public_text
from foundation.errors import Fatal
from foundation.private_file import OpenToOthers


def test_a_key_is_made_once_and_private(tmp_path):
    path = tmp_path / "statement.pem"
    made = KeyStore().load_or_make(path)
    assert KeyStore().load_or_make(path).public == made.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_library_verifies_our_signature(tmp_path):
    key = KeyStore().load_or_make(tmp_path / "k.pem")
    point = key.public.x + key.public.y
    other = ecdsa.VerifyingKey.from_string(point, curve=ecdsa.NIST256p)
    signature = key.sign(b"message")
    assert other.verify(signature, b"message", hashfunc=hashlib.sha256, sigdecode=sigdecode_string)


def test_signatures_are_deterministic(tmp_path):
    key = KeyStore().load_or_make(tmp_path / "k.pem")
    assert key.sign(b"message") == key.sign(b"message")


def kept(path, key, form=serialization.PrivateFormat.PKCS8):
    """The file of a key as another program writes it, with a line above it."""
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.touch(mode=0o600)
    path.write_bytes(b"from another program\n" + pem)


TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL  # SEC 1, "EC PRIVATE KEY"


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.PKCS8),
        (ec.generate_private_key(ec.SECP256R1()), serialization.PrivateFormat.PKCS8),
        (ec.generate_private_key(ec.SECP256R1()), TRADITIONAL),
        (ec.generate_private_key(ec.SECP384R1()), TRADITIONAL),
    ],
)
def test_a_key_that_another_program_wrote_is_read(tmp_path, key, form):
    kept(tmp_path / "k.pem", key, form)
    found = KeyStore().load_or_make(tmp_path / "k.pem").public
    if isinstance(key, ed25519.Ed25519PrivateKey):
        assert found.x == key.public_key().public_bytes_raw()
    else:
        numbers = key.public_key().public_numbers()
        assert (int.from_bytes(found.x, "big"), int.from_bytes(found.y, "big")) == (
            numbers.x,
            numbers.y,
        )


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256K1()), ed448.Ed448PrivateKey.generate()]
)
def test_a_key_of_another_kind_is_refused_and_left_as_it_is(tmp_path, key):
    kept(tmp_path / "k.pem", key)
    before = (tmp_path / "k.pem").read_bytes()
    with pytest.raises(Fatal, match="holds no P-256, P-384 or Ed25519 private key"):
        KeyStore().load_or_make(tmp_path / "k.pem")
    assert (tmp_path / "k.pem").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"rubbish", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_key_file_is_named_and_not_replaced(tmp_path, content):
    path = tmp_path / "k.pem"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(Fatal, match=r"k\.pem"):
        KeyStore().load_or_make(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"public = 1\nsecret = 2\n", b'public = "x"\nsecret = "y"\n']
)
def test_a_damaged_curve_file_is_named_and_not_replaced(tmp_path, content):
    path = tmp_path / "curve.toml"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(Fatal, match=r"curve\.toml"):
        CurveKey.load_or_make(path)
    assert path.read_bytes() == content


def test_halves_of_two_curve_pairs_are_refused(tmp_path):
    one, two = (CurveKey.load_or_make(tmp_path / name) for name in ("a", "b"))
    mixed = tmp_path / "mixed"
    mixed.touch(mode=0o600)
    mixed.write_text(f'public = "{one.public.decode()}"\nsecret = "{two.secret.decode()}"\n')
    with pytest.raises(Fatal):
        CurveKey.load(mixed)


def test_the_public_text_holds_no_secret(tmp_path):
    keys = Keys.load_or_make(tmp_path, KeyStore())
    text = public_text("truck-7", Identity("urn:uuid:x", bytes(16)), keys)
    assert keys.curve.secret.decode() not in text
    assert tomllib.loads(text) == {
        "name": "truck-7",
        "issuer": "urn:uuid:x",
        "curve": keys.curve.public.decode(),
        "statement_key": base64.b64encode(keys.statement.public.to_cose()).decode(),
    }
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o666, 0o644, 0o640, 0o604, 0o602])
@pytest.mark.parametrize("name", ["statement.pem", "curve.toml", "people/anna.toml"])
def test_a_key_that_others_may_read_is_refused_and_left_as_it_is(tmp_path, name, mode):
    """As it happens to a card that was copied with `cp` or by a backup."""
    Keys.load_or_make(tmp_path, KeyStore())
    people.enrol(tmp_path, "anna", "keeper", "1234", bytes)
    path = tmp_path / name if "/" in name else tmp_path / "keys" / name
    kept = path.read_bytes()
    path.chmod(mode)
    with pytest.raises(OpenToOthers, match=f"others may read the key .*{path.name}") as refused:
        Keys.load_or_make(tmp_path, KeyStore())
        people.open_key(tmp_path, "anna", "1234")
    assert refused.value.advice == f"chmod 600 {path}"
    path.chmod(0o600)
    Keys.load_or_make(tmp_path, KeyStore())
    people.open_key(tmp_path, "anna", "1234")
    assert path.read_bytes() == kept


@pytest.mark.parametrize("name", ["statement.pem", "statement-next.pem"])
def test_the_public_half_of_an_open_key_is_not_told_either(tmp_path, name):
    folder = tmp_path / "keys"
    folder.mkdir()
    FileKey.make(folder / name)
    (folder / name).chmod(0o644)
    with pytest.raises(OpenToOthers):
        public_of(folder / name)
