"""`tallyman run` leaves `ssl` out unless its configuration names TLS."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.lean_start import names_tls

CHECKOUT = Path(__file__).parents[3]
SPARED = """
import sys
from agent.cli.lean_start import spare_openssl
spare_openssl()
from drivers.catalog import build
from drivers.driver import Host
build("rfid.llrp", "door", {"address": "reader"}, Host())
print(sys.modules["ssl"])
"""
HASHES = """
import sys, tempfile
from pathlib import Path
if len(sys.argv) > 1:
    from agent.cli.lean_start import spare_openssl
    spare_openssl()
import hashlib
from evidence.body import leaves
from agent.signing.people import enrol, open_key
folder = Path(tempfile.mkdtemp())
enrol(folder, "keeper-1", "keeper", "4711", lambda size: bytes(size))
open_key(folder, "keeper-1", "4711")
print([leaf.hex() for leaf in leaves(bytes(32), [b"a" * 300])], hashlib.sha256(b"b").hexdigest())
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


def test_a_reader_without_tls_needs_no_ssl():
    done = subprocess.run(
        [sys.executable, "-c", SPARED], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "None\n", "")


def test_without_pythons_openssl_the_hashes_and_pins_are_the_same():
    said = []
    for argv in ([], ["spared"]):
        done = subprocess.run(
            [sys.executable, "-c", HASHES, *argv],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout)
    assert said[0] == said[1]
