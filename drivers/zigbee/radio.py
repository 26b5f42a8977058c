"""Zigbee coordinators: Z-Stack (CC2652) and EmberZNet (EFR32) sticks, kept by tallyman-zigbee.

Reading kind `zigbee-radio`: what became of the network (formed, restored, opened, closed). Reading
kind `zigbee-stranger`: who came while joining was closed, and through which router. Reading kind
`zigbee-node`: nodes that no [[device]] names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.driver import Host
from drivers.stack.follower import Follower
from drivers.zigbee import causes
from drivers.zigbee.service import EZSP, SERVICE, ZNP, stack_option
from foundation.options import OptionValue, option, options_of, settings_of

CAUSES = causes.RADIO
KINDS = ("zigbee-radio", "zigbee-node", "zigbee-stranger")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one radio."""

    port: str = option(str, "path of the stick's port, preferably one in /dev/serial/by-id")
    type: str = option(
        str, "what the stick speaks: znp (Z-Stack) or ezsp (EmberZNet)", ZNP, choices=(ZNP, EZSP)
    )
    channel: int = option(int, "channel of a network that is formed", 15, 11, 26)
    stack: str = stack_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> ZigbeeRadio:
    """Make the driver of one radio; see `DriverModule.build`."""
    settings = settings_of(Settings, options)
    return ZigbeeRadio(name, host, Path(settings.stack), name, {}, KINDS, CAUSES, SERVICE)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a network in which nothing happens is silent."""
    return None


class ZigbeeRadio(Follower):
    """One radio, followed at the process that keeps its network; it takes people's orders."""

    def no_answer(self) -> None:
        """Return nothing: a network's silence says nothing."""

    async def order(self, order: Mapping[str, object]) -> object:
        """See `drivers.driver.NetworkKeeper`; docs/operate/zigbee.md has the orders."""
        return await self.ordered(order)
