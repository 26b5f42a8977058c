"""An emulated GNSS receiver: plays a capture, or drives a route, in NMEA 0183 on a pty."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hil.emulators.serial.device import SerialDevice
from hil.emulators.serial.gnss_route import (
    EARTH_RADIUS,
    Motion,
    Waypoint,
    motion,
    waypoints,
)
from hil.emulators.serial.nmea_encoder import Satellite, epoch
from hil.emulators.serial.pty_port import PtyPort, Unplugged

DEGREES_PER_METRE = 57.29577951308232 / EARTH_RADIUS
FULL_SPEED_PATIENCE = 10.0  # s to wait for a slow driver when a capture is played at full speed
SKY = 9  # satellites in view
HDOP = 0.9

Now = Callable[[], datetime]


def system_now() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)


def bursts(capture: bytes) -> list[bytes]:
    """Cut a capture into bursts: one begins where the first sentence's type comes again.

    Comment lines (`#`) of a capture are left out.
    """
    lines = [line for line in capture.splitlines(keepends=True) if not line.startswith(b"#")]
    found: list[bytes] = []
    first = lines[0].partition(b",")[0] if lines else b""
    before = b""
    for line in lines:
        formatter = line.partition(b",")[0]
        if not found or (formatter == first and before != first):
            found.append(b"")
        found[-1] += line
        before = formatter
    return found


class GnssReceiver(SerialDevice):
    """A GNSS receiver that plays a capture or drives a route.

    With `capture` (a file) it sends that file's bursts at `rate` per second, 0 being as fast as
    they are taken, and begins anew at the end if `repeat`. With `route` (a CSV or TOML file, or
    tables, of `at` in seconds, `lat`, `lon` and perhaps `altitude` and `fix`) it drives it at
    `pace` seconds of route per second and stamps the sentences with the present time, or from
    `start` (ISO 8601) on. `noise` is the standard deviation of the position in metres, drawn from
    `seed`.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        baudrate: int = 9600,
        capture: str | Path | None = None,
        repeat: bool = False,
        route: str | Path | Sequence[Mapping[str, Any]] | None = None,
        rate: float = 1.0,
        pace: float = 1.0,
        start: str | datetime | None = None,
        noise: float = 0.0,
        seed: int = 0,
        now: Now = system_now,
    ) -> None:
        if (capture is None) == (route is None):
            raise ValueError("a GNSS receiver needs either a capture or a route")
        super().__init__(PtyPort(link, baudrate, 0.0 if rate else FULL_SPEED_PATIENCE))
        self._bursts = bursts(Path(capture).read_bytes()) if capture is not None else []
        self._repeat = repeat
        self._points: tuple[Waypoint, ...] = waypoints(route) if route is not None else ()
        self._period = 1.0 / rate if rate else 0.0
        self._pace = pace
        self._start = _moment(start) if isinstance(start, str) else start
        self._noise = noise
        self._rng = random.Random(seed)
        self._sky = [self._satellite() for _ in range(SKY)]
        self._now = now
        self.sent = 0  # bursts

    async def live(self) -> None:
        """Send; a capture without `repeat` ends in silence, and no pulled plug stops the time."""
        await self._send_all()
        await asyncio.Event().wait()

    async def _send_all(self) -> None:
        began = time.monotonic()
        for number, burst in enumerate(self._stream(began)):
            await self._send(burst)
            if self._period:
                due = began + (number + 1) * self._period
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _send(self, burst: bytes) -> None:
        try:
            await self.port.write(burst)
            self.sent += 1
        except Unplugged:
            if not self._period:
                await self.port.wait_plugged()

    def _stream(self, began: float) -> Iterator[bytes]:
        if self._points:
            while True:
                yield self._burst(time.monotonic() - began)
        yield from self._bursts
        while self._repeat and self._bursts:
            yield from self._bursts

    def _burst(self, elapsed: float) -> bytes:
        truth = motion(self._points, elapsed * self._pace)
        stamp = self._now() if self._start is None else self._start + timedelta(seconds=elapsed)
        return b"".join(epoch(stamp, self._measured(truth), self._sky, HDOP))

    def _measured(self, truth: Motion) -> Motion:
        if not self._noise:
            return truth
        north, east = (self._rng.gauss(0.0, self._noise) * DEGREES_PER_METRE for _ in range(2))
        return replace(truth, lat=truth.lat + north, lon=truth.lon + east)

    def _satellite(self) -> Satellite:
        """Draw one; two of the same number do no harm to a listener."""
        return Satellite(
            number=self._rng.randint(1, 32),
            elevation=self._rng.randint(5, 85),
            azimuth=self._rng.randint(0, 359),
            strength=self._rng.randint(20, 45),
        )


def _moment(start: str) -> datetime:
    try:
        return datetime.fromisoformat(start)
    except ValueError:
        raise ValueError(f"start is a time of ISO 8601, not {start!r}") from None
