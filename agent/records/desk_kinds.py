"""What is recorded of what people have the gateway do."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, moment, number, text

COMMISSION = Kind(
    "commission",
    "tag {epc} was written for {content}[ on chip {tid}], before {before}, locked: {locked}"
    "[, by {operator}]",
    (
        text("epc", "EPC that the tag has now, hexadecimal"),
        text("uri", "the same as a pure identity URI (GS1 TDS)"),
        text("content", "what it was made of: a scan, a URI, a Digital Link, an EPC"),
        text("before", "EPC that the tag had, hexadecimal"),
        text("tid", "TID memory bank of the chip, hexadecimal"),
        text("locked", "whether EPC and password open with the password only: yes or no"),
        text("operator", "who did it, as they say"),
    ),
    PROMPT,
)

SALVAGED = Kind(
    "salvaged",
    "{of} record {number} of {at_ms}, unsigned, from the card of {gateway}",
    (
        text("gateway", "whose card it was read from; empty where the card did not say"),
        byte_string("epoch", "the epoch of that gateway"),
        count("number", "the record's number there"),
        text("of", "the record's kind"),
        moment("at_ms", "the wall clock of that gateway then"),
        byte_string("record", "the record as it stood there"),
    ),
)

IGNORED = Kind(
    "cause-ignored",
    "cause {cause} of {target} is left alone until {until_ms}: {reason}",
    (
        text("target", "what `tallyman why` was asked for: a device's name, uplink, store …"),
        text("cause", "the cause's id"),
        text("reason", "why, as a person said"),
        moment("until_ms", "until when"),
    ),
    PROMPT,
)

PERSON = Kind(
    "person",
    "{name}[ may sign as {role}][ {change}]",
    (
        text("name", "who"),
        text("role", "keeper, driver or receiver"),
        byte_string("key", "public key, COSE_Key"),
        text("change", "what became of that, in words; none: they were added"),
    ),
    PROMPT,
)

SHOWN = (
    Kind(
        "attachment",
        "{type} {name}[ for {about}][, about model {model}][, {result}][, by {issuer}]"
        "[, number {reference}], {bytes} bytes[, valid from {valid_from_ms}]"
        "[ until {valid_until_ms}][, sealed to {recipients}], SHA-256 {digest}",
        (
            text("name", "what people call the file"),
            text("type", "calibration, delivery-paper, inspection, insurance, photo, other …"),
            text("about", "the device or shipment it is for"),
            text("subject", "device, or shipment: which of them `about` names"),
            byte_string("digest", "SHA-256 of the file; of a sealed one, of what travels"),
            count("bytes", "its length"),
            byte_string("envelope", "the gateway's signature over the digest, RFC 9995"),
            byte_string("commitment", "of a sealed file: SHA-256 over salt and file"),
            text("recipients", "key ids of those who can open it, with a comma and a space"),
            moment("valid_from_ms", "first moment at which it counts"),
            moment("valid_until_ms", "moment from which it counts no more"),
            text("model", "of a test report: the model that was tested"),
            text("result", "of a test report: passed, or failed"),
            text("issuer", "who made it: the laboratory, say"),
            text("reference", "its number there"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "disclosure",
        "bundle given out[ for {recipient}]: {shown} records of {first} to {last}, {hidden} hidden"
        "[, only {choice}], SHA-256 {digest}",
        (
            text("recipient", "for whom, in the words of who made it"),
            count("first", "number of the first record it covers"),
            count("last", "number of the last record it covers"),
            count("shown", "records in it that can be read"),
            count("hidden", "records in it that are only committed to"),
            text("choice", "what was chosen: devices, kinds, shipment, times"),
            byte_string("digest", "SHA-256 of the file"),
        ),
        PROMPT,
    ),
)

NOTE = Kind(
    "note",
    "note on the gap of record {gap}[, from {from_ms}][ to {to_ms}][, {duration_ms} long]"
    "[, shipment {shipment}]: {text}, by {operator}",
    (
        count("gap", "number of the record of the gap"),
        moment("from_ms", "last data before the gap"),
        moment("to_ms", "first data after the gap, where it is over"),
        number("duration_ms", "ms", 0, "length of the gap by the monotonic clock"),
        text("shipment", "shipments under way that the device travels with"),
        text("text", "what a person knows of it, in their words"),
        text("operator", "who, as they say"),
    ),
    PROMPT,
    urgent=True,
)

_VISIT = (
    text("visit", "name of the visit: V-, day and second of its beginning, UTC"),
    text("operator", "who came, as they say"),
)

VISIT = (
    Kind(
        "visit",
        "visit {visit} {state}[ with {found} findings][ after {actions} actions]"
        "[, {left} findings left], by {operator}",
        (
            *_VISIT,
            text("state", "begun, or ended"),
            count("found", "what was wrong at the beginning"),
            count("actions", "what was done"),
            count("left", "what is wrong at the end"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "visit-finding",
        "visit {visit}, {moment}: {about}: {text}[ ({advice})]",
        (
            *_VISIT,
            text("moment", "before, or after"),
            text("about", "device, node or part that is meant"),
            text("text", "what is wrong"),
            text("advice", "the next step"),
            text("cause", "id of the cause, where it is known: tallyman why explains it"),
        ),
        PROMPT,
    ),
    Kind(
        "visit-action",
        "visit {visit}: [{about}: ]{text}, by {operator}",
        (
            *_VISIT,
            text("about", "device that it was done to"),
            text("text", "what was done, in the words of who did it"),
        ),
        PROMPT,
    ),
)

FLIGHT = Kind(
    "flight-mode",
    "flight mode {state}, by {operator}",
    (
        text("state", "on: the modems' radios are off; or off"),
        text("operator", "who, as they say"),
    ),
    PROMPT,
)
