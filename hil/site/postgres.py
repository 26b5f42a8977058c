"""Private clusters of Debian's PostgreSQL: a primary, a synchronous standby, a failover."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString, Self

import psycopg

from hil.site.ports import free_port
from hil.site.processes import ProcessFailed, termination_held

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


def missing() -> str:
    """Return why no cluster can be made here; empty where one can."""
    there = (BINARIES / "postgres").exists()
    return "" if there else "PostgreSQL is missing: apt install postgresql"


def _user() -> str | None:
    return USER if os.geteuid() == 0 else None


class Instance:
    """One server process over one data folder, child of this one."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.data = folder / name
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self) -> None:
        """Append our settings to those that initdb or the primary gave."""
        text = _SETTINGS.format(folder=self.folder, port=self.port)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / f"{self.data.name}.log").open("ab") as log, termination_held():
            self._process = subprocess.Popen(  # noqa: S603  Debian's own program
                [BINARIES / "postgres", "-D", self.data],
                user=_user(), group=_user(), extra_groups=[] if _user() else None,
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.wait(lambda connection: True)

    def kill(self) -> None:
        """As kill -9 of every process, or a power cut, does it."""
        assert self._process is not None
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @property
    def pids(self) -> list[int]:
        """The server's processes, the one that watches over the others first."""
        if self._process is None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    def stop(self) -> None:
        """Shut the server down, without waiting for its clients."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=START_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def url(self, database: str = "postgres", *others: Instance) -> str:
        """Return where a node finds this server, or whichever of `others` takes writes."""
        all_ = (self, *others)
        hosts = ",".join(str(server.folder) for server in all_)
        ports = ",".join(str(server.port) for server in all_)
        return f"postgresql:///{database}?host={hosts}&port={ports}&user={USER}"

    def sql(self, text: LiteralString) -> list[tuple[Any, ...]]:
        """Run a statement of its own; return the rows it finds."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def wait(self, condition: Callable[[psycopg.Connection], object]) -> None:
        """Return once the server answers and `condition` holds, else raise ProcessFailed."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                with psycopg.connect(self.url(), autocommit=True) as connection:
                    if condition(connection):
                        return
            except psycopg.OperationalError:
                pass
            if time.monotonic() > deadline:
                raise ProcessFailed(f"PostgreSQL in {self.data} is not ready in {START_S:g} s")
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_standby(self) -> Instance:
        """Copy the primary into a second cluster, and let commits wait for that from now on."""
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
        """Make the standby a primary, and return once it takes writes."""
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
        """Stop the servers and remove their data."""
        for server in (self.standby, self.primary):
            if server is not None:
                server.stop()
        shutil.rmtree(self.folder)


def _run(program: str, *words: object) -> None:
    subprocess.run(  # noqa: S603  as above
        [BINARIES / program, *map(str, words)],
        user=_user(), group=_user(), extra_groups=[] if _user() else None,
        cwd="/", check=True, capture_output=True, timeout=60,
    )  # fmt: skip
