"""Mutants of EPCIS documents: what GS1's schema refuses, our validator must refuse.

`python -m tests.agent.epcis.mutants --count 10000` is `make epcis-mutants`.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from agent.epcis.validator import shape_problems

DATA = Path(os.environ.get("TALLYMAN_DATA", Path(__file__).parents[4] / "shared" / "data"))

FOLDER = DATA / "epcis"
SEED = 2026

WRONG = (
    None, True, False, 0, -1, 1.5, "", " ", "x", "foo:bar", "recieving", "in_transport", [], {}, [[]],
    ["x"], [None], {"id": "x"}, {"id": 1}, "2026-02-30T00:00:00Z", "2026-11-22", "2026-11-22T06:30:00",
    "2026-11-22T24:00:00Z", "2026-11-22T06:30:00.Z", "2026-11-22T06:30:00+1:00", "+15:00", "Z", "+0100",
    "urn:epcglobal:cbv:bizstep:shipping", "https://ns.gs1.org/cbv/BizStep-shipping", "https://gs1.org/voc/x",
    "http://a b", "http://ex ample.org/", "urn:epc:id:sgtin:%zz", "://x", "1:x", "https://[::1", "a:\u00e9",
    "https://example.org:port/", "https://example.org/\u00e9", "urn:x y", "kgm", "KGMM", "f0g0", "OBSERVED",
    "observe", "https://id.gs1.org/01/{x}", "urn:epc:id:sscc:4012345.0000000333#", "#x", "/x", "a:b\n", "\n",
)  # fmt: skip
NAMES = (
    "foo",
    "materialType",
    "sensorReport",
    "ex:own",
    "type",
    "id",
    "ilmd",
    "action",
    "persistentDisposition",
)


def documents() -> list[dict[str, Any]]:
    """Return GS1's and OpenEPCIS' valid examples."""
    return [json.loads(path.read_text()) for path in sorted((FOLDER / "examples").glob("*.json"))]


def schema() -> jsonschema_rs.Draft7Validator:
    """Return GS1's schema, formats checked."""
    plain = json.loads((FOLDER / "EPCIS-JSON-Schema.json").read_text())
    return jsonschema_rs.Draft7Validator(plain, validate_formats=True)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place within a value: what holds it, and its key there."""
    keys = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(keys):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def mutant(original: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a copy with one to three places changed, dropped, doubled, renamed or moved."""
    changed = copy.deepcopy(original)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        found = list(places(changed))
        if not found:
            break
        holder, key = chance.choice(found)
        chance.choice(WAYS)(holder, key, chance, found)
    return changed


def _wrong(holder, key, chance, found):
    holder[key] = copy.deepcopy(chance.choice(WRONG))


def _drop(holder, key, chance, found):
    del holder[key]


def _double(holder, key, chance, found):
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[chance.choice(NAMES)] = copy.deepcopy(holder[key])


def _swap(holder, key, chance, found):
    other, there = chance.choice(found)
    try:
        holder[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(holder[key])
    except (KeyError, IndexError):
        return


def _spoil(holder, key, chance, found):
    value = holder[key]
    if not isinstance(value, str) or not value:
        holder[key] = copy.deepcopy(chance.choice(WRONG))
        return
    at = chance.randrange(len(value))
    new = chance.choice((" ", "%", "é", "\\", "^", "", "Z", "-", ":", "/", "#", "[", "\u0660", "9"))
    holder[key] = value[:at] + new + value[at + chance.choice((0, 1)) :]


def _digit(holder, key, chance, found):
    value = holder[key]
    digits = (
        [match.start() for match in re.finditer(r"[0-9]", value)] if isinstance(value, str) else []
    )
    if not digits:
        holder[key] = copy.deepcopy(chance.choice(WRONG))
        return
    at = chance.choice(digits)
    holder[key] = value[:at] + chance.choice("0123456789") + value[at + 1 :]


def _empty(holder, key, chance, found):
    holder[key] = type(holder[key])() if isinstance(holder[key], list | dict) else None


WAYS = (_wrong, _drop, _double, _swap, _spoil, _spoil, _digit, _empty)


def compared(count: int, seed: int) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Return how many mutants who refused, and those that the schema alone refuses."""
    chance = random.Random(seed)
    originals, official = documents(), schema()
    counts: Counter[str] = Counter()
    missed = []
    for _ in range(count):
        one = mutant(chance.choice(originals), chance)
        theirs, ours = not official.is_valid(one), any(shape_problems(one))
        counts[f"schema {'refuses' if theirs else 'takes'}, we {'refuse' if ours else 'take'}"] += 1
        if theirs and not ours:
            missed.append(one)
    return counts, missed


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    counts, missed = compared(args.count, args.seed)
    for name, number in counts.most_common():
        print(f"{number:7} {name}")
    for one in missed[:5]:
        print([error.message for error in schema().iter_errors(one)][:2], file=sys.stderr)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
