"""What may be asked of `why`, and what is known when it is: nothing of it need be there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.config.settings import Config
from agent.desks.status import DeviceStatus, Status
from agent.why.heard import Heard
from drivers.cause import Machine

PARTS = ("uplink", "gps", "clock", "store", "queue", "proof", "power", "dock", "notify", "agent")
"""Targets that every gateway has; devices are asked for by their names."""

GNSS = "gnss."
"""The family whose devices `gps` stands for."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known: `config` None and `config_error` where the file cannot be used.

    `probe` allows tests that cost bytes or air time.
    """

    heard: Heard
    machine: Machine
    config: Config | None
    config_error: str
    state_dir: Path
    sys: Path
    now_ms: int
    probe: bool = False

    @property
    def status(self) -> Status | None:
        """The snapshot, of now or of the last run."""
        return self.heard.status

    def device(self, name: str) -> DeviceStatus | None:
        """Return what the snapshot says of a device."""
        devices = () if self.status is None else self.status.devices
        return next((each for each in devices if each.name == name), None)

    @property
    def devices(self) -> list[str]:
        """The names of all devices, of the configuration or else of the snapshot."""
        if self.config is not None:
            return [each.name for each in self.config.devices]
        return [] if self.status is None else [each.name for each in self.status.devices]

    @property
    def receivers(self) -> list[str]:
        """The names of the devices that `gps` stands for."""
        if self.config is not None:
            return [each.name for each in self.config.devices if each.kind.startswith(GNSS)]
        devices = () if self.status is None else self.status.devices
        return [each.name for each in devices if each.kind.startswith(GNSS)]
