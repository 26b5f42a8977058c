"""The guards that plain package names need: who owns them, and that no module escapes a contract."""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED_WITH_LEDGER = {"evidence", "durable", "notify", "errors"}


@pytest.mark.parametrize("package", ["agent", "drivers", "ledger"])
def test_no_other_distribution_owns_our_names(package):
    # An editable installation names no owner at all; a wheel names its own.
    owners = importlib.metadata.packages_distributions().get(package, [])
    assert set(owners) <= {"tallyman-gateway"}


def agent_modules() -> set[str]:
    return {
        path.stem
        for path in (ROOT / "agent").iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    }


def forbidden(name: str) -> set[str]:
    tree = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = tree["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["name"].startswith(name)]
    return {module.removeprefix("agent.") for module in contract["forbidden_modules"]}


def test_the_contracts_name_every_module_of_the_agent():
    assert agent_modules() - {"evidence"} <= forbidden("evidence imports nothing of ours")
    assert agent_modules() - SHARED_WITH_LEDGER <= forbidden("the ledger shares only")


@pytest.mark.parametrize("folder", ["provisioning", "systemd", "tests"])
def test_folders_that_are_no_packages(folder):
    """An __init__.py in systemd/ would shadow the systemd bindings."""
    assert not (ROOT / folder / "__init__.py").exists()
