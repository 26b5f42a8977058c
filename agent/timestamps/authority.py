"""Was a token made by an authority that is pinned here? Offline, at the token's own time. Pure.

RFC 3161, §2.3 and 2.4.2, and RFC 5652, §5.6. Revocation is not asked: that needs a network. Whoever
pins an authority and hears that its key was lost takes it out.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.timestamps.token import HASHES, Forged, Token, Unvouched

DIGESTS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
RSA_PKCS1, ECDSA, ED25519 = "rsassa_pkcs1v15", "ecdsa", "ed25519"
UNREADABLE = (
    CryptographyDeprecationWarning,
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What cryptography raises, as a certificate's parts are looked at."""

CERTIFICATE_HASHES = {**HASHES, "sha1": hashlib.sha1}
"""sha1 only names a certificate that a signature holds for besides (RFC 3161's first form)."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A token that holds: its moment, and the pinned authority under which it does."""

    time: datetime
    signer: str
    authority: str


def read_authorities(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file; ValueError where there is none."""
    return x509.load_pem_x509_certificates(pem)


def check_token(token: Token, data: bytes, pinned: Sequence[x509.Certificate]) -> Vouched:
    """Return who vouches for `data` and when; Forged or Unvouched where nobody does."""
    token.check_imprint(data)
    try:
        with warnings.catch_warnings(action="error", category=CryptographyDeprecationWarning):
            carried = [x509.load_der_x509_certificate(each) for each in token.certificates]
        signer = _signer(token, [*carried, *pinned])
        _check_signature(token, signer)
        _check_use(signer)
        authority = _pinned(signer, carried, pinned, token.time)
        return Vouched(token.time, _name(signer), _name(authority))
    except UNREADABLE as error:
        raise Forged("a certificate in the token cannot be read") from error


def _signer(token: Token, known: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that the signed attributes name by its hash (RFC 5035)."""
    if not token.signer.certificate_hashes:
        raise Forged("the token does not sign which certificate is its own")
    for certificate in known:
        der = certificate.public_bytes(Encoding.DER)
        if all(_hashed(name, der) == value for name, value in token.signer.certificate_hashes):
            return certificate
    raise Unvouched("the certificate that the token names is neither in it nor pinned")


def _hashed(name: str, der: bytes) -> bytes:
    make = CERTIFICATE_HASHES.get(name)
    return b"" if make is None else make(der).digest()


def _check_signature(token: Token, certificate: x509.Certificate) -> None:
    signer = token.signer
    if signer.content_type != "tst_info" or signer.digest not in HASHES:
        raise Forged("its signed attributes are those of no timestamp")
    if HASHES[signer.digest](token.content).digest() != signer.message_digest:
        raise Forged("what the token says is not what was signed")
    try:
        _verify(certificate, signer.algorithm, signer.digest, signer.signature, signer.attributes)
    except InvalidSignature as error:
        raise Forged("the token's signature is wrong") from error


def _verify(
    certificate: x509.Certificate, algorithm: str, digest: str, signature: bytes, data: bytes
) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and algorithm == RSA_PKCS1:
        key.verify(signature, data, padding.PKCS1v15(), DIGESTS[digest])
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == ECDSA:
        key.verify(signature, data, ec.ECDSA(DIGESTS[digest]))
    elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm == ED25519:
        key.verify(signature, data)
    else:
        raise Unvouched(f"signatures of {algorithm[:40]} do not count here")


def _check_use(certificate: x509.Certificate) -> None:
    """Refuse a certificate that is for anything but timestamps (RFC 3161, §2.3)."""
    try:
        use = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise Unvouched("its certificate is not for timestamps") from error
    if not use.critical or list(use.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Unvouched("its certificate is not for timestamps alone")


def _pinned(
    signer: x509.Certificate,
    carried: Sequence[x509.Certificate],
    pinned: Sequence[x509.Certificate],
    time: datetime,
) -> x509.Certificate:
    """Return the pinned authority that a path of issuers leads to, all of them valid at `time`.

    None stands on a path twice (RFC 5280, §6.1), so it ends.
    """
    path = [signer]
    while True:
        at = path[-1]
        if not at.not_valid_before_utc <= time <= at.not_valid_after_utc:
            raise Unvouched(f"the certificate of {_name(at)} was not valid at {time:%Y-%m-%d}")
        if at in pinned:
            return at
        others = (each for each in (*pinned, *carried) if each not in path)
        issuer = next((each for each in others if _issued(path, each)), None)
        if issuer is None:
            raise Unvouched(f"no pinned authority vouches for {_name(signer)}")
        path.append(issuer)


def _issued(path: Sequence[x509.Certificate], issuer: x509.Certificate) -> bool:
    """Whether an authority signed the last certificate of a path, and may (RFC 5280, §6.1.4)."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca or not _signs_certificates(issuer):
            return False
        between = sum(each.subject != each.issuer for each in path[1:])
        if constraints.path_length is not None and between > constraints.path_length:
            return False
        path[-1].verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, *UNREADABLE):
        return False
    return True


def _signs_certificates(issuer: x509.Certificate) -> bool:
    """Whether its key is for that, as far as it says for what it is (RFC 5280, §4.2.1.3)."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or f"certificate {certificate.serial_number:x}"
