"""What a reading costs as fast as readings are taken: wire, CPU, readings/s, memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from evidence.body import encode_body
from evidence.leaf import Record
from hil.budgets import floors
from hil.budgets.pipeline import run_feed, run_slope
from hil.budgets.row import Row

LONG = 10
"""The long feed in short ones. A ledger makes a checkpoint a second, so both ends are blurred by a
second: the slope needs ten or more between them."""

CPU_HASHES = 115
RSS_MB = 44
SHORT_DAY = 2_048
"""Memory is measured with as few readings as make the agent busy."""

WIRE_SHARES = {
    256: "body 4.9, statement 1.2, ZeroMQ and CURVE 0.7, TCP/IP 0.5, envelopes 0.2",
    1024: "body 4.1, statement 0.3, ZeroMQ, CURVE and envelopes 0.3, TCP/IP 0.3",
}
"""What the bytes of a reading are, by the records of a batch."""


def day_rows(records: list[Record], rounds: int, folder: Path) -> Iterator[Row]:
    """Yield what a reading costs as fast as readings are taken: wire, CPU, readings/s, memory."""
    one, two = len(records), LONG * len(records)
    slopes = [run_slope(folder / "day", one, two, 256) for _ in range(rounds)]
    large = run_slope(folder / "day", one, two, 1024)
    for size, budget, of in ((256, 5.5, slopes), (1024, 4.5, [large])):
        yield Row.of(
            f"wire bytes up per reading, batches of {size}",
            [slope.wire_bytes for slope in of],
            budget,
            f"body alone, seed included: {body_bytes(records, size):.2f}",
            WIRE_SHARES[size],
        )
    yield Row.of(
        "CPU per reading, in SHA-256 of 65 bytes",
        [slope.cpu_hashes for slope in slopes],
        CPU_HASHES,
        f"{median(slope.cpu_us for slope in slopes):.1f} µs;"
        f" the hash {median(slope.long.hash_us for slope in slopes):.2f} µs in the same seconds",
        "pure Python; the read-back that guards the ring's only copy is a fifth of it",
    )
    yield Row.of(
        "readings/s, durable, signed, confirmed",
        [slope.per_s for slope in slopes],
        None,
        f"between {one} and {two} readings; two cores carry the ledger's nodes, too;"
        " beside other gateways: make bench-peers",
    )
    yield Row.of(
        "seconds that a feed takes whatever its length",
        [slope.fixed_s for slope in slopes],
        None,
        "the first acceptance, and the checkpoint behind the last batch",
    )
    few = min(SHORT_DAY, len(records))
    yield Row.of(
        "resident memory of a busy agent, MB",
        [run_feed(folder / "day", few, 256, held=False).rss_mb for _ in range(rounds)],
        RSS_MB,
        f"a bare Python {floors.bare_rss_mb():.0f}",
        f"after {few} readings as fast as they are taken, with the bench's own modules",
    )


def body_bytes(records: list[Record], size: int) -> float:
    """Return the bytes of a body for each of its records, the mean over whole batches."""
    encoded = [record.to_bytes() for record in records]
    starts = range(0, len(records) - size + 1, size)
    bodies = [encode_body(bytes(32), encoded[at : at + size]) for at in starts]
    return sum(map(len, bodies)) / max(1, len(bodies) * size)
