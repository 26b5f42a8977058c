"""Key files are read without OpenSSL's reader; what they hold is what OpenSSL reads and writes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing import pkcs8
from agent.signing.file_key import FileKey
from evidence.keys import EDDSA, ES256, ES384
from foundation.errors import Fatal

PLAIN = serialization.NoEncryption()
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8, SEC1 = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL


@pytest.mark.parametrize("algorithm", [ES256, ES384, EDDSA])
def test_the_file_is_byte_for_byte_what_openssl_writes(tmp_path, algorithm):
    made = FileKey.make(tmp_path / "k.pem", algorithm)
    pem = (tmp_path / "k.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    assert key.private_bytes(PEM, PKCS8, PLAIN) == pem
    assert FileKey.load(tmp_path / "k.pem").public == made.public
    stored = pkcs8.read(pem)
    assert stored is not None
    assert pkcs8.write(stored) == pem


def test_a_key_in_another_form_is_read_all_the_same(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    paths = [tmp_path / name for name in ("sec1.pem", "crlf.pem", "text.pem")]
    pem = key.private_bytes(PEM, PKCS8, PLAIN)
    files = [key.private_bytes(PEM, SEC1, PLAIN), pem.replace(b"\n", b"\r\n"), b"a note\n" + pem]
    for path, content in zip(paths, files, strict=True):
        assert pkcs8.read(content) is None
        path.touch(mode=0o600)
        path.write_bytes(content)
    assert len({FileKey.load(path).public for path in paths}) == 1


def test_a_secret_beside_another_keys_point_is_refused(tmp_path):
    one, two = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    stored = [pkcs8.read(key.private_bytes(PEM, PKCS8, PLAIN)) for key in (one, two)]
    assert stored[0] is not None
    assert stored[1] is not None
    mixed = pkcs8.Secret("secp256r1", stored[0].secret, stored[1].point)
    (tmp_path / "k.pem").touch(mode=0o600)
    (tmp_path / "k.pem").write_bytes(pkcs8.write(mixed))
    with pytest.raises(Fatal, match=r"k\.pem"):
        FileKey.load(tmp_path / "k.pem")


@pytest.mark.parametrize("number", [0, ec.SECP256R1().group_order])
def test_a_number_that_is_no_secret_is_refused(tmp_path, number):
    secret = pkcs8.Secret("secp256r1", number.to_bytes(32, "big"), bytes(64))
    (tmp_path / "k.pem").touch(mode=0o600)
    (tmp_path / "k.pem").write_bytes(pkcs8.write(secret))
    with pytest.raises(Fatal, match=r"k\.pem"):
        FileKey.load(tmp_path / "k.pem")


def test_the_agents_key_costs_no_import_of_all_of_openssls_forms(tmp_path):
    FileKey.make(tmp_path / "k.pem", ES256)
    code = (
        "import sys, pathlib; from agent.signing.file_key import FileKey;"
        f"FileKey.load(pathlib.Path({str(tmp_path / 'k.pem')!r}));"
        "print('cryptography.hazmat.primitives.serialization' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
