"""What keeps data from passing, by what a modem says: in words, and the next step. Pure.

First what must be right first: card, network, data call.
"""

from __future__ import annotations

from typing import NamedTuple

from drivers.modem.knowledge import Knowledge

NOT_PAID = {2, 3, 6, 7, 8}  # TS 24.008 annex G: the card, the device or all packets are unknown
ROAMING = {11, 12, 13, 14}  # this network, this area, or no packets in this network

_SIMS = {
    "absent": (
        "no SIM card answers",
        "push the card in until it clicks, contacts down; try it in a phone",
    ),
    "puk": (
        "the SIM card is blocked and asks for its PUK",
        "unblock it in a phone with the PUK of the card's letter, or have it replaced",
    ),
    "locked": (
        "the modem is locked to another card or network",
        "use a card of that network, or have the modem's seller unlock it",
    ),
    "failure": ("the SIM card fails", "clean its contacts; try it in a phone; have it replaced"),
    "wrong": ("the modem does not take this SIM card", "use a card of the network it is sold for"),
    "pin": (
        "the SIM card asks for its PIN",
        "set pin in the configuration, or switch the PIN off in a phone",
    ),
}
_UNREGISTERED = {
    "denied": (
        "the network refuses the SIM card",
        "ask the card's seller whether it is active, paid, and allowed to roam here",
    ),
    "emergency": (
        "the network allows emergency calls only",
        "ask the card's seller whether it is active, paid, and allowed to roam here",
    ),
    "sms-only": (
        "the network allows messages only, no data",
        "ask the card's seller for a contract with data",
    ),
    "searching": ("no network yet, the modem searches", "give it two minutes; check the antenna"),
}
_NO_NETWORK = (
    "no network is found here",
    "check the antenna and its plug; where there is no coverage it comes back by itself",
)


class Finding(NamedTuple):
    """What is wrong, and the next step; both empty where nothing is."""

    problem: str = ""
    advice: str = ""


def diagnose(known: Knowledge) -> Finding:
    """Return the first thing that keeps data from passing."""
    if known.sim in _SIMS:
        return Finding(*_SIMS[known.sim])
    best = known.registration
    if best is None:
        return Finding()
    if not known.registered:
        return _refused(best.state, best.cause)
    if known.address is None:
        cause = f": {known.refused}" if known.refused else ""
        return Finding(
            f"in the network, but without a data call{cause}",
            "check the access point's name (APN) and who makes the call: nmcli connection",
        )
    return Finding()


def _refused(state: str, cause: int | None) -> Finding:
    problem, advice = _UNREGISTERED.get(state, _NO_NETWORK)
    if cause is None or state != "denied":
        return Finding(problem, advice)
    if cause in ROAMING:
        return Finding(
            f"the network refuses the SIM card: no roaming here (cause {cause})",
            "use a card that may roam here, or another network of this country",
        )
    if cause in NOT_PAID:
        return Finding(
            f"the network does not know the SIM card (cause {cause})",
            "ask the card's seller whether it is active and paid, with data",
        )
    return Finding(f"{problem} (cause {cause})", advice)
