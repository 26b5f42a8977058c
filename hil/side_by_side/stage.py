"""The stage on which other gateways are run: a source broker, a platform broker, and a count.

A gateway takes each reading from MQTT topic READINGS of the source and hands it to the platform,
both with quality of service 1. What it sends passes a proxy whose kernel counts the packets.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from hil.budgets.counting_proxy import CountingProxy
from hil.site.ports import free_port
from hil.site.processes import Processes, ProcessFailed

READINGS = "readings/truck"
STARTED_MS = 1_790_000_000_000  # a moment in 2026
LIMIT_S = 300.0
READY_S = 60.0
PROBE_EVERY_S = 0.5

_TICK = os.sysconf("SC_CLK_TCK")
_SEQ = re.compile(rb'\\?"seq\\?":\s*(\d+)')


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gateway runs: its own folder, and the ports of both brokers."""

    folder: Path
    source: int
    platform: int


class Peer(Protocol):
    """Another gateway, set up as its manual says."""

    NAME: str
    SETUP: str
    """How it was set up, and what is not equal to ours, in one sentence."""

    def missing(self) -> str:
        """Return what must be installed first, or nothing."""
        ...

    def start(self, place: Place, processes: Processes) -> None:
        """Start it under its NAME; with its source broker, where it is not that itself."""
        ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What a gateway took for so many readings, from the first to the last one's arrival."""

    readings: int
    seconds: float
    cpu_s: float
    up_bytes: int
    doubled: int

    @property
    def per_s(self) -> float:
        """Readings a second."""
        return self.readings / self.seconds


def reading(seq: int) -> bytes:
    """Return one reading as the source publishes it: a position, as JSON.

    Each has a millisecond of its own: ThingsBoard's gateway joins readings that share one.
    """
    values = {"lat": 45.07 + seq * 1e-5, "lon": 7.68 - seq * 1e-5, "speed": seq % 25, "seq": seq}
    return json.dumps({"ts": STARTED_MS + seq, **values}).encode()


@dataclass(slots=True)
class Arrivals:
    """What came to the platform, read from a subscriber's output in a thread."""

    stream: IO[bytes]
    seen: set[int] = field(default_factory=set)
    total: int = 0
    last: float = 0.0

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.stream:
            found = [int(number) for number in _SEQ.findall(line)]
            self.seen.update(found)
            self.total += len(found)
            if found:
                self.last = time.monotonic()


def run_peer(peer: Peer, folder: Path, readings: int) -> Cost:
    """Start it all, wait until a first reading passes, then pass `readings` at once."""
    folder.mkdir(parents=True)
    (folder / "log").mkdir()
    with Processes(folder / "log") as processes, _proxied(processes, folder) as (port, proxy):
        place = Place(folder, free_port(), proxy.port)
        peer.start(place, processes)
        with _subscribed(port) as arrivals:
            _await_probe(place.source, arrivals, processes)
            return _pass(peer.NAME, place.source, arrivals, processes, proxy, readings)


def _pass(
    name: str,
    source: int,
    arrivals: Arrivals,
    processes: Processes,
    proxy: CountingProxy,
    readings: int,
) -> Cost:
    pid = processes.running[name].pid
    up, cpu, begin = proxy.up_bytes(), cpu_s(pid), time.monotonic()
    publisher = _publish(source, b"".join(reading(seq) + b"\n" for seq in range(1, readings + 1)))
    while len(arrivals.seen) <= readings:  # the probe is one of them
        processes.check()
        if time.monotonic() - begin > LIMIT_S:
            raise ProcessFailed(f"{name} passed {len(arrivals.seen)} of {readings} readings")
        time.sleep(0.02)
    publisher.wait()
    doubled = arrivals.total - len(arrivals.seen)
    seconds = arrivals.last - begin
    return Cost(readings, seconds, cpu_s(pid) - cpu, proxy.up_bytes() - up, doubled)


def _await_probe(source: int, arrivals: Arrivals, processes: Processes) -> None:
    """Publish reading 0 until the gateway hands it on: now it is ready."""
    deadline = time.monotonic() + READY_S
    while not arrivals.seen:
        processes.check()
        if time.monotonic() > deadline:
            raise ProcessFailed(f"nothing passed within {READY_S:g} s")
        _publish(source, reading(0) + b"\n").wait()
        time.sleep(PROBE_EVERY_S)


def _publish(port: int, lines: bytes) -> subprocess.Popen[bytes]:
    argv = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", READINGS, "-l"]
    publisher = subprocess.Popen(argv, stdin=subprocess.PIPE)  # noqa: S603  a program of the system
    assert publisher.stdin is not None
    threading.Thread(target=_feed, args=(publisher.stdin, lines), daemon=True).start()
    return publisher


def _feed(stdin: IO[bytes], lines: bytes) -> None:
    with stdin:
        stdin.write(lines)


@contextmanager
def _subscribed(port: int) -> Iterator[Arrivals]:
    argv = ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(port)]  # a line at once
    argv += ["-q", "1", "-t", "#", "-F", "%p"]
    subscriber = subprocess.Popen(argv, stdout=subprocess.PIPE)  # noqa: S603  a program of the system
    try:
        assert subscriber.stdout is not None
        yield Arrivals(subscriber.stdout)
    finally:
        subscriber.kill()
        subscriber.wait()


@contextmanager
def _proxied(processes: Processes, folder: Path) -> Iterator[tuple[int, CountingProxy]]:
    port = free_port()
    start_broker("platform", port, folder, processes)
    proxy = CountingProxy(port)
    try:
        yield port, proxy
    finally:
        proxy.close()


def start_broker(
    name: str, port: int, folder: Path, processes: Processes, *, more: str = ""
) -> None:
    """Start a mosquitto that drops nothing; `more` is added to its configuration."""
    config = folder / f"{name}.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n{more}"
    )
    processes.start(name, ["mosquitto", "-c", str(config)])
    deadline = time.monotonic() + READY_S
    while not _listens(port):
        processes.check()
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{name} does not listen on port {port}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK  # utime, stime: proc(5)
