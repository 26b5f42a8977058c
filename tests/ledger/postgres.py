"""Private PostgreSQL clusters of Debian's packages: a primary, a synchronous standby, a failover."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

DEBIAN = Path("/usr/lib/postgresql")  # a folder a major version: 15 in bookworm, 17 in trixie
BINARIES = max(DEBIAN.glob("*/bin"), default=DEBIAN / "none")
USER = "postgres"
START_S = 30.0

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = {port}
shared_buffers = 16MB
max_connections = 20
autovacuum = off
wal_level = replica
logging_collector = off
"""


def require_postgres() -> None:
    """Skip without PostgreSQL; in CI its absence is a failure."""
    if not (BINARIES / "postgres").exists():
        assert os.environ.get("CI") != "true", "PostgreSQL is missing: apt install postgresql"
        pytest.skip("PostgreSQL is missing: apt install postgresql")


def _user() -> str | None:
    return USER if os.geteuid() == 0 else None


class Instance:
    """One server process over one data folder, child of the test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.data = folder / name
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self) -> None:
        text = _SETTINGS.format(folder=self.folder, port=self.port)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self) -> None:
        with (self.folder / f"{self.data.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [BINARIES / "postgres", "-D", self.data],
                user=_user(), group=_user(), extra_groups=[] if _user() else None,
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.wait(lambda connection: True)

    def kill(self) -> None:
        """As kill -9 of every process, or a power cut, does it."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        pids = [self._process.pid, *map(int, children.read_text().split())]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=START_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def url(self, database: str = "postgres", *others: Instance) -> str:
        all_ = (self, *others)
        hosts = ",".join(str(server.folder) for server in all_)
        ports = ",".join(str(server.port) for server in all_)
        return f"postgresql:///{database}?host={hosts}&port={ports}&user={USER}"

    def sql(self, text: str) -> list[tuple]:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def wait(self, condition) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                with psycopg.connect(self.url(), autocommit=True) as connection:
                    if condition(connection):
                        return
            except psycopg.OperationalError:
                pass
            assert time.monotonic() < deadline, f"{self.data.name} is not ready in time"
            time.sleep(0.05)


class Servers:
    """A primary, and a synchronous standby when asked for."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tallyman-pg-"))
        if _user():
            shutil.chown(self.folder, USER, USER)
        self.primary = Instance(self.folder, "one")
        self.standby: Instance | None = None
        options = ["-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"]
        _run("initdb", "-D", self.primary.data, *options)
        self.primary.configure()
        self.primary.start()

    def add_standby(self) -> Instance:
        standby = Instance(self.folder, "two")
        source = ["-h", self.folder, "-p", str(self.primary.port), "-U", USER]
        _run("pg_basebackup", *source, "-D", standby.data, "-R", "-X", "stream", "--no-sync")
        standby.configure()
        standby.start()
        self.standby = standby
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        self.primary.sql("SELECT pg_reload_conf()")
        replica = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'quorum'"
        self.primary.wait(lambda connection: connection.execute(replica).fetchone())
        return standby

    def fail_over(self) -> Instance:
        """Kill the primary as a power cut would, and promote the standby."""
        assert self.standby is not None
        self.primary.kill()
        self.promote()
        return self.standby

    def promote(self) -> None:
        assert self.standby is not None
        self.standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.standby.sql("SELECT pg_promote()")
        ended = "SELECT 1 WHERE NOT pg_is_in_recovery()"
        self.standby.wait(lambda connection: connection.execute(ended).fetchone())

    def url(self, database: str) -> str:
        """Where a node finds whichever of them takes writes."""
        others = () if self.standby is None else (self.standby,)
        return self.primary.url(database, *others)

    def close(self) -> None:
        for server in (self.standby, self.primary):
            if server is not None:
                server.stop()
        shutil.rmtree(self.folder)


def _run(program: str, *words: object) -> None:
    subprocess.run(
        [BINARIES / program, *map(str, words)],
        user=_user(), group=_user(), extra_groups=[] if _user() else None,
        cwd="/", check=True, capture_output=True, timeout=60,
    )  # fmt: skip
