"""`tallyman verify` and the files of a bundle: held beside it, opened with a key, written out."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.cli import verify as command
from agent.cli.main import main
from agent.cli.verify import Opened, extract
from evidence.encrypt import seal
from evidence.errors import MalformedError
from evidence.report import Finding, Outcome, Report
from tests.evidence.building import World, record
from tests.evidence.test_attachments import FILE, attachment

READER, STRANGER = (X25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
SECRET = b"test report: passed"
SEALED = seal(SECRET, [READER.public_key()], os.urandom)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A bundle with a plain file and a sealed one, its policy, and keys."""
    folder = tmp_path_factory.mktemp("given")
    world = World()
    made = world.seal([
        record(0), attachment(world, 1, name="../certi ficate.pdf"),
        attachment(world, 2, SEALED.data, name="report.txt", commitment=SEALED.commitment),
        attachment(world, 3, b"not here"),
    ])  # fmt: skip
    bundle = world.bundle([world.bundled(made)])
    (folder / "bare.bundle").write_bytes(bundle.to_bytes())
    files = sorted((FILE, SEALED.data), key=lambda file: hashlib.sha256(file).digest())
    whole = replace(bundle, attachments=tuple(files))
    (folder / "trip.bundle").write_bytes(whole.to_bytes())
    (folder / "policy.txt").write_text(world.policy_text())
    for name, key in (("reader", READER), ("stranger", STRANGER)):
        form = serialization.PrivateFormat.PKCS8
        pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        (folder / name).write_bytes(pem)
    return folder


@pytest.fixture
def verify(given, capsys):
    def verify(*words, bundle="trip.bundle"):
        capsys.readouterr()
        known = [str(given / bundle), "--policy", str(given / "policy.txt"), "--utc"]
        code = main(["verify", *known, *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out.splitlines(), shown.err

    return verify


def test_files_are_written_under_names_that_do_no_harm(verify, tmp_path):
    folder = tmp_path / "deep" / "files"
    code, lines, _ = verify("--extract", folder)
    assert code == 0
    wanted = {"1-_certi_ficate.pdf": FILE, "2-report.txt.cose": SEALED.data}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == wanted
    assert lines[-2:] == [f"wrote {folder / name}" for name in wanted]
    assert verify("--extract", folder)[0] == 0, "as often as you like"


def test_a_sealed_file_is_opened_by_whom_it_is_for(verify, given, tmp_path):
    code, lines, _ = verify("--decrypt", given / "reader", "--extract", tmp_path)
    assert code == 0
    assert "The sealed file of record 2 opens with this key." in lines
    assert (tmp_path / "2-report.txt").read_bytes() == SECRET
    assert not (tmp_path / "2-report.txt.cose").exists()
    code, lines, _ = verify("--decrypt", given / "stranger")
    assert (code, lines[-1]) == (0, "The sealed file of record 2 is not for this key.")
    opened = [json.loads(verify("--json", *words)[1][0])["opened"]
              for words in ([], ["--decrypt", given / "reader"], ["--decrypt", given / "stranger"])]  # fmt: skip
    assert opened == [[], [2], []]


def test_without_a_key_nothing_is_said_of_sealed_files(verify):
    assert not any("sealed file" in line for line in verify()[1])
    assert json.loads(verify("--json")[1][0])["timestamp"] is None


def test_a_file_beside_the_bundle_is_held_against_its_records(verify, tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    own.write_bytes(FILE)
    other.write_bytes(FILE + b".")
    out = tmp_path / "out"
    assert verify("--attach", own, "--extract", out, bundle="bare.bundle")[0] == 0
    assert [path.name for path in out.iterdir()] == ["1-_certi_ficate.pdf"]
    code, lines, _ = verify("--attach", other, "--extract", tmp_path / "none", bundle="bare.bundle")
    assert code == 1
    assert any("no record shown names" in line for line in lines)
    assert not (tmp_path / "none").exists(), "nothing is written of what is not to be relied on"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--attach", "none"], "cannot read none: no such file or directory next: name a file"),
        (["--decrypt", "none"], "cannot read none: no such file or directory next: name a key"),
        (["--decrypt", "policy.txt"], "policy.txt holds no key to open files with next: give the"),
        (["--extract", "policy.txt/x"], "cannot write to policy.txt/x: Not a directory"),
    ],
)
def test_what_cannot_be_used_is_no_verdict(verify, given, monkeypatch, words, said):
    monkeypatch.chdir(given)
    code, lines, err = verify(*words)
    assert (code, lines) == (4, [])
    assert said in " ".join(err.split())


@pytest.mark.parametrize(
    ("length", "said"), [(64 << 10, "holds no key"), ((64 << 10) + 1, "is no key")]
)
def test_how_large_a_key_may_be(verify, tmp_path, length, said):
    key = tmp_path / "key"
    key.write_bytes(b"x" * length)
    assert said in verify("--decrypt", key)[2]


def opened(digest=bytes(32)):
    record = SimpleNamespace(number=7, values={"name": "a.pdf"})
    return Opened(SimpleNamespace(record=record, commitment=b"c", digest=digest), b"sealed")


def test_a_sealed_file_that_holds_something_else_makes_the_bundle_altered(monkeypatch):
    def other(file, key, commitment):
        assert (file, key, commitment) == (b"sealed", "key", b"c")
        raise MalformedError("seal", "it holds something else")

    monkeypatch.setattr(command, "open_sealed", other)
    report, one = Report(), opened()
    one.unseal("key", report)
    assert (report.outcome, one.content, one.said) == (Outcome.ALTERED, None, "")
    assert "the sealed file of record 7" in report.findings[0].text


@pytest.mark.parametrize(
    ("outcome", "written"),
    [(Outcome.INCOMPLETE, True), (Outcome.ALTERED, False), (Outcome.UNTRUSTED, False)],
)
def test_nothing_is_written_of_what_is_not_to_be_relied_on(tmp_path, outcome, written):
    report = Report(findings=[Finding(outcome, "x", "y")])
    paths = extract(tmp_path / "out", [opened()], report)
    assert paths == ([tmp_path / "out" / "7-a.pdf.cose"] if written else [])
    assert (tmp_path / "out").exists() is written
