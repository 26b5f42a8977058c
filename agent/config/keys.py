"""Every key of the configuration file, declared once: the check and the JSON Schema read this."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.journal.ring_block import DEFAULT_BYTES, MIN_BYTES
from agent.observe.points import ANTENNAS, STOCK, PointKind
from drivers.errors import OptionError
from drivers.options import Option, OptionValue
from evidence.algorithms import ALGORITHMS
from foundation.names import NAME

PLAIN = r"[^\x00-\x1f]{1,64}"
PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
ENDPOINT = r"tcp://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):" + PORT
HOST_PORT = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):" + PORT
HOST_PORTS = rf"{HOST_PORT}( *, *{HOST_PORT})*"
Z85_KEY = r"[0-9a-zA-Z.:+=^!/*?&<>()\[\]{}@%$#-]{40}"
BEAM = NAME + r"(:[0-9]{1,3})?"

LONGEST_SOCKET_PATH = 107  # bytes: sun_path of unix(7) less the closing zero

SYSTEM_STATE_DIR = "/var/lib/tallyman"

EN_12830_MINUTES = (5, 15, 60)
"""Longest recording intervals of EN 12830: transport under 24 h, 1 to 7 days, and beyond."""


@dataclass(frozen=True, slots=True)
class Key(Option):
    """An option with a pattern that the whole text must match; `example` shows one that does."""

    pattern: str = ""
    example: str = ""

    def check(self, value: object) -> OptionValue:
        """Return `value`, or raise OptionError that says what is wanted."""
        checked = Option.check(self, value)
        if (
            self.pattern
            and checked != self.default
            and not re.fullmatch(self.pattern, str(checked))
        ):
            raise OptionError(
                self.name, f"{self.name} must look like {self.example!r}, not {checked!r}"
            )
        return checked


SECTIONS: Mapping[str, tuple[Option, ...]] = {
    "gateway": (
        Key(
            "name",
            str,
            "what people call this gateway; default: the host's name",
            "",
            pattern=PLAIN,
            example="truck-7",
        ),
        Key("state_dir", str, "folder of keys, journal and identity", SYSTEM_STATE_DIR),
        Key("control", str, "control socket of the CLI", "/run/tallyman/control.sock"),
    ),
    "journal": (
        Key(
            "window",
            float,
            "telemetry survives a power cut after this time at the latest; alarms after 0.1 s",
            1.0,
            0.1,
            60.0,
            "s",
        ),
        Key(
            "ring_bytes",
            int,
            "size of the file that holds records until they are sealed in a batch",
            DEFAULT_BYTES,
            MIN_BYTES,
            1 << 30,
            "bytes",
        ),
    ),
    "storage": (
        Key(
            "archive_bytes",
            int,
            "size of sealed batches at which bodies go that are confirmed and that a node keeps, "
            "telemetry first, oldest first; 2 GiB hold 9 months of 20 readings a second",
            2 << 30,
            1 << 24,
            1 << 44,
            "bytes",
        ),
        Key(
            "alarm_bytes",
            int,
            "what batches with alarms and custody events may take beyond archive_bytes",
            256 << 20,
            1 << 20,
            1 << 40,
            "bytes",
        ),
        Key(
            "alarm_reserve_bytes",
            int,
            "part of ring_bytes kept free for alarms and events when telemetry finds no room",
            1 << 20,
            1 << 16,
            1 << 29,
            "bytes",
        ),
        Key(
            "slow_commit",
            float,
            "a commit that takes longer makes the card slow",
            2.0,
            0.1,
            60.0,
            "s",
        ),
        Key(
            "card_endurance_tb",
            int,
            "terabytes that the card's maker lets be written (TBW); 0: not known",
            30,
            0,
            100_000,
            "TB",
        ),
    ),
    "batch": (
        Key("records", int, "a batch is sealed at this many records", 256, 1, 65536, "records"),
        Key("seconds", float, "or when its first record is this old", 60.0, 1.0, 86400.0, "s"),
    ),
    "signing": (
        Key(
            "algorithm",
            str,
            "what statements are signed with; another curve waits for: tallyman keys rotate",
            "ES256",
            choices=tuple(ALGORITHMS),
        ),
        Key(
            "token",
            str,
            "PKCS#11 URI of the token (TPM, smart card) in which new keys are made, with "
            "module-path and pin-source; default: a file",
            "",
        ),
    ),
    "silence": (
        Key(
            "limit_minutes",
            int,
            "longest recording interval of EN 12830 for this journey",
            EN_12830_MINUTES[0],
            unit="min",
            choices=EN_12830_MINUTES,
        ),
    ),
    "health": (
        Key("enabled", bool, "record the gateway's own health", True),  # noqa: FBT003  a default
        Key("interval", float, "between two looks", 60.0, 1.0, 86400.0, "s"),
    ),
    "neighbours": (
        Key(
            "listen",
            str,
            "UDP address for what gateways of the same site tell; empty: listen to nobody",
            "",
            pattern=HOST_PORT,
            example="0.0.0.0:7421",
        ),
        Key(
            "tell",
            str,
            "the other gateways of the site, with commas",
            "",
            pattern=HOST_PORTS,
            example="10.0.0.12:7421, 10.0.0.13:7421",
        ),
        Key("key", str, "file with the site's key, 64 hexadecimal digits, alike on all", ""),
    ),
    "views": (
        Key(
            "grid_km",
            int,
            "also record each hour where the vehicle was, to a cell this wide, to be shown in "
            "place of positions; 0: no",
            0,
            0,
            500,
            "km",
        ),
    ),
    "uplink": (
        Key(
            "budget_bytes_per_day",
            int,
            "bytes to and from the ledger in a UTC day, then alarms only; 0: no limit",
            0,
            0,
            10**12,
            "bytes",
        ),
    ),
    "ledger": (
        Key("policy", str, "file with the log, witnesses and quorum to trust", ""),
        Key(
            "trusting_period_days",
            int,
            "how long an old checkpoint stays an anchor",
            14,
            1,
            365,
            "days",
        ),
        Key(
            "compare_minutes",
            int,
            "how often the checkpoints of all nodes are compared; fewer than two: never",
            60,
            1,
            1440,
            "min",
        ),
    ),
}

NODE = (
    Key("name", str, "what people call this node", pattern=NAME, example="node-1"),
    Key("endpoint", str, "where it listens", pattern=ENDPOINT, example="tcp://host:7701"),
    Key(
        "server_key",
        str,
        "its public CURVE key, 40 characters of Z85",
        pattern=Z85_KEY,
        example="rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    ),
    Key("own", bool, "our own firm runs it", False),  # noqa: FBT003  a default
    Key("witness", bool, "a witness: compared with, sent nothing", False),  # noqa: FBT003  a default
    Key("log", str, "origin of the log it serves, where the policy has several", ""),
)

DEVICE = (
    Key("name", str, "what people call this device", pattern=NAME, example="cold-1"),
    Key("kind", str, "which driver: see tallyman devices --kinds"),
    Key("read_point", str, "where it looks (door 2, shelf A4), in EPCIS terms", ""),
)

CITY = (
    Key("name", str, "what people call it", pattern=PLAIN, example="Novara"),
    Key("lat", float, "latitude of its middle, north positive", None, -90.0, 90.0, "°"),
    Key("lon", float, "longitude of its middle, east positive", None, -180.0, 180.0, "°"),
    Key("radius_km", float, "how far it reaches", 10.0, 1.0, 200.0, "km"),
)

READ_POINT = (
    Key("name", str, "where it is, as in a device's read_point", pattern=PLAIN, example="door 2"),
    Key(
        "kind",
        str,
        "gate: goods pass; shelf: goods rest",
        str(PointKind.GATE),
        choices=tuple(str(kind) for kind in PointKind),
    ),
    Key(
        "antennas",
        str,
        "antennas that look here; default: those of the devices with this read_point",
        "",
        pattern=ANTENNAS,
        example="gate-1:1-4, gate-2:1",
    ),
    Key("outer", str, "those outside a portal", "", pattern=ANTENNAS, example="gate-1:1"),
    Key("inner", str, "those inside a portal", "", pattern=ANTENNAS, example="gate-1:2"),
    Key(
        "beam_outer",
        str,
        "light beam outside: a device, or device:port",
        "",
        pattern=BEAM,
        example="gate-1:1",
    ),
    Key(
        "beam_inner",
        str,
        "light beam inside: a device, or device:port",
        "",
        pattern=BEAM,
        example="gate-1:2",
    ),
    Key(
        "round",
        float,
        "time between two reports of a tag that stays; 0: 0.25 at a gate, 60 on a shelf",
        0.0,
        0.0,
        3600.0,
        "s",
    ),
    Key(
        "missed_rounds",
        int,
        "missed rounds that make a tag gone: a departure is told that much later. 0: as many as "
        "keep false departures below 1 in 1,000 tag-hours at 65 % reads: 16 at a gate (4 s of "
        "delay), 11 on a shelf read once a minute (11 min)",
        0,
        0,
        1000,
        "rounds",
    ),
    Key("reads", int, "reads that make a tag present; 0: 2 at a gate, 1 on a shelf", 0, 0, 100),
    Key("rssi_floor", float, "a weaker read is taken for a stray", -80.0, -120.0, 0.0, "dBm"),
    Key(
        "apart",
        float,
        "least time that goods need to any other read point; sooner is suspect; 0: not checked",
        0.0,
        0.0,
        604800.0,
        "s",
    ),
    Key(
        "raw",
        bool,
        "record every read, too, to set up a door: 400 reads/s fill a card",
        False,  # noqa: FBT003  a default
    ),
    Key(
        "stock",
        str,
        "GTINs, or beginnings of them, of what belongs on this shelf: for hints where to put it",
        "",
        pattern=STOCK,
        example="04012345111118, 0401234522*",
    ),
    Key(
        "single",
        bool,
        "boxes pass one by one: the barcode of each is compared with its tag",
        False,  # noqa: FBT003  a default
    ),
)
