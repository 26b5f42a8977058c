"""What a keeper types: labels, counts and remarks, told apart by how they look."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.dock_words import Remark, counted_label, is_label, remark
from agent.cli.errors import Mistake


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("(01)04012345111118", True), ("]C100106141412345678908", True),
        ("https://id.gs1.org/01/1", True), ("http://id.gs1.org/01/1", True),
        ("urn:epc:id:sscc:1.2", True), ("40123455", True), ("4012 3455", True),
        ("0106141412345678", True), ("01061414123456782112", True), ("0006141412345678X", True),
        ("4012345", False), ("4012345x", False), ("02061414123456X", False), ("m 40123455", False),
        ("u 7", False), ("", False), ("ftp://x", False),
    ],
)  # fmt: skip
def test_what_needs_no_letter_before_it(line, is_one):
    assert is_label(line) is is_one


@pytest.mark.parametrize(
    ("text", "count", "label"),
    [
        ("3 x 4012345111118", 3, "4012345111118"), ("3x4012345111118", 3, "4012345111118"),
        ("12 × (01)1", 12, "(01)1"), ("999999 x 1", 999_999, "1"), (" 2 x  1 ", 2, "1"),
        ("1000000 x 1", 1, "1000000 x 1"), ("4012345111118", 1, "4012345111118"),
        ("3 x", 1, "3 x"), ("", 1, ""),
    ],
)  # fmt: skip
def test_how_many_of_a_label(text, count, label):
    assert counted_label(text) == (count, label)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("af", Remark("AF")),
        (" AF  (01)1 ", Remark("AF", "(01)1")),
        ("AF 3 x (01)1", Remark("AF", "(01)1", 3)),
        ("AF 1 rejected", Remark("AF", "1", rejected=True)),
        ("AF 1 because it is wet", Remark("AF", "1", reason="it is wet")),
        ("AF 1 photo a b.jpg", Remark("AF", "1", photo=Path("a b.jpg"))),
        ("AF 1 photo p.jpg because wet rejected",
         Remark("AF", "1", rejected=True, reason="wet", photo=Path("p.jpg"))),
        ("AF 1 because wet because cold", Remark("AF", "1", reason="wet cold")),
        ("AF 1 photo", Remark("AF", "1")),
        ("", Remark("")),
    ],
)  # fmt: skip
def test_a_remark(text, said):
    assert remark(text) == said


def test_what_is_said_of_refused_goods_is_a_reason():
    with pytest.raises(Mistake, match="what is 'wet box'") as raised:
        remark("AF 1 rejected wet box")
    assert raised.value.advice == "say: rejected because REASON"
