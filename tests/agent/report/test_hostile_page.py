"""Whatever a stranger wrote stays words: the page's elements are those of a page in harmless words."""

from __future__ import annotations

import re

import pytest

from agent.records.registry import KINDS
from agent.renderer.catalogue import LANGUAGES, words_of
from agent.renderer.zone import Zone
from agent.report.case import Case
from agent.report.page import page
from agent.report.receipt_page import receipt_page
from drivers.kind import FieldType
from evidence.verify import verify_bundle
from tests.agent.report import trip
from tests.agent.report.reading import read, shape
from tests.attacks.hostile import HOSTILE, faults
from tests.evidence.building import record

MARKUP = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- ",
    "]]></svg><a href='javascript:alert(1)'>",
    "{device} {n} {0} {{",
    "&lt;script&gt;&#60;b&#62;&amp",
    "</title></textarea></bdi></td></table>",
    "<svg onload=alert(1)>",
    "\u202eevil\u2066\u2028",
    "\x00\x1b[2J\x07",
    "ا" * 400,
    "W" * 900,
)


def kinds_in(words):
    """One record of each kind, all its texts these words; events in an order that opens and ends."""
    made = []
    for kind in KINDS.values():
        if kind.name == "attachment":
            continue  # its envelope must be one
        values = {f.name: words for f in kind.fields if f.type is FieldType.TEXT}
        values |= {
            f.name: 1_790_000_000_000 if f.type is FieldType.TIME else 5
            for f in kind.fields
            if f.type in (FieldType.TIME, FieldType.NUMBER)
        }
        states = ("excursion", "alarm", "unknown") if kind.name == "excursion" else (None,)
        for state in states:
            own = values | ({} if state is None else {"state": state})
            number = len(made)
            made.append(record(number, kind.name, device=words, clock_source=words, values=own))
    return made


def page_of(words, lang="en"):
    world = trip.sealed(kinds_in(words))
    report = verify_bundle(trip.bundled(world), world.policy())
    assert report.outcome == 0, report.findings
    return page(Case(report, f"{words}.bundle", "", b"", words_of(lang), Zone()))


@pytest.fixture(scope="module")
def harmless():
    return shape(read(page_of("harmless")))


@pytest.mark.parametrize("words", [*MARKUP, HOSTILE], ids=range(len(MARKUP) + 1))
def test_words_make_no_element_and_no_attribute(harmless, words):
    text = page_of(words)
    assert shape(read(text)) == harmless
    assert not re.search(r"<script|onerror=alert\(1\)>|<img|<a ", text)
    assert faults(text) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_in_every_language(lang):
    text = page_of(MARKUP[2], lang)
    assert "<img" not in text


def test_a_receipt_is_escaped_as_well():
    words = MARKUP[2]
    receipt = dict.fromkeys(
        ("notice", "decision", "read_point", "operator", "supplier", "receipts", "signed"), words
    )
    told = {
        "check": words, "receipt": receipt, "decided_ms": 0, "sha256": words,
        "goods": [{"gtin": words, "lot": words}], "differences": [{"code": words, "text": words}],
        "delivery": {"driver": words, "receiver": words, "state": words},
    }  # fmt: skip
    text = receipt_page(told, words_of("en"), Zone())
    assert "<img" not in text
    assert "unknown" in read(text).one("article").text, "an older receipt kept no three numbers"
