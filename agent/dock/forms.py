"""Bytes of a notice in any form → the one form; which form it is shows in its first bytes. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from agent.dock import utf_16
from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.csv_notice import from_csv
from agent.dock.edifact_desadv import desadv
from agent.dock.epcis import from_events
from agent.dock.epcis_xml import events_of
from agent.dock.gs1_xml import GS1_XML
from agent.dock.json_notice import from_json, json_tree
from agent.dock.notice import MOST_BYTES, Notice, NoticeError
from agent.dock.several import Reading, notices_among, only
from agent.dock.ubl_xml import UBL
from agent.dock.x12_856 import asn_856
from agent.dock.xml_notice import read_xml

MOST_HEAD = 64  # bytes in which UNA and the beginning of UNB stand
MOST_XML_HEAD = 4096  # characters in which the root of a document is looked for
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
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")

FORMS = ("json", "csv", "desadv", "gs1-xml", "x12-856")

OTHER_FILES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a workbook or a ZIP archive",
    b"\x1f\x8b": "a gzip archive: unpack it",
    b"\xd0\xcf\x11\xe0": "an old workbook",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
"""How files begin that are no text."""

OTHER_XML = {
    "Invoice": "an invoice",
    "CreditNote": "a credit note",
    "Order": "an order",
    "OrderResponse": "an order response",
    "ReceiptAdvice": "a receipt advice",
    "orderMessage": "an order",
    "invoiceMessage": "an invoice",
    "receivingAdviceMessage": "a receiving advice",
}
_SMALL_EDIFACT = ("una", "unb", "unh")


def form_of(data: bytes) -> str:
    """Return what the first characters say; CSV is what is nothing else."""
    head = _head(data)
    if head.startswith(("{", "[")):
        return "json"
    if head.startswith("<"):
        return _xml_form(head)
    if head.startswith(("UNA", "UNB", "UNH")):
        return "desadv"
    return "x12-856" if head.startswith("ISA") else "csv"


def _head(data: bytes) -> str:
    """Return the first characters, of any Unicode form; other ones do not matter here."""
    if utf_16.is_utf_16(data):
        text = utf_16.decoded(data[: 2 * MOST_XML_HEAD])
    else:
        text = data[:MOST_XML_HEAD].decode("utf-8", errors="replace")
    return text.removeprefix("\ufeff").lstrip()


def _xml_form(head: str) -> str:
    names = _ROOT.findall(head)
    if any(name in ("EPCISDocument", "EPCISQueryDocument") for name in names[:2]):
        return "epcis"
    return "ubl" if "DespatchAdvice" in names[:2] else "gs1-xml"


def read_notice(data: bytes, number: str = "", articles: Articles = NO_ARTICLES) -> Notice:
    """Read a notice; NoticeError says what is wrong and where.

    Of several in one file it is the one called `number`. `articles` gives the GTINs of buyers' and
    suppliers' own numbers.
    """
    return only(_checked(data, articles), number)


def read_notices(data: bytes, articles: Articles = NO_ARTICLES) -> list[Notice]:
    """Read all notices of a file; NoticeError where one of them cannot be used."""
    return [each.result() for each in notices_among(_checked(data, articles))]


def _checked(data: bytes, articles: Articles) -> list[Reading]:
    if len(data) > MOST_BYTES:
        raise NoticeError(f"the notice has {len(data)} bytes, more than {MOST_BYTES}: split it")
    if not data.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise NoticeError("line 1: the file is not a notice: it is empty")
    for beginning, what in OTHER_FILES.items():
        if data.startswith(beginning) and (CONTROLS.search(data) or beginning == b"%PDF"):
            raise NoticeError(
                f"line 1: the file is not a notice but {what}; "
                "ask for CSV, JSON, XML, EDIFACT or X12"
            )
    return _readings(data, hashlib.sha256(data).digest(), articles)


def _readings(data: bytes, digest: bytes, articles: Articles) -> list[Reading]:
    form = form_of(data)
    if form in ("gs1-xml", "ubl", "epcis"):
        return _of_xml(data, digest, form, articles)
    text = _text(data, form)
    if form == "json":
        return _of_json(json_tree(text), digest, articles)
    if form == "desadv":
        return desadv(text, digest, articles)
    if form == "x12-856":
        return asn_856(text, digest, articles)
    if text.lstrip().startswith(_SMALL_EDIFACT):
        raise NoticeError(
            "line 1: this is EDIFACT in small letters, which are other values: "
            "ask the supplier for the file as it was made"
        )
    return from_csv(text, digest, articles)


def _of_xml(data: bytes, digest: bytes, form: str, articles: Articles) -> list[Reading]:
    if form == "epcis":
        return from_events(events_of(data), digest, articles)
    found = read_xml(data, digest, UBL if form == "ubl" else GS1_XML, articles)
    head = _head(data)
    if "urn:ean.ucc:" in head:
        raise NoticeError("GS1 XML of version 2 is not read: ask the supplier for version 3")
    if not found:
        root = next(iter(_ROOT.findall(head)), "")
        known = f": it is {OTHER_XML[root]}" if root in OTHER_XML else ""
        raise NoticeError(f"the XML holds no despatchAdvice{known}")
    return found


def _of_json(tree: Any, digest: bytes, articles: Articles) -> list[Reading]:
    """Tell EPCIS from a notice by what only it has."""
    if isinstance(tree, dict) and ("epcisBody" in tree or "eventList" in tree):
        body = tree.get("epcisBody", tree)
        events = body.get("eventList", []) if isinstance(body, dict) else []
        whole = isinstance(events, list) and all(isinstance(each, dict) for each in events)
        if not whole:
            raise NoticeError("the EPCIS document has no list of events")
        return from_events(events, digest, articles)
    return from_json(tree, digest, articles)


def _text(data: bytes, form: str) -> str:
    """Decode: UTF-8, or what the form has else: EDIFACT names it, X12 is of Latin letters."""
    if utf_16.is_utf_16(data):
        return utf_16.decoded(data).removeprefix("\ufeff")  # "Unicode text" of a spreadsheet
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
