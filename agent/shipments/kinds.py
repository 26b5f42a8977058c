"""What is recorded of shipments: what goes together, and who answers for it."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, moment, number, text

SHIPMENT = Kind(
    "shipment",
    "shipment {name} {state}[, notice {notice}][, vehicle {vehicle}][, to {destination}]"
    "[, seals {seals}][, with {devices}][, of {owner}][, answered for by {custodian}]"
    "[, from {parents}][, by {operator}]",
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
        text("owner", "whose goods they are"),
        text("custodian", "who answers for the goods from here on"),
        text("papers", "types of papers that must be there, with a comma and a space between"),
        text("model", "model of the goods that a test report must be about"),
        text(
            "parents", "shipments it was split from, or that go on in it, with a comma and a space"
        ),
        text("operator", "who bound it so, as they say"),
    ),
    PROMPT,
    urgent=True,
)

ABOARD = Kind(
    "shipment-sensor",
    "goes along with shipment {shipment}[ and tells {kinds}][ every {interval_ms}]"
    "[, {state} by now][, under profile {profile} version {version}][, at {read_point}]",
    (
        text("shipment", "its name"),
        text("kinds", "what its driver says that it may tell, with a comma and a space between"),
        number("interval_ms", "ms", 0, "from reading to reading; none: it tells of what happens"),
        text("state", "of what watches a door: its state when it was bound"),
        count("port", "number of the input with that state, on a device with several"),
        text("profile", "name of the profile of limits that it is under"),
        count("version", "version of that profile"),
        text("read_point", "where it is configured to be"),
    ),
    PROMPT,
)

STANDING = Kind(
    "shipment-condition",
    "goes along with shipment {shipment} while {rule} is {state}: {limit}[, since {from_ms}]",
    (
        text("shipment", "its name"),
        text("rule", "the rule's name"),
        text("profile", "the profile's name"),
        count("version", "the profile's version"),
        text("limit", "what the rule looks for: value, limit and unit"),
        text("state", "excursion, alarm or unknown, when it was bound"),
        moment("from_ms", "since when it is in that state"),
        text("severity", "warning or critical"),
    ),
    PROMPT,
)

CUSTODY = Kind(
    "custody",
    "{taker} answers for shipment {shipment} from here on[, after {giver}][, at {place}]"
    "[: {remark}], {state}",
    (
        text("shipment", "its name"),
        text("giver", "who answered for it before"),
        text("taker", "who does from here on"),
        text("place", "where it changed hands"),
        text("remark", "what was wrong with the goods, in a person's words"),
        text("state", "signed: by both; unilateral: by one; unsigned"),
        byte_string("document", "what both sign: deterministic CBOR"),
        byte_string("giver_key", "the giver's public key, COSE_Key"),
        byte_string("giver_signature", "ES256 over the document's bytes"),
        byte_string("taker_key", "the taker's public key, COSE_Key"),
        byte_string("taker_signature", "ES256 over the document's bytes"),
    ),
    PROMPT,
    urgent=True,
)

READINESS = Kind(
    "shipment-check",
    "shipment {shipment} is {state} to leave[: {missing}][, by {operator}]",
    (
        text("shipment", "its name"),
        text("state", "ready, or not ready"),
        text("missing", "what is missing, over or wrong, in words"),
        count("faults", "how many such things"),
        text("operator", "who asked, as they say"),
    ),
    PROMPT,
)
