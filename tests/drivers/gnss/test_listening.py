"""What comes of a port that tells no new position: how soon, whose fault, and at which rate."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame, CommandTimeout, DeviceFault, WrongDevice
from drivers.gnss import causes
from drivers.gnss.binary import protocols
from drivers.gnss.diagnosis import SAMPLE, diagnose, is_noise
from drivers.gnss.listening import Listening
from tests.drivers.gnss.nmea import framed, gga
from tests.drivers.gnss.test_diagnosis import GSV, SIRF, damaged, ubx

NOISE = bytes(byte ^ 0xA5 for byte in framed(gga("101112.00")))
TEXT = b"RING\r\n" * 5
FROZEN = framed(gga("101112.00"))
DAMAGED = damaged(FROZEN)


def listening(*, tunable=True, answered=False):
    heard = Listening("/dev/gps", 10.0, 100.0, tunable=tunable)
    if answered:
        heard.epoch_came(100.0)
    return heard


@pytest.mark.parametrize(("now", "trouble"), [(109.9, False), (110.0, True)])
def test_silence_is_told_after_its_time(now, trouble):
    found = listening().trouble(now)
    assert bool(found) is trouble
    if trouble:
        assert (type(found), found.cause) == (CommandTimeout, causes.QUIET)
        assert str(found) == "nothing came from /dev/gps for 10 s"


@pytest.mark.parametrize(("last", "quiet"), [(105.0, True), (105.1, False)])
def test_bytes_that_stopped_half_the_time_ago_are_silence(last, quiet):
    heard = listening()
    heard.bytes_came(FROZEN, last)
    found = heard.trouble(110.0)
    assert isinstance(found, CommandTimeout) is quiet
    assert ("for 5 s" in str(found)) is quiet


def test_a_new_position_begins_the_time_anew():
    heard = listening()
    heard.bytes_came(FROZEN, 105.0)
    heard.epoch_came(105.0)
    assert heard.trouble(114.9) is None
    heard.bytes_came(b"x", 114.9)
    assert "sends text" in str(heard.trouble(115.0))  # what came before is forgotten


@pytest.mark.parametrize(
    ("data", "tunable", "answered", "kind", "text"),
    [
        (NOISE, True, False, None, ""),  # until all rates were tried
        (NOISE, False, False, WrongDevice, "sends bytes that are no NMEA"),
        (NOISE, True, True, BadFrame, "sends bytes that are no NMEA"),
        (NOISE, False, True, BadFrame, "sends bytes that are no NMEA"),
        (TEXT, True, False, WrongDevice, "sends text that is no NMEA"),
        (TEXT, True, True, BadFrame, "sends text that is no NMEA"),
        (DAMAGED, True, False, BadFrame, "sends NMEA sentences that are all damaged"),
        (FROZEN, True, False, DeviceFault, "repeats 10:11:12 UTC"),
        (framed(GSV), True, True, DeviceFault, "sends GSV, no sentence with a position"),
        (SIRF, True, False, DeviceFault, "sends SiRF binary, no NMEA"),
    ],
)  # fmt: skip
def test_whose_fault_it_is(data, tunable, answered, kind, text):
    heard = listening(tunable=tunable, answered=answered)
    heard.bytes_came(data, 109.0)
    found = heard.trouble(112.0)
    if kind is None:
        assert found is None
        return
    assert (type(found), str(found)) == (kind, f"the receiver at /dev/gps {text}, for 12 s")
    assert found.cause == diagnose(data).cause


@pytest.mark.parametrize(("after", "noise"), [(1.4, False), (1.5, True)])
def test_noise_of_a_second_and_a_half_is_reason_to_try_another_rate(after, noise):
    heard = listening()
    heard.bytes_came(NOISE, 200.0)
    assert heard.only_noise(200.0 + after) is noise


@pytest.mark.parametrize(
    ("data", "tunable", "answered"),
    [
        (NOISE, False, False),
        (NOISE, True, True),
        (FROZEN, True, False),
        (b"\xff" * 19, True, False),
    ],
)
def test_where_no_other_rate_is_tried(data, tunable, answered):
    heard = listening(tunable=tunable, answered=answered)
    heard.bytes_came(data, 200.0)
    assert not heard.only_noise(210.0)


def test_looking_for_noise_is_dear_and_a_sentence_ends_it():
    heard = listening()
    assert not heard.only_noise(210.0)
    heard.bytes_came(NOISE, 200.0)
    heard.bytes_came(NOISE, 201.0)
    assert heard.only_noise(202.0)
    assert not heard.only_noise(203.4)
    assert heard.only_noise(203.5)
    heard.sentence_came()
    assert not heard.only_noise(210.0)
    heard.bytes_came(NOISE, 220.0)
    assert not heard.only_noise(221.4)
    assert heard.only_noise(221.5)


def test_another_rate_begins_anew():
    heard = listening()
    heard.bytes_came(FROZEN, 105.0)
    heard.retuned(106.0)
    assert heard.trouble(115.9) is None
    assert str(heard.trouble(116.0)) == "nothing came from /dev/gps for 10 s"
    assert not heard.only_noise(116.0)


@pytest.mark.parametrize(
    ("known", "kind", "text", "cause"),
    [
        (None, WrongDevice, "at any rate from 4800 to 921600 baud",
         causes.NOT_A_RECEIVER.of(port="/dev/gps")),
        (9600, BadFrame, "at any rate any more", causes.NOISE),
    ],
)  # fmt: skip
def test_noise_at_all_rates(known, kind, text, cause):
    found = listening().noise_at_all_rates(known)
    assert (type(found), str(found)) == (kind, f"bytes come from /dev/gps, but no NMEA {text}")
    assert found.cause == cause


def test_only_the_newest_bytes_are_looked_at():
    heard = listening(answered=True)
    heard.bytes_came(FROZEN, 108.0)
    heard.bytes_came(b"A" * SAMPLE, 109.0)
    assert "sends text" in str(heard.trouble(110.0))
    heard = listening(answered=True)
    heard.bytes_came(FROZEN, 108.0)
    heard.bytes_came(b"A" * (SAMPLE - len(FROZEN)), 109.0)
    assert "repeats" in str(heard.trouble(110.0))


@pytest.mark.parametrize(("size", "noise"), [(19, False), (20, True)])
def test_how_much_noise_is_noise(size, noise):
    assert is_noise(b"\xff" * size) is noise


@pytest.mark.parametrize(("printable", "text"), [(74, False), (75, True)])
def test_how_much_text_is_text(printable, text):
    found = diagnose(b"A" * printable + b"\xff" * (100 - printable))
    assert ("text" in found.seen) is text


@pytest.mark.parametrize(
    ("moment", "said"), [("101112.00", "repeats 10:11:12 UTC"), ("000000.00", "repeats 00:00:00 UTC"),
                         ("235959.00", "repeats 23:59:59 UTC"), ("", "repeats what it said before")],
)  # fmt: skip
def test_a_frozen_receiver_is_told_by_its_clock(moment, said):
    assert diagnose(framed(gga("091011.00"), gga(moment))).seen == said


@pytest.mark.parametrize("size", [0, 1, 200, 255, 256, 1000])
def test_frames_of_u_blox_and_sirf_of_any_length(size):
    payload = bytes(each * 7 & 0xFF for each in range(size))
    frame = ubx(1, 7, payload)
    assert protocols(b"\xb5" + frame) == ["UBX"]
    assert protocols(frame[:-1]) == []
    assert protocols(frame[:-1] + bytes([frame[-1] ^ 1])) == []
    total = sum(payload) & 0x7FFF
    sirf = b"\xa0\xa2" + size.to_bytes(2) + payload + total.to_bytes(2) + b"\xb0\xb3"
    assert protocols(sirf + frame) == ["UBX", "SiRF binary"]
    assert protocols(sirf[:-1]) == []
    assert protocols(sirf[:-3] + bytes([sirf[-3] ^ 1]) + sirf[-2:]) == []
    assert protocols(b"") == []


def test_names_of_sentences_are_bounded():
    found = diagnose(framed("PGRMZABCDEFGH,1", "GPTXTABCDEFGH,1"))
    assert found.seen == "sends PGRMZABC, TXTABC, no sentence with a position"
