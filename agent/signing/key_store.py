"""Where statement keys lie: each in a file, or in a PKCS#11 token with a file that refers to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.signing.file_key import FileKey
from agent.signing.key_reference import reference_in
from agent.signing.signer import Signer
from agent.signing.token_uri import TokenUri
from evidence.keys import ES256, PublicKey
from foundation.errors import Fatal

if TYPE_CHECKING:
    from agent.signing.token import Token


class KeyStore:
    """Makes and loads the keys of one gateway; they sign as `algorithm` says where they can.

    New keys are made in the token where `uri` names one. A key in a file goes on until it is
    rotated, so a token can come later.
    """

    def __init__(self, algorithm: int = ES256, uri: TokenUri | None = None) -> None:
        self._algorithm = algorithm
        self._uri = uri
        self._token: Token | None = None

    def load_or_make(self, path: Path) -> Signer:
        """Return the key of `path`, made and stored durably on the first call."""
        return self.load(path) if path.exists() else self.make(path)

    def make(self, path: Path) -> Signer:
        """Make a key, and the file for it."""
        if self._uri is None:
            return FileKey.make(path, self._algorithm)
        from agent.signing.token_key import TokenKey  # noqa: PLC0415  loads a library few need

        return TokenKey.make(path, self._the_token(path), self._algorithm)

    def load(self, path: Path) -> Signer:
        """Return the key of `path`; Fatal when the file is damaged, or its token not configured."""
        reference = reference_in(path)
        if reference is None:
            return FileKey.load(path, self._algorithm)
        from agent.signing.token_key import TokenKey  # noqa: PLC0415  as above

        return TokenKey(reference, self._the_token(path))

    def _the_token(self, path: Path) -> Token:
        from agent.signing.token import Token  # noqa: PLC0415  as above

        if self._uri is None:
            raise Fatal(
                f"{path} refers to a key in a token, and no token is configured",
                advice="set [signing] token to the PKCS#11 URI of the token",
            )
        if self._token is None:
            self._token = Token(self._uri)
        return self._token


def public_of(path: Path) -> PublicKey:
    """Return the public half of the key of `path`, wherever the private one lies; asks no token."""
    reference = reference_in(path)
    return FileKey.load(path).public if reference is None else reference.public
