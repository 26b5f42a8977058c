"""What NetworkManager says of an interface that leads nowhere; it is read, and never needed.

Numbers of its D-Bus API 1.42: NMDeviceState, NMDeviceStateReason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from foundation.dbus.bus import Bus, BusError

WITHIN = 1.0  # s: probes wait for it
SERVICE, ROOT = "org.freedesktop.NetworkManager", "/org/freedesktop"
DEVICE = f"{SERVICE}.Device"

_STATES = {
    10: "unmanaged", 20: "unavailable", 30: "disconnected", 40: "preparing", 50: "connecting",
    60: "waits for a password", 70: "asks for an address", 80: "checks its address",
    90: "waits for another connection", 100: "connected", 110: "disconnecting", 120: "failed",
}  # fmt: skip
_REASONS = {
    3: "it was told to leave it alone", 4: "its configuration failed", 5: "it got no address",
    6: "its address expired", 7: "a password is missing", 11: "the Wi-Fi did not answer",
    12: "PPP did not start", 13: "PPP was disconnected", 14: "PPP failed",
    15: "DHCP did not start", 16: "DHCP failed", 17: "DHCP failed", 23: "the line is busy",
    25: "no carrier", 26: "dialling took too long", 27: "dialling failed",
    28: "the modem could not be set up", 29: "the access point's name (APN) failed",
    30: "the modem does not search", 31: "the network refuses the card",
    32: "the modem did not register in time", 33: "the modem did not register",
    34: "the PIN is wrong", 36: "the device was removed", 37: "it sleeps",
    38: "its connection was deleted", 39: "somebody asked for it", 40: "the cable or carrier",
    43: "the modem was not found", 45: "no SIM card", 46: "the SIM card asks for its PIN",
    47: "the SIM card asks for its PUK", 48: "the SIM card is a wrong one",
}  # fmt: skip

OpenBus = Callable[[], Awaitable[Bus]]


async def words_of(interface: str, open_bus: OpenBus = Bus.open) -> str:
    """Return in words what NetworkManager says of an interface, empty where it is not there."""
    try:
        async with asyncio.timeout(WITHIN), await open_bus() as bus:
            return in_words(await bus.objects(SERVICE, ROOT), interface)
    except (BusError, TimeoutError):
        return ""


def in_words(objects: Mapping[str, Mapping[str, Mapping[str, Any]]], interface: str) -> str:
    """Return what its objects say of an interface; empty where none is of it."""
    devices = (each[DEVICE] for each in objects.values() if DEVICE in each)
    for device in devices:
        if interface in {device.get("IpInterface"), device.get("Interface")}:
            state = _STATES.get(device.get("State", 0), "")
            _, reason = device.get("StateReason") or (0, 0)
            return ", ".join(filter(None, (state, _REASONS.get(reason, ""))))
    return ""
