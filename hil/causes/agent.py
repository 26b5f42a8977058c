"""`tallyman run` on a machine with a made-up /sys and a clock whose keeper is made up.

`python -m hil.causes.agent CONFIG`; $SYS is the folder, $NTP a file with the clock's bound in ms.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agent.assembly import late_loop
from agent.assembly.run import run
from agent.assembly.world import World
from agent.cli.main import report
from agent.cli.run import arm_last_exit, configure_log
from agent.clock.kernel import KernelClock
from agent.config.settings import load
from agent.desks.last_state import say_last_words
from drivers import catalog
from foundation.errors import AgentError


class KeptClock(KernelClock):
    """The machine's clock, kept by whoever wrote its bound into a file."""

    def __init__(self, bound: Path) -> None:
        super().__init__()
        self._bound = bound

    def ntp_bound_ms(self) -> int | None:
        """Return what the file says, None where there is none."""
        return _number(self._bound)

    def wall_offset_ms(self) -> int:
        """Return the machine's own, moved by what `offset` beside the bound says."""
        return super().wall_offset_ms() + (_number(self._bound.with_name("offset")) or 0)

    def has_rtc(self) -> bool:
        """Tell of no battery: the machine of a rig has none."""
        return False


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None


def main() -> int:
    """Run until stopped; return the exit code."""
    configure_log(verbose=False)
    config = load(Path(sys.argv[1]), catalog)
    clock = KeptClock(Path(os.environ["NTP"]))
    world = World(catalog=catalog, clock=clock, sys=Path(os.environ["SYS"]))
    try:
        failure = late_loop.run(run(config, world, arm_last_exit))
    except AgentError as error:
        failure = error
    if failure is None:
        return 0
    say_last_words(config.gateway.control, failure)
    return report(failure)


if __name__ == "__main__":
    sys.exit(main())
