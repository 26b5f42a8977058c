"""[notify]: who is told of alarms beside the ledger, by the process tallyman-notify."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from agent.config.forms import PORT
from agent.records.registry import KINDS
from foundation.dataclass import dataclass
from foundation.hints import hint
from foundation.options import option, options_of, or_none, settings_of
from foundation.toml_file import TomlFile

MQTT_PORT, MQTT_TLS_PORT = 1883, 8883  # MQTT 5.0, §4.2
LABEL = r"[A-Za-z0-9_-]{1,63}"  # of a host's name; others than ASCII are written xn--…
WEBHOOK = rf"https?://(\[[0-9A-Fa-f:.]+\]|{LABEL}(\.{LABEL})*\.?)(:{PORT})?([/?][!\"$-~]*)?"
"""What can be asked for as it stands (RFC 3986): any other character is written %41."""
TOPIC = r"[^\s/+#\x00][^\x00-\x1f+#]{0,99}"
# Compiled where they are used: most gateways tell nobody, and a start should not pay for it.
_HERE = r"localhost|127\.[0-9.]+|\[?::1\]?"
"""This machine, as hosts are called."""
PRIVATE = rf"https://|http://({_HERE})([:/?]|$)"
"""How URLs begin at which nobody reads along: encrypted, or of this machine."""
BROKER = rf"mqtt(?P<s>s)?://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>{PORT}))?"


class Broker(NamedTuple):
    """Where an MQTT broker listens."""

    host: str
    port: int
    secure: bool

    @property
    def private(self) -> bool:
        """Whether nobody reads along: the way is encrypted, or within this machine."""
        return self.secure or re.fullmatch(_HERE, self.host) is not None


def _broker(text: str) -> Broker:
    found = re.fullmatch(BROKER, text)
    if found is None:
        raise ValueError(f"{text!r} is no broker such as mqtts://broker.example:8883")
    secure = found["s"] is not None
    usual = MQTT_TLS_PORT if secure else MQTT_PORT
    return Broker(found["host"].strip("[]"), int(found["port"] or usual), secure)


def _kinds(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, (part.strip() for part in text.split(","))))
    for name in names:
        if name not in KINDS:
            raise ValueError(f"there is no kind of record {name!r}{hint(name, KINDS)}")
    if not names:
        raise ValueError("it names no kind of record")
    return names


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """[notify]; paths are absolute."""

    webhook: str = option(
        str,
        "where each event is POSTed as JSON; empty: nowhere",
        default="",
        form=WEBHOOK,
        example="https://alarms.example/tallyman",
    )
    webhook_token: Path | None = option(
        str, "file with the token that goes with it as a Bearer", default="", parse=or_none(Path)
    )
    mqtt: Broker | None = option(
        str,
        "the broker that each event is published to, such as mqtts://broker.example; empty: none",
        default="",
        parse=or_none(_broker),
    )
    mqtt_user: str = option(str, "the name by which the broker knows us", default="")
    mqtt_password: Path | None = option(
        str, "file with the password for it", default="", parse=or_none(Path)
    )
    mqtt_topic: str = option(
        str,
        "what our topics begin with; the gateway's name follows",
        default="tallyman",
        form=TOPIC,
        example="tallyman",
    )
    home_assistant: str = option(
        str,
        "Home Assistant's discovery prefix, to show readings and rules there; empty: no readings",
        default="",
        form=TOPIC,
        example="homeassistant",
    )
    readings_every: float = option(
        float, "least time between two readings of a device for it", 60.0, 1.0, 86400.0, "s"
    )
    authorities: Path | None = option(
        str,
        "file with the certificates (PEM) to trust for both; empty: those of the system",
        default="",
        parse=or_none(Path),
    )
    command: Path | None = option(
        str,
        "program that is run for each event, which it reads as JSON; empty: none",
        default="",
        parse=or_none(Path),
    )
    kinds: tuple[str, ...] = option(
        str, "kinds of records that are events", default="alarm, excursion, override", parse=_kinds
    )
    socket: Path = option(
        str,
        "where the agent tells tallyman-notify what is new",
        default="/run/tallyman-notify/agent.sock",
        parse=Path,
    )

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the ways by which events go out; empty where nobody is to be told."""
        ways = {"webhook": self.webhook, "mqtt": self.mqtt, "command": self.command}
        return tuple(name for name, way in ways.items() if way)


def read_notify(file: TomlFile) -> NotifySettings:
    """Return what [notify] says; relative paths begin at the file's folder."""
    given = file.section("notify", options_of(NotifySettings))
    found = settings_of(NotifySettings, given)
    for key, text in _mistakes(found):
        file.problem(("notify", key), text)
    return replace(found, **_absolute(found, file.path.parent))


def _absolute(found: NotifySettings, folder: Path) -> dict[str, Any]:
    given = {each.name: getattr(found, each.name) for each in fields(found)}
    return {name: folder / value for name, value in given.items() if isinstance(value, Path)}


def _is_ipv6(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, text)
    except OSError:
        return False
    return True


def _mistakes(found: NotifySettings) -> Iterator[tuple[str, str]]:
    """Yield what cannot be meant, after its key."""
    if (literal := re.match(r"https?://\[(.*?)\]", found.webhook)) and not _is_ipv6(literal[1]):
        yield "webhook", f"webhook: {literal[1]} in brackets is no address of IPv6"
    if found.webhook_token is not None and not found.webhook:
        yield "webhook_token", "webhook_token is for a webhook, and none is named"
    elif found.webhook_token is not None and not re.match(PRIVATE, found.webhook):
        yield "webhook_token", "a token is read by anybody on the way: name it https://"
    for key in ("mqtt_user", "mqtt_password", "home_assistant"):
        if getattr(found, key) and found.mqtt is None:
            yield key, f"{key} is for MQTT, and no broker is named: mqtt = …"
    if found.mqtt_password is not None and not found.mqtt_user:
        yield "mqtt_password", "mqtt_password needs an mqtt_user"
    elif found.mqtt_password is not None and found.mqtt is not None and not found.mqtt.private:
        yield "mqtt_password", "a password is read by anybody on the way: name the broker mqtts://"
