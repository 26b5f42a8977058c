"""Where this checkout keeps what several scripts use."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ROOT / "provisioning/profiles"


def ledger_program() -> str:
    """Return tallyman-ledger: of this checkout, else of the path."""
    ours = ROOT / ".venv/bin/tallyman-ledger"
    return str(ours) if ours.exists() else shutil.which("tallyman-ledger") or "tallyman-ledger"
