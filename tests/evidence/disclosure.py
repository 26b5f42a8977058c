"""Bundles that show a part, with attached files: honest ones and changed ones.

    python -m tests.evidence.disclosure > tests/evidence/disclosure.json

makes the published vectors anew.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from evidence.bundle import Bundle
from evidence.encrypt import SealedFile, key_id, seal
from tests.evidence.building import World, record, records, seeded

FILE = b"certificate 4711\n"
ANNA = X25519PrivateKey.from_private_bytes(seeded("anna"))
BRUNO_NUMBER = int.from_bytes(seeded("bruno"), "big") >> 8
BRUNO = ec.derive_private_key(BRUNO_NUMBER, ec.SECP256R1())


def sealed_file() -> SealedFile:
    """A file sealed to both, the same in every run."""
    calls = itertools.count()

    def bytes_of(count: int) -> bytes:
        return hashlib.shake_256(next(calls).to_bytes(4, "big")).digest(count)

    return seal(FILE, [ANNA.public_key(), BRUNO.public_key()], bytes_of)


def world_of_parts() -> tuple[World, Bundle]:
    """Four batches: one whole, one with 3 of 9 records, one hidden, one with an attachment."""
    world = World()
    world.seal(records(0, 2))
    world.seal(records(2, 9, gap_at=5))
    world.seal(records(11, 3))
    values = {
        "name": "4711.pdf",
        "type": "calibration",
        "digest": hashlib.sha256(FILE).digest(),
        "bytes": len(FILE),
        "envelope": world.envelope(FILE),
    }
    world.seal([record(14), record(15, kind="attachment", values=values), record(16)])
    first, second, third, fourth = world.sealed
    batches = (
        world.bundled(first),
        world.in_part(second, (0, 3, 4)),
        world.in_part(third, ()),
        world.in_part(fourth, (1,)),
    )
    return world, replace(world.bundle(batches), attachments=(FILE,))


def cases() -> Iterator[tuple[str, str, bytes, int]]:
    """Yield name, policy, bundle and exit code."""
    world, bundle = world_of_parts()
    text = world.policy_text()
    part = bundle.batches[1]
    assert part.proof is not None

    def changed(**changes: object) -> bytes:
        batches = list(bundle.batches)
        batches[1] = replace(part, **changes)  # type: ignore[arg-type]  # real fields
        return replace(bundle, batches=tuple(batches)).to_bytes()

    yield "a whole batch, a part, a hidden one, a file", text, bundle.to_bytes(), 0
    yield "without the file", text, replace(bundle, attachments=()).to_bytes(), 0
    yield "another file", text, replace(bundle, attachments=(b"4712",)).to_bytes(), 1
    yield "a file too many", text, replace(bundle, attachments=two(FILE, b"4712")).to_bytes(), 1
    backwards = replace(bundle, attachments=two(FILE, b"4712")[::-1]).to_bytes()
    yield "files out of order", text, backwards, 4
    yield "a proof too short", text, changed(proof=part.proof[:-1]), 1
    yield "a proof too long", text, changed(proof=(*part.proof, bytes(32))), 1
    yield "a proof backwards", text, changed(proof=part.proof[::-1]), 1
    yield "an empty proof", text, changed(proof=()), 4
    yield "a proof of nothing", text, changed(disclosed=()), 4
    moved = (*part.disclosed[:2], replace(part.disclosed[2], index=5))
    yield "a record in another place", text, changed(disclosed=moved), 1
    beyond = (*part.disclosed[:2], replace(part.disclosed[2], index=9))
    yield "a record beyond the batch", text, changed(disclosed=beyond), 1


def two(*files: bytes) -> tuple[bytes, ...]:
    """Return files in a bundle's order."""
    return tuple(sorted(files, key=lambda file: hashlib.sha256(file).digest()))


def main() -> None:
    """Print the vectors."""
    shown = [
        {"name": name, "policy": policy, "bundle": bundle.hex(), "exit": code}
        for name, policy, bundle, code in cases()
    ]
    sealed = sealed_file()
    recipients = [
        {
            "curve": "X25519",
            "private": seeded("anna").hex(),
            "kid": key_id(ANNA.public_key()).hex(),
        },
        {
            "curve": "P-256",
            "private": BRUNO_NUMBER.to_bytes(32, "big").hex(),
            "kid": key_id(BRUNO.public_key()).hex(),
        },
    ]
    vector = {
        "file": FILE.hex(),
        "sealed": sealed.data.hex(),
        "commitment": sealed.commitment.hex(),
    }
    json.dump(
        {"bundles": shown, "sealed": vector | {"recipients": recipients}}, sys.stdout, indent=1
    )
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
