"""One node process under load: statements a second with receipts, and what they cost it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import zmq

from evidence.wire import Envelope, Type
from hil.ledger_load.generator import Talk, connect, drive, greet
from hil.ledger_load.senders import NOW, UNSENT, Content, Sender, admitted, make_senders
from hil.site.ports import at, free_port
from hil.site.processes import Processes, program
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.node.init import Plan, init_node

ORIGIN = "load.example/log"
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Load:
    """How many gateways send how many statements each, and what about."""

    gateways: int
    statements: int
    content: Content = UNSENT


@dataclass(frozen=True, slots=True)
class Served:
    """Statements a second until the last receipt was there, and CPU µs a statement."""

    per_second: float
    node_us: float
    generator_us: float
    rss_mb: float


def serve(folder: Path, load: Load, store: str | None = None) -> Served:
    """Run a node in `folder`, which is its own quorum, and load it; `store` as in node.toml."""
    folder.mkdir(parents=True)
    senders = make_senders(load.gateways, Random(SEED))
    messages = [_messages(sender, load) for sender in senders]
    files = make_node(folder, senders, store)
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(folder))
        processes.start("node", [program("tallyman-ledger"), "run", str(files.folder)])
        context: zmq.Context[zmq.Socket[bytes]] = stack.enter_context(zmq.Context())
        context.max_sockets = load.gateways + 16
        node = read_public_node(files.public)
        sockets = [stack.enter_context(connect(context, node, each)) for each in senders]
        greet(sockets)
        talks = [Talk(*each) for each in zip(senders, sockets, messages, strict=True)]
        return _measure(processes.running["node"].pid, talks, load)


def _measure(pid: int, talks: Sequence[Talk], load: Load) -> Served:
    node, own, started = cpu_seconds(pid), time.process_time(), time.monotonic()
    drive(talks)
    wall = time.monotonic() - started
    node, own = cpu_seconds(pid) - node, time.process_time() - own
    total = load.gateways * load.statements
    return Served(total / wall, node / total * 1e6, own / total * 1e6, resident_mb(pid))


def _messages(sender: Sender, load: Load) -> list[list[bytes]]:
    """Return the frames of all its REGISTERs, ready to send."""
    return [
        Envelope(Type.REGISTER, bytes(8), {}, statement, load.content.body).to_frames()
        for statement in islice(sender.chain(load.content), load.statements)
    ]


def make_node(folder: Path, senders: Sequence[Sender], store: str | None = None) -> NodeFiles:
    """Make a sequencer that is its own quorum and admits `senders`."""
    files, endpoint = NodeFiles(folder / "node"), at(free_port())
    init_node(files, Plan("load", Role.SEQUENCER, endpoint, endpoint, ORIGIN, store=store), NOW)
    files.config.write_text("messages_per_second = 100000\n" + files.config.read_text())
    files.admitted.write_text(admitted(senders))
    return files


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return a process's resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
