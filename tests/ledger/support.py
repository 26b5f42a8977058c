"""A gateway that signs real statements, nodes on loopback, and a second reader of all proofs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import cbor2
import zmq
import zmq.asyncio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.body import COLUMNS, encode_body, leaves
from evidence.keys import ES256, Curve, PublicKey
from evidence.leaf import Record
from evidence.merkle import root_of
from evidence.policy import parse_policy
from evidence.statement import Batch, Claims, parse_statement, sign_statement
from evidence.wire import Code, Envelope, Label, Type, labels
from foundation.notify import Notifier
from hil.site.ports import at, free_port
from ledger.base.key_files import CurveKey, load_curve_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.enrolling import lists
from ledger.node.assembly import open_node
from ledger.node.init import Plan, init_node
from ledger.node.node import Surroundings
from ledger.wire.client import NodeClient

COMMAND = Path(sys.executable).parent / "tallyman-ledger"
NOW = 1_770_000_000
ANSWER_S = 60.0  # against a hang


class FakeClock:
    """Wall time that stands still until a test moves it; sleeping is real but short."""

    def __init__(self, wall: int = NOW, nap: float = 0.02) -> None:
        self.now = wall
        self._nap = nap

    def wall(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, self._nap))


def curve_key() -> CurveKey:
    return CurveKey(*zmq.curve_keypair())


def keep_as_one_file(store: Path) -> bytes:
    """Have SQLite keep a store without a log beside it, as a backup is; return the file.

    Who opens it for writing makes it one with a log again, and so another file.
    """
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    return store.read_bytes()


class Signer:
    """A gateway's P-256 key."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        numbers = self._private.public_key().public_numbers()
        x, y = (n.to_bytes(32, "big") for n in (numbers.x, numbers.y))
        self.public = PublicKey(Curve.P256, x, y)

    def __call__(self, message: bytes) -> bytes:
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = utils.decode_dss_signature(self._private.sign(message, algorithm))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass
class Gateway:
    """A gateway's keys and its chain of statements within one epoch."""

    name: str = "truck-7"
    issuer: str = field(default_factory=lambda: uuid.uuid4().urn)
    epoch: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    signer: Signer = field(default_factory=Signer)
    curve: CurveKey = field(default_factory=curve_key)
    chain: list = field(default_factory=list)

    def public_toml(self) -> str:
        key = base64.b64encode(self.signer.public.to_cose()).decode()
        return (
            f'name = "{self.name}"\nissuer = "{self.issuer}"\n'
            f'curve = "{self.curve.public.decode()}"\nstatement_key = "{key}"\n'
        )

    def batch(self, seq: int, count: int = 2, mark: str = "") -> tuple[Batch, bytes]:
        records = [
            Record(
                seq * count + i,
                "door",
                "tag",
                1,
                1000 * i,
                NOW * 1000,
                "ntp",
                5,
                "ok",
                {"epc": mark or "a"},
            ).to_bytes()
            for i in range(count)
        ]
        seed = hashlib.sha256(b"%d%b" % (seq, mark.encode())).digest()
        body = encode_body(seed, records)
        batch = Batch(
            root_of(leaves(seed, records)),
            count,
            seq * count,
            NOW * 1000,
            NOW * 1000 + 5,
            "ntp",
            5,
            COLUMNS,
            len(body),
        )
        return batch, body

    def sign(self, seq: int, previous: bytes | None, mark: str = "") -> tuple[bytes, bytes]:
        batch, body = self.batch(seq, mark=mark)
        claims = Claims(self.issuer, NOW, self.epoch, seq, previous)
        key = self.signer.public
        return sign_statement(claims, batch, key.kid, ES256, self.signer), body

    def extend(self, mark: str = "") -> tuple[bytes, bytes]:
        """Return the chain's next statement and its body."""
        previous = parse_statement(self.chain[-1][0]).digest if self.chain else None
        self.chain.append(self.sign(len(self.chain), previous, mark))
        return self.chain[-1]


def free_endpoint() -> str:
    return at(free_port())


@dataclass
class Cluster:
    """One sequencer and its witnesses, each in a folder of its own."""

    folder: Path
    sequencer: NodeFiles
    witnesses: list

    @property
    def policy(self):
        return parse_policy(self.sequencer.policy.read_text())

    def admit(self, gateway: Gateway, files: NodeFiles | None = None) -> None:
        path = self.folder / f"{gateway.name}.toml"
        path.write_text(gateway.public_toml())
        lists.admit(files or self.sequencer, path, NOW)


def make_cluster(
    folder: Path,
    witnesses: int = 3,
    settings: str = "",
    origin: str = "example.org/log",
    cosign_timeout_ms: int = 1000,
) -> Cluster:
    """Make the nodes with short time-outs; `settings` are further lines of the sequencer's."""
    names = ["bravo", "charlie", "delta"][:witnesses]
    listed = []
    for name in names:
        endpoint = free_endpoint()
        files = NodeFiles(folder / name)
        init_node(files, Plan(name, Role.WITNESS, endpoint, endpoint, f"{name}/log"), NOW)
        listed.append(files)
    endpoint = free_endpoint()
    sequencer = NodeFiles(folder / "alpha")
    publics = tuple(read_public_node(files.public) for files in listed)
    plan = Plan("alpha", Role.SEQUENCER, endpoint, endpoint, origin, publics)
    init_node(sequencer, plan, NOW)
    text = sequencer.config.read_text()
    quick = "checkpoint_every_ms = 20\nmessages_per_second = 100000\n"
    quick += f"cosign_timeout_ms = {cosign_timeout_ms}\n"
    sequencer.config.write_text(quick + settings + text)
    for files in listed:
        lists.pin(files, sequencer.policy, sequencer.public)
    return Cluster(folder, sequencer, listed)


def surroundings(clock=None, open_store=None) -> Surroundings:
    return Surroundings(clock or FakeClock(), Notifier(None), None, open_store)


@asynccontextmanager
async def running(files: NodeFiles, clock=None, open_store=None):
    """Run a node in this process; an error that ends it ends the block too, and is raised."""
    async with open_node(files, surroundings(clock, open_store)) as node:
        block = asyncio.current_task()
        task = asyncio.create_task(node.run())
        task.add_done_callback(lambda ended: ended.cancelled() or block.cancel())
        try:
            yield node
        finally:
            if task.done():
                block.uncancel()
                task.result()
            task.cancel()
            await asyncio.wait([task])


class Asker:
    """Asks a node over CURVE, as a gateway or another node would."""

    def __init__(self, files: NodeFiles, own: CurveKey, context=None, server: str = "") -> None:
        node = read_public_node(files.public)
        self._own_context = context is None
        self._context = context or zmq.asyncio.Context()
        self._client = NodeClient(self._context, node.endpoint, server or node.curve, own)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    def close(self) -> None:
        self._client.close()
        if self._own_context:
            self._context.destroy(linger=0)

    async def ask(self, type_: Type, header=None, statement=b"", body=b"", wait=ANSWER_S):
        request = secrets.token_bytes(8)
        message = Envelope(type_, request, labels(header or {}), statement, body)
        async with asyncio.timeout(wait):
            return await self._client.ask(message)

    async def register(self, signed: tuple[bytes, bytes]):
        return await self.ask(Type.REGISTER, {}, *signed)

    async def receipts(self, gateway: Gateway, seqs, trusted: int = 0, wait: float = ANSWER_S):
        """Ask STATUS until every one of `seqs` is covered."""
        header = {Label.EPOCH: gateway.epoch, Label.SEQS: list(seqs), Label.SIZE: trusted}
        deadline = time.monotonic() + wait
        while True:
            answer = await self.ask(Type.STATUS, header)
            if answer.type is Type.RECEIPT and len(answer.get(Label.RECEIPTS)) == len(set(seqs)):
                return answer
            busy = answer.type is Type.ERROR and answer.get(Label.CODE) == Code.BUSY
            assert busy or answer.type in (Type.RECEIPT, Type.PENDING), answer
            assert time.monotonic() < deadline, "no checkpoint in time"
            await asyncio.sleep(0.02)


def asker(files: NodeFiles, own) -> Asker:
    return Asker(files, own.curve if isinstance(own, Gateway) else load_curve_key(own.curve_key))


def code(answer) -> str:
    assert answer.type is Type.ERROR, answer
    return answer.get(Label.CODE)


# A second, naive reader: RFC 9162's recursive definitions, cbor2, and raw Ed25519.


def naive_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, straight from the text."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    both = naive_root(entries[:split]) + naive_root(entries[split:])
    return hashlib.sha256(b"\x01" + both).digest()


def naive_climb(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root over `entry`, by recursion over how RFC 9162 §2.1.3.1 built the path."""
    if size == 1:
        assert index == 0
        assert path == []
        return hashlib.sha256(b"\x00" + entry).digest()
    split = 1
    while split * 2 < size:
        split *= 2
    *lower, top = path
    if index < split:
        pair = naive_climb(entry, index, split, lower) + top
    else:
        pair = top + naive_climb(entry, index - split, size - split, lower)
    return hashlib.sha256(b"\x01" + pair).digest()


def read_note(note: bytes) -> tuple[str, int, bytes, str, dict[str, bytes]]:
    """Origin, size, root, signed text and blobs by name of a checkpoint note."""
    text, _, lines = note.decode().rpartition("\n\n")
    origin, size, root = text.split("\n")
    blobs = {}
    for line in lines.splitlines():
        dash, name, blob = line.split(" ")
        assert dash == "—"
        blobs[name] = base64.b64decode(blob)
    return origin, int(size), base64.b64decode(root), text + "\n", blobs


def check_naively(policy, note: bytes, receipt: bytes, statement: bytes) -> tuple[int, int]:
    """Check receipt and checkpoint with nothing of ours but the policy; return (index, size)."""
    origin, size, root, text, blobs = read_note(note)
    assert origin == policy.log.name
    Ed25519PublicKey.from_public_bytes(policy.log.public).verify(
        blobs[policy.log.name][4:], text.encode()
    )
    cosigners = 0
    for name, key in policy.witnesses.items():
        if name in blobs:
            stamp = int.from_bytes(blobs[name][4:12], "big")
            message = f"cosignature/v1\ntime {stamp}\n{text}".encode()
            Ed25519PublicKey.from_public_bytes(key.public).verify(blobs[name][12:], message)
            cosigners += 1
    (group,) = policy.groups.values()
    assert cosigners >= group.threshold
    tag = cbor2.loads(receipt)
    assert tag.tag == 18
    protected, unprotected, payload, signature = tag.value
    assert payload is None
    header = cbor2.loads(protected)
    assert header[395] == 1
    assert header[15] == {1: origin, 2: "receipt"}
    (proof,) = unprotected[396][-1]
    proof_size, index, path = cbor2.loads(proof)
    assert proof_size == size
    assert naive_climb(statement, index, size, list(path)) == root
    signed = cbor2.dumps(["Signature1", protected, b"", root])
    Ed25519PublicKey.from_public_bytes(policy.receipt_key.x).verify(signature, signed)
    return index, size


class Process:
    """`tallyman-ledger run` as an operating system process."""

    def __init__(
        self, files: NodeFiles, environ: dict[str, str] | None = None, within: tuple[str, ...] = ()
    ) -> None:
        self.log = files.folder.parent / f"{files.folder.name}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*within, COMMAND, "run", files.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environ or {})},
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def terminate(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=ANSWER_S)

    def wait(self) -> int:
        return self._process.wait(timeout=ANSWER_S)


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )


def wait_for(condition):
    deadline = time.monotonic() + ANSWER_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
