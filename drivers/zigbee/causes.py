"""Why a Zigbee network does not run, and why a node is silent. Pure."""

from __future__ import annotations

from drivers.cause import DeviceCause, DeviceFacts, Stage
from drivers.stack.causes import NO_READING, STACK
from foundation.cause import UNKNOWN, Finding, no, perhaps, yes

NO_NETWORK = "no node of the network gives a reading"


def _no_port(facts: DeviceFacts) -> Finding:
    path = facts.option("port")
    there = facts.machine.there(path)
    if there is None:
        return UNKNOWN
    return no(f"{path} is there now") if there else yes(f"there is no {path}")


NO_STICK = DeviceCause(
    "zigbee.no-stick",
    symptom=NO_NETWORK,
    sentence="the stick is not plugged in",
    next="plug the stick in; `ls /dev/serial/by-id` shows the ports that are there",
    command="ls -l /dev/serial/by-id",
    unproven="whether stick, plug or hub is at fault",
    stage=Stage.PLACE,
    test=_no_port,
)
HELD = DeviceCause(
    "zigbee.held",
    symptom=NO_NETWORK,
    sentence="another program has the stick, or it is not ours to open",
    next="find who holds it: sudo fuser -v {port}",
    command="sudo fuser -v {port}",
    unproven="what that program wants with it",
    stage=Stage.OPEN,
)
NO_ZNP = DeviceCause(
    "zigbee.silent-stick",
    symptom=NO_NETWORK,
    sentence="the stick says nothing",
    next="pull the stick and plug it in again, on a longer USB cable if it comes back; its "
    "firmware must be that of its option type: Z-Stack for znp, EmberZNet for ezsp",
    unproven="whether it hangs, or has other firmware",
    stage=Stage.ANSWER,
)
NOTHING = DeviceCause(
    "zigbee.not-formed",
    symptom=NO_NETWORK,
    sentence="there is no network yet",
    next="make one: tallyman zigbee form --yes",
    command="tallyman zigbee form --yes",
    unproven="whether the stick was erased",
    stage=Stage.IDENTITY,
)
BLANK = DeviceCause(
    "zigbee.blank-stick",
    symptom=NO_NETWORK,
    sentence="the stick is empty, and the network is in the book",
    next="write the network onto this stick: tallyman zigbee restore --yes",
    command="tallyman zigbee restore --yes",
    unproven="whether it is another stick or was erased",
    stage=Stage.IDENTITY,
)
UNKNOWN_NETWORK = DeviceCause(
    "zigbee.unknown-network",
    symptom=NO_NETWORK,
    sentence="the stick has a network that this gateway does not know",
    next="take it over: tallyman zigbee adopt --yes; or make a new one, which all nodes must join: "
    "tallyman zigbee form --yes",
    unproven="whose network it is",
    stage=Stage.IDENTITY,
)
OTHER_NETWORK = DeviceCause(
    "zigbee.other-network",
    symptom=NO_NETWORK,
    sentence="the stick has another network than the book",
    next="plug in the stick of this gateway; or write its network onto this one: tallyman zigbee "
    "restore --yes",
    unproven="whose network it is",
    stage=Stage.IDENTITY,
)
OTHER_STICK = DeviceCause(
    "zigbee.other-stick",
    symptom=NO_NETWORK,
    sentence="the stick has our network and another address: there may be two of it",
    next="two sticks of one network disturb each other: pull one; if the other is gone for good, "
    "tallyman zigbee adopt --yes",
    unproven="whether the other stick is still on the air",
    stage=Stage.IDENTITY,
)
OLDER = DeviceCause(
    "zigbee.older-copy",
    symptom=NO_NETWORK,
    sentence="the stick is an old copy: nodes would not believe its frame counter",
    next="write a higher counter: tallyman zigbee restore --yes",
    command="tallyman zigbee restore --yes",
    unproven="who copied it",
    stage=Stage.IDENTITY,
)
COPY = DeviceCause(
    "zigbee.copy",
    symptom=NO_NETWORK,
    sentence="the stick is a copy of another radio's, which runs",
    next="two sticks of one network disturb each other: pull this one; or make a new network on "
    "it: tallyman zigbee form --yes --radio NAME",
    unproven="which of the two the nodes heard last",
    stage=Stage.IDENTITY,
)
BOOK_LOST = DeviceCause(
    "zigbee.book-lost",
    symptom=NO_NETWORK,
    sentence="the network's book on disk cannot be read",
    next="put a copy of it back; without one, take the stick's network: tallyman zigbee adopt "
    "--yes",
    unproven="what damaged it",
    stage=Stage.CONTENT,
)
RADIO = (
    NO_STICK, HELD, NO_ZNP, NOTHING, BLANK, UNKNOWN_NETWORK, OTHER_NETWORK, OTHER_STICK, OLDER,
    COPY, BOOK_LOST, *STACK,
)  # fmt: skip


def _radio_down(facts: DeviceFacts) -> Finding:
    """Look at the radio of the node's network, if the agent has one of that name."""
    words = [each.word for each in facts.others if each.name == facts.option("radio")]
    if not words or words[0] is None:
        return UNKNOWN
    if words[0].well:
        return no(f"{facts.option('radio')} runs")
    return yes(f"{facts.option('radio')} is {words[0].state}: {words[0].detail}")


def _others_silent(facts: DeviceFacts) -> Finding:
    """Look whether other nodes of the network are heard: then the network is there."""
    here = [
        each
        for each in facts.others
        if each.kind == facts.kind and each.options.get("radio") == facts.options.get("radio")
    ]
    silent = [each.name for each in here if each.word is not None and each.word.silent]
    if facts.word is not None and facts.word.well:
        return no("it is heard")
    return perhaps(f"{', '.join(silent[:3])} silent as well") if silent else UNKNOWN


def _heard(facts: DeviceFacts) -> Finding:
    if facts.word is not None and facts.word.well:
        return no("it is heard")
    return UNKNOWN


RADIO_DOWN = DeviceCause(
    "zigbee.radio-down",
    symptom=NO_NETWORK,
    sentence="the radio of its network does not run",
    next="see what its radio says: tallyman devices",
    command="tallyman devices",
    unproven="whether the node is there",
    stage=Stage.PLACE,
    test=_radio_down,
)
PARENT_DEAD = DeviceCause(
    "zigbee.parent-dead",
    symptom="the node and others of the same router are silent",
    sentence="the router through which it is heard does not answer",
    next="give the router {parent} power, then wait for its children",
    unproven="whether the router has no power or is not heard",
    stage=Stage.ANSWER,
    test=_others_silent,
)
NODE_SILENT = DeviceCause(
    "zigbee.node-silent",
    symptom=NO_READING,
    sentence="the node is not heard, though its router is",
    next="look at its battery, and bring it nearer to a router",
    unproven="whether battery, place or node is at fault",
    stage=Stage.ANSWER,
    test=_heard,
)
AWAY = DeviceCause(
    "zigbee.away",
    symptom="nodes of some makes are silent since the coordinator was away",
    sentence="the coordinator was away for hours, and nodes of some makes then leave",
    next="pair the node again: tallyman zigbee permit --for 120",
    command="tallyman zigbee permit --for 120",
    unproven="whether this node left",
    stage=Stage.ANSWER,
    test=_heard,
)
LEFT = DeviceCause(
    "zigbee.left",
    symptom=NO_READING,
    sentence="the node left the network, or never joined",
    next="let it join: tallyman zigbee permit --for 120",
    command="tallyman zigbee permit --for 120",
    unproven="who made it leave",
    stage=Stage.IDENTITY,
    test=_heard,
)
NODE = (RADIO_DOWN, PARENT_DEAD, NODE_SILENT, AWAY, LEFT, *STACK)
