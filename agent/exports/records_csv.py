"""Records → CSV: a row for each record, a column for each field that occurs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.exports.left_out import HIDDEN, LeftOut
from agent.exports.shown import Batch, is_timed
from agent.records.convert import iso, natural
from agent.records.registry import kind_of
from evidence.leaf import Record
from foundation.table import table

HEAD = (
    "gateway", "epoch", "number", "time", "clock", "clock_bound_ms", "boot", "monotonic_ms",
    "device", "kind", "quality", "batch",
)  # fmt: skip
"""Columns of every record; `time` is empty where no clock vouched for it."""


def records_csv(batches: Sequence[Batch], left: LeftOut) -> bytes:
    """Return the table of all records that are shown; count the hidden ones in `left`."""
    rows = [row for batch in batches for row in _rows(batch, left)]
    fields = dict.fromkeys(name for row in rows for name in row if name not in HEAD)
    return table((*HEAD, *fields), rows)


def _rows(batch: Batch, left: LeftOut) -> Iterator[dict[str, object]]:
    left.add(HIDDEN, batch.hidden)
    for record in batch.records:
        yield _head(batch, record) | _fields(record)


def _head(batch: Batch, record: Record) -> dict[str, object]:
    return {
        "gateway": batch.gateway,
        "epoch": batch.epoch.hex(),
        "number": record.number,
        "time": iso(record.wall_ms) if is_timed(record) else "",
        "clock": record.clock_source,
        "clock_bound_ms": "" if record.clock_bound_ms is None else record.clock_bound_ms,
        "boot": record.boot,
        "monotonic_ms": record.monotonic_ms,
        "device": record.device,
        "kind": record.kind,
        "quality": record.quality,
        "batch": batch.raw_data,
    }


def _fields(record: Record) -> dict[str, object]:
    kind = kind_of(record.kind)
    row: dict[str, object] = {}
    for name, value in natural(record).items():
        field = kind.field(name)
        unit = f" [{field.unit}]" if field is not None and field.unit else ""
        row[f"{'field ' if name in HEAD else ''}{name}{unit}"] = value
    return row
