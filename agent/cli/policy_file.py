"""The policy that a verb holds signatures against, read for people."""

from __future__ import annotations

from pathlib import Path

from agent.cli.common import Mistake
from agent.evidence.errors import EvidenceError
from agent.evidence.log_set import LogSet, parse_log_set

ADVICE = "ask the consortium for its policy file"


def read_policy(path: Path) -> LogSet:
    """Return what a policy's file says; Mistake where it cannot be used."""
    try:
        return parse_log_set(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Mistake(f"cannot read {path}: {error.strerror}", advice=ADVICE) from error
    except UnicodeDecodeError as error:
        raise Mistake(f"{path} is no policy: it is not text", advice=ADVICE) from error
    except EvidenceError as error:
        raise Mistake(f"{path} is no policy: {error}", advice=ADVICE) from error
