"""Verify a bundle: `python -m tests.independent BUNDLE POLICY`, with the page's exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.independent.logs import read_logs
from tests.independent.verify import verify_bundle

MEANINGS = ("authentic and complete", "altered", "incomplete", "not anchored", "unreadable")


def main(bundle: str, policy: str) -> int:
    """Print the verdict and the findings; return the exit code."""
    code, reasons = verify_bundle(Path(bundle).read_bytes(), read_logs(Path(policy).read_bytes()))
    print(MEANINGS[code], *reasons, sep="\n  ")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
