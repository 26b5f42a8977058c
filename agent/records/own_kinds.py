"""What the gateway records of itself: its health, and its life from start to stop."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, moment, number, text

HEALTH = (
    Kind(
        "power",
        "supply {state}[, firmware flags {flags}]",
        (
            text("state", "ok, or under-voltage"),
            count("under_voltage", "1 while the supply is too low"),
            count("flags", "get_throttled bits of the Raspberry Pi firmware"),
        ),
        PROMPT,
    ),
    Kind(
        "soc-temperature",
        "processor at {temperature}",
        (number("temperature", "°C", -2, "temperature of the processor"),),
    ),
    Kind(
        "disk",
        "{free} MiB free of {total} MiB[ at {path}]",
        (
            text("path", "the folder whose disk is meant"),
            count("free", "free space in MiB, for processes that are not root"),
            count("total", "size in MiB"),
        ),
    ),
    Kind(
        "storage",
        "storage {state}[ after {duration_ms}][: {detail}]",
        (
            text("state", "ok, slow, limit-reached, full, read-only or failing"),
            text("detail", "what the disk said, in one sentence"),
            number("duration_ms", "ms", 0, "how long the state before lasted"),
        ),
        PROMPT,
        urgent=True,
    ),
)

LIFE = (
    Kind(
        "boot",
        "Tallyman {version} started: {cause}[, the run before ended {previous}]",
        (
            text("version", "version of the agent"),
            text("cause", "first start, machine start, or agent restart"),
            text("previous", "how the run before ended: orderly, or unexpectedly"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "shutdown",
        "Tallyman stops: {reason}",
        (text("reason", "who or what ended it"),),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "clock",
        "clock source now {new_source} (was {old_source}), moved by {offset_ms}"
        "[, right within {bound_ms}][, but {claim_source} differs by {claim_ms}]",
        (
            number("offset_ms", "ms", 0, "new belief minus old, for the same moment"),
            text("old_source", "source believed before"),
            text("new_source", "source believed from here on"),
            number("bound_ms", "ms", 0, "largest error of the new belief"),
            text("claim_source", "source that is excluded by the belief, and not followed"),
            number("claim_ms", "ms", 0, "what that source says minus the belief"),
        ),
        PROMPT,
    ),
    Kind(
        "config",
        "configuration in use: SHA-256 {digest}[, {devices} devices]",
        (
            byte_string("digest", "SHA-256 of the configuration file's bytes"),
            count("devices", "number of configured devices"),
        ),
        PROMPT,
    ),
    Kind(
        "device",
        "{state}[: {detail}]",
        (
            text("state", "opening, running, faulty, missing, wrong-device or closed"),
            text("detail", "the cause, in one sentence"),
            text("cause", "the cause's id, as `tallyman why --list` has it"),
        ),
        PROMPT,
    ),
    Kind(
        "ledger",
        "ledger node {node}: {state}[: {detail}]",
        (
            text("node", "name of the node in the configuration"),
            text(
                "state",
                "ok, unreachable, wrong-node-key, not-admitted, replaced, refused, withheld …",
            ),
            text("detail", "what the node said, or what is wrong"),
        ),
    ),
    Kind(
        "uplink",
        "the ledger is reached through {interface} now, through {before} before[: {reason}]",
        (
            text("interface", "network interface in use from now on"),
            text("before", "network interface that was in use"),
            text("reason", "why it changed"),
        ),
    ),
    Kind(
        "fork",
        "THE LOG SHOWS TWO HISTORIES, seen at node {node}[: {detail}]",
        (
            text("node", "name of the node that showed it"),
            text("state", "frozen: nothing is confirmed by this log any more"),
            text("detail", "sizes and roots; the signed notes lie in the state folder"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "key-validity",
        "the statement key {kid} {state}[, by the policy at {until_ms}]",
        (
            text("state", "ends: within 30 days; expired; revoked; counts: again"),
            byte_string("kid", "the key's id"),
            moment("until_ms", "moment from which it counts no more"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "gap",
        "gap {state}[, no data since {from_ms}][, data again at {to_ms}]"
        "[, {duration_ms} long][, {count} readings not kept][, {blocks} blocks cut]: {reason}",
        (
            text("state", "open: data is missing from here on; closed: it came back"),
            moment("from_ms", "last data before the gap"),
            moment("to_ms", "first data after the gap"),
            number("duration_ms", "ms", 0, "length of the gap by the monotonic clock"),
            count("count", "readings that were taken and could not be kept"),
            count("blocks", "blocks of 4 KiB that a power cut left half-written in the journal"),
            text("reason", "why there is no data, as far as known"),
        ),
        PROMPT,
    ),
)

ERASURE = Kind(
    "erasure",
    "{count} {what} records erased by rule after {days} days, of numbers {first} to {last}",
    (
        text("what", "which rule of [privacy]: position, or driver"),
        count("count", "records that are no longer on the gateway"),
        count("first", "number of the first of them"),
        count("last", "number of the last of them; others between the two are still there"),
        count("days", "how long the rule keeps such records"),
        moment("begun_ms", "when it was begun"),
    ),
    PROMPT,
)
