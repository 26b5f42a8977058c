"""What pytest does in a scratch copy: note how long each test takes, or ask only some.

It is loaded before the product is, and imports nothing of it: that may be broken.
"""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import hypothesis
import pytest

TAKEN = "TALLYMAN_TESTS_TAKEN"
"""The variable that names the file for what each test took."""

CHOSEN = "TALLYMAN_TESTS_CHOSEN"
"""The variable that names the file with the tests to ask, in their order."""

MOST_MEMORY, MOST_FILE = 8 << 30, 1 << 30  # bytes; a mutant may take without end

_QUICK = [
    hypothesis.Phase.explicit,
    hypothesis.Phase.reuse,
    hypothesis.Phase.generate,
]
"""That an example fails is all we want to know: it is not made smaller."""

_took: dict[str, float] = {}
_failed: set[str] = set()
_skipped: set[str] = set()


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Bound what tests of a broken product may take."""
    if CHOSEN in os.environ:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_FILE, MOST_FILE))
        hypothesis.settings.register_profile("quick", hypothesis.settings(), phases=_QUICK)
        hypothesis.settings.load_profile("quick")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen tests, in their order."""
    if (path := os.environ.get(CHOSEN)) is not None:
        places = {name: place for place, name in enumerate(json.loads(Path(path).read_text()))}
        others = [item for item in items if item.nodeid not in places]
        config.hook.pytest_deselected(items=others)
        items[:] = sorted(
            (item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid]
        )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how long a phase of a test took, and whether it held."""
    _took[report.nodeid] = _took.get(report.nodeid, 0.0) + report.duration
    if report.failed:
        _failed.add(report.nodeid)
    if report.skipped:
        _skipped.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write it down; not in the processes of xdist, whose reports come to ours."""
    path = os.environ.get(TAKEN)
    if path is not None and not hasattr(session.config, "workerinput"):
        passed = {name: took for name, took in _took.items() if name not in _failed | _skipped}
        Path(path).write_text(json.dumps({"took": passed, "failed": sorted(_failed)}))
