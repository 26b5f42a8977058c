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
            text(
                "form",
                "how the notice was written: json, csv, desadv, gs1-xml, x12-856, ubl, epcis",
            ),
            text("supplier", "who sent the goods, as the notice says"),
            text("purpose", "returns: of what comes back; none: of what comes or goes"),
            text("operator", "who began it"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-entry",
        "check {check}: {what}[ of record {entry}][ {code}][ (00){sscc}][ (01){gtin}]"
        "[ (21){serial}][ {epc}][, batch {lot}][, good until {expiry}]"
        "[, best before {best_before}][, {net_weight}][, {quantity} pieces][: {text}]"
        "[, by {operator}]",
        (
            text("check", "number of the check"),
            text(
                "what",
                "label: typed in; remark: what a person says; trip: what a proof says; passed: "
                "what went through before the check began; undo: an entry or a scan is withdrawn",
            ),
            *_NAMED,
            text("lot", "batch"),
            text("expiry", "day until which it is good, ISO 8601"),
            text("code", "RECADV code of a remark"),
            count("quantity", "pieces that a remark or a label is about"),
            count("rejected", "1: these pieces are not accepted"),
            text("text", "reason, in the person's words"),
            text("operator", "who typed it"),
            text("best_before", "best-before date, ISO 8601"),
            number("net_weight", "kg", -5, "net weight, as the label says"),
            count(
                "entry", "of undo: the record that is withdrawn; of passed: the first that counts"
            ),
            byte_string("photo", "SHA-256 of a picture of it, notarized before"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-difference",
        "check {check}:[ {code}] {text}, {quantity} ×[ (00){sscc}][ (01){gtin}][ (21){serial}]"
        "[ {epc}][, batch {lot}][, use by {expiry}][, best before {best_before}][, {weight}]"
        "[ ({hint})][, photo {photo}]",
        (
            text("check", "number of the check"),
            text("code", "RECADV code: AC, AE, AF, AG, BH, BI, BN, X32 or X34"),
            *_NAMED,
            count("quantity", "pieces missing, too many or affected"),
            count("rejected", "1: these pieces are not accepted"),
            text("text", "the difference in words"),
            text("hint", "what may explain it"),
            text("lot", "batch of those pieces"),
            text("expiry", "day until which they are to be used, ISO 8601"),
            text("best_before", "their best-before date, ISO 8601"),
            number("weight", "kg", -3, "missing or too much of what is advised by weight alone"),
            byte_string("photo", "SHA-256 of a picture of it, notarized before"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-goods",
        "receipt {check}: {quantity}[ {package}] × (01){gtin}[, batch {lot}][, good until {expiry}]"
        "[, best before {best_before}] advised[, {weight} advised]"
        "[; came: {read} read, {by_hand} by hand, {believed} believed by the label of their unit]"
        "[, {weighed} on labels][, from {supplier}]",
        (
            text("check", "number of the receipt, which says what differs from its notice"),
            text("notice", "number of the advance shipping notice"),
            text("gtin", "article, 14 digits"),
            text("lot", "batch"),
            text("expiry", "day until which it is good, ISO 8601"),
            count("quantity", "pieces advised"),
            text("supplier", "who sent the goods, as the notice says"),
            text("receiver", "who is to have them, as the notice says"),
            text("order", "number of the order"),
            text("best_before", "best-before date, ISO 8601"),
            text("package", "what is counted where it is not the piece: carton, case"),
            count("content", "pieces in each of those"),
            count("read", "of them or more, read by a device"),
            count("by_hand", "known by hand alone"),
            count("believed", "not seen: a label of their unit was read"),
            number("weight", "kg", -3, "net weight advised, of what is advised by weight alone"),
            number("weighed", "kg", -3, "net weight on the labels of what came"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-check",
        "receipt {check} of notice {notice}[ ({purpose})] at {read_point}: {decision}, {state}, "
        "{found} of {expected} pieces[ ({read} read, {by_hand} by hand, {believed} believed)]"
        "[, {together} of them with {receipts}][, {unexpected} unexpected][, {codes}]"
        "[, by {operator}][, signed: {signed}]",
        (
            *_RECEIPT,
            text("state", "complete, different, already-received; of returns also: nothing"),
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
            count("read", "pieces of those found that a device read"),
            count("by_hand", "pieces of those found that are known by hand alone"),
            count(
                "believed", "pieces of those found that nobody saw: a label of their unit was read"
            ),
            text("belief", "how far such labels count: units, or nothing"),
            count("together", "pieces that came under the notice, on this and earlier receipts"),
            text("receipts", "those receipts, with a comma and a space between"),
            text("order", "number of the order"),
            text("papers", "what goes back to the sender: recadv, 861, epcis, csv"),
            byte_string(
                "photos", "SHA-256 of its pictures, 32 bytes each, 64 at most: `details` binds all"
            ),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "dock-notice",
        "notice {notice} came as {file}[, order {order}][, from {supplier}]",
        (
            text("notice", "number of the advance shipping notice"),
            byte_string("digest", "SHA-256 of the notice's bytes"),
            text("form", "how the notice was written"),
            text("supplier", "who sent the goods, as the notice says"),
            text("order", "number of the order"),
            text("file", "name of the file in the inbox"),
        ),
        PROMPT,
    ),
    Kind(
        "dock-paper",
        "receipt {check} went out as {form}[, file {file}][: {problem}]",
        (
            text("check", "number of the receipt"),
            text("form", "recadv, 861, epcis or csv"),
            text("file", "name of the file in the outbox"),
            byte_string("digest", "SHA-256 of its bytes"),
            text("problem", "why no such paper can be made"),
        ),
        PROMPT,
    ),
    Kind(
        "unit-label",
        "SSCC (00){sscc}[ to (00){last}] for a unit without label[: {text}][, by {operator}]",
        (
            text("sscc", "the number, 18 digits; of several the first"),
            text("last", "the last of several"),
            text("text", "what the label says besides"),
            text("operator", "who labelled it"),
            count("again", "1: its label is printed once more"),
        ),
        PROMPT,
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
)
