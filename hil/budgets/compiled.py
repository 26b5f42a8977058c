"""Programs as an installed package has them: compiled before they are measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

LOADED = "import hil.budgets.fed_agent, agent.assembly.agent, agent.assembly.nodes, agent.cli.main"


def compiled(folder: Path) -> Mapping[str, str]:
    """Return the environment in which Python finds its modules compiled, in `folder`."""
    environ = {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, "-c", LOADED], check=True, env={**os.environ, **environ})  # noqa: S603  this very Python
    return environ
