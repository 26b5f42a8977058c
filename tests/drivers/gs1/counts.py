"""Counts what codes are taken for (docs/decisions/codes.md):

python -m tests.drivers.gs1.counts

Labels whose FNC1 a scanner ate, the verdicts of GS1's own syntax engine, scans that were damaged.
"""

import argparse
import json
import time
import tracemalloc
from collections import Counter

from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.framing import Framer
from drivers.barcode.scan import decoded, reading
from drivers.gs1.element_strings import read_content
from drivers.reading import Quality
from tests.drivers.gs1.labels import (
    DIGITS,
    FORMS,
    LETTERS,
    VERDICTS,
    label,
    mutated,
    provably_cut,
    seeded,
    sent,
)


def lost_fnc1(form, count, option="auto"):
    """Counts of `count` labels of a form without FNC1, each the first of its scanner."""
    rng, found = seeded(), Counter()
    for _ in range(count):
        elements = label(form, rng)
        text = sent(elements, fnc1=False)
        _, content = Fnc1(option).read(text, "C1")
        right = dict(content.keys) == dict(elements)
        verdict = "doubted" if content.problem else "right" if right else "wrong"
        found[verdict] += 1
        if provably_cut(elements):
            found["cut"] += 1
            found["cut and taken"] += verdict != "doubted"
    return found


def kept_fnc1(form, count):
    """Counts of labels that one scanner sends whole."""
    rng, fnc1, found = seeded(), Fnc1(), Counter()
    for _ in range(count):
        elements = label(form, rng)
        _, content = fnc1.read(sent(elements), "C1")
        right = dict(content.keys) == dict(elements)
        found["doubted" if content.problem else "right" if right else "wrong"] += 1
    return found


def whole_lots(alphabet, length, count):
    """How many labels with one lot are doubted that have lost nothing, before a GS has come."""
    rng, doubted = seeded(), 0
    for _ in range(count):
        lot = "".join(rng.choice(alphabet) for _ in range(length))
        (_, gtin), _, (_, date) = label("01+10+17 letters", rng)
        _, content = Fnc1().read(f"01{gtin}17{date}10{lot}", "C1")
        doubted += bool(content.problem)
    return doubted


def verdicts():
    """Counts of GS1's verdicts by ours: what they refuse and we take, what we read otherwise."""
    found = Counter()
    for line in VERDICTS.read_text().splitlines():
        theirs = json.loads(line)
        content = read_content(theirs["data"], "C1")
        sure = read_content(theirs["data"], "C1", fnc1_comes=True)
        taken = not content.problem
        accepted = theirs["accepted"]
        found["strings"] += 1
        found["they refuse, we take"] += taken and not accepted
        found["they refuse, we take with FNC1 known to come"] += not sure.problem and not accepted
        found["they accept, we doubt"] += accepted and not taken
        found["they accept, we doubt with FNC1 known to come"] += accepted and bool(sure.problem)
        differs = dict(map(tuple, theirs["keys"])) != dict(sure.keys)
        found["other values"] += accepted and not sure.problem and differs
    return found


def damaged(count):
    """Counts of damaged scans by quality, the slowest in ms of CPU, and the largest memory in kB."""
    rng, found, slowest = seeded(), Counter(), 0.0
    framer, fnc1 = Framer(by_gap=False), Fnc1()
    tracemalloc.start()
    for _ in range(count):
        elements = label(rng.choice(list(FORMS)), rng)
        data = ("]C1" * rng.randrange(2) + sent(elements)).encode()
        began = time.process_time()
        for scan in framer.feed(mutated(data, rng) + b"\r", 0.0):
            text, problem = decoded(scan.data)
            made = reading("gun", text, scan.at, scan.problem or problem, fnc1=fnc1)
            assert made.fields["uri"] is None or made.quality is Quality.OK
            found[str(made.quality)] += 1
        slowest = max(slowest, time.process_time() - began)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found, slowest * 1e3, peak / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=3000, help="of each form")
    parser.add_argument("--damaged", type=int, default=50_000, help="scans")
    args = parser.parse_args()
    print(
        f"{args.labels} labels of each form: FNC1 eaten, the same where it is said to come, and all there"
    )
    print(f"{'':24}  wrong  right  doubted  provably cut: taken")
    for form in FORMS:
        eaten, said = lost_fnc1(form, args.labels), lost_fnc1(form, args.labels, "sent")
        kept = kept_fnc1(form, args.labels)
        print(
            f"{form:24} {eaten['wrong']:6} {eaten['right']:6} {eaten['doubted']:8}"
            f"{said['cut and taken']:10} of {said['cut']:<6} {dict(kept)}"
        )
    for what, alphabet in (("letters and digits", LETTERS), ("digits", DIGITS)):
        for length in (6, 10):
            doubted = whole_lots(alphabet, length, args.labels)
            print(f"lots of {length} {what}, nothing lost, no GS yet: {doubted} doubted")
    if VERDICTS.exists():
        print(*(f"{name}: {count}" for name, count in verdicts().items()), sep="\n")
    else:
        print(f"no verdicts at {VERDICTS}: set TALLYMAN_DATA")
    found, slowest, peak = damaged(args.damaged)
    print(
        f"{args.damaged} damaged scans: {dict(found)}, slowest {slowest:.0f} ms of CPU, {peak:.0f} kB"
    )


if __name__ == "__main__":
    main()
