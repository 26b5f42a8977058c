"""What the tests of whole agents share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for an agent of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("bare", "rich"):
        (folder / name).mkdir()
    key = folder / "rich" / "site.key"
    key.write_text("5a" * 32)
    key.chmod(0o600)
    return folder
