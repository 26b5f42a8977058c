"""Which file is the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "TALLYMAN_CONFIG"
SYSTEM_CONFIG = Path("/etc/tallyman/tallyman.toml")


def find(option: str | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: --config, then $TALLYMAN_CONFIG, then the system's."""
    chosen = option or environ.get(VARIABLE) or SYSTEM_CONFIG
    return Path(chosen).absolute()
