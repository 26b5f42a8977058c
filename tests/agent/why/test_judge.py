"""What was named comes first, what was seen stands beside it, and unknown is never no."""

import pytest

from agent.why.judge import Case, Likelihood, Named, judge, together
from foundation.cause import UNKNOWN, Cause, Cost, no, perhaps, yes


def row(id_, finding=UNKNOWN, **given):
    return Cause(
        id_, "it is dark", f"{id_} is out", "light it", "who did it",
        test=lambda facts: finding, **given,
    )  # fmt: skip


def ids(judged):
    return [each.row.id for each in judged]


def test_a_row_that_nobody_can_tell_of_stays_among_the_causes():
    found = judge(Case("lamp", [row("lamp.bulb"), row("lamp.fuse", no("it glows"))], None))
    assert ids(found.causes) == ["lamp.bulb"]
    assert found.causes[0].likelihood is Likelihood.UNKNOWN
    assert ids(found.ruled_out) == ["lamp.fuse"]
    assert found.ruled_out[0].contra == ("it glows",)


def test_a_well_part_rules_out_what_no_test_can_tell_but_not_what_a_test_saw():
    rows = [row("lamp.bulb"), row("lamp.fuse", yes("it is black")), row("lamp.wire", perhaps("hm"))]
    found = judge(Case("lamp", rows, None, well="it shines"))
    assert ids(found.causes) == ["lamp.fuse", "lamp.wire"]
    assert [each.contra for each in found.ruled_out] == [("it shines",)]


def test_what_is_named_is_likely_whatever_a_test_says_and_never_ruled_out():
    rows = [row("lamp.bulb", no("it is whole")), row("lamp.fuse")]
    found = judge(Case("lamp", rows, None, [Named("lamp.bulb", "it went pop", "take the spare")]))
    (bulb, fuse) = found.causes
    assert (bulb.row.id, bulb.likelihood, fuse.likelihood) == (
        "lamp.bulb", Likelihood.LIKELY, Likelihood.UNKNOWN,
    )  # fmt: skip
    assert (bulb.pro, bulb.contra) == (("it went pop",), ("it is whole",))
    assert bulb.row.next == "take the spare", "as it said itself"
    assert not found.ruled_out


def test_what_lies_before_the_stage_that_was_reached_is_ruled_out():
    rows = [
        row("lamp.plug", stage=1),
        row("lamp.switch", yes("it is up"), stage=2),
        row("lamp.bulb", stage=3),
        row("lamp.shade"),
    ]
    found = judge(Case("lamp", rows, None, [Named("lamp.bulb", "it went pop")]))
    assert ids(found.ruled_out) == ["lamp.plug"]
    assert ids(found.causes) == ["lamp.bulb", "lamp.switch", "lamp.shade"]
    assert found.causes[1].likelihood is Likelihood.POSSIBLE, "seen, but it had come further"


def test_of_two_likely_ones_that_comes_first_against_which_nothing_speaks():
    rows = [
        row("lamp.plug", perhaps(contra=("another is there",))),
        row("lamp.moved", yes("there")),
    ]
    found = judge(Case("lamp", rows, None, [Named("lamp.plug", "there is none")]))
    assert ids(found.causes) == ["lamp.moved", "lamp.plug"]


@pytest.mark.parametrize(("probe", "likelihood"), [(False, "unknown"), (True, "likely")])
def test_dear_tests_are_made_with_probe_alone(probe, likelihood):
    dear = row("lamp.far", yes("no echo"), cost=Cost.BYTES)
    found = judge(Case("lamp", [dear], None, probe=probe))
    assert found.causes[0].likelihood.word == likelihood


def test_words_of_a_row_are_filled_in_and_what_is_not_known_stays():
    filled = row("lamp.bulb").of(name="desk")
    assert filled.of(name="x").sentence == "lamp.bulb is out"
    asks = Cause("lamp.x", "dark", "dark", "turn {name} by {turns}", "who").of(name="desk")
    assert asks.next == "turn desk by {turns}"
    assert asks.shown().next == "turn desk by TURNS"


def test_how_far_a_part_came_is_told_by_the_furthest_that_was_named():
    rows = [row("lamp.plug", stage=1), row("lamp.switch", stage=2), row("lamp.bulb", stage=3)]
    named = [Named("lamp.plug", "loose"), Named("lamp.bulb", "it went pop")]
    found = judge(Case("lamp", rows, None, named))
    assert ids(found.ruled_out) == ["lamp.switch"]
    assert found.ruled_out[0].contra == ("it had come further than that",)
    assert ids(found.causes) == ["lamp.plug", "lamp.bulb"], "what was named stays, however early"


def test_the_stage_that_was_reached_and_what_has_none_are_not_ruled_out():
    rows = [
        row("lamp.bulb", stage=2), row("lamp.socket", yes("warm"), stage=2),
        row("lamp.shade", yes("torn"), stage=0),
    ]  # fmt: skip
    found = judge(Case("lamp", rows, None, [Named("lamp.bulb", "it went pop")]))
    assert [each.likelihood for each in found.causes] == [Likelihood.LIKELY] * 3


@pytest.mark.parametrize("cost", list(Cost))
@pytest.mark.parametrize("probe", [True, False])
def test_what_costs_bytes_or_air_time_is_tried_only_where_that_is_allowed(cost, probe):
    tried = []
    dear = Cause(
        "lamp.bulb", "it is dark", "out", "light it", "who", cost=cost,
        test=lambda facts: tried.append(facts) or yes("seen"),
    )  # fmt: skip
    found = judge(Case("lamp", [dear], "facts", probe=probe))
    allowed = probe or cost not in (Cost.RADIO, Cost.BYTES)
    assert tried == (["facts"] if allowed else [])
    assert found.causes[0].likelihood is (Likelihood.LIKELY if allowed else Likelihood.UNKNOWN)


def test_verdicts_of_several_parts_are_ranked_together():
    lamp = judge(Case("lamp", [row("lamp.bulb"), row("lamp.fuse", no("whole"))], None))
    fan = judge(Case("fan", [row("fan.belt", yes("torn")), row("fan.oil", perhaps("dry"))], None))
    found = together([lamp, fan])
    assert ids(found.causes) == ["fan.belt", "fan.oil", "lamp.bulb"]
    assert ids(found.ruled_out) == ["lamp.fuse"]
    assert [each.target for each in found.causes] == ["fan", "fan", "lamp"]
    assert [each.likelihood.word for each in found.causes] == ["likely", "possible", "unknown"]
