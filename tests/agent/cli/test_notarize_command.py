"""`tallyman notarize` and the access record of `bundle`, beside a running agent."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.cli import notarize
from agent.desks.control_client import ask_one
from agent.signing.file_key import FileKey
from evidence.encrypt import open_sealed
from evidence.hash_envelope import parse_envelope
from tests.agent.assembly.test_agent_process import stop
from tests.agent.cli.test_dock_command import HereGateway

PAPER = b"%PDF " + bytes(range(256)) * 300  # three parts
SECRET = b"test report: passed"
READER = X25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch, capsys):
    gateway = HereGateway(tmp_path, monkeypatch, capsys)
    yield gateway
    gateway.kill_all()


def test_files_are_signed_recorded_and_kept_and_bundles_leave_a_trace(gateway, tmp_path):
    agent = gateway.started()
    paper, secret, public = (tmp_path / name for name in ("cert.pdf", "report.txt", "reader.pub"))
    paper.write_bytes(PAPER)
    secret.write_bytes(SECRET)
    public.write_bytes(
        READER.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    told = gateway.ask(
        "notarize", str(paper), "--for", "cold-1", "--type", "calibration",
        "--valid-until", "2027-06-30", "--location", "https://lab.example/4711.pdf",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    digest = hashlib.sha256(PAPER).hexdigest()
    assert f"sha256    {digest}\n" in told.stdout
    assert "kept here, and part of bundles" in told.stdout
    sealed = gateway.ask("notarize", str(secret), "--to", str(public), "--json")
    assert sealed.returncode == 0, sealed.stderr
    answer = json.loads(sealed.stdout)
    bare = gateway.ask("notarize", str(paper), "--no-copy", "--name", "the same again")
    assert "not kept here" in bare.stdout

    gateway.ask("shipment", "start", "WB-7", "--device", "cold-1")
    ok = gateway.ask("notarize", str(paper), "--for", "WB-7", "--type", "delivery-paper")
    assert ok.returncode == 0, ok.stderr
    ask_one(
        gateway.control,
        {"verb": "disclosed", "recipient": "insurer", "choice": "shipment WB-7", "first": 0,
         "last": 9, "shown": 4, "hidden": 6, "digest": "ab" * 32},
    )  # fmt: skip
    stop(agent)
    check_records(gateway, digest, answer)


def check_records(gateway, digest: str, answer: dict[str, object]) -> None:
    journal = gateway.journal()
    first, second, third, fourth = [each for each in journal if each["kind"] == "attachment"]
    key = FileKey.load(gateway.folder / "state" / "keys" / "statement.pem").public
    envelope = parse_envelope(bytes.fromhex(first["envelope"]))
    envelope.verify(key)
    assert (first["device"], first["about"], first["subject"]) == ("cold-1", "cold-1", "device")
    assert (envelope.digest.hex(), envelope.content_type) == (digest, "application/pdf")
    assert envelope.location == "https://lab.example/4711.pdf"
    assert first["digest"] == digest
    assert first["bytes"] == len(PAPER)
    assert first["valid_until_ms"].startswith("2027-06-")
    assert second["n"] == answer["number"]
    assert hashlib.sha256(SECRET).hexdigest() not in json.dumps(journal)
    kept = {
        path.name: path.read_bytes()
        for path in (gateway.folder / "state" / "attachments").iterdir()
    }
    assert kept.keys() == {digest, second["digest"]}
    assert not any(SECRET in file for file in kept.values())
    opened = open_sealed(kept[second["digest"]], READER, bytes.fromhex(second["commitment"]))
    assert opened == SECRET
    assert (third["name"], third["device"]) == ("the same again", "gateway")
    assert (fourth["about"], fourth["subject"]) == ("WB-7", "shipment")
    (given,) = [each for each in journal if each["kind"] == "disclosure"]
    assert (given["recipient"], given["shown"], given["hidden"]) == ("insurer", 4, 6)


def test_what_is_refused(gateway, tmp_path, monkeypatch):
    agent = gateway.started()
    paper = tmp_path / "cert.pdf"
    paper.write_bytes(PAPER)
    for args, message in (
        ([str(tmp_path / "absent")], "cannot read"),
        ([str(tmp_path)], "cannot read"),
        ([str(paper), "--for", "cold-2"], "no device and no shipment is called 'cold-2'"),
        ([str(paper), "--to", str(paper)], "there is no public key in PEM"),
        ([str(paper), "--output", "x"], "--output is for a sealed file"),
        ([str(paper), "--valid-until", "soon"], "is not a time"),
        ([str(paper), "--valid-from", "2027-01-01", "--valid-until", "2026-01-01"], "before it"),
        ([os.devnull], "is empty"),
        ([str(paper), "--name", "x\n"], "printable"),
        ([str(paper), "--location", "x" * 401], "location must be 1 to 400"),
    ):
        done = gateway.ask("notarize", *args)
        assert done.returncode != 0
        assert message in done.stderr, (args, done.stderr)
    monkeypatch.setattr(notarize, "MOST_BYTES", 10)
    assert "more than 10 bytes, the limit" in gateway.ask("notarize", str(paper)).stderr
    for request, message in (
        ({"verb": "notarize", "name": "x", "type": "photo", "digest": "00" * 32, "kept": True,
          "content_type": "image/png"}, "that file is not here"),
        ({"verb": "notarize", "name": "x", "type": "poem", "digest": "00" * 32}, "no such type"),
        ({"verb": "attach", "digest": "00", "part": ""}, "must be a SHA-256"),
        ({"verb": "attach", "digest": "00" * 32, "part": "", "offset": 3}, "do not follow"),
        ({"verb": "attach", "digest": "00" * 32, "part": "", "last": True}, "do not match"),
    ):  # fmt: skip
        with pytest.raises(Exception, match=message):
            ask_one(gateway.control, request)
    assert not [each for each in gateway.journal() if each["kind"] == "attachment"]
    stop(agent)
