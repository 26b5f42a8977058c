"""An emulated UHF reader of the Impinj R420 class: LLRP 1.0.1 on TCP, for one client at a time."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hil.emulators.faults import Faults
from hil.emulators.llrp import answers
from hil.emulators.llrp.client import Client
from hil.emulators.llrp.desk import Desk
from hil.emulators.llrp.endpoint import host_and_port, server_context
from hil.emulators.llrp.field import Field, Tag, some_tags, tag
from hil.emulators.llrp.inventory import Inventory
from hil.emulators.llrp.protocol import NotLlrp, Request, message, requests, tlv, utf8
from hil.emulators.settings import made

TICK = 0.02  # s between looks at the field
CONNECTED, CLIENT_EXISTS, ANOTHER_TRIED = 0, 2, 4  # ConnectionAttemptEvent
REPORT, KEEPALIVE, KEEPALIVE_ACK, NOTIFICATION = 61, 62, 72, 63
RELEASE, GET_REPORT, CLOSE = 64, 60, 14
EVENT_GPI, EVENT_ROSPEC, EVENT_BUFFER, EVENT_EXCEPTION, EVENT_ANTENNA = 1, 2, 3, 4, 8
HELD = 20_000  # messages a reader keeps while its client is away
MISSED_ACKS = 3  # keepalives without an answer after which the client counts as gone
READ_SIZE = 65536  # bytes
HALF = 7  # bytes of a message that is cut in the middle

Now = Callable[[], float]


def system_now() -> float:
    """Return the machine's time in seconds of UTC since 1970."""
    return time.clock_gettime(time.CLOCK_REALTIME)


class LlrpReader:
    """A UHF reader that speaks LLRP at `listen`, Impinj R420 class.

    `tags` is a number of SGTIN-96 tags spread over the `antennas`, or tables of `epc` and perhaps
    `tid`, `pc`, `rssi` (dBm), `antenna` or `antennas`, `enter` and `leave` (seconds since the
    start), `group`. They answer in turn with the chance `read_rate`, `rate` times a second in all,
    each with a strength that varies by `noise` dB. `clock` (ISO 8601) is what the reader believes
    the time to be at its start; `uptime` makes it a reader without UTC. `lies` names what it
    accepts and does not do (`power`, `keepalive`, `rospec`), `quirks`, what is wrong with each tag
    that it reports (`long-rssi`, `cut`, `no-epc`), `busy` how many connections it refuses as if
    another client were there, `missing` the antennas without a cable. It knows only its own
    `hop_table`, and receive sensitivities from the index `sensitivity` on. `faults` damage what it
    sends (`split`, `garbage`, `drop`, `flip`, `delay`); `certificate` and `key` (PEM) switch TLS
    on, and `ciphers` makes it TLS 1.2 with these only. All is drawn from `seed`.
    """

    def __init__(
        self,
        *,
        listen: str = "127.0.0.1:5084",
        tags: int | Iterable[Mapping[str, Any]] = 8,
        antennas: int = 32,
        rate: float = 400.0,
        read_rate: float = 0.65,
        noise: float = 2.0,
        clock: str | None = None,
        uptime: bool = False,
        lies: Collection[str] = (),
        quirks: Collection[str] = (),
        busy: int = 0,
        missing: Collection[int] = (),
        hop_table: int = 1,
        sensitivity: int = 1,
        faults: Mapping[str, Any] | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        ciphers: str = "",
        seed: int = 0,
        now: Now = system_now,
    ) -> None:
        if not 0.0 < read_rate <= 1.0:
            raise ValueError(f"read_rate is a chance above 0 and up to 1, not {read_rate:g}")
        rng = random.Random(seed)
        found = some_tags(tags, antennas, rng) if isinstance(tags, int) else map(tag, tags)
        field = Field(found, read_rate=read_rate, noise=noise, rng=rng)
        self._host, self._port = host_and_port(listen)
        self._antennas = antennas
        self._uptime = uptime
        self._busy = busy
        self._faults = made("`faults`", Faults, {"seed": seed} | dict(faults or {}))
        self._tls = server_context(certificate, key, ciphers)
        self._now = now
        self._began = time.monotonic()
        self._ahead = _seconds(clock) - now() if clock else 0.0
        self._config = answers.Config(connected=set(range(1, antennas + 1)) - set(missing))
        self._inventory = Inventory(
            field,
            self._config,
            tries=rate / read_rate,
            uptime=uptime,
            clock=self._microseconds,
            report=self._report,
            event=self._rospec_event,
            quirks=quirks,
        )
        self.desk = Desk(
            self._config,
            self._inventory,
            antennas=antennas,
            uptime=uptime,
            lies=lies,
            radio=answers.Radio(hop_table, sensitivity),
        )
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._client: Client | None = None
        self._held: deque[bytes] = deque()
        self._overflowed = False
        self._number = 0
        self._plugged = asyncio.Event()
        self._awake = asyncio.Event()
        self._awake.set()
        self.connections = 0

    @property
    def where(self) -> str:
        """The address a driver connects to."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._port}"

    @property
    def reads(self) -> int:
        """Answers of tags so far."""
        return self._inventory.reads

    @property
    def tags(self) -> list[Tag]:
        """The tags in front of it."""
        return self._inventory.field.tags

    def plug(self) -> None:
        """Power the reader up: it listens, and serves as soon as `run` gets its turn."""
        if self._socket is None:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            self._socket = socket.create_server((self._host, self._port), family=family)
            self._port = self._socket.getsockname()[1]
        self._plugged.set()

    def unplug(self) -> None:
        """Power it down: the connection breaks, and what it was told is forgotten."""
        self._plugged.clear()
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.drop()
        self._inventory.forget()
        self._held.clear()

    def fault(self, kind: str, *words: str) -> None:
        """Do harm: `drop`, `cut`, `hang`, `occupied N` clients, `antenna-off N`, `exception TEXT`.

        Or heal: `wake` after `hang`, `antenna-on N`. `input N LEVEL` changes an input. ValueError
        for another kind.
        """
        match kind, *words:
            case ("drop",):
                self.drop()
            case ("hang",):
                self._awake.clear()
            case ("wake",):
                self._awake.set()
            case ("cut",):
                self.cut()
            case "occupied", number:
                self._busy = int(number)
            case "antenna-off", number:
                self.pull_antenna(int(number))
            case "antenna-on", number:
                self.plug_antenna(int(number))
            case "exception", *text:
                self.exception(" ".join(text))
            case "input", port, level:
                self.set_input(int(port), int(level))
            case _:
                raise ValueError(f"there is no fault {' '.join((kind, *words))}")

    def bring(self, group: str, *antennas: str) -> None:
        """Move a group of tags before these antennas; ValueError for no such group."""
        self._inventory.field.bring(group, map(int, antennas))

    def take(self, group: str) -> None:
        """Carry a group of tags away."""
        self._inventory.field.bring(group, ())

    def drop(self) -> None:
        """Break the connection; the inventory goes on."""
        if self._client is not None:
            self._client.abort()
            self._client = None

    async def listening(self) -> None:
        """Return once clients can connect."""
        await self._plugged.wait()

    async def run(self) -> None:
        """Serve until cancelled."""
        self.plug()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self._run_inventory())
        finally:
            self.unplug()

    async def _run_inventory(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._inventory.tick()

    async def _listen(self) -> None:
        while True:
            await self._plugged.wait()
            if self._server is None:
                self._server = await asyncio.start_server(
                    self._accept, sock=self._socket, ssl=self._tls
                )
            await asyncio.sleep(TICK)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._awake.wait()
        client = Client(writer, self._faults, self._awake)
        self.connections += 1
        if self._busy or self._client is not None:
            self._busy = max(0, self._busy - 1)
            self._event(attempt(ANOTHER_TRIED))
            client.finish(self.notification(attempt(CLIENT_EXISTS)))
            await client.write_on()
            return
        self._client = client
        client.queue(self.notification(attempt(CONNECTED)))
        if not self._config.hold:
            self._release()
        tasks = [
            asyncio.create_task(client.write_on()),
            asyncio.create_task(self._keep_alive(client)),
        ]
        try:
            with contextlib.suppress(OSError, NotLlrp):
                await self._converse(reader, client)
        finally:
            if self._client is client:
                self._client = None
            for task in tasks:
                task.cancel()
            client.abort()

    async def _converse(self, reader: asyncio.StreamReader, client: Client) -> None:
        rest = b""
        while data := await reader.read(READ_SIZE):
            await self._awake.wait()
            found, rest = requests(rest + data)
            for request in found:
                self._answer(client, request)

    async def _keep_alive(self, client: Client) -> None:
        while True:
            await asyncio.sleep((self._config.keepalive or 1000) / 1000)
            if not self._config.keepalive:
                continue
            if client.session.unanswered >= MISSED_ACKS:
                client.abort()
                return
            client.session.unanswered += 1
            client.queue(message(KEEPALIVE, self._next()))

    def _answer(self, client: Client, request: Request) -> None:
        """Queue the answer to one request."""
        if request.type == KEEPALIVE_ACK:
            client.session.unanswered = 0
            return
        if request.type == RELEASE:
            self._release()
            return
        if request.type == GET_REPORT:
            self._inventory.flush()
            return
        client.queue(self.desk.answer(client.session, request))
        if request.type == CLOSE:
            client.finish()

    def _rospec_event(self, type_: int, number: int) -> None:
        if EVENT_ROSPEC in self._config.events:
            self._event(tlv(249, struct.pack(">BII", type_, number, 0)))

    def set_input(self, port: int, level: int) -> None:
        """Change the level of an input; an event tells of it and a ROSpec may start."""
        if self._config.levels.get(port, 0) == level:
            return
        self._config.levels[port] = level
        if EVENT_GPI in self._config.events and port in self._config.inputs_enabled:
            self._event(tlv(248, struct.pack(">HB", port, 0x80 if level else 0)))
        self._inventory.input_changed(port, level)

    def pull_antenna(self, antenna: int) -> None:
        """Take an antenna's cable off."""
        self._config.connected.discard(antenna)
        self._antenna_event(0, antenna)

    def plug_antenna(self, antenna: int) -> None:
        """Put an antenna's cable back."""
        self._config.connected.add(antenna)
        self._antenna_event(1, antenna)

    def _antenna_event(self, type_: int, antenna: int) -> None:
        if EVENT_ANTENNA in self._config.events:
            self._event(tlv(255, struct.pack(">BH", type_, antenna)))

    def exception(self, text: str) -> None:
        """Report a trouble of the reader's own."""
        if EVENT_EXCEPTION in self._config.events:
            self._event(tlv(252, utf8(text)))

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        if self._client is not None:
            self._client.queue(data)

    def cut(self) -> None:
        """Break the connection in the middle of a message."""
        if self._client is not None:
            self._client.finish(message(REPORT, self._next(), bytes(64))[:HALF])

    def _event(self, part: bytes) -> None:
        if self._client is not None:
            self._client.queue(self.notification(part))

    def notification(self, part: bytes) -> bytes:
        """Return an event as READER_EVENT_NOTIFICATION."""
        moment = tlv(129 if self._uptime else 128, struct.pack(">Q", self._microseconds()))
        return message(NOTIFICATION, self._next(), tlv(246, moment + part))

    def _microseconds(self) -> int:
        """Return what the reader's clock says."""
        if self._uptime:
            return round((time.monotonic() - self._began) * 1e6)
        return round((self._now() + self._ahead) * 1e6)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _report(self, body: bytes) -> None:
        data = message(REPORT, self._next(), body)
        client = self._client
        if client is not None and client.session.released:
            client.queue(data)
            return
        self._held.append(data)
        if len(self._held) > HELD:
            self._held.popleft()
            self._overflowed = True

    def _release(self) -> None:
        """Send what was kept while nobody listened."""
        client = self._client
        if client is None or client.session.released:
            return
        client.session.released = True
        if self._overflowed and EVENT_BUFFER in self._config.events:
            self._event(tlv(251))
        self._overflowed = False
        while self._held:
            client.queue(self._held.popleft())


def attempt(outcome: int) -> bytes:
    """Return ConnectionAttemptEvent."""
    return tlv(256, struct.pack(">H", outcome))


def _seconds(clock: str) -> float:
    try:
        moment = datetime.fromisoformat(clock)
    except ValueError:
        raise ValueError(f"clock is a time of ISO 8601, not {clock!r}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
