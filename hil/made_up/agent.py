"""`tallyman run` with made-up devices: what the programs that campaigns start have in common."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.assembly import late_loop
from agent.assembly.run import run
from agent.assembly.world import World
from agent.cli.main import report
from agent.cli.run import arm_last_exit, configure_log
from agent.config.devices import Catalog
from agent.config.settings import load
from foundation.errors import AgentError


def run_agent(catalog: Catalog) -> int:
    """Run the agent of the configuration that is the one argument; return the exit code."""
    configure_log(verbose=False)
    try:
        config = load(Path(sys.argv[1]), catalog)
        failure = late_loop.run(run(config, World(catalog=catalog), arm_last_exit))
    except AgentError as error:
        return report(error)
    return 0 if failure is None else report(failure)
