"""A lamp and a buzzer follow the alarms of the goods, through an output that is away for a while."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from agent.intake.alarm_outputs import AlarmOutputs, Output
from agent.rules.conditions import OVERRIDE
from drivers.errors import DeviceMissing
from tests.agent.fakes import reading
from tests.agent.intake.test_condition_watch import Rig


class Lamp:
    """A collector of an output: what it was told."""

    def __init__(self):
        self.device = SimpleNamespace(name="lamp")
        self.told, self.away = [], False

    async def switch(self, *, on, cause):
        if self.away:
            raise DeviceMissing("there is no GPIO chip")
        self.told.append((on, cause))


async def showing(rig, *lamps):
    outputs = AlarmOutputs(
        [Output(lamp, shows) for lamp, shows in lamps], rig.watch, rig.recorder, rig.timing
    )
    rig.tasks.append(asyncio.create_task(outputs.run()))
    await rig.timing.advance(0.0)


async def test_a_lamp_is_on_while_there_is_an_alarm_and_a_critical_one_only_then(tmp_path):
    rig, lamp, siren = Rig(tmp_path, "fragile", None), Lamp(), Lamp()
    await rig.start()
    await showing(rig, (lamp, "alarm"), (siren, "critical"))
    assert lamp.told == siren.told == [], "off is what they are at a start"
    await rig.recorder.take(reading("cargo", "shock", rig.timing.now, peak=31.0, duration=9.0))
    await rig.timing.advance(0.5)
    ((on, cause),) = lamp.told
    assert on
    assert cause.startswith("alarm: ")
    assert cause.endswith(" at cargo")
    alarms = [each for each in await rig.told() if each.kind == "alarm"]
    critical = any(each.values["severity"] == "critical" for each in alarms)
    assert bool(siren.told) == critical
    for alarm in alarms:
        values = {"rule": alarm.values["rule"], "state": "alarm", "operator": "k", "reason": "r"}
        await rig.recorder.note(OVERRIDE, values, device="cargo")
    await rig.timing.advance(0.5)
    assert lamp.told[-1] == (False, "the end of the alarm")
    await rig.stop()


async def test_an_output_that_was_away_shows_the_alarm_once_it_is_back(tmp_path, caplog):
    rig, lamp = Rig(tmp_path), Lamp()
    lamp.away = True
    await rig.start()
    await showing(rig, (lamp, "alarm"))
    await rig.minutes(35, 9.0)
    assert lamp.told == []
    assert len([each for each in caplog.records if "lamp does not show" in each.message]) == 1
    lamp.away = False
    await rig.timing.advance(6.0)
    assert lamp.told == [(True, "alarm: too warm at cargo")]
    await rig.stop()
