"""A network's book: bytes that are what was written, or are refused; two generations on disk."""

from unittest.mock import ANY

import pytest

from drivers.zigbee.host.book import Book, Damaged, KnownNode, decode, encode, newest
from drivers.zigbee.host.book_file import BookFile, BookLost
from drivers.zigbee.host.identity import Facts, Verdict, facts_of, identify

NETWORK = {
    "network_info": {
        "extended_pan_id": "78:47:3b:c4:03:ec:14:3f",
        "channel": 15,
        "network_key": {"key": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", "tx_counter": 7},
    },
    "node_info": {"ieee": "00:12:4b:00:00:00:00:01"},
}
NODE = KnownNode(
    "00158d0000000001",
    0x1000,
    "01408e5f11525200000052000000"[:26],
    {"1": {"profile": 260, "device": 770, "inputs": [0, 1026], "outputs": []}},
    "ACME",
    "TH-1",
    parent="00124b0000000001",
)


def book(counter=7):
    info = NETWORK["network_info"]
    key = info["network_key"] | {"tx_counter": counter}
    network = NETWORK | {"network_info": info | {"network_key": key}}
    return Book(network, {NODE.ieee: NODE})


def test_what_was_written_is_read():
    assert decode(encode(book())) == book()
    assert NODE.router


def test_cut_at_any_byte_it_is_refused():
    data = encode(book())
    for end in range(len(data)):
        with pytest.raises(Damaged):
            decode(data[:end])


def test_one_bit_changed_anywhere_it_is_refused():
    data = encode(book())
    for at in range(len(data)):
        with pytest.raises(Damaged):
            decode(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])


@pytest.mark.parametrize("harm", ["cut", "flipped"])
def test_harm_at_any_byte_is_made_good_by_the_one_before_or_refused(harm):
    data, before = encode(book(8)), encode(book(7))
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        harmed = data[:at] if harm == "cut" else flipped
        assert newest([harmed, before]) == (book(7), [ANY])
        assert newest([harmed, harmed]) == (None, [ANY, ANY])  # never a network without nodes


def test_what_the_disk_does_not_give_is_made_good_by_the_one_before():
    assert newest([OSError(5, "Input/output error"), encode(book(7))]) == (
        book(7),
        ["[Errno 5] Input/output error"],
    )


def test_every_harm_to_the_file_leaves_the_generation_before(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    assert file.load().book is None
    file.save(book(7))
    file.save(book(8))
    whole = file.path.read_bytes()
    for end in range(0, len(whole), 97):
        file.path.write_bytes(whole[:end])
        loaded = file.load()
        assert loaded.book == book(7)
        assert "damaged" in loaded.note
        assert file.load() == type(loaded)(book(7))  # the second time all is well
        file.save(book(8))


def test_the_same_book_again_does_not_push_out_the_one_before(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    for counter in (7, 8, 8, 8):
        file.save(book(counter))
    assert decode(file.before.read_bytes()) == book(7)


def test_with_no_generation_left_the_error_says_what_to_do(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    file.path.write_bytes(b"")
    with pytest.raises(BookLost, match="it is empty") as raised:
        file.load()
    assert "tallyman zigbee adopt" in raised.value.advice


def test_a_book_of_a_later_version_is_not_guessed_at():
    later = encode(book()).replace(b'"version": 1', b'"version": 2')
    with pytest.raises(Damaged, match="digest"):
        decode(later)


OURS = Facts("00124b0000000001", "78473bc403ec143f", "key", 15, 1000)


@pytest.mark.parametrize(
    ("stick", "kept", "verdict"),
    [
        (None, None, Verdict.NOTHING),
        (None, OURS, Verdict.BLANK),
        (OURS, None, Verdict.UNKNOWN),
        (OURS, OURS, Verdict.OURS),
        (Facts("00124b0000000001", "78473bc403ec143f", "key", 20, 1001), OURS, Verdict.OURS),
        (Facts("00124b0000000001", "78473bc403ec143f", "key", 15, 999), OURS, Verdict.OLDER),
        (Facts("00124b0000000099", "78473bc403ec143f", "key", 15, 1000), OURS, Verdict.OTHER_STICK),
        (
            Facts("00124b0000000001", "78473bc403ec143f", "none", 15, 1000),
            OURS,
            Verdict.OTHER_NETWORK,
        ),
        (
            Facts("00124b0000000001", "ffff3bc403ec143f", "key", 15, 1000),
            OURS,
            Verdict.OTHER_NETWORK,
        ),
    ],
)
def test_a_stick_is_known_by_its_network(stick, kept, verdict):
    assert identify(stick, kept) is verdict


def test_what_identifies_a_network():
    assert facts_of(None) is None
    assert facts_of(NETWORK) == Facts(
        "00124b0000000001", "78473bc403ec143f", "00112233445566778899aabbccddeeff", 15, 7
    )
