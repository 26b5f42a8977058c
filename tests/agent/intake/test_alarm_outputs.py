"""A lamp and a buzzer follow the alarms of the goods, through an output that is away for a while."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from agent.intake.alarm_outputs import AlarmOutputs, Output
from agent.rules.conditions import OVERRIDE
from agent.rules.rule import Severity, State
from drivers.errors import DeviceMissing
from tests.agent.fakes import FakeTiming, reading
from tests.agent.intake.test_condition_watch import Rig

PATIENCE = 30.0  # s


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


async def until(rig, condition):
    """Let time pass, and the disk work, until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await rig.timing.advance(0.1)
            await asyncio.sleep(0.001)


async def test_a_lamp_is_on_while_there_is_an_alarm(tmp_path):
    rig, lamp, siren = Rig(tmp_path, "fragile", None), Lamp(), Lamp()
    await rig.start()
    await showing(rig, (lamp, "alarm"), (siren, "critical"))
    assert lamp.told == siren.told == [], "off is what they are at a start"
    await rig.recorder.take(reading("cargo", "shock", rig.timing.now, peak=31.0, duration=9.0))
    await until(rig, lambda: lamp.told and siren.told)
    assert lamp.told == siren.told == [(True, "alarm: hit or dropped at cargo")]
    values = {"rule": "hit or dropped", "state": "alarm", "operator": "k", "reason": "r"}
    await rig.recorder.note(OVERRIDE, values, device="cargo")
    await until(rig, lambda: len(lamp.told) > 1)
    assert lamp.told[-1] == (False, "the end of the alarm")
    await rig.stop()


class Warned:
    """A watch whose one rule is in alarm, and matters little."""

    def __init__(self, severity):
        self.conditions = self
        self.rule = SimpleNamespace(name="too warm", severity=severity)

    async def opened(self):
        pass

    def now(self):
        return 0

    def standings(self, _):
        yield SimpleNamespace(device="cargo"), self.rule, SimpleNamespace(state=State.ALARM)


@pytest.mark.parametrize(("severity", "heard"), [(Severity.WARNING, 0), (Severity.CRITICAL, 1)])
async def test_a_siren_for_critical_alarms_is_quiet_at_a_warning(severity, heard):
    lamp, siren, timing = Lamp(), Lamp(), FakeTiming()
    recorder = SimpleNamespace(listen=lambda _: None, unlisten=lambda _: None)
    outputs = [Output(lamp, "alarm"), Output(siren, "critical")]
    task = asyncio.create_task(AlarmOutputs(outputs, Warned(severity), recorder, timing).run())
    await timing.advance(1.0)
    assert (len(lamp.told), len(siren.told)) == (1, heard)
    task.cancel()
    await asyncio.wait([task])


async def test_an_output_that_was_away_shows_the_alarm_once_it_is_back(tmp_path, caplog):
    def warned():
        return [each for each in caplog.records if "lamp does not show" in each.message]

    rig, lamp = Rig(tmp_path, "fragile", None), Lamp()
    lamp.away = True
    await rig.start()
    await showing(rig, (lamp, "alarm"))
    await rig.recorder.take(reading("cargo", "shock", rig.timing.now, peak=31.0, duration=9.0))
    await until(rig, warned)
    await rig.timing.advance(30.0)
    assert (lamp.told, len(warned())) == ([], 1)
    lamp.away = False
    await until(rig, lambda: lamp.told)
    assert lamp.told == [(True, "alarm: hit or dropped at cargo")]
    await rig.stop()


class Watch(Warned):
    """A watch that says when it is asked, and is open once `ready`."""

    def __init__(self):
        super().__init__(Severity.CRITICAL)
        self.ready, self.asked = asyncio.Event(), 0

    async def opened(self):
        await self.ready.wait()

    def standings(self, now):
        self.asked += 1
        yield from super().standings(now)


async def test_an_alarm_on_record_is_shown_at_once_and_all_else_is_looked_at_now_and_then():
    listening, timing, watch = [], FakeTiming(), Watch()
    recorder = SimpleNamespace(listen=listening.append, unlisten=listening.remove)
    outputs = AlarmOutputs([Output(Lamp(), "alarm")], watch, recorder, timing)
    task = asyncio.create_task(outputs.run())
    await timing.advance(1.0)
    assert (watch.asked, listening) == (0, [])
    watch.ready.set()
    await timing.advance(0.0)
    assert watch.asked == 1
    (committed,) = listening
    committed([record("temperature"), record("power")])
    await timing.advance(0.0)
    assert watch.asked == 1
    for number, kind in enumerate(("alarm", "excursion", "override"), 2):
        committed([record("temperature"), record(kind)])
        await timing.advance(0.0)
        assert watch.asked == number
    await timing.advance(4.9)
    assert watch.asked == 4
    await timing.advance(0.1)
    assert watch.asked == 5
    task.cancel()
    await asyncio.wait([task])
    assert listening == []


def record(kind):
    return SimpleNamespace(kind=kind)
