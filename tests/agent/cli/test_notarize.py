"""`tallyman notarize`: what the agent is told of a file, what it is handed, and what is sealed."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.cli import notarize
from agent.cli.dock_notice import PART
from evidence.encrypt import key_id, open_sealed
from tests.agent.cli.asked import Agent

SIGNED = {"number": 17, "kid": "5f1c"}
READERS = [X25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2)]


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, notarize)
    agent.answers |= {"attach": {}, "notarize": SIGNED}
    monkeypatch.chdir(tmp_path)
    return agent


@pytest.fixture
def paper(tmp_path):
    (tmp_path / "cert.pdf").write_bytes(b"%PDF")
    return "cert.pdf"


@pytest.fixture
def keys(tmp_path):
    for number, reader in enumerate(READERS):
        pem = reader.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (tmp_path / f"{number}.pub").write_bytes(pem)
    return ["0.pub", "1.pub"]


def told(capsys):
    both = capsys.readouterr()
    return " ".join((both.out + both.err).split())


def digest(data):
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_handed_over_and_its_digest_signed(agent, paper, capsys):
    assert agent.run("notarize", paper) == 0
    assert agent.asked == [
        {"verb": "attach", "digest": digest(b"%PDF"), "offset": 0, "part": "JVBERg==", "last": True},
        {"verb": "notarize", "name": "cert.pdf", "type": "other", "kept": True, "bytes": 4,
         "content_type": "application/pdf", "digest": digest(b"%PDF")},
    ]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "record    17, signed by key 5f1c",
        f"sha256    {digest(b'%PDF')}",
        "file      kept here, and part of bundles",
    ]
    assert agent.run("notarize", paper, "--json") == 0
    signed = SIGNED | {"sha256": digest(b"%PDF"), "bytes": 4, "kept": True}
    assert json.loads(capsys.readouterr().out) == signed


def test_all_that_is_said_of_a_file_is_recorded(agent, paper):
    said = {
        "name": "certificate", "type": "test-report", "about": "cold-1", "location": "https://x/y",
        "model": "EV-7", "result": "passed", "issuer": "the laboratory", "reference": "4711",
    }  # fmt: skip
    words = [word for name, value in said.items()
             for word in ("--for" if name == "about" else f"--{name}", value)]  # fmt: skip
    when = ["--valid-from", "2026-01-01T00:00+00:00", "--valid-until", "2026-01-01T00:00:01+00:00"]
    assert agent.run("notarize", paper, *words, *when) == 0
    (_, request) = agent.asked
    at = 1_767_225_600_000  # 2026-01-01T00:00:00Z
    assert request == said | {
        "verb": "notarize", "kept": True, "bytes": 4, "content_type": "application/pdf",
        "digest": digest(b"%PDF"), "valid_from_ms": at, "valid_until_ms": at + 1000,
    }  # fmt: skip


def test_without_a_copy_nothing_is_handed_over(agent, tmp_path, capsys):
    (tmp_path / "odd.unheard-of").write_bytes(b"x")
    assert agent.run("notarize", "odd.unheard-of", "--no-copy") == 0
    (request,) = agent.asked
    assert (request["kept"], request["content_type"]) == (False, "application/octet-stream")
    assert told(capsys).endswith("file not kept here")


def test_a_large_file_goes_in_parts(agent, tmp_path):
    (tmp_path / "large").write_bytes(bytes(PART) + b"x")
    assert agent.run("notarize", "large") == 0
    sent = [(each["offset"], each["last"]) for each in agent.asked[:-1]]
    assert sent == [(0, False), (PART, True)]
    assert agent.asked[1]["part"] == "eA=="


def test_a_sealed_file_is_open_to_its_readers_alone(agent, paper, keys, tmp_path, capsys):
    to = [word for key in keys for word in ("--to", key)]
    assert agent.run("notarize", paper, *to, "-o", "sealed.cose", "--no-copy") == 0
    (request,) = agent.asked
    sealed = (tmp_path / "sealed.cose").read_bytes()
    commitment = bytes.fromhex(request["commitment"])
    assert [open_sealed(sealed, reader, commitment) for reader in READERS] == [b"%PDF"] * 2
    assert (request["digest"], request["bytes"]) == (digest(sealed), len(sealed))
    assert request["content_type"] == 'application/cose; cose-type="cose-encrypt"'
    kids = [key_id(reader.public_key()).hex() for reader in READERS]
    assert request["recipients"] == ", ".join(kids)
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"sha256    {digest(sealed)}",
        f"          of the sealed file, {len(sealed)} bytes; 2 readers can open it",
        "file      not kept here",
    ]


def test_what_the_agent_keeps_of_a_sealed_file_is_the_sealed_one(agent, paper, keys, capsys):
    assert agent.run("notarize", paper, "--to", keys[0]) == 0
    attached, request = agent.asked
    assert attached["digest"] == request["digest"] != digest(b"%PDF")
    assert "JVBERg==" not in attached["part"]
    assert "1 reader can open it file kept here, and part of bundles" in told(capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.pdf"], "cannot read none.pdf: no such file or directory next: name the file to sign"),
        (["empty"], "empty is empty next: was it written completely? name another file"),
        (["cert.pdf", "-o", "x"], "--output is for a sealed file next: name its readers with --to"),
        (["cert.pdf", "--to", "0.pub", "--no-copy"], "nobody would have the sealed file"),
        (["cert.pdf", "--to", "0.pub", "--to", "0.pub"], "a reader is named twice"),
        (["cert.pdf", "--to", "none.pub"], "cannot read none.pub: no such file or directory"),
        (["cert.pdf", "--to", "cert.pdf"], "there is no public key in PEM next: make one: openssl"),
        (["cert.pdf", "--valid-from", "2026-01-02", "--valid-until", "2026-01-01"],
         "it ends before it begins next: swap --valid-from and --valid-until"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(agent, paper, keys, tmp_path, capsys, words, said):
    (tmp_path / "empty").touch()
    assert agent.run("notarize", *words) == 2
    assert said in told(capsys)
    assert agent.asked == []


@pytest.mark.parametrize("when", [["2026-01-01", "2026-01-01"], ["2026-01-01", "2026-01-02"]])
def test_a_certificate_may_end_as_it_begins(agent, paper, when):
    assert agent.run("notarize", paper, "--valid-from", when[0], "--valid-until", when[1]) == 0


@pytest.mark.parametrize("over", [0, 1])
def test_how_large_a_file_may_be(agent, tmp_path, monkeypatch, capsys, over):
    monkeypatch.setattr(notarize, "MOST_BYTES", 10)
    (tmp_path / "f").write_bytes(bytes(10 + over))
    assert agent.run("notarize", "f") == (2 if over else 0)
    assert ("it has more than 10 bytes, the limit" in told(capsys)) == bool(over)
