"""Many reads of UHF tags become one reading of each tag and antenna in a report interval."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.gs1.epc import EpcError, decode
from drivers.gs1.pc_word import PcWord
from drivers.reading import FieldValue, Quality, Reading

MILLISECONDS = 1000.0  # in a second
FIELDS = ("epc", "uri", "pc", "antenna", "rssi", "count", "first_seen")
MOST = 20_000  # tags, antennas and damaged reads; a field of view has some hundred


@dataclass(frozen=True, slots=True)
class Heard:
    """A tag as a module heard it `count` times; `rssi` in dBm, `intact` is what its CRC says.

    `rssi` and `antenna` are None where the module does not tell them.
    """

    pc: int
    epc: bytes
    rssi: int | None
    antenna: int | None
    intact: bool
    count: int = 1


@dataclass(slots=True)
class Sighting:
    """All reads of one tag at one antenna in one interval; times are monotonic seconds."""

    heard: Heard
    first: float
    last: float
    rssi: int | None
    count: int


class Sightings:
    """What the device `name` saw since its last report."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[tuple[bytes, bool, int | None], Sighting] = {}

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def full(self) -> bool:
        """Whether what is here should be reported before its time."""
        return len(self._seen) >= MOST

    def clear(self) -> None:
        """Forget all."""
        self._seen.clear()

    def add(self, heard: Heard, now: float) -> None:
        """Note what was heard at `now`."""
        key = heard.epc, heard.intact, heard.antenna
        known = self._seen.get(key)
        if known is None:
            self._seen[key] = Sighting(heard, now, now, heard.rssi, heard.count)
            return
        known.last = now
        known.rssi = _stronger(known.rssi, heard.rssi)
        known.count += heard.count

    def report(self) -> list[Reading]:
        """Return a reading of each tag, and forget it."""
        readings = [self._reading(sighting) for sighting in self._seen.values()]
        self._seen.clear()
        return readings

    def nothing(self, now: float) -> Reading:
        """Return the reading that says no tag was there."""
        return Reading(self._name, "tag", dict.fromkeys(FIELDS), now, Quality.NO_ANSWER)

    def _reading(self, sighting: Sighting) -> Reading:
        heard = sighting.heard
        fields: dict[str, FieldValue] = {
            "epc": heard.epc.hex().upper(),
            "uri": _uri(heard),
            "pc": heard.pc,
            "antenna": heard.antenna,
            "rssi": sighting.rssi,
            "count": sighting.count,
            "first_seen": (sighting.last - sighting.first) * MILLISECONDS,
        }
        quality = Quality.OK if heard.intact else Quality.CORRUPT
        if heard.intact and not heard.epc:  # a tag that was never given one, or none at all
            fields["epc_bits"], quality = 0, Quality.SUSPECT
        return Reading(self._name, "tag", fields, sighting.last, quality)


def _stronger(one: int | None, other: int | None) -> int | None:
    return max((rssi for rssi in (one, other) if rssi is not None), default=None)


def _uri(heard: Heard) -> str | None:
    if not heard.intact or not PcWord(heard.pc).is_gs1:
        return None
    try:
        return decode(heard.epc).uri
    except EpcError:
        return None
