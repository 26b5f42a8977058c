"""Verify a bundle: `python -m tests.independent BUNDLE POLICY`, with the page's exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.independent.logs import read_logs
from tests.independent.reasons import Refused
from tests.independent.verify import verify_bundle

MEANINGS = ("authentic and complete", "altered", "incomplete", "not anchored", "unreadable")
MAX_BYTES = 64 << 20  # PROTOCOL.md, "Bundle"
NOT_ANCHORED, UNREADABLE = 3, 4


def main(bundle: str, policy: str) -> int:
    """Print the verdict and the findings; return the exit code."""
    code, reasons = verdict(bundle, policy)
    print(MEANINGS[code], *reasons, sep="\n  ")
    return code


def verdict(bundle: str, policy: str) -> tuple[int, list[str]]:
    """The exit code and the reasons, also where one of the files cannot be read."""
    try:
        logs = read_logs(content(policy))
    except OSError:
        return UNREADABLE, ["no policy file"]
    except Refused:
        return NOT_ANCHORED, ["policy"]
    try:
        data = content(bundle)
    except (OSError, Refused):
        return UNREADABLE, ["file"]
    return verify_bundle(data, logs)


def content(path: str) -> bytes:
    """A file's bytes; refused beyond what any may have."""
    with Path(path).open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused("file")
    return data


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.independent BUNDLE POLICY")
    sys.exit(main(*sys.argv[1:]))
