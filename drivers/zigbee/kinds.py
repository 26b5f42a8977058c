"""What a Zigbee network's reading may say, besides the values that other sensors have, too."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, number, text

ZIGBEE_NODE = Kind(
    "zigbee-node",
    "Zigbee node[ {ieee}][ {state}][, {maker}][ {model}][, parent {parent}][, LQI {lqi}][, {rssi}]"
    "[, battery {battery}][, battery {battery_percent}][, {battery_days} days left][: {detail}]",
    (
        text("ieee", "the node's IEEE address, 16 hexadecimal digits"),
        text(
            "state",
            "joined, rejoined, left, removed, unconfigured (no [[device]] names it), moved to "
            "another parent, not-joined (its interview did not end), or set-up (it reports "
            "otherwise than it was told)",
        ),
        text("parent", "IEEE address of the router or coordinator whose child it is"),
        number("parent_ms", "ms", 0, "how long before this record that was learnt"),
        count("lqi", "link quality of its last frame, 0 to 255, as the radio tells it"),
        number("rssi", "dBm", 0, "strength of its last frame, where the radio tells it"),
        number("battery", "V", -2, "battery voltage"),
        number("battery_percent", "%", -1, "battery as the node tells it: believe the volts"),
        count("battery_days", "days until 2.4 V, from the voltages of the last days"),
        text("maker", "manufacturer's name, as the node tells it"),
        text("model", "model, as the node tells it"),
        text("detail", "what else there is to say"),
    ),
)

ZIGBEE_FRAME = Kind(
    "zigbee-frame",
    "a Zigbee frame of cluster {cluster} without a value: {problem}",
    (
        text("cluster", "number of the cluster, four hexadecimal digits"),
        text("problem", "what about it cannot be"),
        byte_string("raw", "the bytes that were not understood"),
    ),
)

ZIGBEE_STRANGER = Kind(
    "zigbee-stranger",
    "STRANGER: Zigbee node {ieee} came through {router} while joining was closed to it"
    "[, {tries} times][; {action}]",
    (
        text("ieee", "the node's IEEE address"),
        text("router", "IEEE address of the router that let it in"),
        count("tries", "joins since the record before"),
        text("action", "what was done about it"),
    ),
    PROMPT,
    urgent=True,
)

ZIGBEE_RADIO = Kind(
    "zigbee-radio",
    "Zigbee radio {state}[: {detail}][, channel {channel}][, PAN {pan}][, {nodes} nodes]",
    (
        text(
            "state",
            "running, open (nodes may join), closed, formed, adopted, restored, damaged (the "
            "book), dropped (readings nobody fetched), or unknown-sender",
        ),
        text("detail", "what was done or seen"),
        count("channel", "channel, 11 to 26"),
        text("pan", "extended PAN id, 16 hexadecimal digits"),
        count("nodes", "nodes of the network"),
    ),
    PROMPT,
)

EPC_LIST = Kind(
    "epc-list",
    "shelf list {list}[ at antenna {antenna}]: {received} of {tags} EPCs"
    "[, chunks {missing} missing]",
    (
        count("list", "the node's number of the list"),
        count("antenna", "antenna port of the node"),
        count("tags", "EPCs that the list has, as the node tells it"),
        count("received", "EPCs that came"),
        text("missing", "indexes of the chunks that did not come"),
    ),
)
