"""`python -m hil train-dictionary`: print the module `agent/evidence/dictionary.py` anew.

What deflate meets in a batch's head (names of kinds and fields, table texts, forms of columns) is
collected from traced days, seeds the tests and budgets do not use, and from one record of each kind
of the registry. Of all that the pieces are kept whose byte sequences occur in most batches. A new
dictionary needs a new codec number: bodies packed with the old one must stay readable.
"""

from __future__ import annotations

import argparse
import heapq
from base64 import b85encode
from collections import Counter
from collections.abc import Iterator, Sequence

from agent.clock import Stamp
from agent.evidence.columns import write_columns
from agent.evidence.leaf import Record, RecordValue
from agent.evidence.varint import Output
from agent.kinds import KINDS, Field, FieldType
from agent.record import from_event
from hil.trace_records import truck_records

SEEDS = range(9001, 9007)
BATCH_SIZES = (64, 256)
BATCHES_A_DAY = 24

DICTIONARY_BYTES = 3072
PIECE_BYTES = 24
SEQUENCE_BYTES = 5  # shorter ones deflate codes almost as well without

LINE = 92
_EXAMPLES: dict[FieldType, RecordValue] = {
    FieldType.NUMBER: 0,
    FieldType.TIME: 0,
    FieldType.TEXT: "",
    FieldType.BYTES: b"",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments: there are none."""


def run(_args: argparse.Namespace) -> int:
    """Print the module."""
    print(module(trained(list(heads()))), end="")
    return 0


def heads() -> Iterator[bytes]:
    """Yield the heads of batches to train on."""
    for kind in KINDS.values():
        yield _head([_example(kind.name, kind.fields)])
    for seed in SEEDS:
        records = truck_records(seed)
        for size in BATCH_SIZES:
            step = max(size, len(records) // BATCHES_A_DAY)
            for start in range(0, len(records) - size, step):
                yield _head(records[start : start + size])


def _example(kind: str, fields: Sequence[Field]) -> Record:
    values = {each.name: _EXAMPLES[each.type] for each in fields}
    return from_event(kind, values, 0, Stamp(1, 0, 0, "ntp", 100))


def _head(records: Sequence[Record]) -> bytes:
    out = Output()
    write_columns(out, [record.to_bytes() for record in records], records)
    return out.head


def trained(samples: Sequence[bytes]) -> bytes:
    """Return the pieces with the most frequent sequences, the best ones last: nearest to the data.

    Frequent means in many samples; each sequence counts in one piece only.
    """
    worth = Counter[bytes]()
    for sample in samples:
        worth.update(set(_sequences(sample)))
    worth = Counter({sequence: number - 1 for sequence, number in worth.items() if number > 1})
    candidates = {piece for sample in samples for piece in _pieces(sample)}
    # Worth only ever falls: a piece whose value is still true is the best one.
    heap = [(-_value(piece, worth), piece) for piece in candidates]
    heapq.heapify(heap)
    pieces: list[bytes] = []
    while heap and sum(map(len, pieces)) < DICTIONARY_BYTES:
        claimed, piece = heap[0]
        value = _value(piece, worth)
        if value == 0:
            heapq.heappop(heap)
        elif value < -claimed:
            heapq.heapreplace(heap, (-value, piece))
        else:
            heapq.heappop(heap)
            pieces.append(piece)
            worth.subtract({sequence: worth[sequence] for sequence in set(_sequences(piece))})
    return b"".join(reversed(pieces))[-DICTIONARY_BYTES:]


def _sequences(data: bytes) -> Iterator[bytes]:
    for at in range(len(data) - SEQUENCE_BYTES + 1):
        yield data[at : at + SEQUENCE_BYTES]


def _pieces(data: bytes) -> Iterator[bytes]:
    for at in range(max(1, len(data) - PIECE_BYTES + 1)):
        yield data[at : at + PIECE_BYTES]


def _value(piece: bytes, worth: Counter[bytes]) -> int:
    return sum(worth[sequence] for sequence in set(_sequences(piece)))


def module(dictionary: bytes) -> str:
    """Return the text of the module that holds `dictionary`."""
    text = b85encode(dictionary).decode()
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    body = "\n".join(f'    b"{line}"' for line in lines)
    return (
        '"""The dictionary of body codec 2, by `python -m hil train-dictionary`: never change it.\n'
        "\n"
        "A body is read with the dictionary it was packed with: another one is another codec.\n"
        '"""\n\nfrom __future__ import annotations\n\nfrom base64 import b85decode\n\n'
        f"COLUMNS_DICTIONARY = b85decode(\n{body}\n)\n"
        '"""What comes often is near the end, as deflate wants it."""\n'
    )
