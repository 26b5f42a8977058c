"""Timestamps of bundles: into the file with `bundle --timestamp`, held against an authority after.

An authority is pinned by its certificate: that of the server, or of whoever issued it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.times import format_time, utc_iso
from agent.timestamps.stamped import MAX_TOKEN_BYTES, apart, with_token
from evidence.bundle import MAX_FILE_BYTES, parse_bundle
from evidence.errors import EvidenceError
from evidence.report import Outcome, Report
from foundation.durable import write_output
from foundation.printing import say, say_json

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from agent.timestamps.authority import Vouched
    from agent.timestamps.token import Token

MAX_AUTHORITIES_BYTES = 1 << 20
REASON = "timestamp"
PLAIN_NAME = "plain.bundle"
"""What the page calls the bundle that was taken out of its file."""

ASK = "make one: openssl ts -query -data BUNDLE -sha256 -cert, and send it to an authority"


def add_authority(parser: argparse.ArgumentParser) -> None:
    """Declare --authority."""
    parser.add_argument(
        "--authority", type=Path, metavar="FILE", help="certificate of who may stamp bundles, PEM"
    )


def stamp(args: argparse.Namespace) -> int:
    """Put a token into the bundle at -o, which it must be over."""
    from agent.timestamps.token import TimestampError, read_token  # noqa: PLC0415  ASN.1 is slow

    _check_choice(args)
    bundle, before = apart(contents(args.output, MAX_FILE_BYTES, "name the bundle: -o FILE"))
    data = contents(args.timestamp, MAX_TOKEN_BYTES, ASK)
    try:
        parse_bundle(bundle)
        token = read_token(data)
        token.check_imprint(bundle)
    except EvidenceError as error:
        raise Mistake(f"{args.output} is no bundle: {error}", advice="name the bundle") from error
    except TimestampError as error:
        raise Mistake(f"{args.timestamp}: {error}", advice=ASK) from error
    vouched = None if args.authority is None else _held(token, bundle, args.authority)
    stamped = with_token(bundle, token.der)
    if len(stamped) > MAX_FILE_BYTES:
        raise Mistake("with a token nobody could read it: it is too large", advice="make parts")
    write_output(args.output, stamped)
    if args.json:
        say_json({"file": str(args.output), "timestamp": _json(token, vouched)})
        return 0
    say(f"stamped   {args.output}: {len(token.der)} bytes more")
    for line in _words(token, vouched):
        say(f"          {line}")
    if before is not None:
        say("          in place of the token that it had")
    return 0


def _check_choice(args: argparse.Namespace) -> None:
    """Refuse a choice of records: the bundle is made, and a token is over its bytes."""
    borders = (each for end in (args.since, args.until) for each in (end.number, end.wall_ms))
    asked = (*args.device, *args.kind, args.shipment, args.recipient)
    flags = (args.no_files, args.epochs, args.parts)
    if any(asked) or any(flags) or any(each is not None for each in borders):
        raise Mistake(
            "the bundle at -o is made: nothing of it can be chosen any more",
            advice="make it first, have it stamped, then give --timestamp and -o alone",
        )


def _held(token: Token, bundle: bytes, path: Path) -> Vouched:
    """Return who vouches for a token that is to be put in; Mistake where nobody does."""
    from agent.timestamps.authority import check_token  # noqa: PLC0415  as above
    from agent.timestamps.token import TimestampError  # noqa: PLC0415  as above

    try:
        return check_token(token, bundle, authorities(path))
    except TimestampError as error:
        raise Mistake(f"the token does not hold: {error}", advice="ask the authority") from error


def authorities(path: Path) -> list[Certificate]:
    """Return the certificates in a file; Mistake where there is none."""
    from agent.timestamps.authority import read_authorities  # noqa: PLC0415  as above

    data = contents(path, MAX_AUTHORITIES_BYTES, "name a certificate in PEM: --authority")
    try:
        return read_authorities(data)
    except ValueError as error:
        raise Mistake(
            f"{path} holds no certificate", advice="name one in PEM: --authority"
        ) from error


class Stamp:
    """The token in a bundle's file, and what was found of it."""

    def __init__(self, bundle: bytes, der: bytes) -> None:
        self._bundle = bundle
        self._der = der
        self._token: Token | None = None
        self._vouched: Vouched | None = None
        self._problem = ""

    def check(self, report: Report, pinned: Sequence[Certificate] | None) -> None:
        """Hold it against the bundle and the pinned authorities; a finding where it fails."""
        from agent.timestamps.authority import check_token  # noqa: PLC0415  as above
        from agent.timestamps.token import TimestampError, read_token  # noqa: PLC0415  as above

        try:
            token = read_token(self._der)
            token.check_imprint(self._bundle)
            if pinned is not None:
                self._vouched = check_token(token, self._bundle, pinned)
            self._token = token
        except TimestampError as error:
            self._problem = str(error)
            outcome = Outcome.UNTRUSTED if error.nobody_vouches else Outcome.ALTERED
            report.add(outcome, EvidenceError(REASON, self._problem), "timestamp")

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        if self._token is None:
            return {"problem": self._problem}
        return _json(self._token, self._vouched)

    def plain_step(self, name: str) -> str:
        """Return the shell's command that takes the bundle out of the file of that name."""
        size = len(self._bundle) - 1
        return f"(printf '\\202'; tail -c +2 {quote(name)} | head -c {size}) >{PLAIN_NAME}"

    def lines(self, name: str, *, utc: bool) -> Iterator[str]:
        """Yield it for people, and how to take it off; nothing where a finding tells of it."""
        if self._token is None:
            return
        yield ""
        yield from _words(self._token, self._vouched, utc=utc)
        yield "The bundle as it was stamped, for the steps above and for openssl:"
        yield f"  {self.plain_step(name)}"
        yield f"  tail -c {len(self._der)} {quote(name)} >token.tst"
        yield f"  openssl ts -verify -data {PLAIN_NAME} -in token.tst -token_in -CAfile FILE"


def _json(token: Token, vouched: Vouched | None) -> dict[str, Any]:
    return {
        "time": utc_iso(_ms(token)),
        "serial": f"{token.serial:x}",
        "policy": token.policy,
        "checked": vouched is not None,
        "by": None if vouched is None else vouched.signer,
        "authority": None if vouched is None else vouched.authority,
    }


def _words(token: Token, vouched: Vouched | None, *, utc: bool = False) -> Iterator[str]:
    when = format_time(_ms(token), utc=utc)
    if vouched is None:
        yield f"Timestamp of {when}, over this bundle. Whose it is was not checked:"
        yield "name an authority that you trust with --authority FILE"
        return
    yield f"Timestamp of {when}, over this bundle,"
    yield f"by {vouched.signer}"
    if vouched.authority != vouched.signer:
        yield f"under the pinned authority {vouched.authority}"


def _ms(token: Token) -> int:
    return round(token.time.timestamp() * 1000)
