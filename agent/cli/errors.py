"""What is wrong with a command line: exit code 2, as for a configuration that cannot be used."""

from __future__ import annotations

from foundation.errors import AgentError


class UsageError(AgentError):
    """The words after `tallyman` are none that it knows."""

    advice = "see: tallyman --help"
    exit_code = 2


class Mistake(AgentError):
    """The command's arguments do not fit this gateway."""

    exit_code = 2
