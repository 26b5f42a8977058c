"""What a statement must pass before the store judges its place in the gateway's order."""

from __future__ import annotations

from agent.evidence.errors import MalformedError
from agent.evidence.keys import PublicKey
from agent.evidence.statement import parse_statement
from agent.evidence.wire import Code, Envelope
from ledger.admission import Peer
from ledger.chain import Submission
from ledger.errors import Refused
from ledger.header import bounded


def check_statement(peer: Peer, message: Envelope, named: PublicKey | None = None) -> Submission:
    """Return the submission in a REGISTER, or raise Refused or EvidenceError.

    `named` is the key that a statement of this gateway, perhaps not durable yet, named as the next:
    it counts as admitted here, and the chain says whether it was its turn.

    In this order: size and form, whose connection it came over, an admitted key, the signature.
    Chain and body follow in the store's transaction, the body last.
    """
    if not message.statement:
        raise MalformedError("wire", "REGISTER without a statement")
    statement = parse_statement(message.statement)
    bounded(statement.claims.seq, "seq")
    if peer.issuer != statement.claims.issuer:
        text = f"{peer.name} may not send statements of {statement.claims.issuer}"
        raise Refused(Code.NOT_ADMITTED, text)
    key = peer.keys.get(statement.kid)
    if key is None and named is not None and named.kid == statement.kid:
        key = named
    if key is None:
        text = f"no key {statement.kid.hex()} of {statement.claims.issuer} is admitted here"
        raise Refused(Code.NOT_ADMITTED, text)
    statement.verify(key)
    return Submission(statement, message.body)
