"""The moment at which the fed agent takes its first reading, as it says itself.

What the process spent before is its start, and no part of what a reading costs.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

BEGUN = "begun.json"
"""The file, beside the gateway's configuration."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Monotonic seconds, and the CPU seconds of all threads until then."""

    at: float
    cpu_s: float

    @classmethod
    def now(cls) -> Self:
        """Return this process's own."""
        return cls(time.monotonic(), time.process_time())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return what another process wrote; ValueError or OSError while it has not."""
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Put the file in its place at once."""
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)
