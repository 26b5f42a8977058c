"""Lists of EPCs in chunks: what a node sends by the model of its firmware becomes a list again."""

import random
from pathlib import Path

import pytest

from drivers.errors import BadFrame
from drivers.zigbee import epc_list
from drivers.zigbee.epc_assembly import GIVE_UP_AFTER, EpcLists
from hil.emulators.zigbee import shelf_node

PROTOCOL = Path(__file__).parents[3] / "docs/PROTOCOL.md"
SHELF = [bytes.fromhex("3074257BF7194E40") + number.to_bytes(4) for number in range(200)]


def sent(epcs, number=1, antenna=1):
    return [epc_list.parse(chunk) for chunk in shelf_node.chunks(number, antenna, epcs)]


def test_two_hundred_tags_are_forty_frames_that_fit():
    chunks = shelf_node.chunks(7, 2, SHELF)
    assert len(chunks) == 40
    assert max(len(shelf_node.command(0, chunk)) for chunk in chunks) <= 82  # what a stick takes
    first = epc_list.parse(chunks[0])
    assert (first.number, first.antenna, first.index, first.chunks, first.tags) == (
        7,
        2,
        0,
        40,
        200,
    )
    assert first.epcs == tuple(SHELF[:5])
    assert first.to_bytes() == chunks[0]


def test_the_example_of_the_protocol():
    (chunk,) = shelf_node.chunks(1, 1, [bytes.fromhex("3074257BF7194E4000001A85")])
    example = "01 00 01 00 01 01 00 33 00 06 30 74 25 7b f7 19 4e 40 00 00 1a 85"
    assert chunk.hex(" ") == example
    assert example in PROTOCOL.read_text()


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_and_twice_a_list_comes_out_once(seed):
    chunks = sent(SHELF) + sent(SHELF)
    random.Random(seed).shuffle(chunks)
    lists = EpcLists()
    found = [each for at, chunk in enumerate(chunks) for each in lists.take(chunk, at * 0.1)]
    found += lists.due(1000.0)
    (whole,) = found
    assert whole.whole
    assert whole.epcs == tuple(SHELF)


def test_what_is_missing_is_named_after_a_while():
    lists = EpcLists()
    for chunk in sent(SHELF):
        if chunk.index not in {3, 17}:
            assert lists.take(chunk, 5.0) == []
    assert lists.due(5.0 + GIVE_UP_AFTER - 0.1) == []
    (partial,) = lists.due(5.0 + GIVE_UP_AFTER)
    assert not partial.whole
    assert partial.missing == (3, 17)
    assert len(partial.epcs) == 190
    assert lists.due(9000.0) == []


def test_the_next_list_ousts_one_that_is_not_whole():
    lists = EpcLists()
    old, new = sent(SHELF[:10], number=1), sent(SHELF[:5], number=2)
    assert lists.take(old[0], 0.0) == []
    partial, whole = lists.take(new[0], 1.0)
    assert (partial.number, partial.missing) == (1, (1,))
    assert (whole.number, whole.whole) == (2, True)


def test_antennas_have_lists_of_their_own():
    lists = EpcLists()
    one, two = sent(SHELF[:10], 1, antenna=1), sent(SHELF[5:15], 1, antenna=2)
    assert lists.take(one[0], 0.0) == lists.take(two[0], 0.0) == []
    (whole,) = lists.take(one[1], 0.0)
    assert (whole.antenna, whole.epcs) == (1, tuple(SHELF[:10]))


def test_an_empty_shelf_is_a_list_without_tags():
    (whole,) = EpcLists().take(sent([])[0], 0.0)
    assert (whole.whole, whole.epcs, whole.tags) == (True, (), 0)


def test_a_bit_that_turned_is_found_by_the_check_of_the_whole():
    first, second = shelf_node.chunks(1, 1, SHELF[:10])
    turned = second[:-1] + bytes([second[-1] ^ 1])
    lists = EpcLists()
    lists.take(epc_list.parse(first), 0.0)
    (broken,) = lists.take(epc_list.parse(turned), 0.0)
    assert (broken.missing, broken.intact, broken.whole) == ((), False, False)


def test_lengths_may_differ_from_chunk_to_chunk():
    mixed = [SHELF[0], bytes(16), bytes(16), bytes(26), SHELF[1]]
    assert [chunk.words for chunk in sent(mixed)] == [6, 8, 13, 6]
    lists = EpcLists()
    (whole,) = [each for chunk in sent(mixed) for each in lists.take(chunk, 0.0)]
    assert (whole.whole, whole.epcs) == (True, tuple(mixed))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("01 00 01 00 01", "shorter than its head"),
        ("01 00 01 02 02 05 00 00 00 06", "none of 2"),
        ("01 00 01 00 01 05 00 00 00 06" + "00" * 66, "64 are the most"),
        ("01 00 01 00 01 05 00 00 00 20" + "00" * 64, "longer than any tag"),
        ("01 00 01 00 01 05 00 00 00 06" + "00" * 13, "no whole number"),
        ("01 00 01 00 01 05 00 00 00 00" + "00", "no whole number"),
        ("01 00 01 00 01 01 00 00 00 06" + "00" * 24, "2 EPCs of a list of 1"),
    ],
)
def test_a_chunk_that_cannot_be_is_refused(text, words):
    with pytest.raises(BadFrame, match=words):
        epc_list.parse(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("text", "epcs"),
    [
        ("01 00 01 00 01 05 00 00 00 00", 0),  # an empty chunk
        ("01 00 01 01 02 05 00 00 00 10" + "00" * 64, 2),  # 64 bytes, the most
        ("01 00 01 00 01 01 00 00 00 1f" + "00" * 62, 1),  # 31 words, the longest
        ("01 00 01 00 01 02 00 00 00 06" + "00" * 24, 2),  # as many as the list has
    ],
)
def test_what_just_fits_is_a_chunk(text, epcs):
    payload = bytes.fromhex(text)
    chunk = epc_list.parse(payload)
    assert len(chunk.epcs) == epcs
    assert chunk.to_bytes() == payload


def test_a_chunk_that_comes_late_again_begins_no_list_anew():
    lists = EpcLists()
    one, two = sent(SHELF[:10], number=1)
    lists.take(one, 0.0)
    assert len(lists.take(two, 1.0)) == 1
    assert lists.take(one, 2.0) == lists.due(100.0) == []
    assert lists.take(sent(SHELF[:10], number=2)[0], 3.0) == []  # the same shelf, read again
    (partial,) = lists.due(33.0)
    assert (partial.number, partial.antenna, partial.tags, partial.chunks) == (2, 1, 10, 2)
    assert (partial.epcs, partial.missing, partial.intact) == (tuple(SHELF[:5]), (1,), False)


def test_it_is_given_up_thirty_seconds_after_its_last_new_chunk():
    lists = EpcLists()
    one, two, _ = sent(SHELF[:15])
    lists.take(one, 0.0)
    lists.take(two, 20.0)
    assert lists.due(49.9) == []
    assert [each.missing for each in lists.due(50.0)] == [(2,)]


def test_a_list_that_names_more_tags_than_it_has_is_not_whole():
    (chunk,) = sent(SHELF[:2])
    (found,) = EpcLists().take(
        epc_list.parse(chunk.to_bytes()[:5] + b"\x03" + chunk.to_bytes()[6:]), 0.0
    )
    assert (found.intact, found.missing, found.whole) == (True, (), False)
