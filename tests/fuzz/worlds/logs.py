"""Logs that hold a gateway's statements: their trees, checkpoints and receipts, and what is odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from evidence.checkpoint import Checkpoint, SignedCheckpoint
from evidence.keys import EDDSA
from evidence.merkle import Tree, inclusion_path, root_at
from evidence.note import Note, Signature, cosign_note, sign_note
from evidence.policy import Policy
from evidence.receipt import sign_receipt
from tests.evidence.building import NOON, WITNESSES, EdSigner, World, seeded
from tests.evidence.lifecycle import Life
from tests.fuzz.worlds.quirks import Chance

PLACES = ("east", "north", "south")
QUORUMS = (
    "group q 3 amber birch cedar dunes\nquorum q",
    "group q 2 amber birch cedar dunes\nquorum q",
    "group q all amber birch cedar dunes\nquorum q",
    "group a any amber birch\ngroup b all cedar dunes\ngroup q 2 a b\nquorum q",
    "group a 1 amber birch\ngroup q 2 a cedar\nquorum q",
    "quorum birch",
)
YEARS = 300_000_000
"""Some nine and a half, in seconds."""


@cache
def signer(name: str) -> EdSigner:
    """Return the key of this name."""
    return EdSigner(name)


@dataclass(frozen=True, slots=True)
class Noted:
    """A checkpoint as it was taken: the log's size then, and the note."""

    size: int
    note: bytes


@dataclass(slots=True)
class Log:
    """A log, the index of each statement of the gateway in it, and its checkpoints by size."""

    world: World
    policy: Policy
    places: list[int] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)

    @property
    def origin(self) -> bytes:
        """What checkpoints of several logs are sorted by."""
        return self.world.origin.encode()

    def covering(self, number: int) -> list[Noted]:
        """Return the checkpoints under which statement `number` has a receipt."""
        return [noted for noted in self.notes if noted.size > self.places[number]]


def log_of(chance: Chance, place: str, life: Life) -> Log:
    """Return a log that took the statements in, among those of others."""
    quorum = "quorum none" if chance.odd("nobody's quorum") else chance.choice(QUORUMS)
    twin = chance.odd("one log under two names")
    genesis = "genesis east" if twin else f"genesis {place}"
    world = World(
        origin=f"log.example.com/{place}",
        log=signer(f"log {place}"),
        receipts=signer(f"receipts {place}"),
        witnesses={name: signer(name) for name in WITNESSES},
        quorum=quorum,
        tree=Tree([seeded(genesis)]),
        gateway=life.gateway,
    )
    log = Log(world, world.policy())
    for each in life.sealed:
        for _ in range(0 if twin else chance.choice((0, 0, 1, 2))):
            world.tree.append(chance.randbytes(32))
        log.places.append(world.tree.size)
        world.tree.append(each.statement.leaf)
        if chance.likely(0.25):
            _take_note(log, chance)
    if not log.notes or log.notes[-1].size <= log.places[-1]:
        _take_note(log, chance)
    return log


def _take_note(log: Log, chance: Chance) -> None:
    world, size = log.world, log.world.tree.size
    said = Checkpoint(world.origin, size, world.tree.root())
    if chance.odd("size lied"):
        said = Checkpoint(said.origin, chance.choice((0, size + 1, 2**63 - 1)), said.root)
    if chance.odd("root lied"):
        said = Checkpoint(said.origin, said.size, seeded("another root"))
    if chance.odd("another origin"):
        said = Checkpoint("log.example.com/west", said.size, said.root)
    text = said.to_text()
    if chance.odd("extension line"):
        text += "an extension line\n"
    log.notes.append(Noted(size, _note(log, chance, said, text)))


def _note(log: Log, chance: Chance, said: Checkpoint, text: str) -> bytes:
    """Return the note with the log's line and one quorum's, or what is odd of it."""
    world = log.world
    start = NOON + 60 + len(log.notes)
    lines = [
        cosign_note(text, world.witness_key(name), _time(chance, start + at), world.witnesses[name])
        for at, name in enumerate(chance.sample(WITNESSES, len(WITNESSES)))
    ]
    own = sign_note(text, world.log_key, world.log)
    whole = SignedCheckpoint(said, Note(text, (own, *lines)))
    kept = list(log.policy.minimal(whole, WITNESSES).note.signatures[1:])
    if chance.odd("a cosigner more"):
        kept += [line for line in lines if line not in kept][:1]
    if chance.odd("too few cosigners"):
        kept = kept[:-1]
    return Note(text, _odd_lines(chance, world, own, kept)).to_text().encode()


def _time(chance: Chance, usual: int) -> int:
    if chance.odd("a clock years ahead"):
        return usual + YEARS
    return usual - YEARS if chance.odd("a clock years behind") else usual


def _odd_lines(
    chance: Chance, world: World, own: Signature, kept: list[Signature]
) -> tuple[Signature, ...]:
    if kept and chance.odd("cosignature forged"):
        at = chance.randrange(len(kept))
        kept[at] = Signature(kept[at].name, kept[at].key_id, kept[at].blob[:8] + bytes(64))
    if kept and chance.odd("cosignature cut"):
        kept[-1] = Signature(kept[-1].name, kept[-1].key_id, kept[-1].blob[1:])
    if kept and chance.odd("line twice"):
        kept.append(chance.choice([own, *kept]))
    if chance.odd("stranger's line"):
        kept.append(Signature("stranger", b"abcd", bytes(72)))
    if chance.odd("log line by another"):
        own = Signature(own.name, own.key_id, signer("thief")(b""))
    if chance.odd("log line cut"):
        own = Signature(own.name, own.key_id, own.blob[1:])
    lines = [*kept] if kept and chance.odd("no log line") else [own, *kept]
    if chance.odd("lines out of order"):
        chance.shuffle(lines)
    return tuple(lines)


def receipt(log: Log, chance: Chance, number: int, noted: Noted) -> bytes:
    """Return the receipt of statement `number` under a checkpoint, or what is odd of it."""
    world, size, index = log.world, noted.size, log.places[number]
    path: Sequence[bytes] = inclusion_path(world.tree.node, index, size)
    root = root_at(world.tree.node, size)
    if chance.odd("receipt of another entry"):
        path = inclusion_path(world.tree.node, index - 1, size)
    if chance.odd("receipt's index"):
        index = max(0, index + chance.choice((-1, 1)))
    if chance.odd("receipt's size"):
        size = max(0, size + chance.choice((-1, 1, size)))
    if path and chance.odd("receipt's path cut"):
        path = path[1:]
    key, named = world.receipts, world.receipts
    if chance.odd("receipt by another key"):
        key = named = signer("thief")
    if chance.odd("receipt forged"):
        key = signer("thief")
    origin = "log.example.com/west" if chance.odd("receipt of another log") else world.origin
    return sign_receipt(origin, size, index, path, root, named.public, EDDSA, key)  # type: ignore[arg-type]  # signs


def logs_of(chance: Chance, life: Life) -> list[Log]:
    """Return one log, or two or three."""
    places = PLACES[: chance.choice((1, 1, 2, 3))]
    return [log_of(chance, place, life) for place in places]
