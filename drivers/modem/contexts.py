"""`+CGACT`, `+CGPADDR`, `+QIACT`, `+CGEV`, `+CEER` …: data calls. Pure.

3GPP TS 27.007 §10.1: a PDP context has a number (`cid`), an access point name and, once it is
active, an address.
"""

from __future__ import annotations

import ipaddress
import re

from drivers.errors import BadFrame
from drivers.modem.answer import Context, Model
from drivers.modem.fields import at, integer, texts

LONGEST_APN = 100  # characters; TS 23.003 §9.1
SM_CAUSES = {
    8: "operator determined barring",
    26: "insufficient resources",
    27: "unknown APN",
    28: "unknown PDP type",
    29: "authentication failed",
    30: "rejected by GGSN",
    31: "activation rejected",
    32: "service option not supported",
    33: "not subscribed",
    34: "service option temporarily out of order",
    38: "network failure",
}
"""3GPP TS 24.008 §10.5.6.6, in words that makers use."""

_ENDED = ("DEACT", "DETACH")
_CGEV_CID = re.compile(r",\s*(\d{1,2})\s*$|DEACT\s+(\d{1,2})\b|ACT\s+(\d{1,2})\b")
_CID = re.compile(r"[0-9]{1,2}")
_CAUSE = re.compile(r"[0-9]{1,3}")
_ON_OFF = {"0": False, "1": True}


def cgatt(text: str, model: Model | None = None) -> Context:
    """Read `+CGATT: attached`."""
    return Context(attached=_flag(text.strip()))


def cgact(text: str, model: Model | None = None) -> Context:
    """Read `+CGACT: cid,active`."""
    found = texts(text, 2)
    return Context(integer(found[0]), _flag(found[1]))


def cgdcont(text: str, model: Model | None = None) -> Context:
    """Read `+CGDCONT: cid,"type","apn","address",…`: how a context is set, not whether it is up."""
    found = texts(text, 3)
    return Context(integer(found[0]), apn=found[2][:LONGEST_APN], address=_address(at(found, 3)))


def cgpaddr(text: str, model: Model | None = None) -> Context:
    """Read `+CGPADDR: cid,address`; none, or 0.0.0.0, says that the context is not up."""
    found = texts(text, 1)
    address = _address(at(found, 1))
    return Context(integer(found[0]), address is not None, address=address)


def cgcontrdp(text: str, model: Model | None = None) -> Context:
    """Read `+CGCONTRDP: cid,bearer,"apn","address.mask",…`, which only comes of active ones."""
    found = texts(text, 3)
    own = ".".join(at(found, 3).split(".")[:4])  # its mask is joined to it
    return Context(
        integer(found[0]), active=True, apn=found[2][:LONGEST_APN], address=_address(own)
    )


def qiact(text: str, model: Model | None = None) -> Context:
    """Read Quectel's `+QIACT: cid,active,type,"address"`."""
    found = texts(text, 2)
    return Context(integer(found[0]), _flag(found[1]), address=_address(at(found, 3)))


def cnact(text: str, model: Model | None = None) -> Context:
    """Read SIM7070's `+CNACT: cid,active,"address"`; 2 says that it is coming up."""
    found = texts(text, 2)
    return Context(integer(found[0]), found[1] == "1", address=_address(at(found, 2)))


def cgev(text: str, model: Model | None = None) -> Context:
    """Read `+CGEV: event`, §10.1.19: what the network or the modem did to a context."""
    words = text.upper()
    if "DETACH" in words:
        return Context(attached=False, active=False, problem=text[:80])
    match = _CGEV_CID.search(words)
    cid = None if match is None else int(next(each for each in match.groups() if each))
    if any(each in words for each in _ENDED):
        return Context(cid, active=False, problem=text[:80])
    if " ACT" in words:
        return Context(cid, active=True)
    return Context(cid)


def ceer(text: str, model: Model | None = None) -> Context:
    """Read `+CEER: report`, §6.10: why the newest call failed, in the maker's words or numbers."""
    found = [each for each in texts(text) if each]
    words = text.replace('"', "").lower()
    said = (number for number, sentence in SM_CAUSES.items() if sentence.lower() in words)
    told = (int(each) for each in found[1:][-1:] if _CAUSE.fullmatch(each))
    cause = next((each for each in (*said, *told) if each in SM_CAUSES), None)
    return Context(problem=None if cause is None else SM_CAUSES[cause], cause=cause)


def pdp_ended(text: str, model: Model | None = None) -> Context:
    """Read that a call ended, as makers say it: `+PDP: DEACT`, `+APP PDP: 0,DEACTIVE`."""
    first = texts(text)[0]
    cid = int(first) if _CID.fullmatch(first) else None
    words = text.upper()
    active = "ACTIVE" in words and "DEACTIVE" not in words
    return Context(cid, active, problem=None if active else "the data call ended")


def qiurc(text: str, model: Model | None = None) -> Context:
    """Read Quectel's `+QIURC: "pdpdeact",cid`."""
    found = texts(text, 2)
    if found[0] != "pdpdeact":
        raise BadFrame(f"not of a context, but {found[0][:20]!r}")
    return Context(integer(found[1]), active=False, problem="the data call ended")


def _flag(text: str) -> bool:
    if text not in _ON_OFF:
        raise BadFrame(f"neither 0 nor 1: {text[:20]!r}")
    return _ON_OFF[text]


def _address(text: str) -> str | None:
    """Return an address of IPv4 or IPv6; None for none, and for all zeros."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if address.is_unspecified else str(address)
