"""ThingsBoard IoT Gateway from PyPI, with its MQTT connector and its SQLite storage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hil.side_by_side.stage import READINGS, Place, start_broker
from hil.site.processes import Processes

NAME = "ThingsBoard gateway 3.8.5"
SETUP = (
    "SQLite storage (synchronous=NORMAL: no flush a reading), rate limits off, logs at INFO,"
    " readings from a mosquitto as JSON; no TLS, no signature"
)

VENV = Path("build/bench-peers")
LOGS = "lib/python*/site-packages/thingsboard_gateway/config/logs.json"
"""Its own configuration of logs, as it comes: level INFO."""

NO_LIMIT = "0:0,"

REQUEST, RESPONSE = "v1/devices/me/rpc/request/1", "v1/devices/me/rpc/response/1"
LIMITS = '{"rateLimits": {}, "gatewayRateLimits": {}, "maxInflightMessages": 100}'
"""What a platform without limits answers to getSessionLimits; before, nothing is sent to it."""


def missing() -> str:
    """See `Peer`."""
    return "" if _program().exists() else f"{VENV} has no ThingsBoard gateway: make bench-peers"


def start(place: Place, processes: Processes) -> None:
    """See `Peer`; its source is a broker of its own."""
    start_broker("source", place.source, place.folder, processes)
    home = place.folder / "thingsboard"
    (home / "logs").mkdir(parents=True)
    shutil.copy(next(VENV.glob(LOGS)), home)
    _write(home / "tb_gateway.json", _settings(home, place.platform))
    _write(home / "mqtt.json", _connector(place.source))
    _answer_limits(place.platform, processes)
    # It writes its logs below the folder that it stands in.
    argv = ["env", "-C", str(home), str(_program().absolute())]
    processes.start(NAME, argv, {"TB_GW_CONFIG_DIR": str(home)})


def _answer_limits(platform: int, processes: Processes) -> None:
    broker = f"-h 127.0.0.1 -p {platform} -q 1"
    asked = f"mosquitto_sub {broker} -t {REQUEST} -C 1"
    answer = f"mosquitto_pub {broker} -t {RESPONSE} -m '{LIMITS}'"
    processes.start("limits", ["sh", "-c", f"{asked} && {answer} && exec sleep infinity"])


def _program() -> Path:
    return VENV / "bin" / "thingsboard-gateway"


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1))


def _settings(home: Path, platform: int) -> dict[str, Any]:
    limits = (
        "rateLimits",
        "dpRateLimits",
        "messagesRateLimits",
        "deviceMessagesRateLimits",
        "deviceRateLimits",
        "deviceDpRateLimits",
    )
    return {
        "thingsboard": {
            "host": "127.0.0.1",
            "port": platform,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "deviceFiltering": {"enable": False},
            "maxPayloadSizeBytes": 8196,
            "minPackSendDelayMS": 50,
            "minPackSizeToSend": 500,
            "checkConnectorsConfigurationInSeconds": 60,
            "handleDeviceRenaming": True,
            "security": {"type": "accessToken", "accessToken": "truck"},
            "qos": 1,
            "reportStrategy": {"type": "ON_RECEIVED"},
            "checkingDeviceActivity": {"checkDeviceInactivity": False},
            **dict.fromkeys(limits, NO_LIMIT),
        },
        "storage": {
            "type": "sqlite",
            "data_file_path": f"{home}/",
            "messages_ttl_check_in_hours": 1,
            "messages_ttl_in_days": 7,
            "max_read_records_count": 1000,
        },
        "grpc": {"enabled": False},
        "connectors": [{"type": "mqtt", "name": "source", "configuration": "mqtt.json"}],
    }


def _connector(source: int) -> dict[str, Any]:
    values = ("lat", "lon", "speed", "seq")
    return {
        "broker": {
            "host": "127.0.0.1",
            "port": source,
            "clientId": "gateway",
            "version": 5,
            "maxMessageNumberPerWorker": 10,
            "maxNumberOfWorkers": 100,
            "security": {"type": "anonymous"},
        },
        "mapping": [
            {
                "topicFilter": READINGS,
                "subscriptionQos": 1,
                "converter": {
                    "type": "json",
                    "deviceInfo": {
                        "deviceNameExpressionSource": "constant",
                        "deviceNameExpression": "truck",
                        "deviceProfileExpressionSource": "constant",
                        "deviceProfileExpression": "default",
                    },
                    "sendDataOnlyOnChange": False,
                    "timeout": 60000,
                    "attributes": [],
                    "timeseries": [
                        {"type": "double", "key": key, "value": f"${{{key}}}"} for key in values
                    ],
                },
            }
        ],
        "requestsMapping": {},
    }
