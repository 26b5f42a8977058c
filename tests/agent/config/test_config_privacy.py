"""How long records of people stay, as it is configured."""

from __future__ import annotations

import pytest

from tests.agent.config.written import PATH, WHOLE, check, problems


def test_how_long_it_stays_who_drove_and_where():
    config = check(WHOLE + "[privacy]\nposition_days = 30\n")
    (rule,) = config.privacy.rules
    assert (rule.what, rule.days) == ("position", 30)
    assert rule.kinds == {"position", "place", "mobile-network"}
    both = check(WHOLE + "[privacy]\nposition_days = 30\ndriver_days = 90\n")
    assert [each.what for each in both.privacy.rules] == ["position", "driver"]
    assert check(WHOLE + "[privacy]\nposition_days = 0\n").privacy.rules == ()
    assert check("").privacy.rules == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("position_days = -1", "position_days"),
        ("position_days = 3651", "position_days"),
        ('position_days = "a month"', "position_days"),
        ("position_days = 1.5", "position_days"),
        ("position_day = 30", "position_day"),
        ("positions = 30", "positions"),
    ],
)
def test_nonsense_in_privacy_is_refused_with_its_line(text, said):
    told = problems(f"{WHOLE}[privacy]\n{text}\n")
    line = len(WHOLE.splitlines()) + 2
    assert any(each.startswith(f"{PATH}:{line}: ") and said in each for each in told), told


def test_nothing_could_ever_be_erased_without_a_node():
    told = problems('[gateway]\nname = "t"\n[privacy]\nposition_days = 30\n')
    assert any(each.startswith(f"{PATH}:3: [privacy] needs [[ledger.node]]") for each in told), told
