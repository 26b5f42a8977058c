"""A modem's bytes become lines, however they are cut, and whatever comes between them."""

import random

import pytest

from drivers.modem.lines import LONGEST, LONGEST_FRAME, split

LCP = bytes.fromhex("7e ff 03 c0 21 09 01 00 08 0d 0a 3c 5e 51 7e")  # an echo request
ESCAPED = bytes.fromhex("7e ff 7d 23 c0 21 7d 29 7d 21 7d 20 7d 28 51 7e")


def lines(data):
    return list(split(data).lines)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\n\r\n"])
def test_every_line_end_and_doubled_ones(end):
    assert lines(b"RDY" + end + b"+CSQ: 18,99" + end) == ["RDY", "+CSQ: 18,99"]


def test_two_codes_in_one_read_and_the_second_waits_for_its_end():
    found = split(b"+CREG: 5\r\n\r\n+CGREG: 0")
    assert found.lines == ("+CREG: 5",)
    assert split(found.rest + b"\r\n").lines == ("+CGREG: 0",)


def test_an_echo_ends_with_the_commands_own_return():
    assert lines(b"AT\r\r\nOK\r\n") == ["AT", "OK"]


def test_noise_before_a_line_is_dropped_and_in_or_behind_it_drops_the_line():
    assert lines(b"\xf3\x00\xffRDY\r\n") == ["RDY"]
    for hurt in (b"+CRE\xffG: 1,1\r\n", b"+CREG: 1,\xff1\r\n", b"+CSQ: 1\x80\r\n"):
        found = split(hurt)
        assert not any(line.startswith("+C") for line in found.lines)
    assert split(b"+CSQ: 1\x80\r\n").damaged == 1


def test_names_in_quotes_may_have_letters_of_any_alphabet():
    assert lines('+COPS: 0,0,"Türk Telekom",7\r\n'.encode()) == ['+COPS: 0,0,"Türk Telekom",7']
    assert lines(b'+COPS: 0,0,"T\xfcrk",7\r\n') == ['+COPS: 0,0,"Türk",7']


@pytest.mark.parametrize("frame", [LCP, ESCAPED, LCP + LCP])
def test_frames_of_ppp_between_answers_are_left_out(frame):
    found = split(b"\r\n+CREG: 1,1\r\n" + frame + b"\r\nOK\r\n" + frame)
    assert found.lines == ("+CREG: 1,1", "OK")
    assert found.frames >= 2
    assert lines(frame + b"+CSQ: 9,99\r\n") == ["+CSQ: 9,99"]


def test_a_frame_whose_end_was_lost_does_not_eat_the_answer_behind_it():
    assert lines(LCP[:-1] + b"\r\n+CREG: 1,1\r\n" + LCP) == ["+CREG: 1,1"]


def test_a_frame_in_a_line_makes_it_none():
    assert lines(b"+CREG: 1" + LCP + b",3\r\n") == []


def test_the_prompt_for_a_message_has_no_end():
    assert lines(b"\r\n> ") == ["> "]
    assert lines(b"AT+CMGS=9\r\r\n> ") == ["AT+CMGS=9", "> "]


def test_cut_anywhere_it_reads_the_same():
    stream = (
        b'\x00f`f\r\nRDY\r\nAT+CREG?\r\r\n+CREG: 2,1,"00D3","01"\r\n\r\nOK\r\n' + LCP + b"\r\n"
        b'+COPS: 0,0,"A~B, \xfc",7\r\n\r\n> ' + ESCAPED + b"+CSQ: 18,99\r\n~\r\n+CGREG: 0\r\n"
    )
    whole = lines(stream)
    assert "+CGREG: 0" in whole
    for size in (1, 2, 3, 7, 64):
        rest, found = b"", []
        for at in range(0, len(stream), size):
            piece = split(rest + stream[at : at + size])
            rest, found = piece.rest, found + list(piece.lines)
        assert found == whole


def test_what_waits_is_bounded():
    for filler in (b"x", b"\xff", b"~", b"~\xff\x03", b'"', b"> ", b"~\xff\x03\x00" * 3):
        rest = b""
        for _ in range(4000):
            rest = split(rest + filler * 8).rest
            assert len(rest) <= LONGEST + LONGEST_FRAME + 64


def test_the_end_of_a_line_that_is_too_long_is_no_line():
    rest = split(b"x" * (LONGEST + 1)).rest
    assert split(rest + b"+CREG: 1\r\nOK\r\n").lines == ("OK",)


def test_quotes_without_an_end_cost_no_time():
    """A pattern that tried all ways through a damaged line would take for ever."""
    rng = random.Random(1)
    hurt = b"".join(rng.choice((b'"', b"a", b"aaaa")) for _ in range(1500)) + b'"\x01\r\n'
    assert split(hurt).lines == ()


def test_what_begins_like_a_frame_and_never_ends_is_passed_over():
    begin = b"~\xff\x03" + b"\x00" * (LONGEST_FRAME + 1)
    found = split(begin + b"\r\n+CREG: 1\r\n")
    assert found.lines[-1] == "+CREG: 1"
    assert found.frames == 0
    waits = split(b"+CSQ: 9,99\r\n~\xff\x03" + b"\x00" * (LONGEST_FRAME - 3))
    assert (waits.lines, len(waits.rest)) == (("+CSQ: 9,99",), LONGEST_FRAME)


def test_a_line_of_the_longest_length_is_one():
    text = b"x" * LONGEST
    assert lines(text + b"\r\n") == [text.decode()]
    assert lines(text + b"x\r\n") == []


def test_blanks_around_a_line_are_none_of_it_and_blanks_alone_are_no_line():
    found = split(b"  +CREG: 1 \r\n   \r\n")
    assert found.lines == ("+CREG: 1",)


def test_prompts_are_lines_of_their_own():
    assert lines(b"> > OK\r\n") == ["> ", "> ", "OK"]
