"""The log holds a root a batch, not readings; each reading is still provable by itself (row S24)."""

from __future__ import annotations

import random

from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing.file_key import FileKey
from evidence.bundle import Bundle
from evidence.checkpoint import parse_checkpoint
from evidence.disclose import show_some
from evidence.report import Outcome
from evidence.verify import verify_bundle
from tests.agent.log_world import LogWorld, record

PER_BATCH = 256
BATCHES = 8
MILLION_A_DAY = 1_000_000
ROOTS_A_DAY = 4_000
"""What a log is promised to get at most for a million readings."""

SAMPLE = 12
PROOF_BYTES = 2_400  # design: one QR code


def test_a_million_readings_are_some_thousand_roots_and_each_is_provable():
    world = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    for seq in range(BATCHES):
        first = seq * PER_BATCH
        world.seal([record(first + index) for index in range(PER_BATCH)])
    assert len(world.entries) - 1 == BATCHES, "one entry a batch"
    assert -(-MILLION_A_DAY // PER_BATCH) <= ROOTS_A_DAY

    note = world.policy.minimal(parse_checkpoint(world.note())).to_bytes()
    for number in random.Random(24).sample(range(BATCHES * PER_BATCH), SAMPLE):
        batch = world.batches[number // PER_BATCH]
        receipt = world.receipt(batch.seq)
        shown = show_some(
            batch.statement, batch.body, receipt, 0, {record(number).to_bytes()}.__contains__
        )
        data = Bundle(world.policy.digest, (note,), (shown,), ()).to_bytes()
        report = verify_bundle(data, world.policy)
        assert report.outcome is Outcome.AUTHENTIC, report.findings
        assert [item.number for item in report.records] == [number]
        assert report.hidden == PER_BATCH - 1
        assert len(data) < PROOF_BYTES
