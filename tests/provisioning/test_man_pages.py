"""Manual pages say what --help says, of every program and verb."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys

import pytest
from contents import ROOT
from man_page import Command, Page, written

from agent.cli.verbs import VERBS, parser_of

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every page, by its file's name."""
    folder = tmp_path_factory.mktemp("man")
    command = [sys.executable, ROOT / "provisioning/manual", "--out", folder]
    subprocess.run([*command, "--version", "9.8", "--day", "2026-11-30"], check=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def said(text: str) -> str:
    """Return a page's text without the marks of man(7)."""
    return re.sub(r"\\(f[BIR]|&)", "", text).replace("\\-", "-").replace("\\e", "\\")


def test_every_program_that_takes_arguments_has_a_page(pages):
    assert set(pages) == {
        "tallyman.1", "tallyman-ledger.1", "tallyman-notify.8", "tallyman-zigbee.8",
    }  # fmt: skip
    for name, text in pages.items():
        words = name.rpartition(".")[0]
        assert text.startswith(f'.TH "{words.upper()}"'.replace("-", "\\-"))
        assert '"2026-11-30" "Tallyman 9.8"' in text
        assert f".SH NAME\n{words} - " in said(text)
        assert "exit codes: 0" in said(text)


def test_every_verb_is_there_with_each_of_its_options(pages):
    sections = said(pages["tallyman.1"]).split(".SS ")[1:]
    by_verb = {
        text.partition("\n")[0].strip('"').removeprefix("tallyman "): text for text in sections
    }
    assert set(by_verb) == set(VERBS)
    for verb, text in by_verb.items():
        _, parser = parser_of(verb)
        flags = set(FLAG.findall(parser.format_help())) - {"--help"}
        assert flags <= set(FLAG.findall(text)), verb


def test_verbs_of_verbs_are_there(pages):
    text = said(pages["tallyman-ledger.1"])
    assert '.SS "tallyman-ledger token new"\n.PP\n' in text
    assert "--expires WHEN" in text


def test_a_page_by_hand():
    parser = argparse.ArgumentParser("probe", description="Asks.")
    parser.add_argument("--every", metavar="S", default=5, help="default: %(default)s \\ 2 s")
    parser.add_argument("--by", required=True, choices=("i2c", "spi"), help="its bus")
    parser.add_argument("--pair", nargs=2, metavar=("A", "B"), help="two")
    parser.add_argument("what", nargs="+", help=".hidden ones, too")
    parser.add_argument("--secret", help=argparse.SUPPRESS)
    command = Command("probe", "asks a device", parser, "exit codes: 0 it answers")
    assert written(Page(1, command, {}), "1.0", "2026-11-30", ["other.8"]) == (
        '.TH "PROBE" 1 "2026-11-30" "Tallyman 1.0" "Tallyman"\n'
        ".nh\n.ad l\n.SH NAME\nprobe \\- asks a device\n"
        ".SH SYNOPSIS\n.B probe\n[\\fB\\-\\-every\\fR \\fIS\\fR]\n"
        "\\fB\\-\\-by\\fR i2c|spi\n[\\fB\\-\\-pair\\fR \\fIA\\fR \\fIB\\fR]\n\\fIwhat\\fR ...\n"
        ".SH DESCRIPTION\n.PP\nAsks.\n"
        ".TP\n\\fB\\-\\-every\\fR \\fIS\\fR\ndefault: 5 \\e 2 s\n"
        ".TP\n\\fB\\-\\-by\\fR i2c|spi\nits bus\n"
        ".TP\n\\fB\\-\\-pair\\fR \\fIA\\fR \\fIB\\fR\ntwo\n"
        ".TP\n\\fIwhat\\fR ...\n\\&.hidden ones, too\n"
        ".SH EXIT STATUS\n.PP\nexit codes: 0 it answers\n"
        ".SH SEE ALSO\n\\fBother\\fR(8)\n"
    )
