"""NMEA as tests write it, and the driver that reads it as a recording."""

from functools import reduce
from operator import xor

from hil.rig.replay import replay


def framed(*texts):
    """Return sentences with checksum and line ends."""
    lines = (text.encode("ascii") for text in texts)
    return b"".join(b"$%b*%02X\r\n" % (line, reduce(xor, line)) for line in lines)


def gga(
    time, lat="4807.03800,N", lon="01131.00000,E", quality=1, used="08", hdop="0.90", high="545.4"
):
    return f"GPGGA,{time},{lat},{lon},{quality},{used},{hdop},{high},M,46.9,M,,"


def rmc(
    time,
    lat="4807.03800,N",
    lon="01131.00000,E",
    day="291126",
    knots="22.4",
    course="84.4",
    tail=",,,A",
    status="A",
):
    return f"GPRMC,{time},{status},{lat},{lon},{knots},{course},{day}{tail}"


async def read(*texts, raw=None):
    """Return all positions that the driver makes of the sentences."""
    data = framed(*texts) if raw is None else raw
    found = [reading async for reading in replay("gnss.nmea", "gnss", data)]
    return [reading for reading in found if reading.fields["lat"] is not None]
