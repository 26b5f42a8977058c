"""The real driver behind a noisy line: how many of its positions are wrong and called ok?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from drivers.errors import LinkLost
from drivers.reading import Quality, Reading
from hil.noise import drive
from hil.noise.driven import Talker, readings
from hil.noise.models import Model

RIGHT = 1e-4  # degrees, 11 m: what sentences of one epoch may differ by
SECONDS_OF_BURST = 0.6  # at 9600 baud


@dataclass
class Line(Talker):
    """A port that gives a damaged burst each second, and the time that passes meanwhile."""

    model: Model
    epochs: int
    rng: random.Random
    now: float = 0.0
    pieces: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.pieces = self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        satellites = drive.sky(self.rng)
        for second in range(self.epochs):
            self.now = float(second)
            yield self.model.damage(drive.burst(second, satellites), self.rng)
            self.now = second + SECONDS_OF_BURST
            yield b""

    async def read(self, within: float) -> bytes:
        """Return what came, or nothing in a pause."""
        piece = next(self.pieces, None)
        if piece is None:
            raise LinkLost("the drive is over")
        return piece

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@dataclass(slots=True)
class Tally:
    """What became of the epochs of one model."""

    epochs: int
    right_ok: int = 0
    right_suspect: int = 0
    wrong_suspect: int = 0
    wrong_ok: list[str] = field(default_factory=list)

    @property
    def told(self) -> int:
        """Positions, right or wrong."""
        return self.right_ok + self.right_suspect + self.wrong_suspect + len(self.wrong_ok)


async def tally(model: Model, epochs: int, seed: int) -> Tally:
    """Drive for that many seconds through the noise of `model`."""
    line = Line(model, epochs, random.Random(seed))
    counted = Tally(epochs)
    async for reading in readings(line):
        if reading.fields["lat"] is None:
            continue
        wrong, doubtful = _wrong(reading), reading.quality is not Quality.OK
        counted.right_ok += not wrong and not doubtful
        counted.right_suspect += not wrong and doubtful
        counted.wrong_suspect += bool(wrong) and doubtful
        if wrong and not doubtful:
            counted.wrong_ok.append(wrong)
    return counted


def _wrong(reading: Reading) -> str:
    """Return what is wrong at the moment it is told for, without a date that of its burst."""
    lat, lon = reading.fields["lat"], reading.fields["lon"]
    assert isinstance(lat, float)
    assert isinstance(lon, float)
    second = round(reading.monotonic)
    if reading.utc is not None:
        second = round((reading.utc - drive.BEGAN).total_seconds())
    meant = drive.truth(second)
    if max(abs(lat - meant.lat), abs(lon - meant.lon)) <= RIGHT:
        return ""
    return f"{lat:.5f}°, {lon:.5f}° at {reading.utc}, in truth {meant.lat:.5f}°, {meant.lon:.5f}°"
