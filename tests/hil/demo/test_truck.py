"""The truck's story where the forklift's hit falls into another shock."""

from __future__ import annotations

from types import SimpleNamespace

from hil.demo.truck import HIT, PALLET, Truck


class Told(Truck):
    """A story whose rig only notes what it is told."""

    __slots__ = ("commands",)

    def tell_rig(self, line):
        self.commands.append(line)


def test_a_hit_that_another_knock_hid_is_made_again_until_it_is_an_alarm():
    said = []
    truck = Told(None, 15.0, None, None, None, SimpleNamespace(say=said.append))
    truck.commands = []
    truck.hit_again(10.0)
    assert truck.commands == [], "it was not hit yet"
    truck.hit = 11.0
    for now, state in (
        (12.0, "ok"),
        (13.1, "ok"),
        (14.0, "unknown"),
        (15.2, "alarm"),
        (19.0, "ok"),
    ):
        rule = {"device": PALLET, "rule": "hit", "state": state, "text": "peak at or above 25 g"}
        truck.tell_goods({"conditions": [rule]})
        truck.hit_again(now)
    assert truck.commands == [HIT], "the next one is told in time"
    again = f"-> no alarm came of it: the forklift hits the {PALLET} again"
    assert said == [again, f"   {PALLET}: alarm: hit: peak at or above 25 g"]
