"""Power cuts that drop what was not flushed, also in the boot after a cut, as brown-outs do."""

from __future__ import annotations

import time

from hil.boot.drill_bench import DrillBench, Figures, nothing_lost
from hil.boot.patience import patient

CUT_AFTER_S = (1.0, 10.0)
"""A cut falls somewhere in this time after a boot's first confirmed record, …"""

CUT_IN_BOOT_S = (2.0, 40.0)
"""… and the next one in this time after power on: before the kernel, in the boot, in the agent."""


def cut(bench: DrillBench) -> Figures:
    """Cut the power in pairs; whatever was shown before must be there after each pair."""
    gateway, rng = bench.gateway, bench.rng
    for first in range(1, bench.cuts + 1, 2):
        time.sleep(rng.uniform(*CUT_AFTER_S))
        with nothing_lost(gateway) as made:
            dropped, last = gateway.power_cut(), first
            if first < bench.cuts:
                gateway.switch_on()
                time.sleep(patient(rng.uniform(*CUT_IN_BOOT_S)))
                dropped, last = dropped + gateway.power_cut(), first + 1
            start = time.monotonic()
            gateway.power_on()
            gateway.await_confirmed(made)
            took = time.monotonic() - start
        yield f"power cuts to number {last}, {dropped} writes dropped or torn", took
