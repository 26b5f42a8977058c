"""Load on a ledger node: statements a second with receipts, and cost per statement as a log grows.

python -m hil.ledger_load serve [--gateways 64] [--statements 100]
python -m hil.ledger_load grow [--entries 1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import zmq
import zmq.asyncio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from agent.evidence import merkle
from agent.evidence.keys import ES256, Curve, PublicKey
from agent.evidence.shape import as_array
from agent.evidence.statement import Batch, Claims, parse_statement, sign_statement
from agent.evidence.wire import MAX_RECEIPTS, Envelope, Header, Label, Type, labels
from hil.consortium import free_ports
from ledger import gateways, proofs
from ledger.chain import Submission
from ledger.client import NodeClient
from ledger.gateways import Gateway
from ledger.init import Plan, init_node
from ledger.key_files import CurveKey
from ledger.node_files import NodeFiles
from ledger.public_node import Role, read_public_node
from ledger.sqlite_store import SqliteStore
from ledger.store import Kept, Slot

NOW = 1_770_000_000
ORIGIN = "load.example/log"
READY_S = 20.0
POLL_S = 0.2
GROUP = 64
"""As many statements as the node puts into one transaction at most."""

BULK = 4096
ROUNDS = 40


@dataclass(slots=True)
class Sender:
    """A gateway with a chain of signed statements; `key` is None for signatures nobody checks."""

    key: ec.EllipticCurvePrivateKey | None
    issuer: str = field(default_factory=lambda: uuid.uuid4().urn)
    epoch: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    curve: CurveKey = field(default_factory=lambda: CurveKey(*zmq.curve_keypair()))

    @property
    def public(self) -> PublicKey:
        """The key of its statements."""
        assert self.key is not None
        numbers = self.key.public_key().public_numbers()
        return PublicKey(Curve.P256, numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))

    def chain(self, count: int) -> Iterator[bytes]:
        """Yield `count` statements, each naming the one before."""
        previous, kid = None, bytes(8) if self.key is None else self.public.kid
        for seq in range(count):
            batch = Batch(bytes(32), 256, seq * 256, 0, 60_000, "ntp", 5, 1, 3_000)
            claims = Claims(self.issuer, NOW, self.epoch, seq, previous)
            encoded = sign_statement(claims, batch, kid, ES256, self._sign)
            previous = parse_statement(encoded).digest
            yield encoded

    def _sign(self, message: bytes) -> bytes:
        if self.key is None:
            return bytes(64)
        r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def make_node(folder: Path, senders: Sequence[Sender]) -> NodeFiles:
    """Make a sequencer that is its own quorum and admits `senders`."""
    files, endpoint = NodeFiles(folder / "node"), f"tcp://127.0.0.1:{free_ports(1)[0]}"
    init_node(files, Plan("load", Role.SEQUENCER, endpoint, endpoint, ORIGIN), NOW)
    files.config.write_text("messages_per_second = 100000\n" + files.config.read_text())
    listed = [
        Gateway(f"g{number}", sender.issuer, sender.curve.public.decode(), sender.public, NOW)
        for number, sender in enumerate(senders)
    ]
    files.admitted.write_text(gateways.to_toml(listed))
    return files


async def send(client: NodeClient, sender: Sender, chain: Sequence[bytes]) -> None:
    """Register a chain statement by statement, then fetch the receipts of all."""
    for statement in chain:
        answer = await client.ask(Envelope(Type.REGISTER, secrets.token_bytes(8), {}, statement))
        assert answer.type is Type.ACCEPTED, answer
    missing = list(range(len(chain)))
    while missing:
        seqs = tuple(missing[:MAX_RECEIPTS])
        header: Header = {Label.EPOCH: sender.epoch, Label.SEQS: seqs, Label.SIZE: 0}
        question = Envelope(Type.STATUS, secrets.token_bytes(8), labels(header))
        answer = await client.ask(question)
        if answer.type is Type.RECEIPT:
            pairs = as_array(answer.get(Label.RECEIPTS), "receipts")
            proven = {as_array(pair, "receipt", 2)[0] for pair in pairs}
            missing = [seq for seq in missing if seq not in proven]
        else:
            await asyncio.sleep(POLL_S)


def start(files: NodeFiles) -> subprocess.Popen[bytes]:
    """Run the node as operators do."""
    program = Path(sys.executable).parent / "tallyman-ledger"
    words = [str(program), "run", str(files.folder)]
    return subprocess.Popen(words, stderr=subprocess.DEVNULL)  # noqa: S603  our own program


async def serve(count: int, statements: int) -> None:
    """Print what one node process does, and what it costs it."""
    senders = [Sender(ec.generate_private_key(ec.SECP256R1())) for _ in range(count)]
    chains = [list(sender.chain(statements)) for sender in senders]
    with tempfile.TemporaryDirectory() as folder, zmq.asyncio.Context() as context:
        files = make_node(Path(folder), senders)
        node = read_public_node(files.public)
        with start(files) as process:
            try:
                clients = [NodeClient(context, node.endpoint, node.curve, s.curve) for s in senders]
                async with asyncio.timeout(READY_S):
                    hello = Envelope(Type.HELLO, secrets.token_bytes(8))
                    await asyncio.gather(*(client.ask(hello) for client in clients))
                before, started = cpu_seconds(process.pid), time.monotonic()
                await asyncio.gather(*map(send, clients, senders, chains))
                wall = time.monotonic() - started
                used, memory = cpu_seconds(process.pid) - before, resident_mb(process.pid)
                for client in clients:
                    client.close()
            finally:
                process.terminate()
    total = count * statements
    print(f"{total} statements of {count} gateways, registered and with receipts, in {wall:.1f} s")
    print(f"statements/s, client on the same machine  {total / wall:8.0f}")
    print(f"statements per CPU second of the node     {total / used:8.0f}")
    print(f"CPU of the node per statement             {used / total * 1e6:8.0f} us")
    print(f"resident memory of the node               {memory:8.0f} MB")


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return a process's resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def grow(entries: int) -> None:
    """Print CPU per statement, for the store and for its receipt, at sizes up to `entries`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        SqliteStore.create(path, b"genesis")
        store, sender = SqliteStore(path), Sender(None)
        chain = (
            Submission(parse_statement(encoded))
            for encoded in sender.chain(entries + GROUP * ROUNDS * 20)
        )
        print("   entries   register us   receipts us   (CPU per statement)")
        size = 1000
        while size <= entries:
            while store.size() < size:
                some = min(BULK, size - store.size())
                store.register([next(chain) for _ in range(some)], 0)
            register, prove = cost(store, sender, chain)
            print(f"{size:>10}   {register:11.0f}   {prove:11.0f}", flush=True)
            size *= 10
        store.close()


def cost(store: SqliteStore, sender: Sender, chain: Iterator[Submission]) -> tuple[float, float]:
    """Return the CPU microseconds per statement of registering and of proving."""
    register = prove = 0.0
    for _ in range(ROUNDS):
        group = [next(chain) for _ in range(GROUP)]
        started = time.process_time()
        store.register(group, 0)
        register += time.process_time() - started
        size = store.size()
        kept = Kept(size, merkle.root_at(store.node, size), b"", 0)
        store.advance(Slot.COSIGNED, ORIGIN, store.kept(Slot.COSIGNED, ORIGIN), kept)
        seqs = [item.statement.claims.seq for item in group]
        started = time.process_time()
        proofs.prove(store, ORIGIN, sender.issuer, sender.epoch, seqs, size // 2)
        prove += time.process_time() - started
    return register / ROUNDS / GROUP * 1e6, prove / ROUNDS / GROUP * 1e6


def main() -> None:
    """Run one of the two measurements."""
    parser = argparse.ArgumentParser(description="Load on a ledger node.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="statements a second with receipts")
    serving.add_argument("--gateways", type=int, default=64)
    serving.add_argument("--statements", type=int, default=100)
    growing = commands.add_parser("grow", help="cost per statement as the log grows")
    growing.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.command == "serve":
        asyncio.run(serve(options.gateways, options.statements))
    else:
        grow(options.entries)


if __name__ == "__main__":
    main()
