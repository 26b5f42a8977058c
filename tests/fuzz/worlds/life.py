"""A gateway's life by chance: batches, new keys, declared losses, new epochs, and what is odd."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from evidence.errors import MalformedError
from evidence.hash_envelope import sign_envelope
from evidence.leaf import Record
from evidence.statement import Claims, Follows, Gap
from tests.evidence.building import EPOCH, ISSUER, NOON, EcdsaSigner, EdSigner, Sealed, record
from tests.evidence.lifecycle import USUAL, Life
from tests.fuzz.worlds.quirks import Chance

OTHER = hashlib.sha256(b"the digest of nothing here").digest()
OTHER_GATEWAY = "urn:uuid:00000000-0000-4000-8000-000000000000"
FILES = (b"certificate 4711\n", b"delivery paper 12\n", b"")
YEAR = 31_536_000

Signer = EcdsaSigner | EdSigner


@cache
def gateway_keys() -> tuple[Signer, ...]:
    """Return the keys that a gateway may have, one of each curve and one more."""
    wide = EcdsaSigner("wide", ec.SECP384R1())
    return (EcdsaSigner("gateway"), wide, EdSigner("ed"), EcdsaSigner("second"))


@cache
def stranger() -> EcdsaSigner:
    """Return a key that no policy lists."""
    return EcdsaSigner("a stranger's")


def live(chance: Chance) -> Life:
    """Return a gateway after one to seven things that happened to it."""
    keys = list(gateway_keys())
    life = Life(keys=keys, gateway=chance.choice(keys))
    quiet, troubled = (_batch, _batch, _batch, _rotate, _lose, _begin), (_batch, _lose, _begin)
    steps = chance.choice((quiet, troubled))
    for _ in range(chance.randint(1, 7)):
        step = chance.choice(steps)
        try:
            step(life, chance)
        except MalformedError:  # two quirks that no statement can have together
            continue
    if not life.sealed:
        life.more()
    return life


def _last(life: Life) -> Sealed | None:
    return life.sealed[-1] if life.sealed else None


def _claims(life: Life, chance: Chance) -> Claims:
    """Return the claims of the next statement."""
    last = _last(life)
    if last is None or last.statement.claims.epoch != life.epoch:
        return Claims(ISSUER, NOON, life.epoch, 0, None)
    said = last.statement
    claims = Claims(ISSUER, NOON + len(life.sealed), life.epoch, said.last + 1, said.next_previous)
    if chance.odd("prev of another"):
        claims = replace(claims, previous=OTHER)
    if chance.odd("seq skipped"):
        claims = replace(claims, seq=claims.seq + chance.randint(1, 2))
    if chance.odd("seq again") and said.claims.seq > 0:
        claims = replace(claims, seq=chance.randint(1, said.last))
    if chance.odd("another epoch"):
        claims = replace(claims, epoch=bytes(16))
    if chance.odd("another gateway"):
        claims = replace(claims, issuer=OTHER_GATEWAY)
    if chance.odd("issued at another time"):
        claims = replace(claims, issued_at=NOON + chance.choice((-YEAR, YEAR)))
    return claims


def _batch(life: Life, chance: Chance, **changes: object) -> None:
    claims = replace(_claims(life, chance), **changes)  # type: ignore[arg-type]  # real fields
    last = _last(life)
    goes_on = last is not None and last.statement.claims.epoch == claims.epoch
    first = last.statement.next_record if last is not None and goes_on else 0
    if chance.odd("numbers skipped") or (not goes_on and chance.odd("epoch begins late")):
        first += chance.randint(1, 3)
    if chance.odd("numbers again") and first:
        first -= 1
    records = [_record(life, chance, first + at) for at in range(chance.choice((1, 1, 2, 3, 5)))]
    if chance.odd("another key signs"):
        life.gateway = chance.choice([*gateway_keys(), stranger()])
    life.seal(records, claims, **_odd_batch(chance, records, first))


def _odd_batch(chance: Chance, records: list[Record], first: int) -> dict[str, object]:
    said: dict[str, object] = {"first": first}
    if chance.odd("leaf count"):
        said["count"] = len(records) + chance.choice((-1, 1)) or 1
    if chance.odd("root"):
        said["root"] = OTHER
    if chance.odd("batch times"):
        said["first_ms"] = said["last_ms"] = records[0].wall_ms + 1
    return said


def _record(life: Life, chance: Chance, number: int) -> Record:
    kind = chance.choice(("temperature",) * 6 + ("gap", "attachment"))
    made = record(number, kind)
    if kind == "attachment":
        made = made._replace(values=_attachment(life, chance))
    if chance.odd("record number"):
        made = made._replace(number=number + 1)
    if chance.odd("record time"):
        made = made._replace(wall_ms=made.wall_ms + chance.choice((-(10**9), 10**9)))
    if chance.odd("record that is none"):
        made = made._replace(boot=-1)
    return made


def _attachment(life: Life, chance: Chance) -> dict[str, object]:
    """Return what a record says of a file, with the envelope by one of the gateway's keys."""
    digest = hashlib.sha256(chance.choice(FILES)).digest()
    key = named = chance.choice(gateway_keys())
    if chance.odd("envelope by an unknown key"):
        key = named = stranger()
    if chance.odd("envelope forged"):
        key = stranger()
    issuer = OTHER_GATEWAY if chance.odd("envelope of another gateway") else life.issuer
    at = NOON + (chance.choice((-YEAR, YEAR)) if chance.odd("envelope's time") else 0)
    algorithm = USUAL[named.public.curve]
    envelope = sign_envelope(issuer, at, digest, "text/plain", named.public.kid, algorithm, key)
    values: dict[str, object] = {"digest": digest, "bytes": 17, "envelope": envelope}
    if chance.odd("envelope of another file"):
        values["digest"] = OTHER
    if chance.odd("attachment without bytes"):
        del values["bytes"]
    if chance.odd("commitment cut"):
        values["commitment"] = bytes(31)
    return values


def _rotate(life: Life, chance: Chance) -> None:
    """Name a successor; it signs from then on."""
    new = chance.choice([key for key in gateway_keys() if key is not life.gateway])
    _batch(life, chance, successor=new.public)
    if not chance.odd("successor passed over"):
        life.gateway = new  # type: ignore[assignment]  # signs and has a public key, as the other


def _lose(life: Life, chance: Chance) -> None:
    """Declare one to three statements lost."""
    last = _last(life)
    if last is None or last.statement.claims.epoch != life.epoch:
        return
    claims, count = _claims(life, chance), chance.randint(1, 3)
    first, records = last.statement.next_record, chance.randint(0, 9)
    if chance.odd("gap of other records"):
        first += chance.choice((-1, 1)) if first else 1
    behind = chance.choice((None, OTHER))
    end = claims.seq + count - 1
    if chance.odd("gap behind the present"):
        end += 2
    life.log_gap(claims, Gap(end, first, records, behind, "disk damage"))
    if chance.odd("gap with another behind"):
        _batch(life, chance, previous=hashlib.sha256(OTHER).digest())


def _begin(life: Life, chance: Chance) -> None:
    """Begin a new epoch that names the one before."""
    last = _last(life)
    if last is None:
        return
    old = last.statement.claims.epoch
    named = [each.statement for each in life.sealed if each.statement.claims.epoch == old]
    kept = chance.choice([*named, named[-1], None])
    seq = None if kept is None else chance.choice((kept.claims.seq, kept.last))
    digest = None if kept is None else kept.digest
    lost = last.statement.last + chance.choice((0, 0, 1, 3))
    if kept is not None and chance.odd("follows another digest"):
        digest = OTHER
    if seq is not None and chance.odd("follows another seq"):
        seq = max(0, seq + chance.choice((-1, 1, 2)))
        lost = max(lost, seq)
    if chance.odd("follows less lost"):
        lost = max(lost - chance.randint(1, 2), -1 if seq is None else seq)
    third = chance.odd("follows a third epoch")
    follows = Follows(
        OTHER[:16] if third else old, seq, digest, None if lost < 0 else lost, "restored card"
    )
    life.epoch = EPOCH if chance.odd("epoch begins again") else chance.randbytes(16)
    if chance.odd("epoch follows nothing"):
        _batch(life, chance)
    else:
        _batch(life, chance, follows=follows)
