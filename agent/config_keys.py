"""Every key of the configuration file, declared once: the check and the JSON Schema read this."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.journal.ring_block import DEFAULT_BYTES, MIN_BYTES
from drivers.driver import Option, OptionValue
from drivers.errors import OptionError

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
ENDPOINT = r"tcp://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):" + PORT
Z85_KEY = r"[0-9a-zA-Z.:+=^!/*?&<>()\[\]{}@%$#-]{40}"

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
        Key("name", str, "what people call this gateway; default: the host's name", ""),
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
    "batch": (
        Key("records", int, "a batch is sealed at this many records", 256, 1, 65536, "records"),
        Key("seconds", float, "or when its first record is this old", 60.0, 1.0, 86400.0, "s"),
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
)

DEVICE = (
    Key("name", str, "what people call this device", pattern=NAME, example="cold-1"),
    Key("kind", str, "which driver: see tallyman devices --kinds"),
    Key("read_point", str, "where it looks (door 2, shelf A4), in EPCIS terms", ""),
)
