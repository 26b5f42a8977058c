"""The story of an emulated network, a step a line."""

import pytest

from hil.emulators.zigbee.scenario import VERBS, parse

STORY = """
# a warehouse
0    node 00158d0000000001 switch router=yes
8    join 0015800001020304 via=0015800001020305   # digits alone
5    node 00158d0000000002 temperature every=2.5 lqi=90 model=TH-2
"""


def test_steps_come_in_their_order_with_settings_of_their_types():
    first, second, third = parse(STORY)
    assert (first.at, first.verb, first.words) == (0.0, "node", ("00158d0000000001", "switch"))
    assert first.settings == {"router": True}
    assert second.settings == {"every": 2.5, "lqi": 90, "model": "TH-2"}
    assert (third.words, third.settings) == (
        ("0015800001020304",),
        {"via": "0015800001020305"},
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [("soon kill a", "seconds, not 'soon'"), ("1 dance a", "no verb 'dance'"), ("1", "no verb ''")],
)
def test_a_line_that_is_no_step_is_named(line, words):
    with pytest.raises(ValueError, match=f"line 2 of the scenario: .*{words}"):
        parse(f"\n{line}\n")


def test_hardware_describes_every_verb():
    from pathlib import Path

    page = (Path(__file__).parents[4] / "drivers/zigbee/HARDWARE.md").read_text()
    rows = page.split("| verb |")[1]
    assert [verb for verb in VERBS if f"`{verb}`" not in rows] == []
