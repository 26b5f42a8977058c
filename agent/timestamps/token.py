"""The timestamp token of RFC 3161: what it says, and over which bytes. Pure.

ASN.1 is asn1crypto's, which parses as it is asked: so everything is asked for here, at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms, core, tsp

HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
"""Digests that count, by their names in ASN.1."""

GRANTED = ("granted", "granted_with_mods")
SET_OF, IMPLICIT = b"\x31", b"\xa0"  # signed attributes are hashed as a SET OF (RFC 5652, §5.4)


class TimestampError(Exception):
    """A token proves nothing; the text says why."""

    nobody_vouches = False
    """True where the token may be good, and nobody who is trusted here says so."""


class NoToken(TimestampError):
    """The bytes are no timestamp token."""


class Forged(TimestampError):
    """The token is over other bytes, or was changed."""


class Unvouched(TimestampError):
    """Nobody who is trusted here made the token."""

    nobody_vouches = True


class Response(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """TimeStampResp of RFC 3161, §2.4.2; in that of asn1crypto a refusal would lack its token."""

    _fields = [  # noqa: RUF012  asn1crypto's way to declare them
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: attributes as they are hashed, digest, signature and its algorithm."""

    attributes: bytes
    content_type: str
    message_digest: bytes
    certificate_hashes: Sequence[tuple[str, bytes]]
    digest: str
    algorithm: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A token. `time` is UTC; `content` is what is signed, `certificates` come along in DER."""

    der: bytes
    imprint_hash: str
    imprint: bytes
    time: datetime
    serial: int
    policy: str
    content: bytes
    certificates: Sequence[bytes]
    signer: Signer

    def check_imprint(self, data: bytes) -> None:
        """Return None where the token is over `data`, else Forged."""
        if HASHES[self.imprint_hash](data).digest() != self.imprint:
            raise Forged(
                f"the token is over other bytes: their {self.imprint_hash} is {self.imprint.hex()}"
            )


def read_token(data: bytes) -> Token:
    """Read a token, or the response that a server sent it in; NoToken says what is wrong."""
    try:
        return _token(_signed(data))
    except NoToken:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise NoToken("it is no timestamp token of RFC 3161") from error


def _signed(data: bytes) -> cms.ContentInfo:
    """Return the token's outermost part, from itself or from a response."""
    try:
        info = cms.ContentInfo.load(data, strict=True)
        if info["content_type"].native == "signed_data":
            return info
    except (ValueError, TypeError, KeyError):
        pass  # a response, or nothing
    response = Response.load(data, strict=True)
    status = response["status"]["status"].native
    if status not in GRANTED:
        raise NoToken(f"the authority refused to stamp: {status}")
    return response["time_stamp_token"]


def _token(info: cms.ContentInfo) -> Token:
    if info["content_type"].native != "signed_data":
        raise NoToken("it is signed in no form of RFC 5652")
    signed = info["content"]
    inner = signed["encap_content_info"]
    if inner["content_type"].native != "tst_info":
        raise NoToken("what is signed is no timestamp")
    content = bytes(inner["content"])
    told = tsp.TSTInfo.load(content, strict=True)
    imprint = told["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in HASHES:
        raise NoToken(f"its digest is {algorithm}, which does not count: {', '.join(HASHES)} do")
    time = told["gen_time"].native
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise NoToken("its moment is none of UTC")
    return Token(
        der=info.dump(),
        imprint_hash=algorithm,
        imprint=imprint["hashed_message"].native,
        time=time,
        serial=told["serial_number"].native,
        policy=told["policy"].dotted,
        content=content,
        certificates=[each.chosen.dump() for each in signed["certificates"] or ()],
        signer=_signer(signed["signer_infos"]),
    )


def _signer(infos: Any) -> Signer:
    if len(infos) != 1:
        raise NoToken("a token has one signer")
    (info,) = infos
    said = {each["type"].native: each["values"] for each in info["signed_attrs"]}
    encoded = info["signed_attrs"].dump()
    if encoded[:1] != IMPLICIT:
        raise NoToken("its signed attributes have another form")
    return Signer(
        attributes=SET_OF + encoded[1:],
        content_type=said["content_type"][0].native,
        message_digest=said["message_digest"][0].native,
        certificate_hashes=list(_certificate_hashes(said)),
        digest=info["digest_algorithm"]["algorithm"].native,
        algorithm=info["signature_algorithm"].signature_algo,
        signature=info["signature"].native,
    )


def _certificate_hashes(said: dict[str, Any]) -> Sequence[tuple[str, bytes]]:
    """Return the hash of the signer's certificate, of either version (RFC 5035)."""
    found = []
    if "signing_certificate_v2" in said:
        first = said["signing_certificate_v2"][0]["certs"][0]
        found.append((first["hash_algorithm"]["algorithm"].native, first["cert_hash"].native))
    if "signing_certificate" in said:
        found.append(("sha1", said["signing_certificate"][0]["certs"][0]["cert_hash"].native))
    return found
