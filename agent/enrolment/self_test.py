"""Reading every configured device once: does what was plugged in answer?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from agent.config.devices import Catalog, Device
from agent.config.settings import Config
from agent.desks.control_client import NotRunning, Refused, ask_one
from drivers.driver import Host
from drivers.errors import DriverError
from foundation.options import OptionError

AT_ONCE = 8
"""Devices that are asked at a time."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one device did: `fault` is empty when it answered."""

    device: str
    kind: str
    fault: str = ""
    advice: str = ""


def self_test(config: Config, catalog: Catalog) -> Sequence[Result]:
    """Read each device once, through the agent while it runs, else directly; takes 15 s at most."""
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda device: _through_agent(config, device), config.devices))
    except NotRunning:
        return asyncio.run(_directly(config, catalog))


def _through_agent(config: Config, device: Device) -> Result:
    try:
        ask_one(config.gateway.control, {"verb": "read", "device": device.name})
    except Refused as error:
        return Result(device.name, device.kind, str(error), error.advice)
    return Result(device.name, device.kind)


async def _directly(config: Config, catalog: Catalog) -> Sequence[Result]:
    host = Host()
    try:
        return await asyncio.gather(*(_read(each, catalog, host) for each in config.devices))
    finally:
        host.close()


async def _read(device: Device, catalog: Catalog, host: Host) -> Result:
    try:
        module = catalog.module(device.kind)
        async with module.build(device.name, dict(device.options), host) as driver:
            await driver.read_once()
    except (DriverError, OptionError) as error:
        return Result(device.name, device.kind, str(error), error.advice)
    return Result(device.name, device.kind)
