"""Why no way leads to the ledger: which step on it fails, by what a probe says of it."""

from __future__ import annotations

import errno
import os

from agent.config.ways import SENT, Sends
from agent.upstream.uplink_facts import NOTHING_SENT, Stage, UplinkCause, UplinkFacts
from foundation.addresses import UNRESOLVED
from foundation.cause import Finding, no, yes
from foundation.reach import GONE, NO_ANSWER, NO_NETWORK
from foundation.reach import NO_ROUTE as ROUTELESS


def _restricted(facts: UplinkFacts) -> Finding:
    if facts.sends == Sends.BACKLOG:
        return no("the way in use is for everything")
    return yes(f"{facts.used} is in use, which sends {SENT.get(facts.sends, facts.sends)}")


def _unresolved(facts: UplinkFacts) -> Finding:
    found = [facts.names, *(each for each in facts.dead.values() if UNRESOLVED in each)]
    told = next(filter(None, found), "")
    return yes(told) if told else no("every node's name is resolved")


def _leads_nowhere(facts: UplinkFacts) -> Finding:
    if not facts.used:
        return no("no interface is configured, the machine's routes decide")
    if facts.used not in facts.dead:
        return no(f"{facts.used} leads to the node")
    return yes(*(f"{name}: {trouble}" for name, trouble in facts.dead.items()))


NO_INTERFACE = UplinkCause(
    "uplink.no-interface",
    symptom=NOTHING_SENT,
    sentence="the network interface that leads to the node is not there",
    next="see which interfaces there are, and whether modem or adapter is plugged in",
    command="ip -brief link",
    unproven="whether it is unplugged, has another name, or its driver failed",
    stage=Stage.REACHED,
)
NO_CARRIER = UplinkCause(
    "uplink.no-carrier",
    symptom=NOTHING_SENT,
    sentence="the network interface is down",
    next="plug its cable in at both ends, or bring its connection up",
    command="ip -brief link; nmcli device",
    unproven="whether the cable is out, the far end is off, or somebody took it down",
    stage=Stage.REACHED,
)
NO_ROUTE = UplinkCause(
    "uplink.no-route",
    symptom=NOTHING_SENT,
    sentence="the network interface has no default route",
    next="have its connection set one (DHCP, or NetworkManager: ipv4.never-default no)",
    command="ip route show default; nmcli device",
    unproven="whether it got no address, or its connection is set up without a route",
    stage=Stage.REACHED,
)
NAMES = UplinkCause(
    "uplink.names",
    symptom=NOTHING_SENT,
    sentence="the name service does not resolve the node's name",
    next="name the node by its address in [[ledger.node]] endpoint, or mend the name service",
    command="resolvectl status; getent hosts {host}",
    unproven="whether the name service is down, unreachable, or does not know the name",
    stage=Stage.REACHED,
    test=_unresolved,
)
SILENT = UplinkCause(
    "uplink.silent",
    symptom=NOTHING_SENT,
    sentence="the link is up, and nothing comes back over it",
    next="restart what is behind the link: modem, router or access point",
    command="ip neigh; ping -c 3 {host}",
    unproven="whether the link, the net behind it or the node is silent",
    stage=Stage.REACHED,
)
NO_WAY = UplinkCause(
    "uplink.no-way",
    symptom=NOTHING_SENT,
    sentence="no configured network interface leads to the node",
    next="check cable, modem and default route of each interface in [uplink] interfaces",
    command="ip -brief address; ip route show default",
    unproven="whether the way or the node is down",
    stage=Stage.REACHED,
    test=_leads_nowhere,
)
WAYS: tuple[UplinkCause, ...] = (NO_INTERFACE, NO_CARRIER, NO_ROUTE, NAMES, SILENT, NO_WAY)

_ROWS = {
    GONE: NO_INTERFACE,
    ROUTELESS: NO_ROUTE,
    NO_NETWORK: NO_CARRIER,
    os.strerror(errno.ENETDOWN): NO_CARRIER,
    os.strerror(errno.EHOSTUNREACH): SILENT,
    os.strerror(errno.ETIMEDOUT): SILENT,
}


RESTRICTED = UplinkCause(
    "uplink.restricted",
    symptom="not everything is sent",
    sentence="the way in use is not for everything",
    next="wait for a better way, or change `sends` of its [[uplink.way]]",
    command="tallyman uplink",
    unproven="when a better way will be there",
    test=_restricted,
)


def of_trouble(trouble: str) -> UplinkCause:
    """Return the row of what a probe of a way said (`foundation.reach`)."""
    if trouble.startswith(NO_ANSWER):
        return SILENT
    return NAMES if UNRESOLVED in trouble else _ROWS.get(trouble, NO_WAY)


def of_refusal(reason: str) -> UplinkCause | None:
    """Return the row of why no connection came about by the machine's own routes, where it tells.

    That nothing answers tells nothing: it may be the node.
    """
    if reason == NO_NETWORK:
        return NO_ROUTE
    return NAMES if UNRESOLVED in reason else None
