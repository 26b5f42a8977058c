"""NMEA 0183 sentences as a receiver sends them; written from the standard's field lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hil.emulators.serial.gnss_route import Motion

KNOT = 1852 / 3600  # m/s
PER_GSV = 4  # satellites a GSV sentence holds
PER_GSA = 12  # satellites a GSA sentence holds


@dataclass(frozen=True, slots=True)
class Satellite:
    """One satellite in view: number, elevation and azimuth in degrees, C/N0 in dB-Hz."""

    number: int
    elevation: int
    azimuth: int
    strength: int


def sentence(text: str) -> bytes:
    """Return `text` framed with `$`, checksum and CR LF."""
    check = 0
    for byte in text.encode("ascii"):
        check ^= byte
    return f"${text}*{check:02X}\r\n".encode("ascii")


def epoch(now: datetime, motion: Motion, sky: Sequence[Satellite], hdop: float) -> list[bytes]:
    """Return the sentences of one epoch: RMC, VTG, GGA, GSA and as many GSV as `sky` needs."""
    texts = [
        _rmc(now, motion),
        _vtg(motion),
        _gga(now, motion, len(sky), hdop),
        _gsa(motion, sky, hdop),
        *_gsv(sky),
    ]
    return [sentence(text) for text in texts]


def _time(now: datetime) -> str:
    return f"{now:%H%M%S}.{now.microsecond // 10_000:02d}"


def _place(motion: Motion) -> str:
    """Return `ddmm.mmmmmm,N,dddmm.mmmmmm,E`: six digits are 2 mm."""
    lat, lon = _minutes(motion.lat), _minutes(motion.lon)
    north, east = "S" if motion.lat < 0 else "N", "W" if motion.lon < 0 else "E"
    return f"{lat[0]:02d}{lat[1]:09.6f},{north},{lon[0]:03d}{lon[1]:09.6f},{east}"


def _minutes(degrees: float) -> tuple[int, float]:
    """Return whole degrees and minutes, rounded so that minutes stay below 60."""
    micro = round(abs(degrees) * 60e6)
    return micro // 60_000_000, micro % 60_000_000 / 1e6


def _rmc(now: datetime, motion: Motion) -> str:
    if not motion.fix:
        return f"GPRMC,{_time(now)},V,,,,,,,{now:%d%m%y},,,N"
    speed, course = motion.speed / KNOT, motion.course
    return f"GPRMC,{_time(now)},A,{_place(motion)},{speed:.3f},{course:.2f},{now:%d%m%y},,,A"


def _vtg(motion: Motion) -> str:
    if not motion.fix:
        return "GPVTG,,T,,M,,N,,K,N"
    knots, kmh = motion.speed / KNOT, motion.speed * 3.6
    return f"GPVTG,{motion.course:.2f},T,,M,{knots:.3f},N,{kmh:.3f},K,A"


def _gga(now: datetime, motion: Motion, used: int, hdop: float) -> str:
    if not motion.fix:
        return f"GPGGA,{_time(now)},,,,,0,00,99.99,,M,,M,,"
    altitude = f"{motion.altitude:.1f},M,0.0,M"
    return f"GPGGA,{_time(now)},{_place(motion)},1,{used:02d},{hdop:.2f},{altitude},,"


def _gsa(motion: Motion, sky: Sequence[Satellite], hdop: float) -> str:
    used = [f"{satellite.number:02d}" for satellite in sky[:PER_GSA]] if motion.fix else []
    numbers = ",".join(used + [""] * (PER_GSA - len(used)))
    if not motion.fix:
        return f"GPGSA,A,1,{numbers},99.99,99.99,99.99"
    return f"GPGSA,A,3,{numbers},{hdop * 1.7:.2f},{hdop:.2f},{hdop * 1.4:.2f}"


def _gsv(sky: Sequence[Satellite]) -> list[str]:
    groups = [sky[at : at + PER_GSV] for at in range(0, len(sky), PER_GSV)]
    return [
        f"GPGSV,{len(groups)},{number},{len(sky):02d},{','.join(map(_in_view, group))}"
        for number, group in enumerate(groups, start=1)
    ]


def _in_view(satellite: Satellite) -> str:
    return (
        f"{satellite.number:02d},{satellite.elevation:02d},"
        f"{satellite.azimuth:03d},{satellite.strength:02d}"
    )
