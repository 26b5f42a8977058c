"""What a modem's reading may say; its place goes into the kind that all receivers have."""

from __future__ import annotations

from drivers.kind import Kind, count, moment, number, text

MOBILE_NETWORK = Kind(
    "mobile-network",
    "[{state}][ in {operator}][ ({plmn})][, {technology}][, {dbm}][, cell {cell}][ of area {area}]"
    "[, address {address}][, packets pass: {data}][, SIM {sim}][, modem {imei}]"
    "[, SIM card {iccid}][: {problem}]",
    (
        text("state", "home, roaming, searching, denied, none, emergency, sms-only or unknown"),
        text("domain", "of which service that is: cs, ps, eps or 5gs"),
        text("technology", "gsm, umts, lte, lte-m, nb-iot, nr or cdma"),
        text("operator", "the network's name"),
        text("plmn", "the network's country and own number"),
        number("dbm", "dBm", -1, "signal: RSSI in gsm, RSCP in umts, else RSRP"),
        number("rsrq", "dB", -1, "quality of the reference signal"),
        number("sinr", "dB", -1, "signal to interference and noise"),
        count("area", "location or tracking area"),
        count("cell", "the cell's identity"),
        text("address", "of the data call"),
        text("data", "whether packets pass, by the newest probe: yes or no"),
        text("sim", "state of the SIM card, unless it is ready"),
        text("imei", "the modem's own number, in the first reading after it was set up"),
        text("iccid", "the SIM card's number, in the first reading after it was set up"),
        text("problem", "what keeps data from passing"),
        moment("utc_ms", "the network's idea of UTC, told three times alike"),
    ),
)

TEXT_MESSAGE = Kind(
    "text-message",
    "text message to {number} {state}: {text}[ ({problem})]",
    (
        text("number", "whom to, the last three digits"),
        text("state", "sent, refused, unanswered or held back"),
        text("text", "what was to be sent"),
        text("problem", "why it was not"),
    ),
)
