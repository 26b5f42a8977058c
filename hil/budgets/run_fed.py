"""`python -m hil.budgets.run_fed`: the fed agent, started as `tallyman run` starts."""

from __future__ import annotations

import sys

from agent.cli.lean_start import spare_openssl


def main() -> int:
    """Run until stopped."""
    spare_openssl()
    from hil.budgets.fed_agent import main as live  # noqa: PLC0415  it imports asyncio

    return live()


if __name__ == "__main__":
    sys.exit(main())
