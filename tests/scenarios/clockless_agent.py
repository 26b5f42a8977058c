"""`tallyman run` on a machine that came up in 1970: `python -m tests.scenarios.clockless_agent CONFIG`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from agent.assembly import late_loop
from agent.assembly.run import run
from agent.assembly.world import World
from agent.cli.run import arm_last_exit
from agent.config.settings import load
from drivers import catalog


class Clockless:
    """No battery, no network: the wall clock began with this boot."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall_offset_ms(self) -> int:
        return 0

    def ntp_bound_ms(self) -> int | None:
        return None

    def has_rtc(self) -> bool:
        return False


if __name__ == "__main__":
    config = load(Path(sys.argv[1]), catalog)
    world = World(catalog=catalog, clock=Clockless())
    sys.exit(late_loop.run(run(config, world, arm_last_exit)) is not None)
