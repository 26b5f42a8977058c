"""SIGKILL, then damage to one of the journal's two stores: no number twice, no loss in silence.

A start either goes on, and then every record that had been shown is there or among the numbers that
a signed gap declares; or it is refused with the next step, which is taken.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from agent.chain import epochs
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.signing.identity import IDENTITY_FILE, load
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys
from evidence.chain import check_link
from evidence.errors import EvidenceError
from evidence.leaf import Record
from evidence.statement import Statement, parse_statement
from hil.kill_nine.damage import DAMAGE, Place, copy_stores
from hil.kill_nine.follower import AGENT, CONFIG, Follower
from hil.site.processes import Processes, ProcessFailed

RING_BYTES = 4 * 1024 * 1024  # the smallest: it comes round within the campaign
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.1, 0.8
_ISSUED_AT = 1_790_000_000  # UTC seconds; an autumn day of 2026
_NEXT_EPOCH, _MOVE_BACK = "new-epoch", "restore both"


def _nothing_proven(_statement: bytes, _proofs: object) -> bool:
    """No ledger is here that could have proven anything."""
    return False


@dataclass(slots=True)
class Outcome:
    """What a campaign found: what the starts did, by damage, and what was wrong."""

    shown: int = 0
    declared: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    harmless: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def told(self) -> tuple[tuple[str, Counter[str]], ...]:
        """Return what the starts did, in words, with how often by damage."""
        return (
            ("declared a loss", self.declared),
            ("refused, with the next step", self.refused),
            ("had lost nothing", self.harmless),
        )

    @property
    def cases(self) -> int:
        """How many kills with damage there were."""
        return sum(count.total() for _, count in self.told())


class StoreCampaign:
    """One gateway in `folder`, killed, damaged, and started again."""

    def __init__(self, folder: Path, processes: Processes, seed: int) -> None:
        self._state = folder / "state"
        self._processes = processes
        self._follower = Follower(folder, processes)
        self._rng = random.Random(seed)
        self._place = Place(self._state, folder / "older", folder / "foreign", self._rng)
        self._shown: dict[int, bytes] = {}
        self._used: dict[int, bytes] = {}
        self._gaps = 0  # that were declared so far
        self.outcome = Outcome()
        config = CONFIG.replace("[journal]\n", f"[journal]\nring_bytes = {RING_BYTES}\n")
        (folder / "tallyman.toml").write_text(config)
        self._make_foreign(folder / "other", config)

    def _make_foreign(self, folder: Path, config: str) -> None:
        folder.mkdir()
        (folder / "tallyman.toml").write_text(config)
        other = Follower(folder, self._processes)
        other.start()
        with other.connected() as connection:
            list(other.shown(connection, 0, time.monotonic() + SHORTEST_LIFE_S))
        copy_stores(folder / "state", self._place.foreign)

    def run(self, cases: int) -> Outcome:
        """Kill and damage so many times, each kind of damage in its turn."""
        self._live()
        kinds = list(DAMAGE)
        for case in range(cases):
            copy_stores(self._state, self._place.older)
            self._live()
            self._case(kinds[case % len(kinds)])
            if self.outcome.failures:
                break
        return self.outcome

    def _live(self) -> None:
        """Start, be shown records for a while, and kill."""
        self._follower.start()
        with self._follower.connected() as connection:
            life = self._rng.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S)
            since = max(self._used, default=-1) + 1
            for leaf in self._follower.shown(connection, since, time.monotonic() + life):
                self._take(leaf)

    def _take(self, leaf: bytes) -> None:
        number = Record.from_bytes(leaf).number
        if self._used.setdefault(number, leaf) != leaf:
            self._fail(f"number {number} was used twice")
        self._shown[number] = leaf
        self.outcome.shown += 1

    def _case(self, kind: str) -> None:
        whole = self._place.older.with_name("whole")
        copy_stores(self._state, whole)
        DAMAGE[kind](self._place)
        try:
            self._live()
        except ProcessFailed:
            self._processes.running.pop(AGENT, None)
            self.outcome.refused[kind] += 1
            self._take_next_step(kind, whole)
            self._live()
            self._check(kind)
        else:
            lost = self._check(kind)
            (self.outcome.declared if lost else self.outcome.harmless)[kind] += 1

    def _take_next_step(self, kind: str, whole: Path) -> None:
        said = self._processes.tail(AGENT)
        if _MOVE_BACK in said:
            copy_stores(whole, self._state)
        elif _NEXT_EPOCH in said:
            signer = Keys.load_or_make(self._state, KeyStore()).statement
            epochs.begin(
                self._state, RING_BYTES, kind, None, signer, os.urandom, _ISSUED_AT, _nothing_proven
            )
            self._shown, self._used, self._gaps = {}, {}, 0  # another epoch has numbers of its own
        else:
            self._fail(f"{kind}: refused without a next step: {said}")

    def _check(self, kind: str) -> bool:
        """Hold the journal against what was shown; tell whether a loss was declared since."""
        reader = open_reader(self._state / FILE_NAME)
        try:
            leaves = reader.leaves(0, reader.count())
            head = reader.head()
            rows = reader.batches(0, head.seq if head else 0)
        finally:
            reader.close()
        there = {Record.from_bytes(leaf).number: leaf for leaf in leaves}
        chain = [parse_statement(row.batch.statement) for row in rows]
        self._check_chain(kind, chain)
        gaps = [range(said.first_record, said.next_record) for said in chain if said.gap]
        lost = [number for number, leaf in self._shown.items() if there.get(number) != leaf]
        silent = [number for number in lost if not any(number in gap for gap in gaps)]
        if silent:
            self._fail(f"{kind}: records {silent[0]} to {silent[-1]} went without a word")
        for number in lost:
            del self._shown[number]
        for number, leaf in there.items():
            if self._used.get(number, leaf) != leaf:
                self._fail(f"{kind}: number {number} was used twice")
        declared = len(gaps) > self._gaps
        self._gaps = len(gaps)
        return declared

    def _check_chain(self, kind: str, chain: list[Statement]) -> None:
        try:
            for before, after in pairwise(chain):
                check_link(before, after)
        except EvidenceError as error:
            self._fail(f"{kind}: the chain does not hold: {error}")
        epoch = load(self._state / IDENTITY_FILE).epoch
        if any(said.claims.epoch != epoch for said in chain):
            self._fail(f"{kind}: a batch of another epoch")

    def _fail(self, what: str) -> None:
        self.outcome.failures.append(what)
