"""How each shipment does, in numbers: what nobody can tell of has none."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

from agent.desks.shipment_rows import shipments
from agent.shipments.tally import Incident, Seen, Tally, Told


def told(name, watched=(), **tally):
    made = Tally()
    for field, value in tally.items():
        setattr(made, field, value)
    return Told(SimpleNamespace(name=name), made, frozenset(watched))


def rows(*every):
    """The samples of each family, by its name without what all have in common."""
    return {
        family.name.removeprefix("tallyman_shipment_"): [
            (dict(sample.labels), sample.value) for sample in family.samples
        ]
        for family in shipments(iter(every))
    }


GNSS = SimpleNamespace(device="gnss", fixes=3, along=1200.5, across=0.0)
BLIND = SimpleNamespace(device="spare", fixes=0, along=0.0, across=0.0)


def test_a_shipment_that_came_and_one_on_its_way():
    came = told(
        "WB-7", watched=(Incident.ALARM, Incident.GAP), incidents=Counter({Incident.ALARM: 2}),
        checks=Counter(accepted=1), differences=4, expected=22,
        pieces=Counter({Seen.READ: 20, Seen.BY_HAND: 0}), ways={"gnss": GNSS, "spare": BLIND},
    )  # fmt: skip
    on_its_way = told("WB-8", watched=(Incident.SHOCK,))
    seven, eight = {"shipment": "WB-7"}, {"shipment": "WB-8"}
    assert rows(came, on_its_way) == {
        "incidents_total": [
            (seven | {"what": "alarm"}, 2), (seven | {"what": "gap"}, 0),
            (eight | {"what": "shock"}, 0),
        ],
        "receipts_total": [
            (seven | {"decision": "accepted"}, 1), (seven | {"decision": "rejected"}, 0),
        ],
        "differences_total": [(seven, 4)],
        "pieces_total": [(seven | {"seen": "read"}, 20), (seven | {"seen": "by_hand"}, 0)],
        "pieces_expected": [(seven, 22)],
        "distance_metres_total": [
            (seven | {"device": "gnss", "part": "along"}, 1200.5),
            (seven | {"device": "gnss", "part": "across"}, 0.0),
        ],
    }  # fmt: skip
