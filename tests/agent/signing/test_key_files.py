from __future__ import annotations

import hashlib
import stat

import ecdsa
import pytest
from ecdsa.util import sigdecode_string

from agent.signing.curve_key import CurveKey
from agent.signing.identity import Identity
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys, public_text
from foundation.errors import Fatal


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


@pytest.mark.parametrize("content", [b"", b"rubbish", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_key_file_is_named_and_not_replaced(tmp_path, content):
    path = tmp_path / "k.pem"
    path.write_bytes(content)
    with pytest.raises(Fatal, match=r"k\.pem"):
        KeyStore().load_or_make(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"public = 1\nsecret = 2\n", b'public = "x"\nsecret = "y"\n']
)
def test_a_damaged_curve_file_is_named_and_not_replaced(tmp_path, content):
    path = tmp_path / "curve.toml"
    path.write_bytes(content)
    with pytest.raises(Fatal, match=r"curve\.toml"):
        CurveKey.load_or_make(path)
    assert path.read_bytes() == content


def test_halves_of_two_curve_pairs_are_refused(tmp_path):
    one, two = (CurveKey.load_or_make(tmp_path / name) for name in ("a", "b"))
    mixed = tmp_path / "mixed"
    mixed.write_text(f'public = "{one.public.decode()}"\nsecret = "{two.secret.decode()}"\n')
    with pytest.raises(Fatal):
        CurveKey.load(mixed)


def test_the_public_text_holds_no_secret(tmp_path):
    keys = Keys.load_or_make(tmp_path, KeyStore())
    text = public_text("truck-7", Identity("urn:uuid:x", bytes(16)), keys)
    assert keys.curve.secret.decode() not in text
    assert keys.curve.public.decode() in text
