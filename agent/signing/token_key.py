"""A statement key in a PKCS#11 token: made there, never outside; a small file says which it is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pkcs11 import DEFAULT, Attribute, KeyType, Mechanism, ObjectClass, Session, SignMixin
from pkcs11.util.ec import encode_named_curve_parameters

from agent.signing.causes import OTHER_TOKEN
from agent.signing.key_reference import KeyReference
from agent.signing.signer import SignerAway
from agent.signing.token import Token
from evidence.errors import EvidenceError
from evidence.keys import ES256, ES384, Curve, PublicKey, curve_of
from foundation.durable import write_file
from foundation.errors import Fatal

LABEL = "tallyman statement"
ID_BYTES = 16

# What a key may be used for is left to the token: a TPM's takes no other words than its own.
_PUBLIC_USES = (Attribute.ENCRYPT, Attribute.WRAP, Attribute.VERIFY)
_PRIVATE_USES = (Attribute.DECRYPT, Attribute.UNWRAP, Attribute.SIGN, Attribute.DERIVE)

_NAMES = {Curve.P256: "secp256r1", Curve.P384: "secp384r1"}
_HASHES = {Curve.P256: "sha256", Curve.P384: "sha384"}
_ALGORITHMS = {Curve.P256: ES256, Curve.P384: ES384}


class TokenKey:
    """A `Signer` over a key in a token."""

    def __init__(self, reference: KeyReference, token: Token) -> None:
        """Sign with the key that is referred to; the token is asked only when there is work."""
        self._reference = reference
        self._token = token
        self.public = reference.public
        self.algorithm = _ALGORITHMS[reference.public.curve]

    @classmethod
    def make(cls, path: Path, token: Token, algorithm: int) -> TokenKey:
        """Make a key for `algorithm` in the token and the file that refers to it."""
        curve = curve_of(algorithm)
        if curve not in _NAMES:
            raise Fatal("a token signs with ES256 or ES384", advice="set [signing] algorithm")
        identifier = os.urandom(ID_BYTES)
        public = token.run(lambda session: _generate(session, identifier, curve))
        reference = KeyReference(identifier, public)
        write_file(path, reference.to_text().encode(), mode=0o600)
        return cls(reference, token)

    def sign(self, message: bytes) -> bytes:
        """Return r ‖ s over `message`; SignerAway when token or key are not there."""
        curve = self.public.curve
        digest = hashlib.new(_HASHES[curve], message).digest()
        signature = self._token.run(
            lambda session: bytes(self._key(session).sign(digest, mechanism=Mechanism.ECDSA))
        )
        try:
            self.public.verify(self.algorithm, message, signature)
        except EvidenceError as error:  # another token by that label, or one that is broken
            raise SignerAway(
                f"token {self._token.uri.label!r} signs, but not with key {self.public.kid.hex()}",
                cause=OTHER_TOKEN,
            ) from error
        return signature

    def forget(self) -> None:
        """Destroy the key in the token, as its successor has taken its place."""
        self._token.run(lambda session: _destroy(session, self._reference.identifier))

    def _key(self, session: Session) -> SignMixin:
        identifier = self._reference.identifier
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: identifier}
        for found in list(session.get_objects(wanted)):
            assert isinstance(found, SignMixin)
            return found
        raise SignerAway(
            f"token {self._token.uri.label!r} does not hold key {self.public.kid.hex()}",
            cause=OTHER_TOKEN,
            advice="plug in the token that this gateway began with; where it is lost: "
            "tallyman keys new-epoch --reason lost-key",
        )


def _generate(session: Session, identifier: bytes, curve: Curve) -> PublicKey:
    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(_NAMES[curve])}, local=True
    )
    public, _ = parameters.generate_keypair(
        store=True,
        id=identifier,
        label=LABEL,
        public_template=dict.fromkeys(_PUBLIC_USES, DEFAULT),
        private_template=dict.fromkeys(_PRIVATE_USES, DEFAULT),
    )
    point = bytes(public[Attribute.EC_POINT])[-2 * curve.size :]  # DER: OCTET STRING, 04, x, y
    return PublicKey(curve, point[: curve.size], point[curve.size :])


def _destroy(session: Session, identifier: bytes) -> None:
    for found in list(session.get_objects({Attribute.ID: identifier})):
        found.destroy()
