"""What is recorded of goods that come in or go out with a notice."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, number, text

_NAMED = (
    text("sscc", "logistic unit, 18 digits"),
    text("gtin", "article, 14 digits"),
    text("serial", "serial number of the piece"),
    text("epc", "EPC of a tag that is neither"),
)

_RECEIPT = (
    text("check", "number of the check, and of its receipt"),
    text("notice", "number of the advance shipping notice"),
    byte_string("digest", "SHA-256 of the notice's bytes"),
    text("read_point", "the door"),
)

DOCK = (
    Kind(
        "dock-open",
        "check {check} of notice {notice}[ ({purpose})] begins at {read_point}[, by {operator}]",
        (
            *_RECEIPT,
            text("form", "how the notice was written: json, csv, desadv, gs1-xml, x12-856"),
            text("supplier", "who sent the goods, as the notice says"),
            text("purpose", "returns: of what comes back; none: of what comes or goes"),
            text("operator", "who began it"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-entry",
        "check {check}: {what}[ {code}][ (00){sscc}][ (01){gtin}][ (21){serial}][ {epc}]"
        "[, batch {lot}][, good until {expiry}][, {quantity} pieces][: {text}][, by {operator}]",
        (
            text("check", "number of the check"),
            text("what", "label: typed in; remark: what a person says; trip: what a proof says"),
            *_NAMED,
            text("lot", "batch"),
            text("expiry", "day until which it is good, ISO 8601"),
            text("code", "RECADV code of a remark"),
            count("quantity", "pieces that a remark is about"),
            count("rejected", "1: these pieces are not accepted"),
            text("text", "reason, in the person's words"),
            text("operator", "who typed it"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-difference",
        "check {check}:[ {code}] {text}, {quantity} ×[ (00){sscc}][ (01){gtin}][ (21){serial}]"
        "[ {epc}][ ({hint})]",
        (
            text("check", "number of the check"),
            text("code", "RECADV code: AC, AE, AF, AG, BH, BI, BN, X32 or X34"),
            *_NAMED,
            count("quantity", "pieces missing, too many or affected"),
            count("rejected", "1: these pieces are not accepted"),
            text("text", "the difference in words"),
            text("hint", "what may explain it"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-goods",
        "receipt {check}: {quantity} × (01){gtin}[, batch {lot}][, good until {expiry}]"
        "[, from {supplier}]",
        (
            text("check", "number of the receipt, which says what of it was missing"),
            text("notice", "number of the advance shipping notice"),
            text("gtin", "article, 14 digits"),
            text("lot", "batch"),
            text("expiry", "day until which it is good, ISO 8601"),
            count("quantity", "pieces advised"),
            text("supplier", "who sent the goods, as the notice says"),
            text("receiver", "who is to have them, as the notice says"),
            text("order", "number of the order"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-check",
        "receipt {check} of notice {notice}[ ({purpose})] at {read_point}: {decision}, {state}, "
        "{found} of {expected} pieces[, {unexpected} unexpected][, {codes}][, by {operator}]"
        "[, signed: {signed}]",
        (
            *_RECEIPT,
            text("state", "complete, different or already-received"),
            text("disposition", "the same in the words of GS1 CBV 2.0"),
            text("decision", "what the operator made of it: accepted, rejected, cancelled"),
            count("expected", "pieces advised"),
            count("found", "pieces of those that were seen"),
            count("unexpected", "things seen that were not advised"),
            count("manual", "things known by hand alone"),
            count("differences", "differences in all; the first ones are records of their own"),
            byte_string("details", "SHA-256 over all differences, a line each"),
            text("codes", "RECADV codes"),
            byte_string("units", "SSCCs seen, 9 bytes each: two digits a byte"),
            number("verdict_ms", "ms", 0, "from the last new thing seen to this receipt"),
            text("receipt_before", "receipt under which the goods came before"),
            text("supplier", "who sent the goods, as the notice says"),
            text("purpose", "returns: of what comes back; none: of what comes or goes"),
            text("trip", "what the proof of the journey said when the goods were checked"),
            text("operator", "who decided"),
            byte_string("document", "the receipt as signed: deterministic CBOR"),
            byte_string("key", "the operator's public key, COSE_Key"),
            byte_string("signature", "ES256 over the document's bytes"),
            text("signed", "yes, or no: nobody gave a PIN"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "delivery",
        "delivery {check} of notice {notice}: {state}, from {driver} to {receiver}, {decision}",
        (
            text("check", "number of the check, whose receipt has the details"),
            text("notice", "number of the advance shipping notice"),
            text("decision", "what the receiver made of the goods: accepted, rejected"),
            text("state", "signed: by both; unilateral: by one; unsigned"),
            text("driver", "who handed the goods over"),
            text("receiver", "who took them"),
            byte_string("document", "what both sign: deterministic CBOR"),
            byte_string("driver_key", "the driver's public key, COSE_Key"),
            byte_string("driver_signature", "ES256 over the document's bytes"),
            byte_string("receiver_key", "the receiver's public key, COSE_Key"),
            byte_string("receiver_signature", "ES256 over the document's bytes"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "shipment",
        "shipment {name} {state}[, notice {notice}][, vehicle {vehicle}][, to {destination}]"
        "[, seals {seals}][, with {devices}]",
        (
            text("name", "what people call it: the waybill's number, say"),
            text("state", "started: bound as this record says; ended"),
            text("notice", "number of the notice of what is aboard"),
            byte_string("digest", "SHA-256 of the notice's bytes"),
            text("vehicle", "GIAI or number plate"),
            text("destination", "where it goes"),
            text("due", "last day of its delivery, ISO 8601, as the notice says"),
            text("seals", "numbers of the seals, with a comma and a space between"),
            text("devices", "sensors that go along, with a comma and a space between"),
        ),
        PROMPT,
        urgent=True,
    ),
)
