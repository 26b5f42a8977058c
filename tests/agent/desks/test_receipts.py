"""What a check tells of one difference, and of one article: all of it, and nothing that is not so."""

from __future__ import annotations

from agent.desks.receipts import came_json, difference_json, difference_values
from agent.dock.differences import Came, Code, Difference, Disposition, Tally
from agent.dock.goods_identity import Identity
from agent.dock.notice import Batch
from tests.agent.dock.goods import APPLE

LOT = Batch(lot="L1", best_before="2026-12-24")


def difference(**more) -> Difference:
    return Difference(
        Code.DAMAGED, Identity(gtin=APPLE), 2, "damaged", Disposition.QUANTITY, **more
    )


def test_a_difference_is_on_record_with_what_is_known_of_it():
    least = {"check": "R-1", "code": "AF", "quantity": 2, "text": "damaged", "gtin": APPLE}
    assert difference_values("R-1", difference()) == least
    whole = difference(hint="look below", rejected=True, batch=LOT, weight_g=1500, photo=b"\xab")
    assert difference_values("R-1", whole) == least | {
        "hint": "look below", "rejected": 1, "weight": 1500, "photo": b"\xab",
        **{name: value for name, value in LOT._asdict().items() if value},
    }  # fmt: skip


def test_a_difference_is_told_flat():
    assert difference_json(difference(rejected=True, batch=LOT, weight_g=9, number=4)) == {
        "code": "AF", "what": f"(01){APPLE}", "quantity": 2, "text": "damaged", "hint": "",
        "rejected": True, "batch": str(LOT), "weight_g": 9, "number": 4, "photo": "",
    }  # fmt: skip


def test_an_article_that_is_advised_by_weight_tells_how_much_was_weighed():
    weighed = Came(
        APPLE, LOT, 7, Tally(1, 2, 3), package="CT", content=12, weight_g=5000,
        weighed=Tally(1000, 200, 30), about=25,
    )  # fmt: skip
    assert came_json(weighed) == {
        "gtin": APPLE, "batch": str(LOT), "advised": 7, "read": 1, "by_hand": 2, "believed": 3,
        "package": "CT", "content": 12, "weight_g": 5000, "weighed_g": 1230, "about": 25,
    }  # fmt: skip
