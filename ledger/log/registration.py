"""What a statement must pass before the store judges its place in the gateway's order."""

from __future__ import annotations

from evidence.errors import MalformedError
from evidence.keys import PublicKey
from evidence.shape import as_text
from evidence.wire import Code, Envelope, Label
from ledger.base.errors import Refused
from ledger.gateways.admission import Peer
from ledger.store.chain import Submission, parse


def author(peer: Peer, message: Envelope) -> str | None:
    """Return whose statements a message is about: the peer's own, but where ISSUER names another.

    A gateway carries for another one only in so many words; whose they are, the signature proves.
    """
    if Label.ISSUER not in message.header or peer.issuer is None:
        return peer.issuer
    return as_text(message.get(Label.ISSUER), "ISSUER")


def check_statement(peer: Peer, message: Envelope, named: PublicKey | None = None) -> Submission:
    """Return the submission in a REGISTER, or raise Refused or EvidenceError.

    `named` is the key that a statement of this gateway, perhaps not durable yet, named as the next:
    it counts as admitted here, and the chain says whether it was its turn.

    In this order: size and form, whose connection it came over, an admitted key, the signature.
    Chain and body follow in the store's transaction, the body last.
    """
    if not message.statement:
        raise MalformedError("wire", "REGISTER without a statement")
    statement = parse(message.statement)
    if author(peer, message) != statement.claims.issuer:
        text = f"{peer.name} may not send statements of {statement.claims.issuer}"
        raise Refused(Code.NOT_ADMITTED, text)
    key = peer.others.get(statement.claims.issuer, peer.keys).get(statement.kid)
    if key is None and named is not None and named.kid == statement.kid:
        key = named
    if key is None:
        text = f"no key {statement.kid.hex()} of {statement.claims.issuer} is admitted here"
        raise Refused(Code.NOT_ADMITTED, text)
    statement.verify(key)
    return Submission(statement, message.body)
