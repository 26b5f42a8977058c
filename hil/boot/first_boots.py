"""Cards that were never on: with a clock that stands at the image's epoch, and in a Pi 3."""

from __future__ import annotations

import json
import time

from hil.boot.boards import RASPI3B, SENSOR
from hil.boot.drill_bench import DrillBench, DrillFailed, Figures
from hil.boot.gateway import Gateway
from hil.boot.patience import patient

RTC_1970 = ("-rtc", "base=1970-01-01T00:00:00")
DAY_S = 86_400
FREEZING_MC = -18_500
"""What the sensor is made to measure, in m°C; a multiple of the chip's 0.0625 °C."""

RECORD_TIMEOUT_S = 120.0
CONFIRM_ON_PI_TIMEOUT_S = 900.0


def clock_stands(bench: DrillBench) -> Figures:
    """Boot a blank card without a clock: it enrols, and its records say that nobody vouches."""
    with bench.blank("card-1970") as gateway:
        start = time.monotonic()
        gateway.power_on(RTC_1970)
        gateway.await_confirmed(0)
        took = time.monotonic() - start
        behind = time.clock_gettime(time.CLOCK_REALTIME) - int(
            gateway.console.run("date +%s").output
        )
        if behind < DAY_S:
            raise DrillFailed(f"the guest's clock is only {behind:.0f} s behind: nothing was tried")
        yield f"clock {behind / DAY_S:.0f} days behind: power on to a confirmed record", took


def on_a_pi(bench: DrillBench) -> Figures:
    """Boot a blank card on `raspi3b`: an I2C sensor on the Pi's own bus, and no clock at all."""
    with bench.blank("card-pi", RASPI3B) as gateway:
        start = time.monotonic()
        yield "raspi3b: power on to a shell", gateway.power_on()
        gateway.await_confirmed(0, CONFIRM_ON_PI_TIMEOUT_S)
        yield "raspi3b: power on to enrolled, first record confirmed", time.monotonic() - start
        gateway.await_devices()
        path = f"/machine/peripheral/{SENSOR}"
        gateway.machine.qmp.command("qom-set", path=path, property="temperature", value=FREEZING_MC)
        yield "raspi3b: -18.5 °C on /dev/i2c-1 to its confirmed record", _await_freezing(gateway)


def _await_freezing(gateway: Gateway) -> float:
    """Return the seconds until the journal's newest temperature is what the sensor was set to."""
    start = time.monotonic()
    since = gateway.records()
    while time.monotonic() - start < patient(RECORD_TIMEOUT_S):
        for number, line in gateway.shown(since).items():
            since = number + 1
            record = json.loads(line)
            if record["device"] == "board" and f"{FREEZING_MC / 1000:g}" in line:
                gateway.await_confirmed(number, CONFIRM_ON_PI_TIMEOUT_S)
                return time.monotonic() - start
        time.sleep(1)
    raise DrillFailed("no record has what the sensor on /dev/i2c-1 measures")
