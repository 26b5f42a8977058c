"""What a ledger node does in a second, and what a statement costs it in a log of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from evidence.leaf import Record
from hil.budgets import floors
from hil.budgets.row import Row
from hil.ledger_load.grow import Cost, grow_postgres, grow_sqlite
from hil.ledger_load.senders import content_of
from hil.ledger_load.serve import Load, Served, serve
from hil.site.postgres import Servers, missing

PER_S = 1_000
CPU_US = 1_000
"""Python runs on one core at a time: what a statement may take of it at `PER_S`."""

GATEWAYS = 64
STATEMENTS = 150
"""Of each gateway: ten seconds at `PER_S`, several checkpoints long."""

WITH_BODIES = 10
"""Bodies cost several times as much, as the node decodes and hashes every record."""

BATCH = 256
SIZES = [10**power for power in range(3, 7)]


def ledger_rows(folder: Path, records: list[Record], largest: int) -> Iterator[Row]:
    """Yield what serving costs on either store, and the table of growth up to `largest`."""
    folder.mkdir()
    sizes = [size for size in SIZES if size <= largest]
    load = Load(GATEWAYS, STATEMENTS)
    yield from _served("SQLite", serve(folder / "sqlite", load))
    content = content_of([record.to_bytes() for record in records[:BATCH]])
    bodies = serve(folder / "bodies", Load(GATEWAYS, WITH_BODIES, content))
    yield Row(
        f"the same with bodies of {content.count} records",
        bodies.per_second,
        None,
        f"CPU {bodies.node_us:.0f} µs of the node a batch",
    )
    yield from _growth("SQLite", grow_sqlite(folder, sizes))
    yield from _on_postgres(folder, load, sizes)


def _on_postgres(folder: Path, load: Load, sizes: list[int]) -> Iterator[Row]:
    if why := missing():
        yield Row("node on PostgreSQL, statements/s, with receipts", None, PER_S, "", why)
        return
    with Servers() as servers:
        served = serve(folder / "postgres", load, servers.url("postgres"))
    yield from _served("PostgreSQL", served)
    with Servers() as servers:
        yield from _growth("PostgreSQL", grow_postgres(servers, sizes))


def _served(store: str, served: Served) -> Iterator[Row]:
    yield Row(
        f"node on {store}, statements/s, with receipts",
        served.per_second,
        PER_S,
        f"{GATEWAYS} gateways; CPU {served.generator_us:.0f} µs a statement for them",
        "all cores count: what else runs here takes its share; see the CPU a statement",
        at_least=True,
    )
    yield Row(
        f"node on {store}, CPU µs a statement",
        served.node_us,
        CPU_US,
        f"one ECDSA check {floors.ecdsa_verify_us():.0f} µs; {served.rss_mb:.0f} MB resident",
    )


def _growth(store: str, costs: Iterator[Cost]) -> Iterator[Row]:
    known = []
    for cost in costs:
        known.append(cost)
        yield Row(
            f"{store}, log of {cost.entries:,}, CPU µs a statement",
            cost.both_us,
            None,
            f"registering {cost.register_us:.0f} µs, proof for the receipt {cost.prove_us:.1f} µs",
        )
    first, last = known[0], known[-1]
    yield Row(
        f"{store}, growth of that cost over log n's",
        last.both_us / first.both_us / (math.log(last.entries) / math.log(first.entries)),
        1,
        f"{last.both_us / first.both_us:.2f} times, from {first.entries:,} to {last.entries:,}",
    )
