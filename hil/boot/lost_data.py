"""A data partition that is not there: the gateway says so, keeps its identity, and comes back."""

from __future__ import annotations

import time

from hil.boot.drill_bench import DrillBench, DrillFailed, Figures, nothing_lost

DEGRADED_TIMEOUT_S = 300.0
PARTITION, DISK = 3, "/dev/vda"
DEGRADED = (
    "systemctl is-active -q tallyman-degraded && journalctl -u tallyman-degraded | grep DEGRADED"
)


def data_missing(bench: DrillBench) -> Figures:
    """Boot without the third partition; bring it back while the gateway waits for it."""
    gateway = bench.gateway
    with nothing_lost(gateway) as made:
        gateway.power_cut()
        entry = gateway.card.remove_partition(PARTITION)
        start = time.monotonic()
        gateway.power_on()
        gateway.console.await_true(DEGRADED, DEGRADED_TIMEOUT_S)
        yield (
            "data partition missing: power on to DEGRADED on the console",
            time.monotonic() - start,
        )
        if gateway.console.run("systemctl is-active tallyman.service").status == 0:
            raise DrillFailed("the agent runs without its data partition")
        start = time.monotonic()
        done = gateway.console.run(
            f"echo '{entry}' | sfdisk -q --append --no-reread --no-tell-kernel {DISK}; "
            f"partx --add --nr {PARTITION} {DISK}"
        )
        if done.status != 0:
            raise DrillFailed(f"the partition did not come back: {done.output}")
        gateway.await_confirmed(made)
        gateway.await_devices()
        yield "data partition is back: to every device read", time.monotonic() - start
