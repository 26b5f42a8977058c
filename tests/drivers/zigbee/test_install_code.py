"""Install codes as labels have them."""

import pytest

from drivers.errors import BadFrame
from drivers.zigbee.install_code import crc, install_code

CODE = "83FED3407A939723A5C639B26916D505C3B5"  # of the Zigbee specification's own example


@pytest.mark.parametrize(
    "text", [CODE, CODE.lower(), "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5", f" {CODE}\n"]
)
def test_a_code_is_read_however_its_label_groups_it(text):
    assert install_code(text).hex().upper() == CODE


def test_the_check_is_that_of_the_standard():
    assert crc(b"123456789") == 0x906E  # CRC-16/X-25's check value


def test_each_digit_changed_is_found_out():
    for at in range(len(CODE)):
        wrong = CODE[:at] + f"{int(CODE[at], 16) ^ 1:X}" + CODE[at + 1 :]
        with pytest.raises(BadFrame, match="a digit of the install code is wrong"):
            install_code(wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "this one has 0"), (CODE[:-1], "this one has 35"), ("83FEXX", "0 to 9 and A to F only")],
)
def test_what_is_no_code_is_refused(text, words):
    with pytest.raises(BadFrame, match=words):
        install_code(text)


@pytest.mark.parametrize(
    "text", ["83FED3407A932B70", "83FED3407A939738C552", "83FED3407A939723A5C639FF4C12"]
)
def test_a_label_may_have_a_shorter_one(text):
    """Of 48, 64 and 96 bits: the examples of Base Device Behavior 10.1."""
    assert install_code(text) == bytes.fromhex(text)


@pytest.mark.parametrize("text", ["83FED3407A930000", "83:FE:D3:40:7A:93.97-38 C5 53"])
def test_a_shorter_one_is_checked_too(text):
    with pytest.raises(BadFrame, match="a digit of the install code is wrong"):
        install_code(text)


def test_what_an_install_code_has_is_said():
    with pytest.raises(BadFrame) as raised:
        install_code("83FE")
    assert str(raised.value) == (
        "an install code has 16, 20, 28 or 36 digits with its check, and this one has 4"
    )
