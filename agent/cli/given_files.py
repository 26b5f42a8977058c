"""Files that a stranger gave: read up to a limit, whatever they turn out to be."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.cli.errors import Mistake
from agent.timestamps.stamped import apart
from evidence.bundle import MAX_FILE_BYTES
from evidence.errors import EvidenceError, MalformedError
from evidence.log_set import LogSet, parse_log_set
from evidence.policy import MAX_POLICY_BYTES

STANDARD_INPUT = Path("-")


def at_most(path: Path, limit: int) -> bytes:
    """Return a file's content, a pipe's too; MalformedError beyond `limit`, which is not read.

    `-` is standard input.
    """
    if path == STANDARD_INPUT:
        data = sys.stdin.buffer.read(limit + 1)
    else:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    if len(data) > limit:
        raise MalformedError("file", f"it has more than {limit} bytes, the limit")
    return data


def bundle_file(path: Path) -> bytes:
    """Return a bundle's bytes, not checked yet."""
    return at_most(path, MAX_FILE_BYTES)


def policy_file(path: Path) -> LogSet:
    """Return the policy in a file; OSError, UnicodeDecodeError or EvidenceError otherwise.

    It is read as bytes: as text, Windows line ends would pass, which docs/PROTOCOL.md refuses.
    """
    return parse_log_set(at_most(path, MAX_POLICY_BYTES).decode("utf-8"))


def why(error: Exception) -> str:
    """Return what is wrong with a file, as the rest of a sentence."""
    if isinstance(error, OSError):
        return (error.strerror or "it cannot be read").lower()
    return "it is not text" if isinstance(error, UnicodeDecodeError) else str(error)


def contents(path: Path, most: int, advice: str) -> bytes:
    """Return a file's bytes; Mistake where there is none, or more than `most` in it."""
    try:
        return at_most(path, most)
    except (OSError, MalformedError) as error:
        raise Mistake(f"cannot read {path}: {why(error)}", advice=advice) from error


def given_bundle(path: Path) -> bytes:
    """Return a bundle's bytes, without a timestamp over them; Mistake where there is no file."""
    return apart(contents(path, MAX_FILE_BYTES, "name a bundle"))[0]


def read_policy(path: Path) -> LogSet:
    """Return what a policy's file says; Mistake where it cannot be used."""
    try:
        return policy_file(path)
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        raise Mistake(
            no_policy(path, error), advice="ask the consortium for its policy file"
        ) from error


def no_policy(path: Path, error: Exception) -> str:
    """Return why the file at `path` gives no policy."""
    trouble = f"cannot read {path}" if isinstance(error, OSError) else f"{path} is not a policy"
    return f"{trouble}: {why(error)}"
