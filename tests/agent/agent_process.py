"""`tallyman run` with a made-up thermometer: `python -m tests.agent.agent_process CONFIG`."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.cli.lean_start import spare_openssl
from agent.cli.main import report
from foundation.errors import AgentError


def main() -> int:
    spare_openssl()  # as `tallyman run` does, before anything imports asyncio
    from agent.assembly import late_loop
    from agent.assembly.run import run
    from agent.assembly.world import World
    from agent.cli.run import arm_last_exit, configure_log
    from agent.config.settings import load
    from tests.agent.fakes import FakeCatalog

    configure_log(verbose=False)
    catalog = FakeCatalog()
    try:
        config = load(Path(sys.argv[1]), catalog)
        failure = late_loop.run(run(config, World(catalog=catalog), arm_last_exit))
    except AgentError as error:
        return report(error)
    return 0 if failure is None else report(failure)


if __name__ == "__main__":
    sys.exit(main())
