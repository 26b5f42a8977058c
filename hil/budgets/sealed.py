"""What a signed batch costs: processor time, bytes, and joules by a factor that is named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch
from agent.journal.journal import SealedBatch
from agent.signing.file_key import FileKey
from evidence.leaf import Record
from hil.budgets import floors
from hil.budgets.row import Row

BATCH = 256
ROUNDS = 15
ISSUER = "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007"
EPOCH = bytes(range(16))

ZERO_2_WATTS = 0.350 * 5.0
"""What a bare Raspberry Pi Zero 2 W draws while it works, by Raspberry Pi's table of supplies."""

CPU_HASHES = 14_000
STATEMENT_BYTES = 512


@dataclass(frozen=True, slots=True)
class Sealed:
    """One batch, and the processor time that hashing, packing and signing it took."""

    cpu_s: float
    batch: SealedBatch


def seal(records: list[Record]) -> Sealed:
    """Seal one batch as the agent does, but for the disk."""
    author = Author(ISSUER, EPOCH, FileKey(ec.generate_private_key(ec.SECP256R1())))
    leaves = [record.to_bytes() for record in records]
    began = time.thread_time()
    batch = build_batch(
        author, Place(0, 0, None), leaves, bytes(32), 0, urgent=False, parsed=records
    )
    return Sealed(time.thread_time() - began, batch)


def sealed_rows(records: list[Record]) -> Iterator[Row]:
    """Yield what a signed batch of BATCH records costs."""
    rounds = [seal(records[:BATCH]) for _ in range(ROUNDS)]
    hash_us = floors.hash_us()
    cpu_us = sorted(each.cpu_s * 1e6 for each in rounds)[ROUNDS // 2]
    yield Row.of(
        "CPU of a signed batch, in SHA-256 of 65 bytes",
        [each.cpu_s * 1e6 / hash_us for each in rounds],
        CPU_HASHES,
        f"{cpu_us / 1000:.1f} ms; {BATCH} records, two hashes each, and one signature",
    )
    batch = rounds[0].batch
    yield Row(
        "bytes of a signed batch's statement",
        len(batch.statement),
        STATEMENT_BYTES,
        f"its body {len(batch.body)}",
    )
    yield Row.of(
        "millijoules of a signed batch, at 1.75 W",
        [1000 * each.cpu_s * ZERO_2_WATTS for each in rounds],
        None,
        "by this machine's CPU and a Zero 2 W's draw, all of it on one core's account; by its own"
        " CPU `tallyman metrics` tells ([metrics] watts)",
    )
