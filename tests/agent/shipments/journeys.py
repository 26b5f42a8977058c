"""Journeys for tests: records as a gateway makes them, at seconds of one clock."""

from __future__ import annotations

import itertools

from evidence.leaf import Record

BEGIN = 1_788_220_800_000  # 2026-09-01T00:00:00Z, UTC ms
SECOND, MINUTE = 1000, 60_000


class Journal:
    """A gateway's records in their order; `at` is seconds after the first one of the run."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.boot, self.off = 1, 0.0
        self.bound: int | None = 20
        self._numbers = itertools.count()

    def note(self, at, kind, device="gateway", quality="ok", **values):
        """Put one more record at the end; return its number."""
        monotonic, wall = round((at - self.off) * 1000), BEGIN + round(at * 1000)
        number = next(self._numbers)
        self.records.append(
            Record(
                number,
                device,
                kind,
                self.boot,
                monotonic,
                wall,
                "gnss",
                self.bound,
                quality,
                values,
            )
        )
        return number

    def reboot(self, at):
        """Have the monotonic clock begin anew."""
        self.boot, self.off = self.boot + 1, at

    def shipment(self, at, state="started", name="WB-7", devices=("cargo",), **values):
        """Bind a shipment, or end it."""
        bound = {"devices": ", ".join(devices)} if state == "started" else {}
        return self.note(at, "shipment", state=state, name=name, **bound, **values)

    def aboard(self, at, device="cargo", kinds="temperature", interval=60, **values):
        """Declare a sensor of the shipment."""
        often = {} if interval is None else {"interval_ms": interval * 1000}
        self.note(at, "shipment-sensor", device, shipment="WB-7", kinds=kinds, **often, **values)

    def celsius(self, at, value, device="cargo", quality="ok", **values):
        """A temperature; None where the sensor did not answer."""
        fields = {} if value is None else {"temperature": round(value * 100)}
        quality = "no-answer" if value is None else quality
        self.note(at, "temperature", device, quality, **fields, **values)

    def place(self, at, lat, lon, device="gnss", quality="ok"):
        """A position."""
        self.note(at, "position", device, quality, lat=round(lat * 1e7), lon=round(lon * 1e7))
