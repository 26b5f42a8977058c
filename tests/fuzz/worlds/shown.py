"""What an auditor gets of a world: a bundle and a policy, and what is odd of either."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from evidence.body import leaves
from evidence.bundle import WITH_PATHS, Bundle, BundledBatch, Disclosed, Voucher
from evidence.errors import MalformedError
from evidence.leaf import Record
from evidence.log_set import parse_log_set
from evidence.merkle import Tree
from evidence.multi_proof import proof_of_some
from tests.evidence.building import ISSUER, NOON, Sealed, record
from tests.evidence.lifecycle import Life
from tests.fuzz.worlds.life import FILES, OTHER, OTHER_GATEWAY, YEAR, gateway_keys, live
from tests.fuzz.worlds.logs import Log, Noted, logs_of, receipt
from tests.fuzz.worlds.quirks import Chance

USUAL = "from 2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class World:
    """A policy's text, a bundle's file, and the gateway's statements, all of them in order."""

    policy: str
    bundle: bytes
    life: Life


def world(chance: Chance) -> World:
    """Return the world of these choices."""
    life = live(chance)
    logs = logs_of(chance, life)
    text = policy_text(chance, logs)
    bundle = bundle_of(chance, life, logs, text)
    return World(text, _file(chance, bundle), life)


# The policy


def policy_text(chance: Chance, logs: Sequence[Log]) -> str:
    """Return the pinned text, with the gateway's keys under each log."""
    parts = [_part(chance, log) for log in logs]
    if len(parts) == 1:
        return parts[0]
    return f"logs {chance.randint(1, len(parts))}\n" + "".join(parts)


def _part(chance: Chance, log: Log) -> str:
    lines = [line for line in log.world.policy_text().splitlines() if line[:7] != "gateway"]
    for key in gateway_keys():
        if chance.odd("key not listed") or chance.odd("key listed under one log"):
            continue
        issuer = OTHER_GATEWAY if chance.odd("key of another gateway") else ISSUER
        encoded = b64encode(key.public.to_cose()).decode()
        lines.append(f"gateway {issuer} {encoded} {_times(chance)}")
    return "\n".join(lines) + "\n"


def _times(chance: Chance) -> str:
    around = NOON + 60 + chance.choice((-YEAR, -2, -1, 0, 1, 2, 3, YEAR))
    start = f"from {_stamp(around)}" if chance.odd("key early") else USUAL
    if chance.odd("key expired"):
        start += f" until {_stamp(NOON + chance.choice((-YEAR, 0, 1, 2, YEAR)))}"
    return start + (f" revoked {_stamp(around)}" if chance.odd("key revoked") else "")


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# The bundle


def bundle_of(chance: Chance, life: Life, logs: Sequence[Log], text: str) -> Bundle:
    """Return a bundle of all statements, or of those in a row from one on."""
    several = len(logs) > 1
    notes = sorted(
        ((log.origin, noted.size, noted.note) for log in logs for noted in log.notes),
        key=lambda note: note[:2],
    )
    paths = not several and chance.likely(0.3)
    start = chance.choice((0, 0, 0, chance.randrange(len(life.sealed))))
    batches = []
    for number in range(start, len(life.sealed)):
        shown = _shown(chance, life.sealed[number], paths=paths)
        vouchers = _vouchers(chance, logs, number, [note for _, _, note in notes])
        batches.append(replace(shown, **_vouched(vouchers)))
    checkpoints = tuple(note for _, _, note in notes)
    bundle = Bundle(parse_log_set(text).digest, checkpoints, tuple(batches), (), several=several)
    return _told(chance, bundle if chance.odd("checkpoint not used") else _used(bundle), paths)


def _vouched(vouchers: Sequence[Voucher]) -> dict[str, object]:
    first, *further = vouchers
    return {"receipt": first.receipt, "checkpoint": first.checkpoint, "further": tuple(further)}


def _vouchers(
    chance: Chance, logs: Sequence[Log], number: int, notes: Sequence[bytes]
) -> list[Voucher]:
    """Return receipts of some logs for a statement, in the order of their checkpoints."""
    vouching = chance.sample(list(logs), chance.randint(1, len(logs)))
    if not chance.odd("too few logs"):
        vouching = list(logs)
    made = [_voucher(chance, log, number, notes) for log in vouching]
    made.sort(key=lambda voucher: voucher.checkpoint)
    return made[::-1] if chance.odd("vouchers turned") else made


def _voucher(chance: Chance, log: Log, number: int, notes: Sequence[bytes]) -> Voucher:
    noted: Noted = chance.choice(log.covering(number))
    place = notes.index(noted.note)
    if chance.odd("another checkpoint"):
        place = chance.randrange(len(notes))
    if chance.odd("checkpoint out of range"):
        place = len(notes) + chance.choice((0, 1, 2**40))
    return Voucher(receipt(log, chance, number, noted), place)


def _used(bundle: Bundle) -> Bundle:
    """Return the bundle with the checkpoints that a batch uses."""
    used = {voucher.checkpoint for batch in bundle.batches for voucher in batch.vouchers}
    kept = [at for at in range(len(bundle.checkpoints)) if at in used]
    new = {old: at for at, old in enumerate(kept)}
    batches = [
        replace(
            batch,
            **_vouched(
                [
                    replace(each, checkpoint=new.get(each.checkpoint, each.checkpoint))
                    for each in batch.vouchers
                ]
            ),
        )
        for batch in bundle.batches
    ]
    checkpoints = tuple(bundle.checkpoints[at] for at in kept)
    return replace(bundle, checkpoints=checkpoints, batches=tuple(batches))


def _shown(chance: Chance, sealed: Sealed, *, paths: bool) -> BundledBatch:
    """Return a batch whole, in part or hidden."""
    count = len(sealed.records)
    chosen = sorted(chance.sample(range(count), chance.randint(0, count)))
    if len(chosen) == count or (count == 1 and chosen):
        shown, proof = sealed.shown(), None
    elif paths:
        shown, proof = sealed.shown(chosen), None
    else:
        shown = tuple(replace(item, path=None) for item in sealed.shown(chosen))
        tree = Tree(leaves(sealed.seed, sealed.records))
        proof = tuple(proof_of_some(tree.node, tree.size, chosen)) if chosen else None
    if not count and chance.odd("record of a gap"):
        shown = (_OF_A_GAP,)
    batch = BundledBatch(sealed.statement.encoded, b"", 0, shown, proof)
    return _odd_batch(chance, batch)


_OF_A_GAP = Disclosed(0, bytes(16), record(0).to_bytes())


def _odd_batch(chance: Chance, batch: BundledBatch) -> BundledBatch:
    """Return the batch with a record, a salt, a place or a hash changed."""
    shown, proof = list(batch.disclosed), batch.proof
    if shown:
        at = chance.randrange(len(shown))
        if chance.odd("record changed"):
            shown[at] = replace(shown[at], record=shown[at].record[:-1] + b"\x01")
        if chance.odd("salt changed"):
            shown[at] = replace(shown[at], salt=bytes(16))
        if chance.odd("index moved"):
            shown[-1] = replace(shown[-1], index=shown[-1].index + chance.choice((1, 70_000)))
    if proof and chance.odd("proof cut"):
        proof = (proof[0][1:], *proof[1:]) if chance.likely(0.5) else proof[1:] or (bytes(32),) * 2
    if proof and chance.odd("proof turned"):
        proof = proof[::-1]
    return replace(batch, disclosed=tuple(shown), proof=proof)


def _told(chance: Chance, bundle: Bundle, paths: bool) -> Bundle:
    """Return the bundle with its list of gaps and its files, and with batches and notes moved."""
    batches = list(bundle.batches)
    if len(batches) > 1 and chance.odd("batch left out"):
        del batches[chance.randrange(len(batches))]
    if chance.odd("batch twice"):
        at = chance.randrange(len(batches))
        batches.insert(chance.randint(at, len(batches)), batches[at])
    if len(batches) > 1 and chance.odd("batches turned"):
        at = chance.randrange(len(batches) - 1)
        batches[at : at + 2] = batches[at : at + 2][::-1]
    notes = bundle.checkpoints
    if chance.odd("checkpoints turned"):
        notes = notes[::-1]
    digest = OTHER if chance.odd("other policy") else bundle.policy_digest
    told = replace(bundle, batches=tuple(batches), checkpoints=notes, policy_digest=digest)
    records = [item for batch in batches for item in map(_record, batch.disclosed) if item]
    gaps = [item.number for item in records if item.kind == "gap"]
    if chance.odd("gaps told wrong"):
        gaps = gaps[1:] or [7]
    files = () if paths else _files(chance, records)
    return replace(told, gaps=tuple(gaps), attachments=files)


def _record(item: Disclosed) -> Record | None:
    try:
        return Record.from_bytes(item.record)
    except MalformedError:
        return None


def _files(chance: Chance, records: Sequence[Record]) -> tuple[bytes, ...]:
    named = {item.values.get("digest") for item in records if item.kind == "attachment"}
    files = [file for file in FILES if hashlib.sha256(file).digest() in named]
    if chance.odd("file left out"):
        files = files[1:]
    if chance.odd("file that none names"):
        files.append(b"a file that no record names")
    files.sort(key=lambda file: hashlib.sha256(file).digest())
    return tuple(files[::-1] if chance.odd("files turned") else files)


def _file(chance: Chance, bundle: Bundle) -> bytes:
    """Return the bundle's bytes, closed as they must be or not."""
    if bundle.version != WITH_PATHS and chance.odd("version of before"):
        bundle = replace(bundle, several=not bundle.several)
        if not bundle.several:
            bundle = replace(bundle, batches=tuple(replace(b, further=()) for b in bundle.batches))
    data = bundle.to_bytes()
    if chance.odd("byte changed"):
        at = chance.randrange(len(data) - 34)
        data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        data = data[:-32] + hashlib.sha256(data[:-34]).digest()
    if chance.odd("closing digest"):
        data = data[:-1] + bytes([data[-1] ^ 1])
    return data
