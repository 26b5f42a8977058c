"""The registry of record kinds: their fields, units, scales, and the sentence that prints each.

A scale is the power of ten of one stored unit: 4.31 °C at scale -2 is stored as 431. Fields and
scales of a kind never change meaning once released, as signed records keep them for ever; new
fields may be added. Sentences name fields in braces; a part in square brackets is printed only when
all its fields were observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType


class FieldType(StrEnum):
    """What a field holds in a reading, and how a record stores it."""

    NUMBER = "number"  # stored as an integer in the field's scale
    TEXT = "text"
    BYTES = "bytes"
    TIME = "time"  # an aware datetime, stored as milliseconds of UTC since 1970


class Durability(Enum):
    """How soon a record must survive a power cut."""

    PROMPT = "prompt"  # within 100 ms, coalesced
    WINDOW = "window"  # within the configured window


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. `unit` is empty for what has none; `scale` counts for numbers only."""

    name: str
    type: FieldType
    doc: str
    unit: str = ""
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record. `urgent` seals a batch at once: alarms, custody, `boot`, `shutdown`."""

    name: str
    sentence: str
    fields: tuple[Field, ...]
    durability: Durability = Durability.WINDOW
    urgent: bool = False

    def field(self, name: str) -> Field | None:
        """Return the field called `name`, or None."""
        return next((field for field in self.fields if field.name == name), None)


def _number(name: str, unit: str, scale: int, doc: str) -> Field:
    return Field(name, FieldType.NUMBER, doc, unit, scale)


def _count(name: str, doc: str) -> Field:
    return Field(name, FieldType.NUMBER, doc)


def _text(name: str, doc: str) -> Field:
    return Field(name, FieldType.TEXT, doc)


def _bytes(name: str, doc: str) -> Field:
    return Field(name, FieldType.BYTES, doc)


def _time(name: str, doc: str) -> Field:
    return Field(name, FieldType.TIME, doc)


_PROMPT = Durability.PROMPT

_MEASURED = (
    Kind(
        "temperature",
        "{temperature}[, {humidity} relative humidity]",
        (
            _number("temperature", "°C", -2, "air or product temperature"),
            _number("humidity", "%", -2, "relative humidity"),
        ),
    ),
    Kind(
        "position",
        "[at {lat}, {lon}][, {speed}][, course {course}][, {satellites} satellites][, HDOP {hdop}]",
        (
            _number("lat", "°", -7, "latitude in WGS 84, north positive"),
            _number("lon", "°", -7, "longitude in WGS 84, east positive"),
            _number("altitude", "m", -2, "height above mean sea level"),
            _number("speed", "m/s", -2, "speed over ground"),
            _number("course", "°", -2, "course over ground, from true north"),
            _number("hdop", "", -2, "horizontal dilution of precision"),
            _count("satellites", "satellites used in the fix"),
            _text("fix", "kind of fix, as the receiver names it"),
            _time("utc_ms", "the receiver's own UTC"),
        ),
    ),
    Kind(
        "tag",
        "tag[ {uri}][, EPC {epc}][ {uid}][ {state}][, {type}][, {origin}][ at {read_point}]"
        "[, antenna {antenna}][, {rssi}][, seen {count} times]",
        (
            _text("epc", "EPC memory bank as read, hexadecimal"),
            _text("uri", "EPC as a pure identity URI (GS1 TDS)"),
            _text("tid", "TID memory bank as read, hexadecimal"),
            _count("pc", "protocol control word"),
            _count("antenna", "the reader's antenna port"),
            _number("rssi", "dBm", 0, "peak signal strength"),
            _count("count", "inventory rounds that saw the tag since the last report"),
            _number("first_seen", "ms", 0, "how long before this record's time it was first seen"),
            _text("read_point", "where this antenna looks, from the reader's configuration"),
            _number("phase", "°", -1, "phase of the tag's answer against the carrier"),
            _time("reader_utc", "the reader's own UTC of the last read"),
            _text("uid", "serial number of an NFC card, hexadecimal"),
            _text("state", "NFC: entered, left, or present when asked"),
            _text("type", "NFC: what the card says it is"),
            _count("atqa", "NFC: answer to request (ISO 14443-3)"),
            _count("sak", "NFC: select acknowledge (ISO 14443-3)"),
            _text("origin", "NFC: whether the chip's signature claims NXP origin; proves no tag"),
        ),
    ),
    Kind(
        "barcode",
        "barcode[ {symbology}][ {text}][, GTIN {gtin}][, SSCC {sscc}][, lot {lot}]"
        "[, expiry {expiry}][, serial {serial}][, content GTIN {content_gtin}][, count {count}]"
        "[, best before {best_before}][, net weight {net_weight}][: {problem}]",
        (
            _text("symbology", "kind of symbol, if the scanner says it"),
            _text("text", "content as scanned, without the symbology identifier"),
            _text("gtin", "trade item number, 14 digits"),
            _text("sscc", "serial shipping container code, 18 digits"),
            _text("lot", "batch or lot"),
            _text("expiry", "expiry date, ISO 8601"),
            _text("serial", "serial number"),
            _text("uri", "all GS1 keys as a Digital Link"),
            _text("problem", "why the content is doubtful"),
            _text("content_gtin", "GTIN of what a logistic unit holds, 14 digits"),
            _count("count", "how many of them it holds"),
            _text("best_before", "best-before date, ISO 8601"),
            _number("net_weight", "kg", -5, "net weight"),
        ),
        _PROMPT,
    ),
    Kind(
        "shock",
        "shock of {peak}[ for {duration}][, velocity change {delta_v}][, {samples} samples]",
        (
            _number("peak", "g", -2, "largest acceleration, without gravity"),
            _number("duration", "ms", -2, "time above the threshold"),
            _number("delta_v", "m/s", -3, "change of velocity: the pulse's integral"),
            _count("samples", "samples of the pulse above the threshold"),
            _number("rate", "Hz", -1, "sampling rate as measured"),
            _number("threshold", "g", -2, "acceleration that starts a shock"),
            _number("range", "g", 0, "end of the measuring range"),
            _bytes("waveform", "raw samples before and after the trigger, as the driver defines"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "acceleration",
        "acceleration x {x}, y {y}, z {z}",
        tuple(_number(axis, "g", -3, f"acceleration along {axis}") for axis in "xyz"),
    ),
    Kind(
        "input",
        "input[ {port}] {state}",
        (
            _text("state", "what the level means: open, closed, on, off, broken …"),
            _count("level", "electrical level, 0 or 1"),
            _count("port", "number of the input on a device with several"),
        ),
        _PROMPT,
    ),
    Kind(
        "output",
        "output {state}[, by {cause}]",
        (
            _text("state", "what the level means: on, off …"),
            _count("level", "electrical level, 0 or 1"),
            _text("cause", "who or what switched it"),
        ),
        _PROMPT,
    ),
)

_OWN_HEALTH = (
    Kind(
        "power",
        "supply {state}[, firmware flags {flags}]",
        (
            _text("state", "ok, or under-voltage"),
            _count("under_voltage", "1 while the supply is too low"),
            _count("flags", "get_throttled bits of the Raspberry Pi firmware"),
        ),
        _PROMPT,
    ),
    Kind(
        "soc-temperature",
        "processor at {temperature}",
        (_number("temperature", "°C", -2, "temperature of the processor"),),
    ),
    Kind(
        "disk",
        "{free} MiB free of {total} MiB[ at {path}]",
        (
            _text("path", "the folder whose disk is meant"),
            _count("free", "free space in MiB, for processes that are not root"),
            _count("total", "size in MiB"),
        ),
    ),
    Kind(
        "storage",
        "storage {state}[ after {duration_ms}][: {detail}]",
        (
            _text("state", "ok, slow, limit-reached, full, read-only or failing"),
            _text("detail", "what the disk said, in one sentence"),
            _number("duration_ms", "ms", 0, "how long the state before lasted"),
        ),
        _PROMPT,
        urgent=True,
    ),
)

_LIFE = (
    Kind(
        "boot",
        "Tallyman {version} started: {cause}[, the run before ended {previous}]",
        (
            _text("version", "version of the agent"),
            _text("cause", "first start, machine start, or agent restart"),
            _text("previous", "how the run before ended: orderly, or unexpectedly"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "shutdown",
        "Tallyman stops: {reason}",
        (_text("reason", "who or what ended it"),),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "clock",
        "clock source now {new_source} (was {old_source}), moved by {offset_ms}"
        "[, right within {bound_ms}]",
        (
            _number("offset_ms", "ms", 0, "new belief minus old, for the same moment"),
            _text("old_source", "source believed before"),
            _text("new_source", "source believed from here on"),
            _number("bound_ms", "ms", 0, "largest error of the new belief"),
        ),
        _PROMPT,
    ),
    Kind(
        "config",
        "configuration in use: SHA-256 {digest}[, {devices} devices]",
        (
            _bytes("digest", "SHA-256 of the configuration file's bytes"),
            _count("devices", "number of configured devices"),
        ),
        _PROMPT,
    ),
    Kind(
        "device",
        "{state}[: {detail}]",
        (
            _text("state", "opening, running, faulty, missing, wrong-device or closed"),
            _text("detail", "the cause, in one sentence"),
        ),
        _PROMPT,
    ),
    Kind(
        "ledger",
        "ledger node {node}: {state}[: {detail}]",
        (
            _text("node", "name of the node in the configuration"),
            _text(
                "state",
                "ok, unreachable, wrong-node-key, not-admitted, replaced, refused, withheld …",
            ),
            _text("detail", "what the node said, or what is wrong"),
        ),
    ),
    Kind(
        "fork",
        "THE LOG SHOWS TWO HISTORIES, seen at node {node}[: {detail}]",
        (
            _text("node", "name of the node that showed it"),
            _text("state", "frozen: nothing is confirmed by this log any more"),
            _text("detail", "sizes and roots; the signed notes lie in the state folder"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "key-validity",
        "the statement key {kid} {state}[, by the policy at {until_ms}]",
        (
            _text("state", "ends: within 30 days; expired; revoked; counts: again"),
            _bytes("kid", "the key's id"),
            _time("until_ms", "moment from which it counts no more"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "gap",
        "gap {state}[, no data since {from_ms}][, data again at {to_ms}]"
        "[, {duration_ms} long][, {count} readings not kept][, {blocks} blocks cut]: {reason}",
        (
            _text("state", "open: data is missing from here on; closed: it came back"),
            _time("from_ms", "last data before the gap"),
            _time("to_ms", "first data after the gap"),
            _number("duration_ms", "ms", 0, "length of the gap by the monotonic clock"),
            _count("count", "readings that were taken and could not be kept"),
            _count("blocks", "blocks of 4 KiB that a power cut left half-written in the journal"),
            _text("reason", "why there is no data, as far as known"),
        ),
        _PROMPT,
    ),
)

_GOODS = (
    Kind(
        "tag-state",
        "{state} {read_point}:[ {uri},] EPC {epc}[, from {from}][, on to {to}][, after {dwell_ms}]"
        "[, direction {direction}]",
        (
            _text("state", "enter: believed to be here from now on; leave: no longer"),
            _text("read_point", "where"),
            _text("epc", "EPC memory bank as read, hexadecimal"),
            _text("uri", "EPC as a pure identity URI (GS1 TDS)"),
            _text("tid", "TID memory bank as read, hexadecimal"),
            _count("antenna", "antenna port of the first read"),
            _number("rssi", "dBm", 0, "peak signal strength"),
            _count("reads", "reads since it was first seen here"),
            _time("at_ms", "first read here for enter, last read here for leave"),
            _number("dwell_ms", "ms", 0, "from the first read here to the last"),
            _text("from", "read point it was at before"),
            _text("to", "read point it is at now"),
            _text("direction", "through a portal: in, out, or undecided"),
            _count("stray", "1: it was read through the wall from `to` and never was here"),
        ),
        _PROMPT,
    ),
    Kind(
        "tag-count",
        "{read_point}: {present} tags present, {reads} reads[, {entered} entered][, {left} left]"
        "[, {strays} stray reads]",
        (
            _text("read_point", "where"),
            _count("present", "tags present now"),
            _count("reads", "reads since the last count"),
            _count("entered", "tags that entered since the last count"),
            _count("left", "tags that left since the last count"),
            _count("strays", "reads of tags that never were present"),
            _count("untracked", "reads not followed, as too many tags were in the field"),
            _bytes("contents", "SHA-256 over the EPCs present, sorted, a line each"),
        ),
    ),
    Kind(
        "tag-suspect",
        "SUSPECT TAG at {read_point}: {text}:[ {uri},] EPC {epc}[, before {before}], now {now}",
        (
            _text("epc", "EPC memory bank as read, hexadecimal"),
            _text("uri", "EPC as a pure identity URI (GS1 TDS)"),
            _text("cause", "two-tids, two-places or foreign-tid"),
            _text("before", "TID or read point seen before"),
            _text("now", "TID or read point seen now"),
            _text("read_point", "where it was read"),
            _text("text", "the suspicion in words"),
        ),
        _PROMPT,
        urgent=True,
    ),
)

_MISPLACED = Kind(
    "misplaced",
    "{gtin} lies at {read_point}, belongs to {home}: EPC {epc}",
    (
        _text("read_point", "shelf where it came to rest"),
        _text("epc", "EPC memory bank as read, hexadecimal"),
        _text("uri", "EPC as a pure identity URI (GS1 TDS)"),
        _text("gtin", "article, 14 digits"),
        _text("home", "shelves where the configuration wants it"),
    ),
    _PROMPT,
)

_BOX = Kind(
    "box-check",
    "box at {read_point}: {verdict}: {text}[, EPC {epc}]",
    (
        _text("read_point", "where boxes pass one by one"),
        _text("verdict", "match, mismatch_class, mismatch_instance or not_comparable"),
        _text("text", "what was compared, in words"),
        _text("barcode", "what is printed on the box, as a Digital Link"),
        _text("epc", "EPC of the tag that was read with it, hexadecimal"),
        _text("uri", "the same as a pure identity URI (GS1 TDS)"),
        _text("tid", "TID memory bank of that tag, hexadecimal"),
    ),
    _PROMPT,
)

_COMMISSION = Kind(
    "commission",
    "tag {epc} was written for {content}[ on chip {tid}], before {before}, locked: {locked}"
    "[, by {operator}]",
    (
        _text("epc", "EPC that the tag has now, hexadecimal"),
        _text("uri", "the same as a pure identity URI (GS1 TDS)"),
        _text("content", "what it was made of: a scan, a URI, a Digital Link, an EPC"),
        _text("before", "EPC that the tag had, hexadecimal"),
        _text("tid", "TID memory bank of the chip, hexadecimal"),
        _text("locked", "whether EPC and password open with the password only: yes or no"),
        _text("operator", "who did it, as they say"),
    ),
    _PROMPT,
)

_BOXES = (_MISPLACED, _BOX, _COMMISSION)

_NAMED = (
    _text("sscc", "logistic unit, 18 digits"),
    _text("gtin", "article, 14 digits"),
    _text("serial", "serial number of the piece"),
    _text("epc", "EPC of a tag that is neither"),
)

_RECEIPT = (
    _text("check", "number of the check, and of its receipt"),
    _text("notice", "number of the advance shipping notice"),
    _bytes("digest", "SHA-256 of the notice's bytes"),
    _text("read_point", "the door"),
)

_DOCK = (
    Kind(
        "dock-open",
        "check {check} of notice {notice}[ ({purpose})] begins at {read_point}[, by {operator}]",
        (
            *_RECEIPT,
            _text("form", "how the notice was written: json, csv, desadv, gs1-xml, x12-856"),
            _text("supplier", "who sent the goods, as the notice says"),
            _text("purpose", "returns: of what comes back; none: of what comes or goes"),
            _text("operator", "who began it"),
        ),
        _PROMPT,
    ),
    Kind(
        "dock-entry",
        "check {check}: {what}[ {code}][ (00){sscc}][ (01){gtin}][ (21){serial}][ {epc}]"
        "[, batch {lot}][, good until {expiry}][, {quantity} pieces][: {text}][, by {operator}]",
        (
            _text("check", "number of the check"),
            _text("what", "label: typed in; remark: what a person says; trip: what a proof says"),
            *_NAMED,
            _text("lot", "batch"),
            _text("expiry", "day until which it is good, ISO 8601"),
            _text("code", "RECADV code of a remark"),
            _count("quantity", "pieces that a remark is about"),
            _count("rejected", "1: these pieces are not accepted"),
            _text("text", "reason, in the person's words"),
            _text("operator", "who typed it"),
        ),
        _PROMPT,
    ),
    Kind(
        "dock-difference",
        "check {check}:[ {code}] {text}, {quantity} ×[ (00){sscc}][ (01){gtin}][ (21){serial}]"
        "[ {epc}][ ({hint})]",
        (
            _text("check", "number of the check"),
            _text("code", "RECADV code: AC, AE, AF, AG, BH, BI, BN, X32 or X34"),
            *_NAMED,
            _count("quantity", "pieces missing, too many or affected"),
            _count("rejected", "1: these pieces are not accepted"),
            _text("text", "the difference in words"),
            _text("hint", "what may explain it"),
        ),
        _PROMPT,
    ),
    Kind(
        "dock-goods",
        "receipt {check}: {quantity} × (01){gtin}[, batch {lot}][, good until {expiry}]"
        "[, from {supplier}]",
        (
            _text("check", "number of the receipt, which says what of it was missing"),
            _text("notice", "number of the advance shipping notice"),
            _text("gtin", "article, 14 digits"),
            _text("lot", "batch"),
            _text("expiry", "day until which it is good, ISO 8601"),
            _count("quantity", "pieces advised"),
            _text("supplier", "who sent the goods, as the notice says"),
            _text("receiver", "who is to have them, as the notice says"),
            _text("order", "number of the order"),
        ),
        _PROMPT,
    ),
    Kind(
        "dock-check",
        "receipt {check} of notice {notice}[ ({purpose})] at {read_point}: {decision}, {state}, "
        "{found} of {expected} pieces[, {unexpected} unexpected][, {codes}][, by {operator}]"
        "[, signed: {signed}]",
        (
            *_RECEIPT,
            _text("state", "complete, different or already-received"),
            _text("disposition", "the same in the words of GS1 CBV 2.0"),
            _text("decision", "what the operator made of it: accepted, rejected, cancelled"),
            _count("expected", "pieces advised"),
            _count("found", "pieces of those that were seen"),
            _count("unexpected", "things seen that were not advised"),
            _count("manual", "things known by hand alone"),
            _count("differences", "differences in all; the first ones are records of their own"),
            _bytes("details", "SHA-256 over all differences, a line each"),
            _text("codes", "RECADV codes"),
            _bytes("units", "SSCCs seen, 9 bytes each: two digits a byte"),
            _number("verdict_ms", "ms", 0, "from the last new thing seen to this receipt"),
            _text("receipt_before", "receipt under which the goods came before"),
            _text("supplier", "who sent the goods, as the notice says"),
            _text("purpose", "returns: of what comes back; none: of what comes or goes"),
            _text("trip", "what the proof of the journey said when the goods were checked"),
            _text("operator", "who decided"),
            _bytes("document", "the receipt as signed: deterministic CBOR"),
            _bytes("key", "the operator's public key, COSE_Key"),
            _bytes("signature", "ES256 over the document's bytes"),
            _text("signed", "yes, or no: nobody gave a PIN"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "delivery",
        "delivery {check} of notice {notice}: {state}, from {driver} to {receiver}, {decision}",
        (
            _text("check", "number of the check, whose receipt has the details"),
            _text("notice", "number of the advance shipping notice"),
            _text("decision", "what the receiver made of the goods: accepted, rejected"),
            _text("state", "signed: by both; unilateral: by one; unsigned"),
            _text("driver", "who handed the goods over"),
            _text("receiver", "who took them"),
            _bytes("document", "what both sign: deterministic CBOR"),
            _bytes("driver_key", "the driver's public key, COSE_Key"),
            _bytes("driver_signature", "ES256 over the document's bytes"),
            _bytes("receiver_key", "the receiver's public key, COSE_Key"),
            _bytes("receiver_signature", "ES256 over the document's bytes"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "shipment",
        "shipment {name} {state}[, notice {notice}][, vehicle {vehicle}][, to {destination}]"
        "[, seals {seals}][, with {devices}]",
        (
            _text("name", "what people call it: the waybill's number, say"),
            _text("state", "started: bound as this record says; ended"),
            _text("notice", "number of the notice of what is aboard"),
            _bytes("digest", "SHA-256 of the notice's bytes"),
            _text("vehicle", "GIAI or number plate"),
            _text("destination", "where it goes"),
            _text("due", "last day of its delivery, ISO 8601, as the notice says"),
            _text("seals", "numbers of the seals, with a comma and a space between"),
            _text("devices", "sensors that go along, with a comma and a space between"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "salvaged",
        "{of} record {number} of {at_ms}, unsigned, from the card of {gateway}",
        (
            _text("gateway", "whose card it was read from; empty where the card did not say"),
            _bytes("epoch", "the epoch of that gateway"),
            _count("number", "the record's number there"),
            _text("of", "the record's kind"),
            _time("at_ms", "the wall clock of that gateway then"),
            _bytes("record", "the record as it stood there"),
        ),
    ),
    Kind(
        "person",
        "{name} may sign as {role}",
        (
            _text("name", "who"),
            _text("role", "keeper, driver or receiver"),
            _bytes("key", "public key, COSE_Key"),
        ),
        _PROMPT,
    ),
)

_SHOWN = (
    Kind(
        "attachment",
        "{type} {name}[ for {about}], {bytes} bytes[, valid from {valid_from_ms}]"
        "[ until {valid_until_ms}][, sealed to {recipients}], SHA-256 {digest}",
        (
            _text("name", "what people call the file"),
            _text("type", "calibration, delivery-paper, inspection, insurance, photo, other …"),
            _text("about", "the device or shipment it is for"),
            _text("subject", "device, or shipment: which of them `about` names"),
            _bytes("digest", "SHA-256 of the file; of a sealed one, of what travels"),
            _count("bytes", "its length"),
            _bytes("envelope", "the gateway's signature over the digest, RFC 9995"),
            _bytes("commitment", "of a sealed file: SHA-256 over salt and file"),
            _text("recipients", "key ids of those who can open it, with a comma and a space"),
            _time("valid_from_ms", "first moment at which it counts"),
            _time("valid_until_ms", "moment from which it counts no more"),
        ),
        _PROMPT,
        urgent=True,
    ),
    Kind(
        "disclosure",
        "bundle given out[ for {recipient}]: {shown} records of {first} to {last}, {hidden} hidden"
        "[, only {choice}], SHA-256 {digest}",
        (
            _text("recipient", "for whom, in the words of who made it"),
            _count("first", "number of the first record it covers"),
            _count("last", "number of the last record it covers"),
            _count("shown", "records in it that can be read"),
            _count("hidden", "records in it that are only committed to"),
            _text("choice", "what was chosen: devices, kinds, shipment, times"),
            _bytes("digest", "SHA-256 of the file"),
        ),
        _PROMPT,
    ),
    Kind(
        "place",
        "[in {name}, ]within {size} around {lat}, {lon}, in the hour from {hour_ms}",
        (
            _time("hour_ms", "start of the hour"),
            _text("name", "the city, where it is one"),
            _number("lat", "°", -3, "latitude of the cell's middle in WGS 84, north positive"),
            _number("lon", "°", -3, "longitude of the cell's middle in WGS 84, east positive"),
            _number("size", "km", 0, "width of the cell, or diameter of the city"),
        ),
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (*_MEASURED, *_OWN_HEALTH, *_LIFE, *_GOODS, *_BOXES, *_DOCK, *_SHOWN)
    }
)
"""Every kind there is, by name."""

WINDOW_ONLY = Kind("", "", ())
"""What holds for a kind that the registry does not know: kept, within the window, not urgent."""


def kind_of(name: str) -> Kind:
    """Return the kind called `name`, or the one that stands for all unknown kinds."""
    return KINDS.get(name, WINDOW_ONLY)
