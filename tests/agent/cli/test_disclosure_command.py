"""`tallyman bundle` and `verify`: what is chosen is shown, the rest is hidden, and both say so."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from agent.cli.main import main
from agent.journal.journal import Confirmation
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity, to_text
from evidence.encrypt import key_id, seal
from evidence.hash_envelope import sign_envelope
from tests.agent.log_world import EPOCH, ISSUER, NOW, LogWorld, record
from tests.independent.verify import exit_code as stranger_verifies

PAPER = b"%PDF certificate of calibration 4711\n"
SECRET = b"test report: passed\n"
READER = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = x25519.X25519PrivateKey.from_private_bytes(bytes(32))
SEALED = seal(SECRET, [READER.public_key()], lambda count: hashlib.shake_256(b"s").digest(count))


class Truck:
    """A gateway's folder with a journal whose batches are confirmed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
        self.state = folder / "state"
        self.state.mkdir()
        (self.state / "identity.toml").write_text(to_text(Identity(ISSUER, EPOCH)))
        self.policy = folder / "policy.txt"
        self.policy.write_text(self.world.policy_text)
        self.config = folder / "tallyman.toml"
        self.config.write_text(
            '[gateway]\nname = "t"\nstate_dir = "state"\ncontrol = "c.sock"\n'
            '[ledger]\npolicy = "policy.txt"\n'
        )
        self.journal = RingJournal(self.state / "journal.sqlite", EPOCH)
        self.next = 0
        for batch in self.batches():
            self.journal.commit(batch)
            urgent = any(each.kind in ("shipment", "attachment") for each in batch)
            self.journal.seal(replace(self.world.seal(batch), urgent=urgent))
        self.confirm()
        self.keep(PAPER)
        self.keep(SEALED.data)

    def batches(self):
        """Readings of three devices; a shipment binds the first of them from record 6 to 15."""

        def of(device, **changes):
            made = record(self.next, device=device, **changes)
            self.next += 1
            return made

        def three():
            position = {"lat": 454_500_000, "lon": 86_200_000}
            return [of("cargo"), of("cabin"), of("gps", kind="position", values=position)]

        def shipment(state):
            values = {"name": "WB-7", "state": state, "devices": "cargo"}
            return of("gateway", kind="shipment", values=values)

        yield [*three(), *three()]
        yield [shipment("started"), *three()]
        yield [
            of("cargo", kind="gap", values={"state": "open", "reason": "unplugged"}),
            self.attachment(of, "cargo", PAPER, "calibration", valid_until_ms=(NOW + 12) * 1000),
            *three(),
        ]
        yield [shipment("ended"), *three()]
        yield [
            self.attachment(
                of, "gateway", SEALED.data, "test-report", commitment=SEALED.commitment
            ),
            *three(),
        ]

    def attachment(self, of, device, file, type_, **values):
        key, digest = self.world.gateway, hashlib.sha256(file).digest()
        envelope = sign_envelope(
            ISSUER, NOW, digest, "application/pdf", key.public.kid, key.algorithm, key.sign
        )
        about = {"about": device, "subject": "device"} if device != "gateway" else {}
        values |= {"digest": digest, "envelope": envelope, "bytes": len(file), "type": type_}
        return of(device, kind="attachment", values=values | about | {"name": f"{type_}.pdf"})

    def confirm(self) -> None:
        size, batches = len(self.world.entries), self.world.batches
        proofs = [Confirmation(b.seq, b.seq + 1, self.world.receipt(b.seq), size) for b in batches]
        self.journal.set_accepted([b.seq for b in batches], 1)
        self.journal.set_confirmed(proofs, self.world.note(), 2)

    def keep(self, file: bytes) -> None:
        folder = self.state / "attachments"
        folder.mkdir(exist_ok=True)
        (folder / hashlib.sha256(file).hexdigest()).write_bytes(file)


@pytest.fixture
def truck(tmp_path):
    truck = Truck(tmp_path)
    yield truck
    truck.journal.close()


@pytest.fixture
def run(capsys, monkeypatch, truck):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(truck.config))
    monkeypatch.chdir(truck.folder)

    def run(*argv):
        capsys.readouterr()
        code = main(list(argv))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.fixture
def shown(run, truck):
    """Make a bundle; return the numbers it shows and the report as JSON, of which both agree."""

    def shown(*options):
        code, told = run("bundle", "-o", "trip.bundle", "--json", *options)
        assert code == 0, told
        made = json.loads(told)
        file = truck.folder / "trip.bundle"
        code, told = run("verify", "trip.bundle", "--policy", "policy.txt", "--json")
        report = json.loads(told)
        agreed = stranger_verifies(file.read_bytes(), truck.world.policy_text)
        assert code == report["exit"] == agreed == 0, report
        assert made["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert (made["shown"], made["hidden"]) == (
            report["records_shown"],
            report["records_hidden"],
        )
        code, told = run("verify", "trip.bundle", "--policy", "policy.txt", "--records")
        rows = re.findall(r"^ *([0-9]+) [0-9]{4}-[0-9]{2}-[0-9]{2} ", told, re.MULTILINE)
        return [int(number) for number in rows], report

    return shown


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ((), list(range(23))),
        (("--device", "cargo"), [0, 3, 7, 10, 11, 12, 16, 20]),
        (("--device", "cargo", "--device", "cabin", "--until", "5"), [0, 1, 3, 4]),
        (("--kind", "position"), [2, 5, 9, 10, 11, 14, 18, 19, 22]),
        (("--device", "cargo", "--kind", "temperature"), [0, 3, 7, 10, 11, 12, 16, 20]),
        (("--since", "4", "--until", "7"), [4, 5, 6, 7]),
        (("--shipment", "WB-7"), [6, 7, 10, 11, 12, 15]),
        (("--shipment", "WB-7", "--kind", "temperature"), [7, 10, 11, 12]),
        (("--shipment", "WB-7", "--device", "cargo"), [6, 7, 10, 11, 12, 15]),
    ],
)
def test_what_is_chosen_is_shown_and_the_rest_is_committed_to(shown, options, numbers):
    found, report = shown(*options)
    assert found == numbers
    if options:
        assert report["records_hidden"] > 0


def test_by_time(shown):
    found, report = shown("--since", "2027-01-15T08:00:05Z", "--until", "2027-01-15T08:00:09+00:00")
    assert found == [5, 6, 7, 8, 9]
    assert report["batches"] == 2


def test_nothing_else_of_a_hidden_batch_is_in_the_file(shown, truck):
    shown("--shipment", "WB-7")
    data = (truck.folder / "trip.bundle").read_bytes()
    assert b"cargo" in data
    for secret in (b"cabin", b"position", b"gps"):
        assert secret not in data
    for batch in truck.world.batches:
        assert batch.seed not in data
        assert batch.body not in data


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--kind", "temprature"), 2, "did you mean 'temperature'?"),
        (("--shipment", "WB-8"), 2, "no shipment 'WB-8'"),
        (("--shipment", "WB-7", "--epochs"), 2, "within one epoch"),
        (("--since", "yesterday"), 2, "is not a time"),
        (("--device", "nobody"), 2, "no device 'nobody' has confirmed records there"),
        (("--device", "carg"), 2, "there: did you mean 'cargo'?"),
        (("--device", "gps", "--device", "frog"), 2, "these have: cabin, cargo, gateway, gps"),
        (("--device", "gps", "--until", "1", "--kind", "position"), 1, "of gps; kinds position"),
        (("--since", "9", "--until", "8"), 2, "--until lies before --since"),
        (("--since", "2027-01-16", "--until", "2027-01-15"), 2, "--until lies before --since"),
        (("--since", "2031-01-01"), 1, "no sealed batch has records from that time"),
        (("--for", "x" * 65), 2, "up to 64"),
    ],
)
def test_what_cannot_be_chosen(run, truck, options, code, message):
    done, told = run("bundle", "-o", "trip.bundle", *options)
    assert done == code
    assert message in told
    assert not (truck.folder / "trip.bundle").exists()


def page(run, *options):
    code, told = run("verify", "trip.bundle", "--policy", "policy.txt", "--utc", *options)
    wide = [line for line in told.splitlines() if len(line) > 80]
    assert not wide
    return code, " ".join(told.split())


def test_the_page_in_plain_words(run, truck):
    code, told = run("bundle", "-o", "trip.bundle", "--device", "cargo")
    assert "8 of them shown; the other 15 are committed to" in told
    assert "the agent is not running" in told
    code, told = page(run)
    assert code == 0
    assert told.startswith(
        "AUTHENTIC AND COMPLETE, except for 1 declared gap Who gateway urn:uuid:"
    )
    for words in (
        "What 8 of 23 records are shown 6 temperature, 1 gap, 1 attachment",
        "When 2027-01-15 08:00:00.000 UTC to 2027-01-15 08:00:22.000 UTC",
        "Clock gnss, correct within 0.5 s",
        "Gap cargo: no data since an unknown time: unplugged",
        "Calibration cargo: calibration.pdf until 2027-01-15 08:00:12.000 UTC: 3 OF 6 RECORDS ARE OUTSIDE",
        "File calibration calibration.pdf for cargo, 37 bytes, here and unchanged",
        "Hidden 15 records are not shown, by design. The gateway has signed them: each is committed to",
        "Seen by 3 witnesses of log ledger.example/log, most of them by 2027-01-15 08:00:00.000 UTC",
        "Details Records 0 to 22 batches 0 to 4 of epoch",
        "Check it without Tallyman.",
        hashlib.sha256(PAPER).hexdigest(),
    ):
        assert words in told, words


def test_the_first_step_without_our_software(run, truck):
    run("bundle", "-o", "trip.bundle")
    _, told = run("verify", "trip.bundle", "--policy", "policy.txt")
    lines = told.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("  head -c -34"))
    done = subprocess.run(["bash", "-c", lines[at]], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == lines[at + 1].strip()
    assert (truck.folder / "trip.bundle").read_bytes()[-32:].hex() == lines[at + 1].strip()


def test_a_file_beside_the_bundle_and_another_one(run, truck):
    run("bundle", "-o", "trip.bundle", "--no-files")
    code, told = page(run)
    assert "not in this file: give it with --attach" in told
    paper = truck.folder / "paper.pdf"
    paper.write_bytes(PAPER)
    code, told = page(run, "--attach", "paper.pdf")
    assert (code, "37 bytes, here and unchanged" in told) == (0, True)
    paper.write_bytes(PAPER.replace(b"4711", b"4712"))
    code, told = page(run, "--attach", "paper.pdf")
    assert code == 1
    assert told.startswith(
        "ALTERED: do not rely on this file Wrong paper.pdf: no record shown names"
    )
    assert "Next ask for the file as it was attached" in told


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_a_sealed_file_opens_for_its_reader_and_is_proven_to_all(run, truck):
    run("bundle", "-o", "trip.bundle")
    for name, key in (("reader.pem", READER), ("stranger.pem", STRANGER)):
        (truck.folder / name).write_bytes(pem(key))
    code, told = page(run, "--decrypt", "stranger.pem", "--extract", "theirs")
    assert code == 0
    assert "sealed to its recipients, " in told
    assert "record 19 is not for this key" in told
    theirs = {path.name: path.read_bytes() for path in (truck.folder / "theirs").iterdir()}
    assert theirs == {"11-calibration.pdf": PAPER, "19-test-report.pdf.cose": SEALED.data}
    code, told = page(run, "--decrypt", "reader.pem", "--extract", "mine")
    assert code == 0
    assert "record 19 opens with this key" in told
    assert (truck.folder / "mine" / "19-test-report.pdf").read_bytes() == SECRET
    assert SECRET not in (truck.folder / "trip.bundle").read_bytes()
    code, told = page(run, "--decrypt", "policy.txt")
    assert (code, "holds no key to open files with" in told) == (4, True)


@pytest.mark.parametrize("spoil", ["cut", "changed", "gone"])
def test_a_kept_file_that_is_not_what_was_attached(run, truck, spoil):
    path = truck.state / "attachments" / hashlib.sha256(PAPER).hexdigest()
    if spoil == "gone":
        path.unlink()
        run("bundle", "-o", "trip.bundle")
        assert page(run)[0] == 0
        return
    path.write_bytes(PAPER[:-1] if spoil == "cut" else PAPER.upper())
    code, told = run("bundle", "-o", "trip.bundle")
    assert code == 1
    assert "is not the file that was attached" in told
    assert "--no-files" in told


def bad_inputs(folder: Path) -> dict[str, tuple[list[str], int, str]]:
    good = (folder / "trip.bundle").read_bytes()
    (folder / "cut.bundle").write_bytes(good[:-1])
    (folder / "half.bundle").write_bytes(good[: len(good) // 2])
    (folder / "flipped.bundle").write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    (folder / "empty.bundle").write_bytes(b"")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    other = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    (folder / "other.txt").write_text(other.policy_text)
    return {
        "truncated": (["cut.bundle"], 4, "its end is missing"),
        "half": (["half.bundle"], 4, "its end is missing"),
        "a flipped bit": (["flipped.bundle"], 1, "the closing digest does not match"),
        "empty": (["empty.bundle"], 4, "no Tallyman bundle"),
        "a photo": (["photo.jpg"], 4, "no Tallyman bundle"),
        "a directory": (["."], 4, "is a directory"),
        "nothing": (["absent.bundle"], 4, "no such file"),
        "a policy": (["policy.txt"], 4, "no Tallyman bundle"),
        "another policy": (["trip.bundle", "--policy", "other.txt"], 3, "made for the policy"),
        "a bundle as policy": (["trip.bundle", "--policy", "trip.bundle"], 3, "is not a policy"),
        "a directory as policy": (["trip.bundle", "--policy", "."], 4, "is a directory"),
        "no policy": (["trip.bundle", "--policy", "absent.txt"], 4, "no such file"),
    }


def test_bad_inputs_get_one_clear_paragraph_and_their_exit_code(run, truck):
    run("bundle", "-o", "trip.bundle")
    for name, (argv, expected, words) in bad_inputs(truck.folder).items():
        given = argv if "--policy" in argv else [*argv, "--policy", "policy.txt"]
        code, told = run("verify", *given)
        lines = told.splitlines()
        assert code == expected, name
        assert words in " ".join(told.split()), (name, told)
        assert "Next" in told, name
        assert len(lines) <= 9, told
        assert all(len(line) <= 80 for line in lines), told
        code, told = run("verify", *given, "--json")
        report = json.loads(told)
        assert code == report["exit"] == expected, name
        assert report["findings"], name


def test_a_version_that_is_not_known_is_refused_readably(run, truck):
    from evidence import cbor

    start = b"\x82" + cbor.encode(cbor.encode({0: 9}))
    new = start + b"\x58\x20" + hashlib.sha256(start).digest()
    (truck.folder / "new.bundle").write_bytes(new)
    code, told = run("verify", "new.bundle", "--policy", "policy.txt")
    assert code == 4
    assert "bundle version 9 is not known" in told
    assert "use a newer Tallyman" in told


@pytest.mark.skipif(
    shutil.which("openssl") is None and os.environ.get("CI") != "true",
    reason="openssl is missing: apt install openssl",
)
def test_a_reader_s_key_comes_from_openssl(tmp_path):
    from agent.cli.notarize import public_key

    for name, make in (
        ("x", ["-algorithm", "X25519"]),
        ("p", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ):
        private, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
        subprocess.run(
            ["openssl", "genpkey", *make, "-out", private], check=True, capture_output=True
        )
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        assert len(key_id(public_key(public))) == 8


def flip(truck, column, seq, at):
    """Change one byte of a batch's row, or of the checkpoint, as a bad card does."""
    table, key = ("checkpoint", "1") if column == "note" else ("batch", f"seq = {seq}")
    journal = sqlite3.connect(truck.state / "journal.sqlite")
    (data,) = journal.execute(f"SELECT {column} FROM {table} WHERE {key}").fetchone()
    changed = bytearray(data)
    changed[at % len(data)] ^= 0x5A
    journal.execute(f"UPDATE {table} SET {column} = ? WHERE {key}", (bytes(changed),))
    journal.commit()
    journal.close()


@pytest.mark.parametrize("at", [0, 1, 7, 30, 61, 100, -1])
@pytest.mark.parametrize("column", ["body", "statement"])
def test_a_damaged_batch_is_named_with_what_to_do(truck, run, column, at):
    """Batch 2 holds records 10 to 14; whatever byte of it changed, the others can be shown."""
    flip(truck, column, 2, at)
    code, text = run("bundle", "-o", str(truck.folder / "all.bundle"))
    assert code == 1
    assert "batch 2, records 10 to 14, is damaged on this disk" in text
    assert "--until 9, or --since 15" in text
    assert not (truck.folder / "all.bundle").exists()
    assert run("bundle", "-o", str(truck.folder / "b.bundle"), "--until", "9")[0] == 0
    assert run("bundle", "-o", str(truck.folder / "c.bundle"), "--since", "15")[0] == 0
    assert run("verify", str(truck.folder / "c.bundle"), "--policy", str(truck.policy))[0] == 0


@pytest.mark.parametrize("at", [0, 3, 40])
@pytest.mark.parametrize("column", ["receipt", "note"])
def test_a_damaged_proof_is_named_with_its_batch(truck, run, column, at):
    flip(truck, column, 2, at)
    code, text = run("bundle", "-o", str(truck.folder / "all.bundle"))
    assert code == 1
    assert f"batch {2 if column == 'receipt' else 0}" in text
    assert "next:" in text
