"""The channels that [notify] asks for."""

from __future__ import annotations

import ssl
import time
from functools import partial

from agent.config.notify import Broker, NotifySettings
from agent.notify.channel import Channel
from agent.notify.command import Command
from agent.notify.mqtt import Mqtt
from agent.notify.secret import secret
from agent.notify.topics import Topics
from agent.notify.webhook import Webhook
from foundation.errors import Fatal
from foundation.tls import client_context


class NoAuthorities(Fatal):
    """The file of certificates to trust is none."""

    advice = "name a file of certificates in PEM form: [notify] authorities"


def channels(settings: NotifySettings) -> list[Channel]:
    """Return them; NoAuthorities where the certificates to trust cannot be had."""
    found: list[Channel] = []
    context = trusting(settings)
    if settings.webhook:
        found.append(Webhook(settings.webhook, settings.webhook_token, context))
    if settings.mqtt is not None:
        found.append(_mqtt(settings, settings.mqtt, context))
    if settings.command is not None:
        found.append(Command(settings.command))
    return found


def trusting(settings: NotifySettings) -> ssl.SSLContext:
    """Return what checks a receiver's certificate: TLS 1.2 or newer, and its name."""
    try:
        return client_context(settings.authorities)
    except OSError as error:
        raise NoAuthorities(f"{settings.authorities}: {error.strerror or error}") from error


def _mqtt(settings: NotifySettings, broker: Broker, context: ssl.SSLContext) -> Mqtt:
    def login() -> tuple[str, str | None] | None:
        if not settings.mqtt_user:
            return None
        file = settings.mqtt_password
        return settings.mqtt_user, None if file is None else secret(file)

    return Mqtt(
        broker,
        login,
        context,
        partial(Topics, settings.mqtt_topic, settings.home_assistant),
        every=settings.readings_every if settings.home_assistant else None,
        monotonic=time.monotonic,
    )
