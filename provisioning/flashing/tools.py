"""Where this checkout keeps what several scripts use."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from saying import Trouble

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ROOT / "provisioning/profiles"


def ledger(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run tallyman-ledger, whose complaints people see; Trouble where it cannot be run."""
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        raise Trouble(
            f"{command[0]} cannot be run: {error.strerror}",
            advice="name the program with --tallyman-ledger",
        ) from error


def ledger_program() -> str:
    """Return tallyman-ledger: of this checkout, else of the path."""
    ours = ROOT / ".venv/bin/tallyman-ledger"
    return str(ours) if ours.exists() else shutil.which("tallyman-ledger") or "tallyman-ledger"
