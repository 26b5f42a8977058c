"""Does a device say what its driver declared, in kinds and fields that the registry knows?

Where not, the driver and this version's registry disagree: a record of it is kept for ever, and
nobody can tell its unit. So it is marked, and the log says once what was seen.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.config.devices import Device
from agent.records.registry import KINDS
from drivers.reading import Quality, Reading

log = logging.getLogger(__name__)

MOST_TOLD = 64
"""Different faults of one device that the log tells of; names may come from the device."""

SHOWN = 40
"""Characters of a name from a reading that the log shows."""


class Declared:
    """What the driver of one device says that its readings may be; `kinds` are its KINDS."""

    def __init__(self, device: Device, kinds: Sequence[str]) -> None:
        self._device = device
        self.kinds = kinds
        self._fields = {
            name: frozenset(field.name for field in KINDS[name].fields)
            for name in kinds
            if name in KINDS
        }
        self._told: set[str] = set()

    def marked(self, reading: Reading) -> Reading:
        """Return the reading; one of good quality as `suspect` where it is none of those."""
        known = self._fields.get(reading.kind)
        if known is not None and known.issuperset(reading.fields):  # every reading passes here
            return reading
        for fault in self._faults(reading):
            self._tell(fault)
        if reading.quality is not Quality.OK:
            return reading
        return replace(reading, quality=Quality.SUSPECT)

    def _faults(self, reading: Reading) -> Iterator[str]:
        """Yield all that was not declared, or is not known."""
        said = f"a reading of kind {reading.kind[:SHOWN]!r}"
        if reading.kind not in KINDS:
            yield f"{said}, which this version does not know"
            return
        if reading.kind not in self.kinds:
            yield f"{said}, which its driver does not declare"
        for name in reading.fields:
            if KINDS[reading.kind].field(name) is None:
                yield f"a field {name[:SHOWN]!r} in {said}, which this version does not know"

    def _tell(self, fault: str) -> None:
        if fault in self._told or len(self._told) >= MOST_TOLD:
            return
        self._told.add(fault)
        log.error(
            "%s: %s: kept as it came, and marked suspect. The driver %s and the registry of record "
            "kinds disagree, a mistake of this program: please report it with this line",
            self._device.name,
            fault,
            self._device.kind,
        )
