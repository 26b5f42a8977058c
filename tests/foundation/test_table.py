"""Tables as a spreadsheet opens them: in which no stranger's text computes anything."""

from __future__ import annotations

import csv
import io

import pytest

from foundation.table import table


def test_a_table_is_what_rfc_4180_says_with_a_mark_of_utf_8():
    rows = [{"name": 'a "b", c', "n": -3}, {"n": 4.5}]
    assert table(["name", "n"], rows) == (b'\xef\xbb\xbfname,n\r\n"a ""b"", c",-3\r\n,4.5\r\n')


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(first):
    data = table([f"{first}x", "b"], [{f"{first}x": f"{first}1+1", "b": f"a{first}"}])
    head, row = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert head == [f"'{first}x", "b"]
    assert row == [f"'{first}1+1", f"a{first}"]
