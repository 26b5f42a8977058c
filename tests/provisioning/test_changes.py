"""CHANGELOG.md as dpkg and apt read it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from changes import debian_changelog
from contents import ROOT

EPOCH = 1_790_000_000  # 2026-09-21 14:13:20 UTC
MAINTAINER = "Tallyman <tallyman@packages.invalid>"
TEXT = """# Changelog

What a user can notice.

## Unreleased

* A first change, whose
  line goes on.
* A second.

## 0.1.0 (2026-03-04)

* All of it.
"""
WANTED = """\
tallyman (0.2.0) trixie; urgency=medium

  * A first change, whose line goes on.
  * A second.

 -- Tallyman <tallyman@packages.invalid>  Mon, 21 Sep 2026 14:13:20 +0000

tallyman (0.1.0) trixie; urgency=medium

  * All of it.

 -- Tallyman <tallyman@packages.invalid>  Wed, 04 Mar 2026 00:00:00 +0000
"""


def test_each_release_has_its_version_its_changes_and_its_date():
    assert debian_changelog(TEXT, "tallyman", "0.2.0", MAINTAINER, EPOCH) == WANTED


@pytest.mark.skipif(
    not shutil.which("dpkg-parsechangelog"), reason="needs dpkg-dev: apt install dpkg-dev"
)
def test_dpkg_reads_our_own(tmp_path):
    text = (ROOT / "CHANGELOG.md").read_text()
    path = tmp_path / "changelog"
    path.write_text(debian_changelog(text, "tallyman", "0.2.0", MAINTAINER, EPOCH))
    command = ["dpkg-parsechangelog", "--all", "-l", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "", "a warning is a line that dpkg did not understand"
    assert "Version: 0.2.0" in done.stdout
    assert done.stdout.count("\n   * ") == text.count("\n* ")
