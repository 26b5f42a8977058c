"""What the agent records of the goods' conditions."""

from __future__ import annotations

from drivers.kind import PROMPT, Field, Kind, byte_string, count, moment, number, text

_CONDITION: tuple[Field, ...] = (
    text("rule", "the rule's name; of several, all of them"),
    text("profile", "the profile's name"),
    count("version", "the profile's version"),
    text("limit", "what the rule looks for: value, limit and unit"),
    text("state", "ok, excursion, alarm or unknown"),
    text("before", "the state before"),
    moment("from_ms", "since when it is in that state"),
    number("counted_ms", "ms", 0, "time beyond the limit that counts, on valid time only"),
    number("lowest", "", -2, "lowest value beyond the limit, in the unit of the limit"),
    number("highest", "", -2, "highest value beyond the limit, in the unit of the limit"),
    text("read_point", "where the device is configured to be"),
    text("goods", "what was there by its tags: pallets first, then items; the first of them"),
    count("rules", "how many rules it tells of, where it is more than one"),
)

DECISIONS = {
    "released": "the goods may be used",
    "held": "they wait for another decision",
    "rejected": "they must not be used",
}
"""What a person may decide on goods after an excursion, and what that means."""

CONDITIONS = (
    Kind(
        "profile",
        "profile {profile} version {version} holds from here on: SHA-256 {digest}",
        (
            text("profile", "its name"),
            count("version", "its version"),
            byte_string("digest", "SHA-256 of its file's bytes"),
        ),
        PROMPT,
    ),
    Kind(
        "excursion",
        "{rule}: {state}, was {before}: {limit}[, since {from_ms}][, for {counted_ms}]"
        "[, from {lowest} to {highest}][, at {read_point}][, with {goods}]",
        _CONDITION,
        PROMPT,
    ),
    Kind(
        "alarm",
        "ALARM {rule}: {limit}[, {severity}][, it names: {reports}][, in record {record}]"
        "[, since {from_ms}][, after {counted_ms}]"
        "[, from {lowest} to {highest}][, at {read_point}][, with {goods}]",
        (
            *_CONDITION,
            text("severity", "warning or critical"),
            text("reports", "the faults that a battery's own management names"),
            count("record", "number of the record that names them"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "override",
        "{operator} ended {state} of {rule}: {reason}",
        (
            text("rule", "the rule's name"),
            text("state", "what was ended: excursion, alarm or unknown"),
            text("operator", "who did it"),
            text("reason", "why, in their words"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "assessment",
        "{operator} decided on {state} of {rule}, record {record}: {decision}: {reason}",
        (
            count("record", "number of the record of the excursion, alarm or unknown condition"),
            text("rule", "the rule's name"),
            text("state", "what was decided on: excursion, alarm or unknown"),
            text("decision", "; ".join(f"{name}: {means}" for name, means in DECISIONS.items())),
            text("operator", "who decided, as they say"),
            text("reason", "why, in their words"),
        ),
        PROMPT,
        urgent=True,
    ),
)
