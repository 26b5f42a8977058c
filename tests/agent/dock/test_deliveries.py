"""Made-up deliveries against an expectation that counts cartons: nothing may disagree.

`TALLYMAN_DELIVERIES=400` runs as many in each mode as a release does.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import replace

import pytest

from agent.dock.check import check
from agent.dock.differences import Code, Seen
from agent.dock.forms import read_notice
from agent.dock.goods_identity import Identity
from tests.agent.dock.deliveries import MODES, Delivery, expectation, make

COUNT = int(os.environ.get("TALLYMAN_DELIVERIES", "40"))


def notice_of(made: Delivery):
    units = [{"sscc": unit, "items": items} for unit, items in made.units.items()]
    return read_notice(json.dumps({"notice": "N1", "units": units}).encode())


def observations(made: Delivery, dice: random.Random) -> list[Seen]:
    seen = [Seen(Identity(sscc=unit)) for unit in made.read_units]
    for each in made.cartons:
        serial = each.serial if each.label_has_serial else ""
        seen.append(Seen(Identity(gtin=each.article, serial=serial), each.way))
        if each.way == "tag":  # read by two antennas, told twice
            seen.append(Seen(Identity(gtin=each.article, serial=serial), each.way, reads=40))
    dice.shuffle(seen)
    return seen


@pytest.mark.parametrize("mode", MODES)
def test_nothing_disagrees_with_the_cartons(mode):
    for number in range(COUNT):
        dice = random.Random(f"{mode}{number}")
        made = make(mode, dice)
        asked, seen, want = notice_of(made), observations(made, dice), expectation(made)
        verdict = check(asked, seen)
        told = (
            verdict.expected,
            *(getattr(verdict.tally, n) for n in ("read", "by_hand", "believed")),
        )
        assert told == (want.expected, want.read, want.by_hand, want.believed), (mode, number)
        assert verdict.found == verdict.tally.found == want.read + want.by_hand + want.believed
        assert verdict.unexpected == want.unexpected, (mode, number)
        missing, serials = Counter(), set()
        for each in verdict.of(Code.MISSING):
            if each.identity.serial:
                serials.add((each.identity.gtin, each.identity.serial))
            else:
                missing[each.identity.sscc or each.identity.gtin] += each.quantity
        assert (missing, serials) == (want.missing, want.missing_serials), (mode, number)
        assert verdict.found == verdict.expected - sum(
            each.quantity for each in verdict.of(Code.MISSING)
        )
        codes = set(verdict.codes)
        if want.unread:
            codes.discard("BN")  # which of several pallets a piece lay on, nobody sees
        assert codes == want.codes, (mode, number)
        seen.reverse()
        assert check(asked, seen) == replace(verdict), (mode, number)
