"""`tallyman keys`: what it tells of this gateway, to people, programs and the ledger's operator."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import serialization

from agent.chain import epochs
from agent.cli import keys, place
from agent.cli.main import main
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity, load
from agent.signing.key_reference import KeyReference
from evidence.keys import EDDSA
from evidence.statement import Follows
from foundation.durable import LOCK_NAME, lock_file
from tests.agent.log_world import EdKey

OLD, NEW = bytes(range(16)), bytes(16)


@pytest.fixture
def state(tmp_path, monkeypatch):
    umask = os.umask(0o022)
    file = tmp_path / "tallyman.toml"
    file.write_text('[gateway]\nname = "truck-7"\nstate_dir = "state"\n')
    monkeypatch.setenv("TALLYMAN_CONFIG", str(file))
    yield tmp_path / "state"
    os.umask(umask)


@pytest.fixture
def run(state, capsys):
    def run(*words):
        code = main(["keys", *words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def public_of(path):
    return FileKey.load(path).public


def test_the_first_call_makes_keys_that_only_their_owner_reads(state, run):
    assert run()[0] == 0
    files = [state / "keys/statement.pem", state / "keys/curve.toml"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 2
    before = [file.read_bytes() for file in files]
    assert run()[0] == 0
    assert [file.read_bytes() for file in files] == before


def test_the_public_keys_are_told(state, run):
    code, shown, _ = run("show")
    public, identity = public_of(state / "keys/statement.pem"), load(state / "identity.toml")
    curve = tomllib.loads((state / "keys/curve.toml").read_text())["public"]
    assert code == 0
    assert shown.splitlines() == [
        f"gateway    {identity.gateway}",
        f"epoch      {identity.epoch.hex()}",
        f"statement  {public.kid.hex()}, ECDSA P256, in statement.pem",
        f"thumbprint {public.thumbprint.hex()}",
        f"curve      {curve}, in curve.toml",
        f"folder     {state / 'keys'}",
    ]
    told = json.loads(run("--json")[1])
    asked = told.pop("public")
    assert told == {
        "gateway": identity.gateway, "epoch": identity.epoch.hex(), "next": None, "curve": curve,
        "folder": str(state / "keys"),
        "statement": {"kid": public.kid.hex(), "kind": "ECDSA P256",
                      "thumbprint": public.thumbprint.hex()},
    }  # fmt: skip
    assert run("--public")[1] == asked
    admitted = tomllib.loads(asked)
    assert admitted["name"] == "truck-7"
    assert (admitted["issuer"], admitted["curve"]) == (identity.gateway, curve)
    private = (state / "keys/statement.pem").read_bytes()
    secret = serialization.load_pem_private_key(private, None).private_numbers().private_value
    assert f"{secret:x}" not in shown + asked


def test_a_key_that_waits_is_told_until_it_is_taken(state, run):
    run()
    code, shown, _ = run("rotate")
    waiting = public_of(state / "keys/statement-next.pem")
    assert (code, shown.splitlines()) == (0, [
        f"key        {waiting.kid.hex()}, ECDSA P256",
        "           the next batch names it, then the old private key is destroyed",
        "ledger     a node admits the key once it has that batch; whoever verifies needs",
        "           the consortium's new policy file, which lists it",
    ])  # fmt: skip
    as_json = {
        "kid": waiting.kid.hex(),
        "kind": "ECDSA P256",
        "thumbprint": waiting.thumbprint.hex(),
    }
    code, shown, _ = run("rotate", "--json")
    assert (code, json.loads(shown)) == (0, {"next": as_json, "new": False})
    again = f"key        {waiting.kid.hex()}, ECDSA P256, already waiting"
    assert run("rotate")[1].splitlines()[0] == again
    assert run()[1].splitlines()[4:6] == [
        f"next       {waiting.kid.hex()}, ECDSA P256",
        "           the next batch names it, then the old private key is destroyed",
    ]
    assert json.loads(run("--json")[1])["next"] == as_json


def test_keys_of_the_other_kind(state, run, tmp_path):
    file = tmp_path / "tallyman.toml"
    file.write_text(file.read_text() + '[signing]\nalgorithm = "EdDSA"\n')
    assert ", Ed25519, in statement.pem" in run()[1]
    assert json.loads(run("rotate", "--json")[1])["new"] is True
    assert FileKey.load(state / "keys/statement-next.pem").algorithm == EDDSA


def test_whole_keys_are_shown_beside_a_running_agent_and_none_is_made(state, run):
    run()
    with lock_file(state / LOCK_NAME):
        assert run()[0] == 0
        (state / "keys/curve.toml").unlink()
        code, _, said = run()
    assert code == 1
    assert "stop that process" in said
    assert not (state / "keys/curve.toml").exists()


@pytest.mark.parametrize(
    ("words", "code"), [([], 0), (["rotate"], 2), (["new-epoch", "--reason", "x"], 2)]
)
def test_root_makes_nothing_in_the_folder_of_another(state, run, monkeypatch, words, code):
    run()
    before = {path: path.read_bytes() for path in (state / "keys").iterdir()}
    monkeypatch.setattr(place, "owner_of", lambda _: 999)
    monkeypatch.setattr(place.os, "geteuid", lambda: 0)
    done, _, said = run(*words)
    assert done == code
    assert ("belongs to user 999" in said) == bool(code)
    assert {path: path.read_bytes() for path in (state / "keys").iterdir()} == before
    monkeypatch.setattr(place.os, "geteuid", lambda: 999)
    assert run(*words)[0] == 0


def test_a_new_epoch_names_the_one_before(state, run):
    run()
    old = load(state / "identity.toml")
    code, shown, _ = run("new-epoch", "--reason", "restored-card", "--json")
    new = load(state / "identity.toml")
    assert (code, new.gateway) == (0, old.gateway)
    assert json.loads(shown) == {
        "epoch": new.epoch.hex(),
        "follows": {"epoch": old.epoch.hex(), "batch": None, "reason": "restored-card"},
        "lost_batches": 0, "carried_records": 0, "carried_again": 0,
    }  # fmt: skip
    code, shown, _ = run("new-epoch", "--reason", "again", "--lost", "1")
    newest = load(state / "identity.toml")
    assert (code, shown.splitlines()) == (0, [
        f"epoch      {newest.epoch.hex()}",
        f"follows    {new.epoch.hex()}, none of its batches: again",
        "lost here  2 batches of it, up to 1; a node has them",
        "carried    0 records under new numbers from 0",
        "next       start the agent",
    ])  # fmt: skip


def test_what_a_new_epoch_goes_on_from(state, run, monkeypatch):
    follows = Follows(OLD, 7, bytes(32), 8, "lost-key")
    change = epochs.Change(Identity("urn:a", NEW, follows), 1, 1)
    monkeypatch.setattr(keys.epochs, "begin", lambda *_: change)
    assert run("new-epoch", "--reason", "x")[1].splitlines() == [
        f"epoch      {NEW.hex()}",
        f"follows    {OLD.hex()}, its batch 7: lost-key",
        "lost here  1 batch of it, up to 8; a node has them",
        "carried    1 record under new numbers from 0",
        "           1 of them again: a node has them, in batches not proven here",
        "next       start the agent",
    ]
    told = json.loads(run("new-epoch", "--reason", "x", "--json")[1])
    assert (told["follows"]["batch"], told["lost_batches"], told["carried_again"]) == (7, 1, 1)


@pytest.mark.parametrize(
    ("monotonic", "offset_ms", "seconds"),
    [
        (5.0, 1_790_000_000_000, 1_790_000_005),
        (0.6, 400, 1),
        (0.6, 399, 0),
        (5.0, -6000, 0),
        (9000.0, 0, 9000),
    ],
)
def test_the_present_time(monkeypatch, monotonic, offset_ms, seconds):
    clock = SimpleNamespace(monotonic=lambda: monotonic, wall_offset_ms=lambda: offset_ms)
    monkeypatch.setattr(keys, "KernelClock", lambda: clock)
    assert keys.wall_seconds() == seconds


def test_a_key_in_a_token_is_said_to_be_there(state, run, tmp_path, monkeypatch):
    run()
    reference = KeyReference(b"\x01", EdKey().public)
    held = SimpleNamespace(public=reference.public)
    monkeypatch.setattr(
        keys.Keys, "load_or_make",
        lambda *_: SimpleNamespace(statement=held, curve=SimpleNamespace(public=b"curve")),
    )  # fmt: skip
    file = tmp_path / "tallyman.toml"
    file.write_text(
        file.read_text()
        + '[signing]\ntoken = "pkcs11:token=tpm?module-path=/x.so&pin-source=/pin"\n'
    )
    assert ", Ed25519, in statement.pem" in run()[1], "one made before the token came"
    (state / "keys/statement.pem").write_text(reference.to_text())
    assert f"statement  {reference.public.kid.hex()}, Ed25519, in token tpm\n" in run()[1]
