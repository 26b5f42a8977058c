"""Options of a reader, as a configuration gives them, and what an R420 says that it can."""

from __future__ import annotations

from drivers.catalog import check_options
from drivers.rfid.llrp.capabilities import Capabilities
from drivers.rfid.llrp.settings import Settings
from foundation.options import settings_of

IMPINJ, ZEBRA = 25882, 10642


def chosen(**options):
    return settings_of(Settings, check_options("rfid.llrp", {"address": "reader"} | options))


def able(**more):
    """Return the abilities of an R420, but for `more`."""
    return Capabilities(
        **{
            "antennas": 4, "vendor": IMPINJ, "model": 2001002, "firmware": "5.14.0.240",
            "has_utc": True, "inputs": 4, "holds_reports": True,
            "powers": {1: 10.0, 2: 10.25, 81: 30.0, 90: 32.5}, "modes": frozenset({0, 1002}),
            "standard": 2, "hopping": False, "hop_table": 0, "sensitivities": {None: 1},
        } | more
    )  # fmt: skip
