"""A repository over HTTP: what it is asked, letter by letter, and why none is reached, in words."""

from __future__ import annotations

import http.client
from types import SimpleNamespace

import pytest

from agent.exports import repository as repository_module
from agent.exports.repository import Repository, Unreached

URL = "http://user@repository.example:8080/epcis/capture"


class Connection:
    """Stands for a connection of the standard library's client."""

    made: list[tuple[str, dict]]

    def __init__(self, host, **options):
        Connection.made.append((host, options))
        self.asked, self.closed = None, False
        Connection.last = self

    def request(self, *asked):
        self.asked = asked

    def getresponse(self):
        if isinstance(Connection.answer, Exception):
            raise Connection.answer
        return Connection.answer

    def close(self):
        self.closed = True


def answers(status=200, body=b"", **headers):
    read = []

    def most(size):
        read.append(size)
        return body

    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return SimpleNamespace(status=status, getheaders=lambda: named, read=most, sizes=read)


@pytest.fixture
def client(monkeypatch):
    Connection.made, Connection.answer = [], answers()
    for name in ("HTTPConnection", "HTTPSConnection"):
        monkeypatch.setattr(repository_module.http.client, name, Connection)
    return Connection


def test_an_answer_is_told_with_its_headers_in_small_letters_and_its_first_megabyte(client):
    client.answer = answers(202, b"{}", Location="/7", GS1_EPCIS_Capture_Limit="4")
    found = Repository(URL).ask("POST", URL + "?a=1", {"A": "b"}, b"data")
    assert found == (202, {"location": "/7", "gs1-epcis-capture-limit": "4"}, b"{}")
    assert client.answer.sizes == [1 << 20]
    assert client.last.asked == ("POST", "/epcis/capture?a=1", b"data", {"A": "b"})
    assert client.last.closed
    assert client.made == [("repository.example:8080", {"timeout": 30.0})]


def test_of_an_address_without_a_path_the_root_is_asked_for(client):
    Repository(URL).ask("GET", "http://repository.example:8080", {})
    assert client.last.asked == ("GET", "/", None, {})


class Unvouched(OSError):
    verify_message = "self-signed certificate"


@pytest.mark.parametrize(
    ("error", "why", "advice"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused", "give the same"),
        (http.client.BadStatusLine("no http"), "no http", "give the same command again"),
        (TimeoutError(), "TimeoutError", "give the same command again"),
    ],
)
def test_why_none_is_reached_is_told_in_words(client, error, why, advice):
    client.answer = error
    with pytest.raises(Unreached) as caught:
        Repository(URL).ask("GET", URL, {})
    assert str(caught.value) == f"cannot reach repository.example:8080: {why}"
    assert caught.value.advice.startswith(advice)
    assert client.last.closed


def test_a_certificate_that_nobody_vouches_for_is_told_with_the_next_step(client):
    client.answer = Unvouched()
    with pytest.raises(Unreached) as caught:
        Repository(URL).ask("GET", URL, {})
    assert str(caught.value) == (
        "nobody vouches for the certificate of repository.example:8080: self-signed certificate"
    )
    assert caught.value.advice == "name whoever issued it, if you trust it: --ca FILE"


def test_over_tls_the_authorities_are_those_of_the_file_that_was_named(client, tmp_path):
    Repository(URL.replace("http:", "https:")).ask("GET", URL, {})
    ((host, options),) = client.made
    assert (host, options["timeout"]) == ("repository.example:8080", 30.0)
    assert options["context"].check_hostname
    gone = tmp_path / "authority.pem"
    with pytest.raises(Unreached) as caught:
        Repository(URL.replace("http:", "https:"), gone).ask("GET", URL, {})
    assert str(caught.value) == f"cannot read the authorities in {gone}: No such file or directory"
    assert caught.value.advice == "give a file of certificates in PEM: --ca"
