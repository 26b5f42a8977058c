"""`tallyman decode TEXT`: what an EPC, a tag's memory, a URI or a barcode says."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from typing import Any

from agent.cli.errors import Mistake
from drivers.gs1 import digital_link
from drivers.gs1.compare import NAMES
from drivers.gs1.element_strings import (
    GS,
    Content,
    check_content,
    read_content,
    split_aim,
    symbology_name,
)
from drivers.gs1.epc import Epc, decode, scheme_of
from drivers.gs1.epc_encode import encode_keys, encode_uri, memory, memory_of_tag_uri, pure_uri
from drivers.gs1.errors import Gs1Error
from drivers.gs1.keys import Keys
from drivers.gs1.memory import HAZARDOUS, TagMemory, read_memory
from drivers.gs1.pc_word import WORD, PcWord
from foundation.errors import AgentError
from foundation.printing import say, say_json

HELP = "explain an EPC, a URI, a Digital Link or a barcode"
SHOWN = 64  # characters of a wrong input that an error repeats
LABEL = 20  # width of the left column

AI_NAMES = {
    **NAMES,
    "02": "content GTIN",
    "235": "TPX serial",
    "10": "lot",
    "11": "produced",
    "12": "due",
    "13": "packed",
    "15": "best before",
    "16": "sell by",
    "17": "expiry",
    "21": "serial number",
    "22": "variant",
    "30": "count",
    "37": "count",
    "254": "extension",
    "417": "party",
    "7006": "frozen",
    "7007": "harvested",
    "8011": "serial number",
}
BYTE = 8  # bits
_RAW = re.compile(
    r"urn:epc:raw:(?P<bits>[0-9]{1,4})\.(?:x(?P<afi>[0-9A-Fa-f]{2})\.)?x(?P<epc>[0-9A-Fa-f]+)"
)
_XPC = re.compile(r"\[xpc[^\]]*\]")  # extended PC words
SPELLED_GS = ("\\x1d", "<GS>", "{GS}", "^]")  # how people write FNC1 in a shell


class NoEpc(AgentError):
    """The input is well formed, and no EPC or key known here."""


@dataclass(slots=True)
class Finding:
    """What was found: a title, rows of label and text for people, one object for programs."""

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def row(self, label: str, text: object) -> None:
        """Add a row, unless there is nothing to say."""
        if text not in {None, ""}:
            self.rows.append((label, str(text)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "text", metavar="TEXT", nargs="+", help="as a reader or scanner shows it; FNC1 as <GS>"
    )
    parser.add_argument(
        "--prefix-digits",
        metavar="N",
        type=int,
        help="length of the company prefix, to turn a GS1 key into an EPC URI",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print what the input says."""
    found = find(" ".join(args.text).strip(), args.prefix_digits)
    if args.json:
        say_json(found.data)
        return 0
    say(found.title)
    for label, text in found.rows:
        say(f"  {label:{LABEL}}{text}")
    return 0


def find(text: str, prefix_digits: int | None = None) -> Finding:
    """Return what `text` says, by its form; Mistake when it has none of them, NoEpc with reason."""
    if not text:
        raise Mistake("there is nothing to explain", advice="give an EPC, a URI or a scan")
    for sign in SPELLED_GS:
        text = text.replace(sign, GS)
    try:
        if text.startswith("urn:epc:raw:"):
            return _raw(text)
        if text.startswith("urn:"):
            return _uri(text)
        if digital_link.is_link(text):
            return _link(text, prefix_digits)
        if text.startswith(("]", "(")) or GS in text:
            return _barcode(text, prefix_digits)
        return _digits(text, prefix_digits)
    except Gs1Error as error:
        raise NoEpc(str(error), advice=_advice(error)) from error


def _advice(error: Gs1Error) -> str:
    raw = getattr(error, "raw", None)
    return f"as a raw URI it is {raw}" if raw else "compare it with the label or the tag"


def _digits(text: str, prefix_digits: int | None) -> Finding:
    """Take hexadecimal for an EPC, else for a barcode that was scanned without its prefix."""
    content = read_content(text)
    if (content.keys or content.problem or content.remark) and not _is_epc(text):
        return _barcode(text, prefix_digits)
    return _hex(text)


def _link(text: str, prefix_digits: int | None) -> Finding:
    keys = digital_link.parse(text)
    check_content(keys)
    found = _keys("GS1 Digital Link", keys, prefix_digits)
    others = digital_link.passed_over(text)
    found.row("not of GS1", others)
    if others:
        found.data["not_of_gs1"] = others
    return found


def _is_epc(text: str) -> bool:
    try:
        decode(_bytes(text))
    except (Gs1Error, Mistake):
        return False
    return True


def _bytes(text: str) -> bytes:
    digits = "".join(text.split()).replace("-", "").removeprefix("0x")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise Mistake(
            f"{text[:SHOWN]!r} is not hexadecimal, a URI, a web address or a GS1 barcode",
            advice="give an EPC as an even number of digits 0-9, a-f, or a scan with ]C1 or (01)",
        ) from None


def _hex(text: str) -> Finding:
    data = _bytes(text)
    try:
        return _epc(decode(data), data)
    except Gs1Error:
        if not _has_pc_word(data):
            raise
    return _memory(read_memory(data))


def _raw(uri: str) -> Finding:
    """Read `urn:epc:raw:LENGTH.xHEX`, or `LENGTH.xAFI.xHEX` of a tag that is not GS1's."""
    found = _RAW.fullmatch(uri)
    if found is None:
        raise Mistake(
            f"{uri[:SHOWN]!r} is not a raw URI",
            advice="it looks like urn:epc:raw:96.x30…",
        )
    data = _bytes(found["epc"])
    if int(found["bits"]) != len(data) * BYTE:
        raise Mistake(
            f"{uri[:SHOWN]!r} has {len(data) * BYTE} bits, and says {found['bits']}",
            advice="compare it with what the reader shows",
        )
    if found["afi"] is None:
        return _hex(found["epc"])
    return _memory(read_memory(PcWord.of(data, afi=int(found["afi"], 16)).to_bytes() + data))


def _has_pc_word(data: bytes) -> bool:
    """Whether the first word announces just the bytes that follow it."""
    try:
        return len(data) > WORD and bool(read_memory(data))
    except Gs1Error:
        return False


def _epc(epc: Epc, data: bytes) -> Finding:
    found = Finding(epc.uri)
    filtered = f", filter {epc.filter}" if scheme_of(data).filter_bits else ""
    found.row("scheme", epc.scheme + filtered)
    _key_rows(found, {**epc.keys, **epc.attributes})
    for name, value in () if epc.keys else epc.fields.items():
        found.row(name.replace("_", " "), value)
    found.row("not understood", epc.undecoded)
    found.row("tag URI", epc.tag_uri)
    found.row("Digital Link", epc.digital_link if epc.digital_link != epc.uri else None)
    found.row("EPC", data.hex().upper())
    found.data = {
        "epc": data.hex(),
        "uri": epc.uri,
        "tag_uri": epc.tag_uri,
        "scheme": epc.scheme,
        "filter": epc.filter,
        "keys": dict(epc.keys),
        "attributes": dict(epc.attributes),
        "digital_link": epc.digital_link,
    }
    if epc.undecoded:
        found.data["undecoded"] = epc.undecoded
    return found


def _memory(tag: TagMemory) -> Finding:
    if tag.content is None:
        found = Finding(tag.raw)
        found.row("no EPC", tag.problem)
        found.row("EPC", tag.epc.hex().upper())
        found.data = {"epc": tag.epc.hex(), "uri": None, "raw": tag.raw, "problem": tag.problem}
    else:
        found = _epc(tag.content, tag.epc)
    found.row("PC word", f"{tag.pc.value:04X}: {_pc_text(tag.pc)}")
    found.row("extended PC", " ".join(f"{word:04X}" for word in tag.xpc))
    found.data |= {"pc": tag.pc.value, "afi": tag.pc.afi, "xpc": list(tag.xpc)}
    return found


def _pc_text(pc: PcWord) -> str:
    parts = [f"{pc.epc_bytes * 8} bits"]
    if pc.has_user_memory:
        parts.append("data in user memory")
    if pc.afi is not None:
        parts.append(f"not GS1, AFI 0x{pc.afi:02X}")
    if pc.attributes & HAZARDOUS:
        parts.append("hazardous goods")
    return ", ".join(parts)


def _uri(text: str) -> Finding:
    """Show what a URI names, and the bits that a tag for it would hold."""
    data = encode_uri(text)
    found = _epc(decode(data), data)
    for control in _XPC.findall(text):
        found.row("not written", f"{control}, which the tag sets by itself")
    written = memory_of_tag_uri(text) if text.startswith("urn:epc:tag:") else memory(data)
    found.row("PC word", f"{written[:WORD].hex().upper()}, to be written before it")
    found.data["pc"] = int.from_bytes(written[:WORD])
    return found


def _barcode(text: str, prefix_digits: int | None) -> Finding:
    symbology, body = split_aim(text)
    content = read_content(body, symbology)
    if content.problem and not content.keys:
        raise NoEpc(content.problem, advice="scan it again, or compare it with what is printed")
    if not content.keys:
        told = content.remark or "a barcode without GS1 keys"
        raise NoEpc(told, advice="no tag and no link can be made of it; nothing is wrong")
    name = symbology_name(symbology) or "GS1 barcode"
    found = _keys(name, content.keys, prefix_digits or content.prefix_digits, content)
    found.data["symbology"] = symbology_name(symbology)
    return found


def _keys(
    title: str, keys: Keys, prefix_digits: int | None, content: Content | None = None
) -> Finding:
    """Show GS1 keys, their Digital Link and the EPC that a tag for them would hold."""
    found = Finding(title)
    _key_rows(found, keys)
    found.data = {"keys": dict(keys), "digital_link": None, "uri": None, "epc": None}
    if content is not None and content.problem:
        found.row("doubtful", content.problem)
        found.data["problem"] = content.problem
        return found
    _link_row(found, keys)
    try:
        epc = encode_keys(keys)
        found.row(f"EPC ({scheme_of(epc).name})", epc.hex().upper())
        found.data["epc"] = epc.hex()
        if prefix_digits is not None:
            found.data["uri"] = pure_uri(keys, prefix_digits)
            found.row("EPC URI", found.data["uri"])
    except Gs1Error as error:
        found.row("no EPC", error)
    return found


def _link_row(found: Finding, keys: Keys) -> None:
    try:
        found.data["digital_link"] = digital_link.build(keys)
    except Gs1Error:
        return  # attributes alone have no Digital Link
    found.row("Digital Link", found.data["digital_link"])


def _key_rows(found: Finding, keys: Keys) -> None:
    for ai, value in keys.items():
        found.row(f"({ai}) {AI_NAMES.get(ai, '')}", value)
