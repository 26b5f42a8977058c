"""Markup: ours as it is, a stranger's words escaped, tables and pages whole."""

from __future__ import annotations

from agent.renderer.catalogue import words_of
from agent.renderer.document import document, section
from agent.renderer.markup import NOTHING, Html, element, joined, said, text
from agent.renderer.style import STYLE
from agent.renderer.table import listed, table


def test_words_are_escaped_and_markup_is_not():
    assert text("<b>&") == "&lt;b&gt;&amp;"
    assert text(Html("<b>")) == "<b>"
    assert joined(["<", Html("<br>"), "x"], "&") == "&lt;&amp;<br>&amp;x"
    assert said("<i>") == "<bdi>&lt;i&gt;</bdi>"


def test_an_element_has_the_attributes_that_are_known():
    assert element("i", "a", Html("<b>"), class_="x", aria_label="1 < 2", width=0, id=None) == (
        '<i class="x" aria-label="1 &lt; 2" width="0">a<b></i>'
    )
    assert element("br") == "<br>"
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_a_table_names_the_column_in_each_cell_for_a_phone():
    assert table("Gaps", ["From", "To"], [["1", "<2"]]) == (
        '<table><caption>Gaps</caption><thead><tr><th scope="col">From</th>'
        '<th scope="col">To</th></tr></thead><tbody><tr><td data-label="From">1</td>'
        '<td data-label="To">&lt;2</td></tr></tbody></table>'
    )


def test_without_a_row_there_is_no_table_and_no_list():
    assert table("Gaps", ["From"], []) == NOTHING
    assert listed([]) == NOTHING
    assert listed(["a", "<"]) == "<ul><li>a</li><li>&lt;</li></ul>"


def test_a_page_loads_and_runs_nothing():
    part = section("Why <", "so", id="why")
    assert part == '<section id="why"><h2>Why &lt;</h2>so</section>\n'
    assert document("it", "A & B", [part]) == (
        '<!DOCTYPE html>\n<html lang="it"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        'content="default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>A &amp; B</title><style>{STYLE}</style></head>"
        f"<body><main><h1>A &amp; B</h1>{part}</main></body></html>\n"
    )


def test_a_number_has_its_unit_behind_a_blank_that_does_not_break():
    words = words_of("en")
    assert words.amount(4.25, 1, "°C") == '<data value="4.2">4.2</data>\N{NO-BREAK SPACE}°C'
    assert words.amount(45.0, 0, "°") == '<data value="45">45</data>°'
    assert words.amount(3.0, 0, "") == '<data value="3">3</data>'
    assert words.listed([Html("<b>"), Html("x")]) == "<b>, x"
    assert words.language == "en"


def test_a_known_word_is_translated_and_a_stranger_s_stands_as_it_is():
    assert words_of("en").known("map", "start") == "start"
    assert words_of("de").known("map", "start") == words_of("de")("map.start") != "start"
    assert words_of("de").known("map", "<x>") == "<bdi>&lt;x&gt;</bdi>"
