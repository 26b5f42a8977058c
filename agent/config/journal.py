"""[journal], [storage] and [batch]: how records become durable, and what room they have."""

from __future__ import annotations

from agent.journal.ring_block import DEFAULT_BYTES, MIN_BYTES
from foundation.dataclass import dataclass
from foundation.options import option
from foundation.toml_file import TomlFile


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """[journal]."""

    window: float = option(
        float,
        "telemetry is safe from a power cut after this time at the latest; alarms after 0.1 s",
        default=1.0,
        minimum=0.1,
        maximum=60.0,
        unit="s",
    )
    ring_bytes: int = option(
        int,
        "size of the file that holds records until they are sealed in a batch",
        default=DEFAULT_BYTES,
        minimum=MIN_BYTES,
        maximum=1 << 30,
        unit="bytes",
    )


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """[storage]."""

    archive_bytes: int = option(
        int,
        "beyond this size of sealed batches, bodies are deleted that are confirmed and kept by a "
        "node, telemetry first, oldest first; 2 GiB hold 9 months of 20 readings a second",
        default=2 << 30,
        minimum=1 << 24,
        maximum=1 << 44,
        unit="bytes",
    )
    alarm_bytes: int = option(
        int,
        "room beyond archive_bytes for batches with alarms and custody events",
        default=256 << 20,
        minimum=1 << 20,
        maximum=1 << 40,
        unit="bytes",
    )
    alarm_reserve_bytes: int = option(
        int,
        "part of ring_bytes kept free for alarms and events when telemetry finds no room",
        default=1 << 20,
        minimum=1 << 16,
        maximum=1 << 29,
        unit="bytes",
    )
    slow_commit: float = option(
        float,
        "a commit that takes longer means that the card is slow",
        default=2.0,
        minimum=0.1,
        maximum=60.0,
        unit="s",
    )
    card_endurance_tb: int = option(
        int,
        "terabytes that may be written to the card, by its maker (TBW); 0: unknown",
        default=30,
        minimum=0,
        maximum=100_000,
        unit="TB",
    )


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """[batch]."""

    records: int = option(
        int,
        "a batch is sealed at this many records",
        default=256,
        minimum=1,
        maximum=65536,
        unit="records",
    )
    seconds: float = option(
        float,
        "or when its first record is this old",
        default=60.0,
        minimum=1.0,
        maximum=86400.0,
        unit="s",
    )


def check_sizes(file: TomlFile, ring_bytes: int, storage: StorageSettings) -> None:
    """Refuse sizes that each may be and that together make no sense."""
    reserve, archive = storage.alarm_reserve_bytes, storage.archive_bytes
    if reserve > ring_bytes // 2:
        file.problem(
            ("storage", "alarm_reserve_bytes"),
            f"alarm_reserve_bytes ({reserve}) is more than half of [journal] ring_bytes "
            f"({ring_bytes}): nothing is left for telemetry",
        )
    if archive < ring_bytes:
        file.problem(
            ("storage", "archive_bytes"),
            f"archive_bytes ({archive}) is less than [journal] ring_bytes ({ring_bytes}): what "
            "waits to be sealed would not fit",
        )
