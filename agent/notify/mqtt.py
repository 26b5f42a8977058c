"""MQTT: an event has arrived once the broker acknowledged it (quality of service 1)."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from agent.config.notify import Broker
from agent.desks.notify_causes import EXTRA, FAILING, REFUSED, UNREACHED, UNTRUSTED, NotifyCause
from agent.notify.channel import Undelivered
from agent.notify.event import Event, Sender
from agent.notify.topics import CLASSES, OFFLINE, ONLINE, Message, Topics
from evidence.leaf import Record

log = logging.getLogger(__name__)

WITHIN = 15.0  # s for a connection, and for an acknowledgement
MOST_QUEUED = 200  # readings and states that a slow broker has not taken; events wait elsewhere
KEEP_ALIVE = 60  # s; 2 bytes each way
RETRY = (1, 120)  # s, first and longest between two attempts to connect again
LOOK_EVERY = 2.0  # s between two looks whether it is connected again

Login = Callable[[], tuple[str, str | None] | None]
"""Returns user and password, None where the broker lets anybody in; Undelivered without a file."""

_NOT_LET_IN = (4, 5, 134, 135)
"""CONNACK: bad user or password, not authorised (MQTT 3.1.1, §3.2.2.3; MQTT 5.0, §3.2.2.2)."""


class Mqtt:
    """Publishes to a broker through paho-mqtt, whose thread keeps the connection."""

    name = "mqtt"

    def __init__(
        self,
        broker: Broker,
        login: Login,
        context: ssl.SSLContext,
        topics: Callable[[Sender], Topics],
        *,
        every: float | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._broker = broker
        self._login = login
        self._context = context
        self._make_topics = topics
        self._every = every
        self._monotonic = monotonic
        self.kinds = () if every is None else tuple(CLASSES)
        self._session: _Session | None = None
        self._topics: Topics | None = None
        self._shown: dict[tuple[str, str], float] = {}

    def open(self, sender: Sender) -> bool:
        """See `Channel`: the broker has let us in."""
        if self._session is None:
            topics = self._make_topics(sender)
            self._session = _Session(self._broker, sender, topics.status)
            self._topics = topics
        try:
            self._session.start(self._login(), self._context)
        except Undelivered:
            self._session = None
            raise
        return True

    def deliver(self, event: Event) -> None:
        """See `Channel`."""
        session, topics = self._opened(event.sender)
        for message in topics.rule(event):
            session.publish(message)
        session.publish_durably(event.id, topics.event(event))

    def show(self, record: Record) -> None:
        """See `Channel`: the newest reading, now and then."""
        if self._session is None or self._topics is None or self._session.trouble is not None:
            return
        key, now = (record.device, record.kind), self._monotonic()
        if self._session.is_new():
            self._shown.clear()
        before = self._shown.get(key)
        if before is not None and self._every is not None and now - before < self._every:
            return
        self._shown[key] = now
        if before is None:
            for message in self._topics.announcements(record):
                self._session.publish(message)
        self._session.publish(self._topics.reading(record))

    def trouble(self) -> Undelivered | None:
        """See `Channel`."""
        session = self._session
        return None if session is None else session.trouble

    def _opened(self, sender: Sender) -> tuple[_Session, Topics]:
        if self._session is None:
            self.open(sender)
        assert self._session is not None, "it is open"
        assert self._topics is not None, "as above"
        if (trouble := self._session.trouble) is not None:
            raise Undelivered(str(trouble), cause=trouble.row, again=LOOK_EVERY)
        return self._session, self._topics


class _Session:
    """One client of paho's; it connects again by itself after the first time."""

    def __init__(self, broker: Broker, sender: Sender, status: str) -> None:
        self._broker = broker
        # A test is no gateway: the broker gives it a name.
        self._name = f"tallyman-{sender.short}" if sender.gateway else ""
        self._status = status if sender.gateway else ""
        self._client: Any = None
        self._answered = threading.Event()
        self._new = True
        self._waiting: tuple[str, Any] | None = None
        self.trouble: Undelivered | None = None

    def start(self, login: tuple[str, str | None] | None, context: ssl.SSLContext) -> None:
        """Connect, unless it is; Undelivered says why that fails."""
        if self._client is not None:
            return
        client = self._made(login, context)
        where = f"{self._broker.host}:{self._broker.port}"
        try:
            client.connect(self._broker.host, self._broker.port, KEEP_ALIVE)
        except ssl.SSLCertVerificationError as error:
            raise Undelivered(f"{where}: {error.verify_message}", cause=UNTRUSTED) from error
        except socket.gaierror as error:
            text = f"{where}: no such name: {error.strerror}"
            raise Undelivered(text, cause=UNREACHED) from error
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            raise Undelivered(f"{where}: {said}", cause=UNREACHED) from error
        client.loop_start()
        if not self._answered.wait(WITHIN):
            self.trouble = Undelivered(f"{where}: no answer within {WITHIN:g} s", cause=UNREACHED)
        if self.trouble is not None:
            client.disconnect()
            client.loop_stop()
            raise self.trouble
        self._client = client

    def is_new(self) -> bool:
        """Tell once of each connection that it is a new one: the broker may have forgotten all."""
        new, self._new = self._new, False
        return new

    def publish(self, message: Message) -> None:
        """Publish without waiting."""
        self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def publish_durably(self, mark: str, message: Message) -> None:
        """Publish, and wait until the broker has it; what waits for that is not sent twice."""
        if self._waiting is None or self._waiting[0] != mark:
            info = self._client.publish(message.topic, message.payload, qos=1, retain=False)
            self._waiting = mark, info
        info = self._waiting[1]
        try:
            info.wait_for_publish(WITHIN)
        except (RuntimeError, ValueError) as error:
            self._waiting = None
            raise Undelivered(f"{self._broker.host}: {error}", cause=UNREACHED) from error
        if not info.is_published():
            text = f"{self._broker.host}: not acknowledged within {WITHIN:g} s"
            raise Undelivered(text, cause=FAILING)
        self._waiting = None

    def _made(self, login: tuple[str, str | None] | None, context: ssl.SSLContext) -> Any:
        try:
            from paho.mqtt import client as paho  # noqa: PLC0415  an extra
        except ImportError as error:
            raise Undelivered(f"no paho-mqtt: {error}", cause=EXTRA) from error
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=self._name, protocol=paho.MQTTv311
        )
        client.connect_timeout = WITHIN
        client.max_queued_messages_set(MOST_QUEUED)
        client.reconnect_delay_set(*RETRY)
        if self._status:
            client.will_set(self._status, OFFLINE, qos=1, retain=True)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        if login is not None:
            client.username_pw_set(*login)
        if self._broker.secure:
            client.tls_set_context(context)
        return client

    def _connected(self, client: Any, _: Any, flags: Any, reason: Any, more: Any) -> None:
        """Take in the broker's answer, in paho's thread."""
        del flags, more
        if reason.is_failure:
            self.trouble = Undelivered(f"{self._broker.host}: {reason}", cause=_cause(reason.value))
        else:
            self.trouble, self._new = None, True
            if self._status:
                client.publish(self._status, ONLINE, qos=1, retain=True)
        self._answered.set()

    def _disconnected(self, _: Any, data: Any, flags: Any, reason: Any, more: Any) -> None:
        del data, flags, more
        if self.trouble is None:
            text = f"{self._broker.host}: the connection broke off: {reason}"
            self.trouble = Undelivered(text, cause=UNREACHED)


def _cause(reason: int) -> NotifyCause:
    return REFUSED if reason in _NOT_LET_IN else FAILING
