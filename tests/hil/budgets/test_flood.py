"""What `make bench` runs for ten minutes: reads of an LLRP reader to durable tag states."""

from __future__ import annotations

from hil.budgets.flood import CARRIED, SETTLE, TAGS, flood

SECONDS = 60


async def test_no_state_change_is_missed_or_invented_from_bytes_to_records(tmp_path):
    found = await flood(tmp_path, SECONDS)
    print(
        f"{found.reads} reads in {SECONDS} s: {found.records} records of "
        f"{found.record_bytes} bytes, {100 * max(found.cpu):.1f} % of this core at most, "
        f"grown by {found.grown_bytes / 1000:.0f} kB"
    )
    assert found.reads > 300 * (SECONDS - SETTLE)
    assert found.changes == 2 * (TAGS + TAGS // CARRIED)
    assert (found.missed, found.invented) == (0, 0)
    assert found.records == found.changes  # and no read is a record
    assert found.grown_bytes < 2_000_000
