"""What drivers may say: declared by each, defined beside them, importable without them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drivers import catalog
from drivers.kinds import KINDS

ROOT = Path(__file__).parents[2]
PURE = {"drivers", "drivers.kind", "drivers.kinds"}


@pytest.mark.parametrize("kind", catalog.DEVICES)
def test_every_driver_declares_kinds_that_are_defined(kind):
    declared = catalog.module(kind).KINDS
    assert declared
    assert set(declared) <= set(KINDS)
    assert not any(KINDS[name].reserved for name in declared)


def test_every_kind_but_reserved_ones_is_made_by_some_driver():
    declared = {name for kind in catalog.DEVICES for name in catalog.module(kind).KINDS}
    assert declared == {name for name, kind in KINDS.items() if not kind.reserved}


def test_kinds_are_imported_without_any_driver():
    code = "import sys, drivers.kinds; print(*(m for m in sys.modules if m.startswith('drivers')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    families = set(done.stdout.split()) - PURE
    assert {name.rpartition(".")[2] for name in families} == {
        *("barcode", "battery", "gnss", "modem", "rfid", "sensors", "zigbee"),
        "kinds",
    }
