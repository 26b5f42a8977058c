"""The configuration: one TOML file → frozen dataclasses, or every mistake in it with its line.

Each section is declared and checked in a file of its own beside this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agent.config import config_file
from agent.config.calibrations import read_calibrations
from agent.config.devices import Catalog, Device, read_devices
from agent.config.dock import DockSettings, read_dock
from agent.config.gateway import Gateway, host_name, read_gateway
from agent.config.journal import BatchSettings, JournalSettings, StorageSettings, check_sizes
from agent.config.labels import LabelSettings
from agent.config.ledger import LedgerSettings, UplinkSettings, read_ledger, read_uplink
from agent.config.metrics import MetricsSettings, read_metrics
from agent.config.neighbours import NeighbourSettings, read_neighbours
from agent.config.notify import NotifySettings, read_notify
from agent.config.privacy import PrivacySettings, read_privacy
from agent.config.read_points import read_read_points
from agent.config.signing import SigningSettings, read_signing
from agent.config.views import ViewSettings, read_views
from agent.config.watching import HealthSettings, SilenceSettings
from agent.observe.calibration import Calibration
from agent.observe.points import ReadPoint
from foundation.dataclass import dataclass
from foundation.options import options_of, settings_of
from foundation.toml_file import TomlFile

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SECTIONS: dict[str, type[DataclassInstance]] = {
    "gateway": Gateway,
    "journal": JournalSettings,
    "storage": StorageSettings,
    "batch": BatchSettings,
    "signing": SigningSettings,
    "silence": SilenceSettings,
    "health": HealthSettings,
    "dock": DockSettings,
    "labels": LabelSettings,
    "metrics": MetricsSettings,
    "neighbours": NeighbourSettings,
    "notify": NotifySettings,
    "views": ViewSettings,
    "privacy": PrivacySettings,
    "uplink": UplinkSettings,
    "ledger": LedgerSettings,
}
"""Each table of the file, and what it becomes."""

ARRAYS = ("device", "read_point", "city", "calibration", "article")
"""The arrays of tables beside them."""

S = TypeVar("S", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Config:
    """One whole configuration; `digest` is the SHA-256 of the file's bytes."""

    path: Path
    digest: bytes
    gateway: Gateway
    journal: JournalSettings
    storage: StorageSettings
    batch: BatchSettings
    signing: SigningSettings
    silence: SilenceSettings
    health: HealthSettings
    metrics: MetricsSettings
    uplink: UplinkSettings
    ledger: LedgerSettings
    devices: tuple[Device, ...]
    read_points: tuple[ReadPoint, ...]
    views: ViewSettings
    neighbours: NeighbourSettings
    dock: DockSettings
    notify: NotifySettings
    labels: LabelSettings
    calibrations: tuple[Calibration, ...] = ()
    privacy: PrivacySettings = field(default_factory=PrivacySettings)

    def device(self, name: str) -> Device | None:
        """Return the device called `name`, or None."""
        return next((device for device in self.devices if device.name == name), None)


def load(path: Path, catalog: Catalog, hostname: Callable[[], str] = host_name) -> Config:
    """Read and check the file at `path`; ConfigError lists everything that is wrong."""
    return _checked(config_file.read(path), catalog, hostname)


def parse(
    data: bytes, path: Path, catalog: Catalog, hostname: Callable[[], str] = host_name
) -> Config:
    """Check the bytes of a configuration file; see `load`."""
    return _checked(config_file.parse(data, path), catalog, hostname)


def _checked(file: TomlFile, catalog: Catalog, hostname: Callable[[], str]) -> Config:
    config = _config(file, catalog, hostname)
    file.finish()
    return config


def _config(file: TomlFile, catalog: Catalog, hostname: Callable[[], str]) -> Config:
    file.unknown((), file.tree, [*SECTIONS, *ARRAYS], "the file")
    journal = _plain(file, "journal", JournalSettings)
    storage = _plain(file, "storage", StorageSettings)
    check_sizes(file, journal.ring_bytes, storage)
    silence = _plain(file, "silence", SilenceSettings)
    devices = read_devices(file, catalog, silence.limit_minutes * 60)
    ledger = read_ledger(file)
    return Config(
        path=file.path,
        digest=hashlib.sha256(file.data).digest(),
        gateway=read_gateway(file, hostname),
        journal=journal,
        storage=storage,
        batch=_plain(file, "batch", BatchSettings),
        signing=read_signing(file),
        silence=silence,
        health=_plain(file, "health", HealthSettings),
        metrics=read_metrics(file),
        uplink=read_uplink(file),
        ledger=ledger,
        devices=devices,
        read_points=read_read_points(file, [device.name for device in devices]),
        views=read_views(file),
        neighbours=read_neighbours(file),
        dock=read_dock(file),
        notify=read_notify(file),
        labels=_plain(file, "labels", LabelSettings),
        calibrations=read_calibrations(file, [device.name for device in devices]),
        privacy=read_privacy(file, ledger=bool(ledger.nodes)),
    )


def _plain(file: TomlFile, name: str, settings: type[S]) -> S:
    """Return a section that needs no more than each key's own check."""
    return settings_of(settings, file.section(name, options_of(settings)))
