"""Admitting a gateway that brings a token, and what is done about a token that comes twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evidence.enrolment import Request, token_digest
from evidence.wire import Code
from foundation.durable import lock_file, write_file
from foundation.errors import Fatal
from foundation.names import is_name
from ledger.base.clock import CLOCK_MARGIN_S
from ledger.base.config import read_config
from ledger.base.errors import Refused
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role
from ledger.enrolling import lists, tokens
from ledger.enrolling.tokens import Token
from ledger.gateways.gateways import Gateway, read_gateways
from ledger.gateways.listing import add_gateway

TOKENS_MODE = 0o600

KEPT_AFTER_EXPIRY_S = 90 * 86400
"""How long a dead token's digest stays, so that its late arrival can be told from a guess."""


class TokenReused(Refused):
    """Somebody brought a token that another gateway used up: one of the two is not who it says."""

    def __init__(self, spender: Gateway, request: Request) -> None:
        super().__init__(Code.BAD_TOKEN, "this token was used by another gateway")
        self.spender = spender
        self.request = request


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a person asked of `tallyman-ledger token new`."""

    site: str
    profile: str
    label: str
    expires: str
    continues: str = ""


def invite(
    files: NodeFiles, invitation: Invitation, now: int, entropy: Callable[[int], bytes]
) -> str:
    """Make a token and keep its digest durably; return the token itself."""
    expires = check_invitation(files, invitation, now)
    text, token = tokens.make_token(
        invitation.site, invitation.profile, invitation.label, expires, entropy
    )
    token = replace(token, continues=invitation.continues)
    with lock_file(files.edit_lock):
        known = tokens.read_tokens(files.tokens)
        fresh = [each for each in known if now < each.expires + KEPT_AFTER_EXPIRY_S]
        _write_tokens(files, (*fresh, token))
    return text


def check_invitation(files: NodeFiles, invitation: Invitation, now: int) -> int:
    """Return when its token ends; Fatal for one that no token can be made for, whatever its label.

    Changes nothing.
    """
    config = read_config(files.config)
    if config.role is not Role.SEQUENCER or config.enrol_listen is None:
        raise Fatal(
            f"{config.name} has no socket for enrolment",
            advice=f'on a sequencer, add to {files.config}: enrol_listen = "tcp://0.0.0.0:7412"',
        )
    tokens.check_name("--site", invitation.site)
    tokens.check_name("--profile", invitation.profile)
    return tokens.expiry(invitation.expires, now)


def withdraw(files: NodeFiles, start: str) -> Token:
    """Make the one token whose digest begins with `start` worthless."""
    with lock_file(files.edit_lock):
        known = tokens.read_tokens(files.tokens)
        meant = [token for token in known if start and token.digest.startswith(start)]
        if len(meant) != 1:
            raise Fatal(
                f"{len(meant)} tokens begin with {start!r}",
                advice="see them: tallyman-ledger token list DIR",
            )
        _write_tokens(files, [token for token in known if token not in meant])
    return meant[0]


def spenders(files: NodeFiles) -> dict[str, str]:
    """Return by digest which gateway used a token up."""
    return {
        digest: gateway.name
        for gateway in read_gateways(files.admitted)
        for digest in gateway.tokens
    }


def enrol(files: NodeFiles, request: Request, now: int) -> bytes:
    """Admit the gateway, spend its token, and return the policy that names it.

    The same request again is answered alike. Raises Refused, TokenReused where another gateway
    spent the token, and AgentError while the lists cannot be written.
    """
    new = _gateway(request, now)
    (digest,) = new.tokens
    token = next((each for each in tokens.read_tokens(files.tokens) if each.digest == digest), None)
    if token is None:  # whoever guesses costs no lock and no look at the long list
        raise Refused(Code.BAD_TOKEN, "there is no such token here")
    with lock_file(files.edit_lock):
        known = read_gateways(files.admitted)
        spender = next((each for each in known if digest in each.tokens), None)
        if spender is None:
            _check_token(token, request.name, now)
            _check_place(token, known, new)
            lists.write_gateways(files, Role.SEQUENCER, _spend(known, new))
        elif not spender.same(new):
            raise TokenReused(spender, request)
        elif spender.out:
            raise Refused(Code.NOT_ADMITTED, "this gateway was revoked")
        return files.policy.read_bytes()


def _gateway(request: Request, now: int) -> Gateway:
    if not is_name(request.name):
        raise Refused(Code.MALFORMED, "the name must be letters, digits, dots and dashes")
    try:
        issuer = uuid.UUID(request.issuer).urn
    except ValueError:
        issuer = ""
    if issuer != request.issuer:
        raise Refused(Code.MALFORMED, "the issuer must be urn:uuid: and a UUID in lower case")
    since = now - CLOCK_MARGIN_S
    spent = (token_digest(request.token),)
    return Gateway(request.name, issuer, request.curve, request.key, since, tokens=spent)


def _check_token(token: Token, name: str, now: int) -> None:
    if now >= token.expires:
        raise Refused(Code.BAD_TOKEN, "the token has expired")
    if token.label != name:
        raise Refused(Code.BAD_TOKEN, f"the token is for {token.label}, not {name}")


def _check_place(token: Token, known: Sequence[Gateway], new: Gateway) -> None:
    """Refuse a bearer that calls itself another gateway than the token is for."""
    if token.continues and new.issuer != token.continues:
        raise Refused(Code.BAD_TOKEN, f"the token is for the next {token.continues}")
    taken = any(each.issuer == new.issuer and not each.same(new) for each in known)
    if taken and not token.continues:
        raise Refused(Code.NOT_ADMITTED, "another gateway has this id, and this is not its token")


def _spend(known: Sequence[Gateway], new: Gateway) -> Sequence[Gateway]:
    """Return the list with `new` and its token; a gateway that was admitted keeps its line."""
    for index, each in enumerate(known):
        if each.same(new) and not each.out:
            spent = replace(each, tokens=(*each.tokens, *new.tokens))
            return (*known[:index], spent, *known[index + 1 :])
    try:
        return add_gateway(known, new)
    except Fatal as error:
        raise Refused(Code.NOT_ADMITTED, str(error)) from error


def _write_tokens(files: NodeFiles, known: Sequence[Token]) -> None:
    write_file(files.tokens, tokens.to_toml(known).encode(), TOKENS_MODE)
