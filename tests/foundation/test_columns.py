import random
import textwrap

import pytest

from foundation.columns import columns, cut, folded, padded


@pytest.mark.parametrize(
    ("text", "width"),
    [  # as wcwidth(3) of glibc has them
        ("", 0),
        ("door 2", 6),
        ("żółć", 4),
        ("z\u0307", 1),  # a dot that combines
        ("托盘", 4),
        ("（推定 2）", 10),  # wide brackets
        ("ﾊﾟ", 2),  # half width
        ("×…—█", 4),  # ambiguous: one
        ("a\u200bb", 2),  # a space of no width
        ("한글", 4),
    ],
)
def test_the_columns_of_a_text(text, width):
    assert columns(text) == width
    assert padded(text, 12) == text + " " * (12 - width)


def test_what_is_too_wide_is_cut_before_a_character_that_would_not_fit():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("托盘标签", 8) == "托盘标签"
    assert cut("托盘标签", 7) == "托盘标…"
    assert cut("托盘标签", 6) == "托盘…"  # half of a character is no character
    assert columns(cut("托盘标签", 6)) == 5


def test_words_are_folded_as_textwrap_folds_them():
    chance = random.Random(16)
    for _ in range(2000):
        text = "".join(chance.choice("abc-  de.fgé") for _ in range(chance.randrange(60)))
        width, indent = chance.randrange(5, 30), chance.randrange(4)
        assert folded(text, indent, width) == textwrap.wrap(
            text, width, subsequent_indent=" " * indent,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


def test_chinese_is_folded_between_characters_but_no_line_begins_with_a_full_stop():
    text = "没有读数：door-2；请等待，或查看：tallyman devices。再试一次"
    lines = folded(text, 2, 20)
    assert "".join(line.strip() for line in lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(columns, lines)) <= 20
    assert not any(line.strip()[0] in "，。：；！？" for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])
