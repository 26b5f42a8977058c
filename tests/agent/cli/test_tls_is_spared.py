"""`tallyman run` leaves `ssl` out unless its configuration names TLS."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.main import CONFIG_VARIABLE, SYSTEM_CONFIG, names_tls
from agent.config import DEFAULT_PATH, VARIABLE

CHECKOUT = Path(__file__).parents[3]
SPARED = """
import sys
from agent.cli.main import spare_tls
spare_tls()
from drivers.catalog import build
from drivers.driver import Host
build("rfid.llrp", "door", {"address": "reader"}, Host())
print(sys.modules["ssl"])
"""


@pytest.mark.parametrize(("text", "named"), [("tls = true", True), ("trigger = 1", False)])
def test_the_configuration_decides(tmp_path, monkeypatch, text, named):
    file = tmp_path / "tallyman.toml"
    file.write_text(text)
    assert names_tls(["--config", str(file)]) is named
    assert names_tls([f"--config={file}"]) is named
    monkeypatch.setenv("TALLYMAN_CONFIG", str(file))
    assert names_tls([]) is named


def test_a_missing_configuration_names_nothing(tmp_path):
    assert not names_tls(["--config", str(tmp_path / "none.toml")])


def test_the_places_are_those_of_the_configuration():
    assert (VARIABLE, str(DEFAULT_PATH)) == (CONFIG_VARIABLE, SYSTEM_CONFIG)


def test_a_reader_without_tls_needs_no_ssl():
    done = subprocess.run(
        [sys.executable, "-c", SPARED], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "None\n", "")
