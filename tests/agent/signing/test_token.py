"""One session with a token: kept while it works, opened anew once, and no PIN typed in vain."""

from __future__ import annotations

from pathlib import Path

import pkcs11
import pytest
from pkcs11 import exceptions

from agent.signing.causes import TOKEN_AWAY, TOKEN_PIN
from agent.signing.signer import SignerAway
from agent.signing.token import Token
from agent.signing.token_uri import TokenUri

PIN = "271828"


class Library:
    """A PKCS#11 library with one token; what it is asked is in `calls`, `trouble` is raised once."""

    def __init__(self, *trouble):
        self.calls, self.trouble = [], list(trouble)

    def get_token(self, token_label, token_serial):
        self.calls.append(("token", token_label, token_serial))
        return self

    def open(self, **how):
        self.calls.append(("open", how))
        if self.trouble:
            raise self.trouble.pop(0)
        return len(self.calls)

    def reinitialize(self):
        self.calls.append("reinitialize")


@pytest.fixture
def token(tmp_path, monkeypatch):
    """Return a token in such a library."""

    def made(library, serial=""):
        monkeypatch.setattr(
            pkcs11, "lib", lambda module: library if module == "/lib/t.so" else None
        )
        (tmp_path / "pin").touch(mode=0o600)
        (tmp_path / "pin").write_text(f"{PIN}\n")
        return Token(TokenUri("truck-7", Path("/lib/t.so"), tmp_path / "pin", serial))

    return made


FOUND, LOGIN = ("token", "truck-7", None), ("open", {"rw": True, "user_pin": PIN})


def itself(session):
    return session


def test_a_session_is_opened_with_the_first_work_and_kept(token):
    library = Library()
    found = token(library)
    assert library.calls == []
    assert found.run(itself) == found.run(itself)
    assert library.calls == [FOUND, LOGIN]


@pytest.mark.parametrize(("serial", "asked"), [("", None), ("0A1B", b"0A1B")])
def test_a_token_is_found_by_its_serial_where_one_is_configured(token, serial, asked):
    library = Library()
    token(library, serial).run(itself)
    assert library.calls[0] == ("token", "truck-7", asked)


def test_a_session_that_another_left_open_is_joined(token):
    library = Library(exceptions.UserAlreadyLoggedIn())
    token(library).run(itself)
    assert library.calls == [FOUND, LOGIN, ("open", {"rw": True})]


def test_what_fails_once_is_done_in_a_new_session_of_a_library_that_looked_again(token):
    library, sessions = Library(), []

    def work(session):
        sessions.append(session)
        if len(sessions) == 1:
            raise exceptions.SessionHandleInvalid
        return "done"

    assert token(library).run(work) == "done"
    assert library.calls == [FOUND, LOGIN, "reinitialize", FOUND, LOGIN]
    assert sessions[0] != sessions[1]


def test_what_fails_twice_waits_for_the_token_and_says_why(token):
    library = Library(exceptions.TokenNotPresent("pulled out"), exceptions.DeviceError())
    found = token(library)
    with pytest.raises(SignerAway, match=r"^token 'truck-7' does not sign: DeviceError$") as caught:
        found.run(itself)
    assert caught.value.cause == TOKEN_AWAY.of(module=Path("/lib/t.so"))
    assert found.run(itself), "once it is back"

    def fails(_session):
        raise exceptions.DeviceError

    with pytest.raises(SignerAway):
        found.run(fails)
    del library.calls[:]
    found.run(itself)
    assert library.calls == [FOUND, LOGIN], "nothing is tried with the session that failed"
    library.trouble[:] = [exceptions.DeviceError(), exceptions.TokenNotPresent("pulled out")]
    with pytest.raises(SignerAway, match=r"does not sign: pulled out$"):
        token(library).run(itself)


@pytest.mark.parametrize(
    "error", [exceptions.PinIncorrect, exceptions.PinLocked, exceptions.PinExpired]
)
def test_a_pin_that_is_refused_is_typed_once_as_tokens_count(token, error):
    library = Library(error())
    found = token(library)
    for _ in range(3):
        with pytest.raises(SignerAway, match="refuses the PIN in") as caught:
            found.run(itself)
        assert caught.value.cause == TOKEN_PIN
    assert library.calls.count(LOGIN) == 1
    found.uri.pin_source.write_text("314159")
    assert found.run(itself)
    assert library.calls[-1] == ("open", {"rw": True, "user_pin": "314159"})


def test_without_a_pin_that_is_its_own_no_token_is_asked_for_a_session(token):
    library = Library()
    found = token(library)
    found.uri.pin_source.chmod(0o640)
    with pytest.raises(SignerAway, match="others may read the PIN of token 'truck-7'") as caught:
        found.run(itself)
    assert (caught.value.cause, caught.value.advice) == (
        TOKEN_PIN,
        f"chmod 600 {found.uri.pin_source}",
    )
    found.uri.pin_source.chmod(0o600)
    found.uri.pin_source.write_bytes(b"\xff")
    with pytest.raises(SignerAway, match="cannot be read from"):
        found.run(itself)
    assert all(call == FOUND for call in library.calls)
