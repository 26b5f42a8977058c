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
