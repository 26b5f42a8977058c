"""What does not fit this gateway: exit code 2, as for a configuration that cannot be used."""

from __future__ import annotations

from foundation.errors import AgentError


class Mistake(AgentError):
    """The command's arguments do not fit this gateway."""

    exit_code = 2
