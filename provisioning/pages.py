"""What the packages bring for people: whose work it is, what has changed, manual pages."""

from __future__ import annotations

import gzip
import io
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from changes import debian_changelog
from contents import ROOT, Found
from debian_archive import Entry
from interpreters import CannotBuild, python_of_tallyman

MAINTAINER = "Tallyman <tallyman@packages.invalid>"
LICENCES = """
On Debian systems the text of the Apache License, version 2.0, is in
/usr/share/common-licenses/Apache-2.0, that of the GNU General Public License, version 3, in
/usr/share/common-licenses/GPL-3, and that of the GNU Lesser General Public License, version 3, in
/usr/share/common-licenses/LGPL-3. The libraries in /opt/tallyman/lib have their licences beside
them, in the folders NAME.dist-info.
"""


def pages(name: str, version: str, epoch: int) -> Found:
    """Yield what Debian wants to be told by every package."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    changelog = debian_changelog(text, name, version, MAINTAINER, epoch)
    yield f"usr/share/doc/{name}/copyright", Entry(copyright_text())
    yield f"usr/share/doc/{name}/changelog.gz", Entry(packed(changelog.encode()))
    overrides = ROOT / "provisioning/lintian" / name
    yield f"usr/share/lintian/overrides/{name}", Entry(overrides.read_bytes())


def manual(version: str, epoch: int) -> Found:
    """Yield the manual pages, which are made of the programs' own parsers."""
    day = datetime.fromtimestamp(epoch, UTC).date().isoformat()
    with tempfile.TemporaryDirectory() as folder:
        words = ["--version", version, "--day", day, "--out", folder]
        command = [python_of_tallyman(), str(ROOT / "provisioning/manual"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotBuild(f"no manual pages: {done.stderr.strip()}", advice="make setup")
        for path in sorted(Path(folder).iterdir()):
            place = f"usr/share/man/man{path.suffix[1:]}/{path.name}.gz"
            yield place, Entry(packed(path.read_bytes()))


def copyright_text() -> bytes:
    """Return the licence and whose work else is inside."""
    return (ROOT / "NOTICE").read_bytes() + LICENCES.encode()


def packed(data: bytes) -> bytes:
    """Return it as gzip does without name and time.

    Not `gzip.compress`, whose header differs between Pythons.
    """
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()
