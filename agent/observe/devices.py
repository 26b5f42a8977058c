"""A `device` record for each change of what a driver says of its device. Pure."""

from __future__ import annotations

from drivers.driver import Health, State

SETTLE = 1.0  # s; a state that does not last that long (a bad frame, a quick reopen) is no news


class DeviceStates:
    """Remembers the state last recorded for each device."""

    def __init__(self) -> None:
        self._recorded: dict[str, State] = {}

    def changed(self, device: str, health: Health, now: float) -> dict[str, str] | None:
        """Return the fields of the `device` record that is due, or None.

        The first attempt to open a device is no change; neither is the orderly end.
        """
        state = health.state
        if state in (State.OPENING, State.CLOSED) or state is self._recorded.get(device):
            return None
        if now - health.since < SETTLE:
            return None
        self._recorded[device] = state
        values = {"state": str(state)}
        if health.detail:
            values["detail"] = health.detail
        if health.cause is not None:
            values["cause"] = health.cause.id
        return values
