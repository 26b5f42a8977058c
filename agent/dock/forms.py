"""Bytes of a notice in any form → the one form; which form it is shows in its first bytes. Pure."""

from __future__ import annotations

import codecs
import hashlib
import re

from agent.dock.edifact_desadv import desadv
from agent.dock.gs1_xml import despatch_advice
from agent.dock.notice import MOST_BYTES, Notice, NoticeError
from agent.dock.plain import from_csv, from_json
from agent.dock.x12_856 import asn_856

MOST_HEAD = 64  # bytes in which UNA and the beginning of UNB stand
CHARSETS = {
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
}
"""UN/ECE 0001, but for what is Latin 1 or a part of it."""

CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # in no text that people save

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
    """Decode: UTF-8, or what the form has else: EDIFACT names it, X12 is of Latin letters."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")  # "Unicode text" of a spreadsheet
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if form == "desadv":
            return data.decode(_charset(data), errors="replace")
        if form == "x12-856":
            return data.decode("latin-1")
        if CONTROLS.search(data):
            raise NoticeError(
                "the file is not a notice but a PDF, a workbook or a picture: "
                "ask for CSV, JSON, XML, EDIFACT or X12"
            ) from error
        line = data[: error.start].count(b"\n") + 1
        raise NoticeError(
            f"line {line}: the notice is not UTF-8: save it as UTF-8 and try again"
        ) from error


def _charset(data: bytes) -> str:
    """Return the character set that the interchange header of an EDIFACT file names."""
    name = re.search(rb"UNB.(UNO[A-Z])", data[:MOST_HEAD])
    return CHARSETS.get(name[1].decode() if name else "", "latin-1")
