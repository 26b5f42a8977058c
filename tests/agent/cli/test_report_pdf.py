"""Which program prints a page, how it is called, and what is said where none does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import report_pdf
from agent.cli.errors import Mistake
from agent.cli.report_pdf import command, printed
from foundation.errors import AgentError

PAGE, SHEET = Path("/tmp/t/page.html"), Path("/tmp/t/page.pdf")


@pytest.fixture
def machine(monkeypatch):
    """A machine with these programs, whose user is number `uid`."""
    there = SimpleNamespace(programs=[], uid=1000)

    def which(name):
        return f"/bin/{name}" if name in there.programs else None

    monkeypatch.setattr(report_pdf.shutil, "which", which)
    monkeypatch.setattr(report_pdf.os, "geteuid", lambda: there.uid)
    return there


@pytest.mark.parametrize(("uid", "sandbox"), [(1000, []), (0, ["--no-sandbox"])])
def test_a_browser_prints_without_a_window_and_with_a_profile_of_its_own(machine, uid, sandbox):
    machine.programs, machine.uid = ["weasyprint", "google-chrome", "chromium"], uid
    assert command(PAGE, SHEET) == [
        *("/bin/chromium", "--headless", "--disable-gpu", "--no-pdf-header-footer"),
        *sandbox,
        "--user-data-dir=/tmp/t/profile",
        "--print-to-pdf=/tmp/t/page.pdf",
        "file:///tmp/t/page.html",
    ]


def test_weasyprint_does_it_where_there_is_no_browser(machine):
    machine.programs = ["weasyprint"]
    assert command(PAGE, SHEET) == ["/bin/weasyprint", str(PAGE), str(SHEET)]


def test_where_nothing_prints_it_is_said_what_to_install(machine):
    with pytest.raises(Mistake, match="no program on this machine prints pages") as caught:
        command(PAGE, SHEET)
    assert "sudo apt install chromium" in caught.value.advice


def done(machine, monkeypatch, code=0, said=b"", sheet=b"%PDF", late=False):
    """What comes of printing by a program that ends so."""
    machine.programs = ["weasyprint"]
    asked = []

    def run(argv, **how):
        asked.append((argv[0], how["timeout"]))
        assert Path(argv[1]).read_bytes() == b"<html>"
        if late:
            raise subprocess.TimeoutExpired(argv[0], how["timeout"])
        if sheet is not None:
            Path(argv[2]).write_bytes(sheet)
        return SimpleNamespace(returncode=code, stderr=said)

    monkeypatch.setattr(report_pdf.subprocess, "run", run)
    try:
        return printed(b"<html>")
    finally:
        assert asked == [("/bin/weasyprint", 120)], "two minutes for the largest page"


def test_the_sheet_is_what_the_program_wrote(machine, monkeypatch):
    assert done(machine, monkeypatch, said=b"a warning") == b"%PDF"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"code": 7, "said": b"first\nno \xff display\n"}, "ended with 7: no \ufffd display"),
        ({"sheet": None, "said": b"wrote nothing"}, "ended with 0: wrote nothing"),
        ({"late": True}, "did not end within 120 s"),
    ],
)
def test_a_program_that_does_not_print_is_named_with_its_last_word(machine, monkeypatch, how, told):
    with pytest.raises(AgentError) as caught:
        done(machine, monkeypatch, **how)
    assert str(caught.value) == f"/bin/weasyprint {told}"
    assert caught.value.advice == "print the page from a browser"
