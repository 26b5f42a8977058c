"""Which networks run on which radios of this process: a network on two sticks is on none. Pure."""

from __future__ import annotations

from drivers.zigbee.host.identity import Facts

Network = tuple[str, str]
"""Extended PAN and network key."""


class Claims:
    """Networks that run, by the names of their radios."""

    def __init__(self) -> None:
        self._running: dict[str, Network] = {}

    def take(self, radio: str, facts: Facts) -> None:
        """Note that a radio runs a network."""
        self._running[radio] = (facts.extended_pan, facts.key)

    def release(self, radio: str) -> None:
        """Note that a radio runs none."""
        self._running.pop(radio, None)

    def other(self, radio: str, facts: Facts | None) -> str | None:
        """Return another radio that runs this network, or None."""
        if facts is None:
            return None
        network = (facts.extended_pan, facts.key)
        found = (name for name, runs in self._running.items() if runs == network and name != radio)
        return next(found, None)
