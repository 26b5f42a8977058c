"""Where bytes come and no new position: what was seen is named, with the right next step."""

import random

import pytest

from drivers.gnss.diagnosis import Finding, diagnose, is_noise
from tests.drivers.gnss.nmea import framed, gga, rmc

GSV = "GPGSV,1,1,04,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45"
TXT = "GNTXT,01,01,02,ANTSTATUS=OK"
PUBX = (
    "PUBX,00,101112.00,4807.03800,N,01131.00000,E,545.4,G3,2.1,2.0,0.0,0.0,0.0,,0.9,1.2,0.8,8,0,0"
)
NAV_PVT = bytes.fromhex("b562010704000a0b0c0d3aae")  # class 1, id 7, four bytes; sum by hand
SIRF = bytes.fromhex("a0a2000284010085b0b3")


def ubx(group, number, payload):
    """A frame of u-blox (interface description, "UBX frame structure" and "UBX checksum")."""
    body = bytes([group, number]) + len(payload).to_bytes(2, "little") + payload
    first = second = 0
    for byte in body:
        first = (first + byte) % 256
        second = (second + first) % 256
    return b"\xb5\x62" + body + bytes([first, second])


def damaged(data):
    """Each sentence with another digit in its first field."""
    return b"".join(line[:9] + b"7" + line[10:] for line in data.splitlines(keepends=True))


def at_another_rate(data):
    """What a UART makes of bytes at the wrong rate is garbage, most of it unprintable."""
    return bytes(byte ^ 0xA5 for byte in data)


@pytest.mark.parametrize(
    ("sample", "finding", "seen", "advice"),
    [
        (ubx(1, 7, bytes(92)) * 3, Finding.NO_POSITION, "sends UBX, no NMEA", "GGA and RMC"),
        (SIRF * 3, Finding.NO_POSITION, "sends SiRF binary, no NMEA", "switch NMEA on"),
        (framed(GSV, TXT) * 3, Finding.NO_POSITION, "sends GSV, TXT, no sentence", "GGA and RMC"),
        (framed(PUBX), Finding.NO_POSITION, "sends PUBX, no sentence with a position", "GGA and"),
        (ubx(1, 7, bytes(92)) + framed(TXT), Finding.NO_POSITION, "sends UBX, TXT, no", "GGA and"),
        (
            framed(gga("101112.00"), rmc("101112.00")) * 3,
            Finding.FROZEN,
            "repeats 10:11:12 UTC",
            "power-cycle",
        ),
        (
            f"${gga('101112.00')}\r\n${rmc('101112.00')}\r\n".encode(),
            Finding.WITHOUT_CHECKSUM,
            "without checksums",
            "switch checksums on",
        ),
        (
            damaged(framed(gga("101112.00"), GSV)),
            Finding.DAMAGED,
            "all damaged",
            "grounding",
        ),
        (
            framed(gga("101112.00", lat=",")) * 2,
            Finding.UNREADABLE,
            "sends GGA with fields that cannot be read",
            "firmware",
        ),
        (b'RING\r\n\r\n+CMTI: "SM",1\r\n' * 3, Finding.TEXT, "text that is no NMEA", "port"),
        (at_another_rate(framed(gga("101112.00")) * 3), Finding.NOISE, "no NMEA", "baud rate"),
        (random.Random(1).randbytes(2000), Finding.NOISE, "no NMEA", "baud rate"),
    ],
)
def test_what_was_seen_and_what_to_do(sample, finding, seen, advice):
    found = diagnose(sample)
    assert found.finding is finding
    assert seen in found.seen
    assert advice in found.cause.next
    assert is_noise(sample) == (finding is Finding.NOISE)


def test_a_few_stray_bytes_are_no_reason_to_try_other_rates():
    assert not is_noise(b"\xff\xfe\x00")


def test_a_frame_with_a_wrong_sum_is_none():
    damaged = bytearray(ubx(1, 7, bytes(20)))
    damaged[10] ^= 1
    assert diagnose(bytes(damaged)).finding is Finding.NOISE
    assert diagnose(SIRF.replace(b"\x84", b"\x85")).finding is Finding.NOISE
