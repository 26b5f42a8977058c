"""Gathers what can be known now, whatever is there."""

from __future__ import annotations

from pathlib import Path

from agent.config.gateway import Gateway
from agent.config.settings import Config, load
from agent.why.heard import Contact, agent_user, hear
from agent.why.machine import LocalMachine
from agent.why.question import Known
from drivers import catalog
from foundation.errors import AgentError
from foundation.options import options_of, settings_of

SYS = Path("/sys")
USUAL = settings_of(Gateway, {each.name: each.default or "" for each in options_of(Gateway)})
"""Where a gateway keeps its things whose configuration cannot be read."""


def look(path: Path, now_ms: int, *, probe: bool = False) -> Known:
    """Return what can be known: a second for the agent, and a few files.

    `path` is the configuration's, `now_ms` the machine's wall clock.
    """
    config, error = configuration(path)
    place = USUAL if config is None else config.gateway
    heard = hear(place.control, now_ms / 1000)
    if heard.contact is Contact.ANSWERED and heard.status is not None:
        now_ms = heard.status.clock.wall_ms  # its own ages are by its own clock
    return Known(
        heard,
        LocalMachine(agent_user(place.state_dir)),
        config,
        error,
        place.state_dir,
        SYS,
        now_ms,
        probe=probe,
    )


def configuration(path: Path) -> tuple[Config | None, str]:
    """Return the configuration, or None and what is wrong with it."""
    try:
        return load(path, catalog), ""
    except AgentError as error:
        return None, str(error)
