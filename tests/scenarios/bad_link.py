"""The real agent on a link that crawls at 2 kB/s, and on one that goes half open in mid-run.

`python -m tests.scenarios.bad_link` takes two to three minutes: the time for an answer is what
it is in the field.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.scenarios.outage import check, field

CRAWL_BYTES_PER_S = 2_000
LATENCY_S = 0.3
READINGS_PER_S = 20
COLLECTED = 1_000
MUTE_S = 30.0


def crawl(folder: Path) -> float:
    """Drain readings over a crawling link; return how long that took."""
    with field(
        folder,
        rate=READINGS_PER_S,
        seal_records=256,
        bytes_per_s=CRAWL_BYTES_PER_S,
        latency=LATENCY_S,
    ) as world:
        world.link.cut()
        world.start_agent()
        world.until("there is a backlog", lambda journal: journal["records"] >= COLLECTED)
        world.stop_reading()
        started = time.monotonic()
        world.link.heal()
        world.delivered()
        check(world, runs=1)
        return time.monotonic() - started


def half_open(folder: Path) -> float:
    """Let the link swallow everything for a while; return how long recovery took after it."""
    with field(folder, rate=READINGS_PER_S) as world:
        world.start_agent()
        world.until("readings are online", lambda journal: journal["confirmed_upto"] > 100)
        world.link.swallow()
        time.sleep(MUTE_S)
        state = world.gateway.status()["nodes"][0]["state"]
        assert state != "ok", "a link that is dead for so long is still believed"
        world.link.heal()
        healed, known = time.monotonic(), world.gateway.status()["journal"]["confirmed_upto"]
        world.until("it goes on", lambda journal: journal["confirmed_upto"] > known)
        took = time.monotonic() - healed
        world.stop_reading()
        world.delivered()
        check(world, runs=1)
        return took


def main() -> int:
    """Run both and print what was measured."""
    for name, scenario in (("crawling", crawl), ("half open", half_open)):
        with tempfile.TemporaryDirectory() as folder:
            seconds = scenario(Path(folder))
        print(f"{name} link: 0 lost, 0 twice, in order; caught up {seconds:.1f} s after its return")
    return 0


if __name__ == "__main__":
    sys.exit(main())
