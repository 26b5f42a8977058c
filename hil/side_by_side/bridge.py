"""Debian's mosquitto as a bridge: what a plain broker does with the same readings."""

from __future__ import annotations

import shutil

from hil.side_by_side.stage import READINGS, Place, start_broker
from hil.site.processes import Processes

NAME = "mosquitto bridge"
SETUP = (
    "a broker hands the messages on as they are: no conversion, no record, no signature, no TLS;"
    " persistence every 30 s, so a power cut loses what came since"
)


def missing() -> str:
    """See `Peer`."""
    return "" if shutil.which("mosquitto") else "mosquitto is not there: apt install mosquitto"


def start(place: Place, processes: Processes) -> None:
    """See `Peer`; it is its own source."""
    more = (
        f"persistence true\npersistence_location {place.folder}/\nautosave_interval 30\n"
        f"connection platform\naddress 127.0.0.1:{place.platform}\ntopic {READINGS} out 1\n"
    )
    start_broker(NAME, place.source, place.folder, processes, more=more)
