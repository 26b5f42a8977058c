import gc
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
ROOT = TESTS.parent

# The same examples every time: a test that fails, fails for everybody. `make properties` draws new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

WAITING_LONG = ("scenarios", "conformance", "drivers", "provisioning", "hil", "interop", "ledger")
"""Folders whose files take long; begun last, they would keep one worker after all others ended."""


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest."""
    places = {name: place for place, name in enumerate(WAITING_LONG)}
    items.sort(key=lambda item: places.get(item.path.relative_to(TESTS).parts[0], len(places)))


UMASK = os.umask(0o022)
os.umask(UMASK)
HEEDED = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}


def pytest_runtest_teardown():
    """A verb sets its process's umask, and an agent what ends it: here they are all tests'."""
    os.umask(UMASK)
    for number, handler in HEEDED.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module", autouse=sys.version_info >= (3, 13))
def what_is_left_open():
    """Tell of connections that nobody closed in the file that left them open.

    Python 3.13 warns of them when its collector comes, which may be in any test that follows.
    """
    yield
    gc.collect()


@pytest.fixture(scope="session")
def shim() -> Path:
    """The built LD_PRELOAD shim of I2C buses."""
    return built("i2c_shim.so")


@pytest.fixture(scope="session")
def evdev_shim() -> Path:
    """The built LD_PRELOAD shim of input devices."""
    return built("evdev_shim.so")


def built(name) -> Path:
    if shutil.which("cc") is None or shutil.which("make") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("a shim needs cc and make, and CI must have them")
        pytest.skip("a shim needs cc and make: sudo apt install gcc libc6-dev make")
    made = subprocess.run(
        ["make", f"build/{name}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return ROOT / "build" / name
