from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss.sentences import LONGEST, checksum, split

GGA = b"$GPGGA,051347.00,6001.336799,N,03014.169008,E,1,05,0.9,16.5,M,18.0,M,,*59\r\n"
RMC = b"$GPRMC,051347.00,A,6001.336799,N,03014.169008,E,0.0,0.0,200922,8.4,E,A,V*4A\r\n"

text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="$*"))


def framed(body: str) -> bytes:
    return b"$%b*%02X\r\n" % (body.encode(), checksum(body.encode()))


def fed(data: bytes, size: int) -> tuple[list[str], int]:
    sentences, damaged, rest = [], 0, b""
    for at in range(0, len(data), size):
        found = split(rest + data[at : at + size])
        sentences += found.sentences
        damaged += found.damaged
        rest = found.rest
        assert len(rest) <= LONGEST + 3
    return sentences, damaged


def test_two_sentences_and_the_beginning_of_a_third():
    found = split(b"noise\x00" + GGA + RMC + b"$GPGS")
    assert [sentence[:5] for sentence in found.sentences] == ["GPGGA", "GPRMC"]
    assert found.rest == b"$GPGS"
    assert found.damaged == 0


def test_a_sentence_is_told_as_soon_as_its_checksum_is_there():
    assert split(GGA.rstrip()).sentences
    assert not split(GGA.rstrip()[:-1]).sentences


def test_wrong_checksum_is_counted_and_the_next_sentence_read():
    found = split(GGA.replace(b",05,", b",06,") + RMC)
    assert [sentence[:5] for sentence in found.sentences] == ["GPRMC"]
    assert found.damaged == 1


def test_without_a_checksum_it_is_no_sentence():
    assert split(b"$GPGGA,051347.00,6001.336799,N\r\n").sentences == ()


def test_a_sentence_cut_off_by_the_next():
    found = split(GGA[:30] + RMC)
    assert [sentence[:5] for sentence in found.sentences] == ["GPRMC"]
    assert found.damaged == 1


def test_endless_garbage_after_a_dollar_is_given_up():
    found = split(b"$" + b"x" * 1000)
    assert found.rest == b""
    assert found.damaged == 1


@given(st.lists(text.filter(bool).filter(lambda body: len(body) <= LONGEST)))
def test_all_whole_sentences_come_out(bodies):
    assert split(b"".join(map(framed, bodies))).sentences == tuple(bodies)


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), text.map(framed), st.sampled_from([GGA, RMC, b"$"]))
    ),
    st.integers(1, 7),
)
def test_pieces_of_any_size_give_what_the_whole_gives(parts, size):
    data = b"".join(parts)
    whole = split(data)
    assert fed(data, size) == (list(whole.sentences), whole.damaged)


@given(st.binary())
def test_anything_can_be_split(data):
    found = split(data)
    assert all(f"${sentence}*".encode() in data for sentence in found.sentences)
    assert data.endswith(found.rest)


@given(st.integers(0, len(GGA.rstrip()) - 1), st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(at, bit):
    damaged = bytearray(GGA.rstrip())
    damaged[at] ^= 1 << bit
    found = split(bytes(damaged))
    changed_case_of_checksum = bytes(damaged).upper() == GGA.rstrip()
    assert changed_case_of_checksum or found.sentences == ()
