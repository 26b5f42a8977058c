"""Power cuts that drop what was not flushed, each followed by an ordinary boot."""

from __future__ import annotations

import time

from hil.boot.ground import Figures, Ground, nothing_lost

CUT_AFTER_S = (1.0, 10.0)
"""A cut falls somewhere in this time after a boot's first confirmed record."""


def cut(ground: Ground) -> Figures:
    """Cut the power again and again; whatever was shown before must be there after each."""
    gateway = ground.gateway
    for number in range(1, ground.cuts + 1):
        time.sleep(ground.rng.uniform(*CUT_AFTER_S))
        with nothing_lost(gateway) as made:
            dropped = gateway.power_cut()
            start = time.monotonic()
            gateway.power_on()
            gateway.await_confirmed(made)
            took = time.monotonic() - start
        yield f"power cut {number}, {dropped} writes dropped or torn, none shown lost", took
