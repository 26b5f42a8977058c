"""Counts with their nouns."""

from foundation.counting import counted, span


def test_one_is_singular_and_all_else_is_not():
    assert [counted(count, "device") for count in (0, 1, 2)] == [
        "0 devices",
        "1 device",
        "2 devices",
    ]
    assert [counted(count, "batch", "batches") for count in (1, 12)] == ["1 batch", "12 batches"]


def test_a_single_number_has_no_end():
    assert span(range(7, 8), "record") == "record 7"
    assert span(range(7, 10), "record") == "records 7 to 9"
    assert span(range(3, 5), "batch", "batches") == "batches 3 to 4"
