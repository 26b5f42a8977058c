"""A page as PDF, by a program of this machine: a browser without a window, or WeasyPrint."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.cli.errors import Mistake
from foundation.errors import AgentError

WEASYPRINT = "weasyprint"
BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
HEADLESS = ("--headless", "--disable-gpu", "--no-pdf-header-footer")
AS_ROOT = "--no-sandbox"
"""Chromium does not start as root without it. The page is ours, and has no script in it."""

LONGEST_S = 120


def printed(html: bytes) -> bytes:
    """Return the page on A4; Mistake where no program here prints, AgentError where it fails."""
    with TemporaryDirectory() as folder:
        page, sheet = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_bytes(html)
        argv = command(page, sheet)
        try:
            done = subprocess.run(argv, capture_output=True, timeout=LONGEST_S, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise failed(argv[0], f"did not end within {LONGEST_S} s") from error
        if done.returncode or not sheet.exists():
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise failed(argv[0], f"ended with {done.returncode}: {said}")
        return sheet.read_bytes()


def command(page: Path, sheet: Path) -> list[str]:
    """Return the command that prints a page; a browser lays plots side by side, and goes first."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is not None:
        root = [AS_ROOT] if os.geteuid() == 0 else []
        profile = f"--user-data-dir={page.parent / 'profile'}"
        return [browser, *HEADLESS, *root, profile, f"--print-to-pdf={sheet}", page.as_uri()]
    if found := shutil.which(WEASYPRINT):
        return [found, str(page), str(sheet)]
    raise Mistake(
        "no program on this machine prints pages",
        advice="sudo apt install chromium, or weasyprint; or print the page from a browser",
    )


def failed(program: str, how: str) -> AgentError:
    """Return the error of a program that did not print."""
    return AgentError(f"{program} {how}", advice="print the page from a browser")
