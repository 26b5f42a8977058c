"""[signing]: what statements are signed with, and where the key is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.config import config_file
from agent.config.gateway import Gateway, host_name, read_gateway
from agent.signing.token_uri import EXAMPLE, TOKEN_ALGORITHMS, BadTokenUri, TokenUri
from evidence.algorithms import ALGORITHMS
from foundation.dataclass import dataclass
from foundation.options import option, options_of, or_none, settings_of
from foundation.toml_file import TomlFile


def _token(text: str) -> TokenUri:
    try:
        return TokenUri.parse(text)
    except BadTokenUri as error:
        raise BadTokenUri(f"{error}, as in {EXAMPLE}") from None


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """[signing]; `algorithm` by its IANA name, `token` None where keys are made in files."""

    algorithm: str = option(
        str,
        "what statements are signed with; a new curve takes effect with: tallyman keys rotate",
        default="ES256",
        choices=tuple(ALGORITHMS),
    )
    token: TokenUri | None = option(
        str,
        "PKCS#11 URI of the token (TPM, smart card) in which new keys are made, with "
        "module-path and pin-source; default: a file",
        default="",
        parse=or_none(_token),
    )

    @property
    def identifier(self) -> int:
        """The COSE algorithm id."""
        return ALGORITHMS[self.algorithm]


def load_keeper(
    path: Path, hostname: Callable[[], str] = host_name
) -> tuple[Gateway, SigningSettings]:
    """Read [gateway] and [signing] alone: where the keys are, and how they are made."""
    file = config_file.read(path)
    found = read_gateway(file, hostname), read_signing(file)
    file.finish()
    return found


def read_signing(file: TomlFile) -> SigningSettings:
    """Return what [signing] says."""
    given = file.section("signing", options_of(SigningSettings))
    said = file.tree.get("signing")  # a token that is wrong is meant all the same
    wants_token = isinstance(said, dict) and bool(said.get("token"))
    if wants_token and given["algorithm"] not in TOKEN_ALGORITHMS:
        text = f"a token signs with {' or '.join(TOKEN_ALGORITHMS)}"
        file.problem(("signing", "algorithm"), text)
    return settings_of(SigningSettings, given)
