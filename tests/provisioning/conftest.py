"""The scripts of provisioning/ import each other as siblings; so do their tests."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "provisioning"))

from tests.provisioning.building import ARCHES, build


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """A folder with the packages of each architecture in a folder of its own."""
    out = tmp_path_factory.mktemp("packages")
    with ThreadPoolExecutor(len(ARCHES)) as pool:
        list(pool.map(lambda arch: build(arch, out / arch), ARCHES))
    return out
