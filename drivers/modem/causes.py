"""Why a modem carries no data: card, network, data call, in this order."""

from __future__ import annotations

from drivers.cause import DeviceCause, Stage
from drivers.links.causes import SERIAL

NO_DATA = "the modem answers and no data passes"
ASK_THE_SELLER = "ask the card's seller whether it is active, paid, and allowed to roam here"

OTHER_PORT = DeviceCause(
    "modem.other-port",
    symptom="bytes come and no reading",
    sentence="what comes from the port are no answers to AT commands",
    next="check that this is the modem's AT port, and that no call is open on it",
    command="ls -l /dev/serial/by-id",
    unproven="whether it is another of the modem's ports or another device",
    stage=Stage.IDENTITY,
)
NO_MANAGER = DeviceCause(
    "modem.no-manager",
    symptom="no reading comes",
    sentence="ModemManager, which has the modem, does not answer",
    next="start ModemManager, or set manager = false to have the agent ask the modem itself",
    command="systemctl status ModemManager",
    unproven="whether it is stopped, not installed, or the bus is down",
    stage=Stage.PLACE,
)
NOT_MANAGED = DeviceCause(
    "modem.not-managed",
    symptom="no reading comes",
    sentence="ModemManager has no modem with this port",
    next="plug the modem in; `mmcli -L` lists the modems that ModemManager has",
    command="mmcli -L",
    unproven="whether the modem is away or ModemManager was told to leave it alone",
    stage=Stage.PLACE,
)
NO_SIM = DeviceCause(
    "modem.no-sim",
    symptom=NO_DATA,
    sentence="no SIM card answers",
    next="push the card in until it clicks, contacts down; try it in a phone",
    unproven="whether the card is missing, dead or badly seated",
    stage=Stage.WORKING,
)
PIN = DeviceCause(
    "modem.pin",
    symptom=NO_DATA,
    sentence="the SIM card asks for its PIN",
    next="set pin in the configuration, or switch the PIN off in a phone",
    unproven="what the PIN is",
    stage=Stage.WORKING,
)
PIN_REFUSED = DeviceCause(
    "modem.pin-refused",
    symptom=NO_DATA,
    sentence="the SIM card's PIN is not entered",
    next="correct pin in the configuration, or switch the PIN off in a phone",
    unproven="whether the PIN is wrong or another card was put in",
    stage=Stage.WORKING,
)
PUK = DeviceCause(
    "modem.puk",
    symptom=NO_DATA,
    sentence="the SIM card is blocked and asks for its PUK",
    next="unblock it in a phone with the PUK of the card's letter, or have it replaced",
    unproven="who entered a wrong PIN three times",
    stage=Stage.WORKING,
)
LOCKED = DeviceCause(
    "modem.locked",
    symptom=NO_DATA,
    sentence="the modem is locked to another card or network",
    next="use a card of that network, or have the modem's seller unlock it",
    unproven="which network it is locked to",
    stage=Stage.WORKING,
)
SIM_FAILS = DeviceCause(
    "modem.sim-fails",
    symptom=NO_DATA,
    sentence="the SIM card fails",
    next="clean its contacts; try it in a phone; have it replaced",
    unproven="whether card or holder is broken",
    stage=Stage.WORKING,
)
REFUSED = DeviceCause(
    "modem.refused",
    symptom=NO_DATA,
    sentence="the network refuses the SIM card",
    next=ASK_THE_SELLER,
    unproven="which of these it is",
    stage=Stage.WORKING,
)
NO_ROAMING = DeviceCause(
    "modem.no-roaming",
    symptom=NO_DATA,
    sentence="the network refuses the SIM card: no roaming here",
    next="use a card that may roam here, or another network of this country",
    unproven="whether roaming is off for the card or for this network",
    stage=Stage.WORKING,
)
NOT_KNOWN = DeviceCause(
    "modem.card-unknown",
    symptom=NO_DATA,
    sentence="the network does not know the SIM card, or gives it no packets",
    next="ask the card's seller whether it is active and paid, with data",
    unproven="whether it was never active, or is not paid",
    stage=Stage.WORKING,
)
EMERGENCY = DeviceCause(
    "modem.emergency",
    symptom=NO_DATA,
    sentence="the network allows emergency calls only",
    next=ASK_THE_SELLER,
    unproven="which of these it is",
    stage=Stage.WORKING,
)
MESSAGES_ONLY = DeviceCause(
    "modem.messages-only",
    symptom=NO_DATA,
    sentence="the network allows messages only, no data",
    next="ask the card's seller for a contract with data",
    unproven="whether it is the contract or this network",
    stage=Stage.WORKING,
)
SEARCHING = DeviceCause(
    "modem.searching",
    symptom=NO_DATA,
    sentence="no network yet, the modem searches",
    next="give it two minutes; then check the antenna",
    unproven="whether there is a network here",
    stage=Stage.WORKING,
)
NO_NETWORK = DeviceCause(
    "modem.no-network",
    symptom=NO_DATA,
    sentence="no network is found here",
    next="check the antenna and its plug; where there is no coverage it comes back by itself",
    unproven="whether the antenna is at fault or there is no coverage",
    stage=Stage.WORKING,
)
FLIGHT = DeviceCause(
    "modem.radio-off",
    symptom=NO_DATA,
    sentence="the modem's radio is switched off",
    next="end flight mode: tallyman uplink --flight off --operator NAME",
    command="tallyman uplink",
    unproven="who switched it off, where flight mode is not on",
    stage=Stage.WORKING,
)
RADIO_ON = DeviceCause(
    "modem.radio-on",
    symptom="flight mode is on",
    sentence="the modem's radio is on, in spite of flight mode",
    next="have who owns the modem switch it off: nmcli radio wwan off; or take its power away",
    command="nmcli radio wwan off",
    unproven="whether the modem refuses, or belongs to ModemManager",
    stage=Stage.WORKING,
)
WRONG_APN = DeviceCause(
    "modem.wrong-apn",
    symptom=NO_DATA,
    sentence="the access point's name (APN) of the data call is wrong",
    next="set the APN of the card's letter in the connection that makes the call",
    command="nmcli connection modify tallyman-modem gsm.apn APN",
    unproven="whether name, user or password is wrong",
    stage=Stage.WORKING,
)
NO_CALL = DeviceCause(
    "modem.no-call",
    symptom=NO_DATA,
    sentence="in the network, but without a data call",
    next="check the access point's name (APN) and who makes the call",
    command="nmcli connection",
    unproven="whether the APN is wrong or nobody makes the call",
    stage=Stage.WORKING,
)
NO_PACKETS = DeviceCause(
    "modem.no-packets",
    symptom=NO_DATA,
    sentence="the data call is up, and no packets pass",
    next="ask the card's seller whether it has data left; check the access point's name (APN)",
    unproven="whether the card's data is used up, the APN wrong or the modem stuck",
    stage=Stage.WORKING,
)
OUT_OF_DATA = DeviceCause(
    "modem.out-of-data",
    symptom=NO_DATA,
    sentence="the SIM card has no data: the call is up, and nobody answers through it",
    next="ask the card's seller whether it has data left; check the access point's name (APN)",
    unproven="whether the card's data is used up, the APN wrong or the modem stuck",
    stage=Stage.WORKING,
)

CAUSES = (
    *SERIAL, NO_MANAGER, NOT_MANAGED, OTHER_PORT, FLIGHT, RADIO_ON, NO_SIM, PIN, PIN_REFUSED, PUK,
    LOCKED, SIM_FAILS, REFUSED, NO_ROAMING, NOT_KNOWN, EMERGENCY, MESSAGES_ONLY, SEARCHING,
    NO_NETWORK, WRONG_APN, NO_CALL, NO_PACKETS, OUT_OF_DATA,
)  # fmt: skip
