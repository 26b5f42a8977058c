"""Messages of D-Bus, byte by byte as its specification lays them out ("Type System")."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.dbus.wire import ERROR, MOST_BYTES, RETURN, BadMessage, call, take

PATH_FIELD = "01016f00 01000000 2f00 000000000000"
INTERFACE_FIELD = "02017300 03000000 632e6400 00000000"
MEMBER_FIELD = "03017300 01000000 4500 000000000000"
DESTINATION_FIELD = "06017300 03000000 612e6200"
FIELDS = f"{PATH_FIELD}{INTERFACE_FIELD}{MEMBER_FIELD}{DESTINATION_FIELD}"

CALLS = {
    (): f"6c010001 00000000 07000000 3c000000 {FIELDS} 00000000",
    (
        "x",
    ): f"6c010001 06000000 07000000 47000000 {FIELDS} 00000000 08016700 017300 00 010000007800",
    ("x", "yz"): (
        f"6c010001 0f000000 07000000 48000000 {FIELDS} 00000000 08016700 02737300"
        "010000007800 0000 02000000797a00"
    ),
}


@pytest.mark.parametrize("texts", CALLS)
def test_a_call_is_as_the_specification_lays_it_out(texts):
    assert call(7, "a.b", "/", "c.d.E", *texts).hex() == CALLS[texts].replace(" ", "")


def reply(signature, body, order="<", kind=RETURN):
    """An answer to call 7: REPLY_SERIAL and SIGNATURE are its fields."""
    fields = b"\x05\x01u\0" + struct.pack(f"{order}I", 7)
    if signature:
        fields += b"\x08\x01g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    mark = b"l" if order == "<" else b"B"
    head = mark + bytes([kind, 0, 1]) + struct.pack(f"{order}III", len(body), 1, len(fields))
    whole = head + fields
    return whole + bytes(-len(whole) % 8) + body


VALUES = {
    "a text": ("s", "05000000 68656c6c6f 00", ("hello",)),
    "a path": ("o", "01000000 2f 00", ("/",)),
    "a signature": ("g", "02 6169 00", ("ai",)),
    "a byte": ("y", "fe", (254,)),
    "yes and no": ("bb", "01000000 00000000", (True, False)),
    "16 bits": ("nq", "feff feff", (-2, 65534)),
    "32 bits": ("iuh", "feffffff feffffff 03000000", (-2, 4294967294, 3)),
    "64 bits": ("xt", "feffffffffffffff feffffffffffffff", (-2, 18446744073709551614)),
    "a fraction": ("d", "000000000000f83f", (1.5,)),
    "aligned to 2": ("yq", "07 00 0500", (7, 5)),
    "aligned to 4": ("yu", "07 000000 05000000", (7, 5)),
    "aligned to 8": ("yt", "07 00000000000000 0500000000000000", (7, 5)),
    "a structure": ("y(yu)", "01 00000000000000 07 000000 05000000", (1, (7, 5))),
    "texts": ("as", "0f000000 01000000 6100 0000 02000000 626300", (["a", "bc"],)),
    "bytes": ("ayy", "02000000 0102 03", ([1, 2], 3)),
    "nothing of 32 bits": ("auy", "00000000 09", ([], 9)),
    "nothing of 64 bits": ("aty", "00000000 00000000 09", ([], 9)),
    "lists in a list": ("aau", "14000000 08000000 01000000 02000000 04000000 03000000", ([[1, 2], [3]],)),
    "a variant": ("v", "017500 00 2a000000", (42,)),
    "a variant in one": ("v", "017600 017500 0000 2a000000", (42,)),
    "a property": ("a{sv}", "10000000 00000000 01000000 4100 017500 000000 2a000000", ({"A": 42},)),
    "no property": ("a{sv}", "00000000 00000000", ({},)),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_every_type_is_read(name):
    signature, body, expected = VALUES[name]
    data = reply(signature, bytes.fromhex(body))
    message, rest = take(data + b"next")
    assert (message.kind, message.replies_to, message.error) == (RETURN, 7, "")
    assert (message.body, rest) == (expected, b"next")
    assert [type(each) for each in message.body] == [type(each) for each in expected]
    for size in range(len(data)):
        assert take(data[:size]) is None, "it is not whole"


def test_the_other_order_of_bytes_is_read_too():
    body = struct.pack(">hxxi", -2, -3)
    (message, _) = take(reply("ni", body, order=">"))
    assert (message.replies_to, message.body) == (7, (-2, -3))


def test_an_error_has_its_name_and_an_answer_may_be_empty():
    name = b"a.b.Gone"
    fields = b"\x05\x01u\0" + struct.pack("<I", 7) + b"\x04\x01s\0" + struct.pack("<I", len(name))
    fields += name + b"\0"
    head = b"l" + bytes([ERROR, 0, 1]) + struct.pack("<III", 0, 1, len(fields)) + fields
    message, rest = take(head + bytes(-len(head) % 8))
    assert (message.kind, message.error, message.body, rest) == (ERROR, "a.b.Gone", (), b"")
    assert take(reply("", b""))[0].body == ()


BEYOND = "a value beyond its message's end"
SEVERAL = "a variant of several types, or of none"
WRONG = {
    "a text that is longer than its message": ("s", "06000000 68656c6c6f 00", BEYOND),
    "a text without its end": ("s", "05000000 68656c6c6f", BEYOND),
    "a text that is no UTF-8": ("s", "01000000 ff 00", "a value that is none: 'utf-8' codec"),
    "a signature without its end": ("g", "02 6169", BEYOND),
    "a number that is cut": ("u", "010000", BEYOND),
    "a list that is longer than its message": (
        "ay", "03000000 0102", "an array beyond its message's end",
    ),
    "no such type": ("z", "00", "no type 'z'"),
    "a variant of two types": ("v", "02757500 01000000 01000000", SEVERAL),
    "a variant of none": ("v", "0000", SEVERAL),
    "a list of no type": ("a", "00000000", "an array of no type"),
    "a structure that does not end": ("(u", "01000000", "')' is missing in a signature"),
    "a list of nothing": ("a()", "01000000 00000000 00", "an array of nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_value_is_refused(name):
    signature, body, words = WRONG[name]
    with pytest.raises(BadMessage) as raised:
        take(reply(signature, bytes.fromhex(body)))
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize(("size", "fits"), [(2, True), (3, False)])
def test_a_list_ends_within_its_message(size, fits):
    data = reply("ay", struct.pack("<I", size) + b"\x01\x02")
    if fits:
        assert take(data)[0].body == ([1, 2],)
    else:
        with pytest.raises(BadMessage, match=r"^an array beyond its message's end$"):
            take(data)


@pytest.mark.parametrize(("deep", "read"), [(64, True), (65, False)])
def test_variants_in_one_another_have_an_end(deep, read):
    data = reply("v", b"\x01v\0" * (deep - 1) + b"\x01y\0\x09")
    if read:
        assert take(data)[0].body == (9,)
    else:
        with pytest.raises(BadMessage, match="containers too deep in one another"):
            take(data)


@pytest.mark.parametrize(("deep", "read"), [(64, True), (65, False)])
def test_structures_in_one_another_have_an_end(deep, read):
    data = reply("(" * deep + "y" + ")" * deep, b"\x09")
    if not read:
        with pytest.raises(BadMessage, match="containers too deep in one another"):
            take(data)
        return
    (value,) = take(data)[0].body
    for _ in range(deep):
        (value,) = value
    assert value == 9


@pytest.mark.parametrize("head", [b"L\x02\0\x01", b"l\x02\0\x02", b"\0\x02\0\x01"])
def test_what_does_not_begin_like_a_message_is_refused(head):
    with pytest.raises(BadMessage, match="no message of D-Bus 1"):
        take(head + bytes(12))


@pytest.mark.parametrize(("fields", "body"), [(0, MOST_BYTES - 16), (MOST_BYTES - 24, 8)])
def test_the_largest_message_is_waited_for_and_a_larger_one_is_not(fields, body):
    begin = b"l\x02\0\x01"
    assert take(begin + struct.pack("<III", body, 1, fields)) is None
    with pytest.raises(BadMessage, match=f"a message of {MOST_BYTES + 1} bytes"):
        take(begin + struct.pack("<III", body + 1, 1, fields))


@given(st.sampled_from(sorted(VALUES)), st.data())
def test_damage_is_refused_or_read_and_nothing_else(name, data):
    signature, body, _ = VALUES[name]
    whole = bytearray(reply(signature, bytes.fromhex(body)))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        take(bytes(whole))
    except BadMessage as error:
        assert str(error)
