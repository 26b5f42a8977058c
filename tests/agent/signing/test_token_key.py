"""Keys in a PKCS#11 token, against SoftHSM: a real library, its objects on disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import ecdsa
import pytest
from ecdsa.util import sigdecode_string
from pkcs11 import Attribute, ObjectClass

from agent.chain.author import GatewayAuthor
from agent.chain.building import Place, build_batch
from agent.cli.main import main
from agent.signing import succession
from agent.signing.identity import Identity
from agent.signing.key_store import KeyStore, public_of
from agent.signing.signer import SignerAway
from agent.signing.succession import NEXT_KEY, STATEMENT_KEY, Succession, prepare_next
from agent.signing.token import Token
from agent.signing.token_uri import TokenUri
from evidence.keys import EDDSA, ES256, ES384
from evidence.statement import parse_statement
from foundation.durable import WriteFailed
from foundation.errors import Fatal
from tests.agent.log_world import EPOCH, ISSUER, NOW, record

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "271828"


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory):
    """Keep SoftHSM's objects in a folder of the tests; its library reads this once a process."""
    if not MODULE.exists() or shutil.which("softhsm2-util") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have softhsm2")
        pytest.skip("needs a PKCS#11 token: sudo apt install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        yield


@pytest.fixture
def uri(softhsm, tmp_path, request):
    """A new token of this test's name, and the file with its PIN."""
    label = hashlib.sha256(request.node.name.encode()).hexdigest()[:16]
    util = ["softhsm2-util", "--init-token", "--free", "--label", label]
    subprocess.run([*util, "--pin", PIN, "--so-pin", "314159"], check=True, capture_output=True)
    (tmp_path / "pin").touch(mode=0o600)
    (tmp_path / "pin").write_text(f"{PIN}\n")
    return TokenUri(label, MODULE, tmp_path / "pin")


def keys_in(token):
    kinds = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    return token.run(lambda session: list(session.get_objects(kinds)))


@pytest.mark.parametrize(
    ("algorithm", "curve", "hashed"),
    [
        (ES256, ecdsa.NIST256p, hashlib.sha256),
        (ES384, ecdsa.NIST384p, hashlib.sha384),
    ],
)
def test_another_library_verifies_a_token_s_signature(uri, tmp_path, algorithm, curve, hashed):
    key = KeyStore(algorithm, uri).make(tmp_path / "key")
    other = ecdsa.VerifyingKey.from_string(key.public.x + key.public.y, curve=curve)
    assert other.verify(key.sign(b"said"), b"said", hashfunc=hashed, sigdecode=sigdecode_string)
    assert key.algorithm == algorithm


def test_the_private_key_is_in_the_token_alone(uri, tmp_path):
    KeyStore(ES256, uri).make(tmp_path / "key")
    (private,) = keys_in(Token(uri))
    assert private[Attribute.TOKEN], "it outlives the session"
    assert private[Attribute.SENSITIVE]
    assert private[Attribute.NEVER_EXTRACTABLE]
    assert private[Attribute.LOCAL]
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert len(private[Attribute.ID]) == 16
    assert tomllib.loads((tmp_path / "key").read_text())["id"] == private[Attribute.ID].hex()
    assert set((tmp_path / "key").read_text().split('"')[::2]) <= {
        "# A statement key that lies in a PKCS#11 token; this file only says which.\nid = ",
        "\npublic = ",
        "\n",
    }


def test_a_later_process_signs_with_the_same_key(uri, tmp_path):
    made = KeyStore(ES256, uri).load_or_make(tmp_path / "key")
    again = KeyStore(ES384, uri).load_or_make(tmp_path / "key")
    assert again.public == made.public == public_of(tmp_path / "key")
    made.public.verify(ES256, b"said", again.sign(b"said"))


def test_a_key_is_known_without_its_token_and_signs_once_it_is_there(uri, tmp_path):
    made = KeyStore(ES256, uri).make(tmp_path / "key")
    away = TokenUri(uri.label, tmp_path / "no-library.so", uri.pin_source)
    absent = KeyStore(ES256, away).load(tmp_path / "key")
    assert absent.public == made.public
    with pytest.raises(SignerAway, match="no-library"):
        absent.sign(b"said")


def test_a_session_that_ended_is_opened_anew(uri, tmp_path):
    token = Token(uri)
    token.run(lambda session: session.close())
    assert len(token.run(lambda session: session.generate_random(64))) == 8


def test_a_pin_that_was_refused_is_not_tried_again_until_its_file_changes(uri):
    token = Token(uri)
    uri.pin_source.write_text("wrong!")
    for _ in range(3):
        with pytest.raises(SignerAway, match="refuses the PIN"):
            keys_in(token)
    uri.pin_source.write_text(PIN)
    assert keys_in(token) == []
    uri.pin_source.chmod(0o640)
    with pytest.raises(SignerAway, match="others may read the PIN") as refused:
        keys_in(Token(uri))
    assert refused.value.advice == f"chmod 600 {uri.pin_source}"
    uri.pin_source.unlink()
    with pytest.raises(SignerAway, match="cannot be read"):
        Token(uri).run(lambda session: None)


def test_a_token_without_the_key_or_with_another_says_so(uri, tmp_path):
    store = KeyStore(ES256, uri)
    key, other = store.make(tmp_path / "key"), store.make(tmp_path / "other")
    mixed = (tmp_path / "other").read_text().splitlines()[:2]
    (tmp_path / "mixed").write_text(
        "\n".join([*mixed, (tmp_path / "key").read_text().splitlines()[2]])
    )
    with pytest.raises(SignerAway, match="not with key"):
        store.load(tmp_path / "mixed").sign(b"said")
    key.forget()
    with pytest.raises(SignerAway, match="does not hold key"):
        key.sign(b"said")
    other.sign(b"said")


def test_a_token_that_is_not_configured_is_named(uri, tmp_path):
    KeyStore(ES256, uri).make(tmp_path / "key")
    with pytest.raises(Fatal, match="no token is configured"):
        KeyStore().load(tmp_path / "key")


def test_a_token_makes_no_ed25519_keys(uri, tmp_path):
    with pytest.raises(Fatal, match="ES256 or ES384"):
        KeyStore(EDDSA, uri).make(tmp_path / "key")


def test_the_keys_verb_makes_and_rotates_keys_in_the_token(uri, tmp_path, monkeypatch, capsys):
    where = f"pkcs11:token={uri.label}?module-path={MODULE}&pin-source={uri.pin_source}"
    (tmp_path / "t.toml").write_text(
        f'[gateway]\nname = "g"\nstate_dir = "state"\n[signing]\ntoken = "{where}"\n'
    )
    monkeypatch.setenv("TALLYMAN_CONFIG", str(tmp_path / "t.toml"))
    assert main(["keys"]) == main(["keys", "rotate"]) == main(["keys"]) == 0
    printed = capsys.readouterr().out
    assert f"in token {uri.label}" in printed
    assert printed.count("the next batch names it") == 2
    assert len(keys_in(Token(uri))) == 2
    (tmp_path / "t.toml").write_text(
        f'[gateway]\nname = "g"\n[signing]\nalgorithm = "EdDSA"\ntoken = "{where}&pin-value=1"\n'
    )
    assert main(["keys"]) == 2
    said = capsys.readouterr().err
    assert "a token signs with ES256 or ES384" in said
    assert "a PIN may not stand in it" in said


def test_rotation_moves_from_a_file_into_the_token_and_destroys_what_it_leaves(uri, tmp_path):
    author = GatewayAuthor(Identity(ISSUER, EPOCH), Succession(tmp_path, KeyStore()))
    store, batches, kids = KeyStore(ES256, uri), [], []
    for _ in range(3):
        author = GatewayAuthor(Identity(ISSUER, EPOCH), Succession(tmp_path, store))
        prepare_next(tmp_path, store)
        for _ in range(2):
            head = batches[-1] if batches else None
            place = Place.after(head)
            records = [record(place.first).to_bytes()]
            said = build_batch(author.after(head), place, records, bytes(32), NOW, urgent=False)
            batches.append(said)
        kids.append(parse_statement(batches[-1].statement).kid)
    assert len(set(kids)) == 3
    assert kids[-1] == public_of(tmp_path / STATEMENT_KEY).kid
    assert not (tmp_path / NEXT_KEY).exists()
    assert len(keys_in(Token(uri))) == 1


def test_a_disk_that_refuses_the_change_costs_no_key(uri, tmp_path, monkeypatch):
    """At the second try the key that is forgotten is still the old one."""
    store = KeyStore(ES256, uri)
    author = GatewayAuthor(Identity(ISSUER, EPOCH), Succession(tmp_path, store))
    prepare_next(tmp_path, store)
    place = Place.after(None)
    records = [record(place.first).to_bytes()]
    naming = build_batch(author.after(None), place, records, bytes(32), NOW, urgent=False)
    move = succession.move_file

    def refused(source, target):
        monkeypatch.setattr(succession, "move_file", move)
        raise WriteFailed("no space")

    monkeypatch.setattr(succession, "move_file", refused)
    with pytest.raises(WriteFailed):
        author.after(naming)
    signer = author.after(naming).signer
    signer.public.verify(ES256, b"said", signer.sign(b"said"))
    assert signer.public == public_of(tmp_path / STATEMENT_KEY)
    assert len(keys_in(Token(uri))) == 1
