"""`+CSQ`, `+CESQ`, `^HCSQ` and their like: coded signal strengths. Pure.

3GPP TS 27.007 §8.5 and §8.69. Each code is the lower end of a step: 0 stands for "less than this".
"""

from __future__ import annotations

from drivers.modem.answer import Model, Signal
from drivers.modem.fields import decimal, integer, texts, within
from drivers.modem.technologies import GSM, LTE, NR, UMTS, by_word

RSSI, RSCP, RSRP = "rssi", "rscp", "rsrp"

MEASURES = {GSM: RSSI, UMTS: RSCP, "cdma": RSSI}
"""What a strength is called; RSRP for all that came later."""

WEAKEST, STRONGEST = -157.0, -20.0  # dBm; beyond it a number stands for "unknown"


def measured(
    technology: str | None, dbm: float | None, rsrq: float | None = None, sinr: float | None = None
) -> Signal:
    """Return a signal whose numbers are possible."""
    known = within(dbm, WEAKEST, STRONGEST)
    measure = RSSI if technology is None else MEASURES.get(technology, RSRP)
    return Signal(
        technology,
        known,
        measure if known is not None else None,
        within(rsrq, -43.0, 20.0),  # dB: TS 38.133 §10.1.11, the widest range
        within(sinr, -23.5, 40.0),  # dB: TS 38.133 §10.1.16
    )


def csq(text: str, model: Model | None = None) -> Signal:
    """Read `+CSQ: rssi,ber`; 99 is unknown. From 100 on it is TD-SCDMA (199 unknown)."""
    code = decimal(texts(text, 2)[0])
    if 0 <= code <= 31:  # noqa: PLR2004
        return measured(None, -113.0 + 2.0 * code)
    if 100 <= code <= 191:  # noqa: PLR2004
        return measured(UMTS, -216.0 + code)
    return Signal()


def rssi(text: str, model: Model | None = None) -> Signal:
    """Read Huawei's `^RSSI: rssi`, coded as in `+CSQ`."""
    return csq(f"{text},99")


def cesq(text: str, model: Model | None = None) -> Signal:
    """Read `+CESQ: rxlev,ber,rscp,ecno,rsrq,rsrp` and, in 5G, `,ss_rsrq,ss_rsrp,ss_sinr`."""
    codes = [integer(code) for code in texts(text, 6)]
    rxlev, _, rscp, _, rsrq, rsrp = codes[:6]
    ss_rsrq, ss_rsrp, ss_sinr = (codes[6:9] + [255] * 3)[:3]
    if (dbm := _step(rsrp, 97, -141.0)) is not None:
        return measured(LTE, dbm, _step(rsrq, 34, -20.0, 0.5))
    if (dbm := _step(ss_rsrp, 126, -157.0)) is not None:
        return measured(NR, dbm, _step(ss_rsrq, 126, -43.5, 0.5), _step(ss_sinr, 127, -23.5, 0.5))
    if (dbm := _step(rscp, 96, -121.0)) is not None:
        return measured(UMTS, dbm)
    if (dbm := _step(rxlev, 63, -111.0)) is not None:
        return measured(GSM, dbm)
    return Signal()


def hcsq(text: str, model: Model | None = None) -> Signal:
    """Read Huawei's `^HCSQ: "sysmode",…`: rssi; rssi, rscp, ecio; or rssi, rsrp, sinr, rsrq."""
    word, *codes = texts(text, 1)
    technology = by_word(word)
    values = [integer(code) for code in codes if code]
    if technology == GSM and values:
        return measured(GSM, _step(values[0], 96, -121.0))
    if technology == UMTS and len(values) >= 2:  # noqa: PLR2004
        return measured(UMTS, _step(values[1], 96, -121.0))
    if technology == LTE and len(values) >= 4:  # noqa: PLR2004
        rsrp, sinr, rsrq = values[1:4]
        return measured(
            LTE, _step(rsrp, 97, -141.0), _step(rsrq, 34, -20.0, 0.5), _step(sinr, 251, -20.2, 0.2)
        )
    return Signal(technology)


def _step(code: int, highest: int, lowest: float, width: float = 1.0) -> float | None:
    """Return what a code stands for, or None for 99 and 255 and all else that is none."""
    return lowest + width * code if 0 <= code <= highest else None
