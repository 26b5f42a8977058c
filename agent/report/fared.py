"""What the devices of a file told in all: the sums of shipments, over every device. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.shipments.doors import Door
from agent.shipments.leg_fold import LegFold
from agent.shipments.measured import Measured
from agent.shipments.placed import Placed
from agent.shipments.route import Travelled
from agent.shipments.voices import Voices
from drivers.kinds import KINDS
from evidence.kinds import GAP_KIND


@dataclass(frozen=True, slots=True)
class Sums:
    """What each device measured, how far each receiver went, how each door stood."""

    measured: Sequence[Measured]
    travelled: Sequence[Travelled]
    doors: Sequence[Door]


def sums_of(records: Sequence[Placed], voices: Voices) -> Sums:
    """Return the sums over all records, at least one, from the first to the last."""
    devices = frozenset(each.record.device for each in records)
    fold, end = LegFold(records[0].at, voices, devices), records[-1].at
    for each in records:
        if each.off_since is not None:
            fold.stop(each.off_since, bridged=each.bridged)
        if each.record.kind == GAP_KIND:
            fold.silence(each.record.device, each.at)
        fold.take(each.record, each.at)
    measured = []
    for key, series in sorted(fold.series.items()):
        of = KINDS[key.kind].field(key.field)
        assert of is not None, "only known fields are measured"
        interval, declared = voices.interval(key.device, key.kind), key.device in voices.declared
        measured.append(series.finish(end).told(key.device, of, interval, declared=declared))
    return Sums(
        measured,
        [route.finish(end) for _, route in sorted(fold.routes.items())],
        [watch.finish(end) for watch in fold.doors.values()],
    )
