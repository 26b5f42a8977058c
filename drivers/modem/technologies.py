"""Radio technologies as modems name them. Pure."""

from __future__ import annotations

from drivers.modem.answer import Model

GSM, UMTS, LTE, LTE_M, NB_IOT, NR, CDMA = "gsm", "umts", "lte", "lte-m", "nb-iot", "nr", "cdma"

# 3GPP TS 27.007 §7.3, <AcT>
_BY_NUMBER = {
    0: GSM,
    1: GSM,  # compact
    2: UMTS,
    3: GSM,  # with EGPRS
    4: UMTS,  # with HSDPA
    5: UMTS,  # with HSUPA
    6: UMTS,  # with both
    7: LTE,
    8: GSM,  # EC-GSM-IoT
    9: NB_IOT,
    10: LTE,  # connected to a 5G core
    11: NR,
    12: NR,
    13: LTE,  # with NR beside it
}
_LTE_M_BY_8 = {Model.BG96}  # Quectel BG96 AT Commands, AT+COPS: 8 is LTE Cat M1
_LTE_M_BY_7 = {Model.SIM7070}  # SIM7070 AT Commands, AT+COPS: 7 is LTE M1

_BY_WORD = {
    "GSM": GSM,
    "EDGE": GSM,
    "GPRS": GSM,
    "WCDMA": UMTS,
    "UMTS": UMTS,
    "HSDPA": UMTS,
    "HSUPA": UMTS,
    "HSPA+": UMTS,
    "TDSCDMA": UMTS,
    "LTE": LTE,
    "FDD LTE": LTE,
    "TDD LTE": LTE,
    "CAT-M": LTE_M,
    "CAT-M1": LTE_M,
    "EMTC": LTE_M,
    "LTE CAT-M1": LTE_M,
    "LTE-M": LTE_M,
    "CAT-NB": NB_IOT,
    "CAT-NB1": NB_IOT,
    "NBIOT": NB_IOT,
    "NB-IOT": NB_IOT,
    "LTE NB-IOT": NB_IOT,
    "LTE CAT-NB1": NB_IOT,
    "NR5G": NR,
    "NR5G_SA": NR,
    "NR5G-SA": NR,
    "NR5G_NSA": NR,
    "NR5G-NSA": NR,
    "CDMA": CDMA,
    "EVDO": CDMA,
}


def by_number(text: str, model: Model | None = None) -> str | None:
    """Return the technology of an <AcT>, or None where the field is empty or says nothing known."""
    if not text.isascii() or not text.isdigit() or len(text) > len("007"):
        return None
    number = int(text)
    if (number == 8 and model in _LTE_M_BY_8) or (number == 7 and model in _LTE_M_BY_7):  # noqa: PLR2004
        return LTE_M
    return _BY_NUMBER.get(number)


def by_word(text: str) -> str | None:
    """Return the technology that a maker's word stands for."""
    return _BY_WORD.get(text.upper())
