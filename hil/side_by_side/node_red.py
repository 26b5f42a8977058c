"""Node-RED from npm, with a flow of two nodes: MQTT in, MQTT out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hil.side_by_side.stage import READINGS, Place, start_broker
from hil.site.ports import free_port
from hil.site.processes import Processes

NAME = "Node-RED 4.1.15"
SETUP = (
    "a flow of MQTT in and MQTT out; it stores nothing, and drops what comes while it is cut off;"
    " no signature, no TLS"
)

FOLDER = Path("build/bench-peers/node-red")


def missing() -> str:
    """See `Peer`."""
    if not shutil.which("node"):
        return "node is not there: apt install nodejs npm"
    return "" if _program().exists() else f"{FOLDER} has no Node-RED: make bench-peers"


def start(place: Place, processes: Processes) -> None:
    """See `Peer`; its source is a broker of its own."""
    start_broker("source", place.source, place.folder, processes)
    home = place.folder / "node-red"
    home.mkdir()
    (home / "flows.json").write_text(json.dumps(_flow(place)))
    argv = ["node", str(_program().absolute()), "--userDir", str(home), "--port", str(free_port())]
    processes.start(NAME, [*argv, "flows.json"])


def _program() -> Path:
    return FOLDER / "node_modules" / "node-red" / "red.js"


def _flow(place: Place) -> list[dict[str, Any]]:
    return [
        {"id": "flow", "type": "tab", "label": "readings"},
        _broker("source", place.source),
        _broker("platform", place.platform),
        {
            "id": "in",
            "type": "mqtt in",
            "z": "flow",
            "topic": READINGS,
            "qos": "1",
            "datatype": "json",
            "broker": "source",
            "wires": [["out"]],
        },
        {
            "id": "out",
            "type": "mqtt out",
            "z": "flow",
            "topic": READINGS,
            "qos": "1",
            "retain": "false",
            "broker": "platform",
            "wires": [],
        },
    ]


def _broker(name: str, port: int) -> dict[str, Any]:
    return {
        "id": name,
        "type": "mqtt-broker",
        "broker": "127.0.0.1",
        "port": str(port),
        "clientid": f"gateway-{name}",  # a value that is a node's id would be a reference to it
        "autoConnect": True,
        "usetls": False,
        "protocolVersion": "4",
        "keepalive": "60",
        "cleansession": True,
    }
