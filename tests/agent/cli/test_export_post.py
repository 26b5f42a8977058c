"""`tallyman export epcis … --post`: capture in a repository that breaks off, refuses and is slow."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.cli import export_post
from agent.cli.main import main
from tests.agent.exports.collector import serving
from tests.agent.exports.days import bundled, truck, warehouse

EVENTS = 11 + 4  # of morning and trip, as test_epcis_events has them one by one


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "morning.bundle").write_bytes(bundled(warehouse())[1])
    (tmp_path / "trip.bundle").write_bytes(bundled(truck())[1])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export_post.time, "sleep", lambda _: None)
    return tmp_path


def post(collector, *words, out="day.jsonld"):
    bundles = ["morning.bundle", "trip.bundle"]
    return main(["export", "epcis", *bundles, "-o", out, "--post", collector.url, *words])


def exported():
    return json.loads(Path("day.jsonld").read_text())["epcisBody"]["eventList"]


def test_a_bulk_export_replays_into_an_empty_collector_with_equal_counts(folder, capsys):
    with serving() as collector:
        assert post(collector) == 0
        assert list(collector.events.values()) == exported()
        assert len(collector.events) == EVENTS
        (headers,) = collector.posts
    assert f"captured  {EVENTS} events\n" in capsys.readouterr().out
    assert headers["GS1-Capture-Error-Behaviour"] == "rollback"
    assert headers["GS1-EPCIS-Version"] == headers["GS1-CBV-Version"] == "2.0.0"
    assert headers["GS1-Extensions"] == "tallyman=urn:tallyman:epcis:"
    assert headers["Content-Type"] == "application/ld+json"


def test_the_repository_s_limit_is_kept(folder, capsys):
    with serving() as collector:
        collector.limit = 4
        assert post(collector) == 0
        assert len(collector.jobs) == 4
        assert len(collector.events) == EVENTS


def test_what_broke_off_goes_on_and_nothing_is_sent_twice(folder, capsys):
    with serving() as collector:
        collector.limit, collector.break_off_after = 4, 3
        assert post(collector) == 1
        assert "give the same command again" in capsys.readouterr().err
        collector.break_off_after = None
        assert post(collector, "--json") == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        # two captures were in the book; of the third nobody heard, so it came again, as itself
        assert (told["captured"], told["captured_before"]) == (EVENTS - 8, 8)
        assert len(collector.jobs) == 5
        assert len(collector.events) == EVENTS
        assert post(collector) == 0
        assert len(collector.jobs) == 5
    assert f"captured  0 events, {EVENTS} before\n" in capsys.readouterr().out


def test_more_bundles_later_are_more_events(folder, capsys):
    with serving() as collector:
        first = ["export", "epcis", "morning.bundle", "-o", "day.jsonld", "--post", collector.url]
        assert main(first) == 0
        assert len(collector.events) == 11
        assert post(collector) == 0
        assert len(collector.events) == EVENTS


def test_a_wrong_event_takes_its_capture_back_or_not(folder, capsys):
    with serving() as collector:
        assert post(collector, out="first.jsonld") == 0
        wrong = next(iter(collector.events))
        collector.events.clear()
        collector.refuses = {wrong}
        assert post(collector) == 1
        assert (
            f"did not take a whole capture: ValidationException: {wrong}" in capsys.readouterr().err
        )
        assert collector.events == {}
        assert post(collector, "--on-error", "proceed") == 1
        assert "did not take a whole capture: " in capsys.readouterr().err
        assert len(collector.events) == EVENTS - 1
        assert collector.posts[-1]["GS1-Capture-Error-Behaviour"] == "proceed"


def test_a_slow_job_is_waited_for_and_asked_for_again(folder, capsys):
    with serving() as collector:
        collector.slow_answers = 3
        assert post(collector) == 0
        collector.events.clear()
        collector.slow_answers = 1
        assert post(collector, "--wait", "0", out="other.jsonld") == 1
        assert "is still running" in capsys.readouterr().err
        assert post(collector, "--wait", "0", out="other.jsonld") == 0
        assert len(collector.posts) == 2


def test_a_job_that_is_forgotten_is_sent_anew(folder, capsys):
    with serving() as collector:
        collector.forgets = True
        assert post(collector) == 1
        assert "it knows nothing of the capture job" in capsys.readouterr().err
        collector.forgets = False
        assert post(collector) == 0
        assert len(collector.posts) == 2
        assert len(collector.events) == EVENTS


ANSWERS = [
    (401, {}, "give a token that it knows: --token FILE"),
    (413, {}, "a capture is too large for it"),
    (500, {}, "the repository answered 500: it is in trouble, or busy"),
    (429, {}, "give the same command again"),
    (200, {}, "the repository answered 200"),
    (307, {"Location": "https://elsewhere.example/"}, "the repository answered 307"),
    (202, {"Location": "https://elsewhere.example/capture/1"}, "the capture job is elsewhere"),
]


@pytest.mark.parametrize(("status", "headers", "text"), ANSWERS)
def test_answers_that_are_none_of_the_standard(folder, capsys, status, headers, text):
    with serving() as collector:
        collector.answers = [(status, headers)]
        assert post(collector) == 1
        assert text in capsys.readouterr().err
        assert post(collector) == 0
        assert len(collector.events) == EVENTS


def test_nobody_there(folder, capsys):
    with serving() as collector:
        pass
    assert post(collector) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: cannot reach 127.0.0.1:")
    assert told.splitlines()[0].endswith("Connection refused")
    assert len(exported()) == EVENTS  # the file is there, for another day


@pytest.mark.parametrize("book", ["[]", "{", '{"x": 1}', '{"x": [{"events": 1}]}', "[" * 100_000])
def test_a_book_that_is_none(folder, capsys, book):
    Path("day.jsonld.captures").write_text(book)
    with serving() as collector:
        assert post(collector) == 2
        assert collector.posts == []
    assert "remove it to post everything" in capsys.readouterr().err


def certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate for 127.0.0.1 that its key signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "repository")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=False, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "repository.pem"
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    file.write_bytes(
        key.private_bytes(pem, form, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return file


def test_over_tls_with_a_token(folder, capsys):
    file = certificate(folder)
    Path("token").write_text("s3cret\n")
    with serving(file) as collector:
        assert post(collector) == 1  # nobody vouches for its certificate
        told = capsys.readouterr().err
        assert "nobody vouches for the certificate of 127.0.0.1" in told
        assert "name whoever issued it, if you trust it: --ca FILE" in told
        assert post(collector, "--ca", str(file), "--token", "token") == 0
        assert collector.posts[-1]["Authorization"] == "Bearer s3cret"
        assert post(collector, "--ca", "missing.pem") == 1
    Path("token").write_text("two words")
    with serving() as collector:
        assert post(collector, "--token", "token", out="other") == 2
        assert not Path("other").exists()


def test_tls_is_loaded_by_who_posts_alone():
    """Writing an export loads neither HTTP nor TLS."""
    program = (
        "import sys; from agent.cli.main import main; main(['export', 'csv', 'none', '-o', 'o']);"
        "print(sorted({'ssl', 'http.client', 'agent.exports.repository'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
