"""Strangers' words: what steers a terminal or begins a line is shown as something else."""

from __future__ import annotations

import json

import pytest

from foundation.words import json_text, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tür 2: 4 °C, 托盘", "Tür 2: 4 °C, 托盘"),
        ("a\nb\r\nc", "a�b��c"),
        ("\x1b[2Jgone", "�[2Jgone"),
        ("\x9b2J", "�2J"),  # the same of C1
        ("cod\u202eexe.fdp", "cod�exe.fdp"),  # turns the direction of writing
        ("a\u00a0b\u2028c", "a�b�c"),
        ("", ""),
    ],
)
def test_what_is_not_printed_is_replaced_one_by_one(text, shown):
    assert one_line(text) == shown


def test_json_reads_back_and_steers_nothing():
    value = {"name": "Tür\x1b[2J\u202e", "tag": "\U000e0001", "n": [1, None]}
    text = json_text(value)
    assert text == ('{"name": "Tür\\u001b[2J\\u202e", "tag": "\\udb40\\udc01", "n": [1, null]}')
    assert json.loads(text) == value


def test_indented_json_has_a_line_for_each_thing():
    text = json_text({"a": "x\u0085", "b": [2]}, indent=1)
    assert text == '{\n "a": "x\\u0085",\n "b": [\n  2\n ]\n}'
    assert json.loads(text) == {"a": "x\u0085", "b": [2]}
