"""Where the process of the Zigbee stack is found, and how nodes are named there. Pure."""

from __future__ import annotations

from foundation.options import option

SERVICE = "tallyman-zigbee"
SOCKET = "/run/tallyman-zigbee/socket"

ZNP, EZSP = "znp", "ezsp"  # what sticks speak: Texas Instruments' Z-Stack, Silicon Labs' EmberZNet

IEEE_FORM = "([0-9a-fA-F]{2}[:-]?){7}[0-9a-fA-F]{2}"


def stack_option() -> str:
    """Declare where the process listens."""
    return option(str, "socket of tallyman-zigbee", SOCKET)


def ieee(text: str) -> str:
    """Return an IEEE address as everything here writes it: sixteen small digits."""
    return text.replace(":", "").replace("-", "").lower()


def node_key(radio: str, address: str) -> str:
    """Return the key under which a node of a radio is followed."""
    return f"{radio}/{address}"
