"""What a file of four mebibytes may cost `tallyman verify`, whoever made it: 200 MB and 10 s."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from evidence.log_set import parse_log_set
from evidence.verify import MAX_FINDINGS, verify_bundle
from tests.attacks.heavy_files import FILES, POLICY, SIZE, bundle, many
from tests.independent.logs import read_logs
from tests.independent.verify import verify_bundle as stranger_verifies

LARGEST_KB = 200_000
LONGEST_S = 10.0
MEASURED = """
import contextlib, io, json, re, sys, time
from pathlib import Path
from agent.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
largest = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps([code, largest, time.process_time()]))
"""
"""Runs the command as it is; then its exit code, its largest size in kB, its processor time in s."""


def spent(*argv):
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *argv], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_four_mebibytes_takes_little(tmp_path, name):
    data = FILES[name]()
    assert 0.9 * SIZE < len(data) <= SIZE
    (tmp_path / "heavy.bundle").write_bytes(data)
    (tmp_path / "heavy.policy").write_text(POLICY)
    bundle_file, policy_file = str(tmp_path / "heavy.bundle"), str(tmp_path / "heavy.policy")
    code, largest, seconds = spent("verify", bundle_file, "--policy", policy_file)
    assert code == (0 if name.startswith("honest") else verdict(data))
    assert largest < LARGEST_KB
    assert seconds < LONGEST_S


def verdict(data):
    """The second verifier reads the same limits in the page."""
    code, _ = stranger_verifies(data, read_logs(POLICY.encode()))
    assert code
    return code


def test_a_thousand_findings_are_told_and_no_more():
    data = bundle(notes=many(b"\x40", 5000))
    report = verify_bundle(data, parse_log_set(POLICY))
    code, reasons = stranger_verifies(data, read_logs(POLICY.encode()))
    assert [finding.reason for finding in report.findings] == reasons == ["note-form"] * 1000
    assert (report.outcome, MAX_FINDINGS) == (code, 1000)
