"""What each driver says of its device, for those who know the device by name alone."""

from __future__ import annotations

from drivers.driver import Health, State


class HealthBoard:
    """Collectors put up the health of the driver that they run, which goes on changing there."""

    def __init__(self) -> None:
        self._health: dict[str, Health] = {}

    def put(self, device: str, health: Health) -> None:
        """Let `health` be what is known of a device, in place of what a driver before said."""
        self._health[device] = health

    def blind(self, device: str) -> bool:
        """Tell whether a device is known not to read now; of one without a driver nobody knows."""
        health = self._health.get(device)
        return health is not None and health.state is not State.RUNNING

    def counter(self, device: str, name: str) -> int:
        """Return what a device's driver counted since it started; 0 where it counts no such."""
        health = self._health.get(device)
        return 0 if health is None else health.counters.get(name, 0)
