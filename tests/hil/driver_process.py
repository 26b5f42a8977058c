"""Run one device's production driver and print its readings and states as JSON lines.

Started by tests as a process of its own, with the shim preloaded: `driver_process.py KIND OPTIONS`.
"""

import asyncio
import json
import sys

from drivers import catalog
from drivers.driver import Host


def line(driver, reading):
    fields = {
        key: value.hex() if isinstance(value, bytes) else value
        for key, value in reading.fields.items()
    }
    head = {"kind": reading.kind, "quality": reading.quality, "state": driver.health.state}
    return json.dumps(head | fields)


async def follow_state(driver):
    shown = None
    while True:
        health = driver.health
        if (health.state, health.detail) != shown:
            shown = (health.state, health.detail)
            text = {"state": health.state, "detail": health.detail, "advice": health.advice}
            print(json.dumps(text), flush=True)
        await asyncio.sleep(0.02)


async def main():
    kind, options = sys.argv[1], json.loads(sys.argv[2])
    host = Host()
    async with catalog.build(kind, "under-test", options, host) as driver:
        states = asyncio.create_task(follow_state(driver))
        try:
            async for reading in driver.readings():
                print(line(driver, reading), flush=True)
        finally:
            states.cancel()
            host.close()


asyncio.run(main())
