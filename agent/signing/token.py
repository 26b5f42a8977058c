"""One session with a PKCS#11 token (v2.40): opened when needed, anew after the token was away."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import pkcs11
from pkcs11 import exceptions

from agent.signing.causes import TOKEN_AWAY, TOKEN_PIN
from agent.signing.signer import SignerAway
from agent.signing.token_uri import TokenUri
from foundation.private_file import OpenToOthers, read_private_file

T = TypeVar("T")

_PIN_TROUBLE = (exceptions.PinIncorrect, exceptions.PinLocked, exceptions.PinExpired)


class Token:
    """Runs work in the token's session, from any thread, one piece at a time."""

    def __init__(self, uri: TokenUri) -> None:
        """Remember where it is; opens nothing."""
        self.uri = uri
        self._lock = Lock()
        self._session: pkcs11.Session | None = None
        self._refused_pin: str | None = None

    def run(self, work: Callable[[pkcs11.Session], T]) -> T:
        """Return what `work` makes of the session; SignerAway when the token does not do it.

        A token that was unplugged forgets its sessions, so work that fails is tried once more in a
        new one.
        """
        with self._lock:
            try:
                return work(self._opened())
            except exceptions.PKCS11Error:
                self._session = None
            try:
                return work(self._anew())
            except exceptions.PKCS11Error as error:
                self._session = None
                raise SignerAway(
                    f"token {self.uri.label!r} does not sign: {_said(error)}",
                    cause=TOKEN_AWAY.of(module=self.uri.module),
                ) from error

    def _opened(self) -> pkcs11.Session:
        if self._session is None:
            serial = self.uri.serial.encode() or None
            library = pkcs11.lib(str(self.uri.module))
            token = library.get_token(token_label=self.uri.label, token_serial=serial)
            self._session = self._login(token)
        return self._session

    def _anew(self) -> pkcs11.Session:
        """Open a session in a library that looked for its tokens again, as some do so only once."""
        pkcs11.lib(str(self.uri.module)).reinitialize()
        return self._opened()

    def _login(self, token: pkcs11.Token) -> pkcs11.Session:
        """Open a session; a PIN that was refused once is not tried again, as tokens count tries."""
        pin = self._pin()
        if pin == self._refused_pin:
            raise self._refused()
        try:
            return token.open(rw=True, user_pin=pin)
        except exceptions.UserAlreadyLoggedIn:  # a session before this one was never closed
            return token.open(rw=True)
        except _PIN_TROUBLE as error:
            self._refused_pin = pin
            raise self._refused() from error

    def _pin(self) -> str:
        try:
            return read_private_file(self.uri.pin_source).decode().strip()
        except OpenToOthers as error:
            raise SignerAway(
                f"others may read the PIN of token {self.uri.label!r} in {self.uri.pin_source}",
                cause=TOKEN_PIN,
                advice=error.advice,
            ) from error
        except (OSError, ValueError) as error:
            raise SignerAway(
                f"the PIN of token {self.uri.label!r} cannot be read from {self.uri.pin_source}",
                cause=TOKEN_PIN,
            ) from error

    def _refused(self) -> SignerAway:
        return SignerAway(
            f"token {self.uri.label!r} refuses the PIN in {self.uri.pin_source}",
            cause=TOKEN_PIN,
            advice="correct the file: the same PIN is not tried again, as a token locks itself",
        )


def _said(error: Exception) -> str:
    """Return what happened; most errors of the library say it by their class alone."""
    return str(error) or type(error).__name__
