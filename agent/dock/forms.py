"""Bytes of a notice in any form → the one form; which form it is shows in its first bytes. Pure."""

from __future__ import annotations

import hashlib

from agent.dock.edi import asn_856, desadv
from agent.dock.gs1_xml import despatch_advice
from agent.dock.notice import MOST_BYTES, Notice, NoticeError
from agent.dock.plain import from_csv, from_json

FORMS = ("json", "csv", "desadv", "gs1-xml", "x12-856")


def form_of(data: bytes) -> str:
    """Return what the first characters say; CSV is what is nothing else."""
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:5]
    if head.startswith(b"{"):
        return "json"
    if head.startswith(b"<"):
        return "gs1-xml"
    if head.startswith((b"UNA", b"UNB", b"UNH")):
        return "desadv"
    return "x12-856" if head.startswith(b"ISA") else "csv"


def read_notice(data: bytes) -> Notice:
    """Read a notice; NoticeError says what is wrong and where."""
    if len(data) > MOST_BYTES:
        raise NoticeError(f"the notice has {len(data)} bytes, more than {MOST_BYTES}: split it")
    digest, form = hashlib.sha256(data).digest(), form_of(data)
    if form == "gs1-xml":
        return despatch_advice(data, digest)
    text = _text(data, form)
    if form == "json":
        return from_json(text, digest)
    if form == "desadv":
        return desadv(text, digest)
    return asn_856(text, digest) if form == "x12-856" else from_csv(text, digest)


def _text(data: bytes, form: str) -> str:
    """Decode: UTF-8, or for EDIFACT, whose syntax UNOC is Latin 1, that."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if form == "desadv":
            return data.decode("latin-1")
        line = data[: error.start].count(b"\n") + 1
        raise NoticeError(f"line {line}: the notice is not UTF-8") from error
