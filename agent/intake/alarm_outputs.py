"""Lamps and buzzers that show the alarms of the goods, as the rules say."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from agent.intake.collector import Collector
from agent.intake.condition_watch import TELLS, ConditionWatch
from agent.journal.due import Due
from agent.journal.recorder import Recorder
from agent.rules.conditions import OVERRIDE
from agent.rules.rule import Severity, State
from drivers.driver import Timing
from drivers.errors import DriverError
from evidence.leaf import Record

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # s; an output that was away gets its order then
CRITICAL_ONLY = "critical"
NO_ALARM = "the end of the alarm"


@dataclass(slots=True)
class Output:
    """A device that shows alarms: those of `shows`, all or the critical ones.

    `showing` is why it was switched on last, NO_ALARM where it was switched off; `trouble` is why
    it does not show what it should, as the log says once.
    """

    collector: Collector
    shows: str
    showing: str = NO_ALARM
    trouble: str = ""


class AlarmOutputs:
    """Switches the outputs of one gateway; `run` is its task."""

    def __init__(
        self,
        outputs: Sequence[Output],
        watch: ConditionWatch,
        recorder: Recorder,
        timing: Timing,
    ) -> None:
        self._outputs = outputs
        self._watch = watch
        self._recorder = recorder
        self._due = Due(timing)

    async def run(self) -> None:
        """Show each alarm as soon as it is on record, and its end, for ever."""
        await self._watch.opened()
        self._recorder.listen(self._committed)
        try:
            while True:
                self._due.clear()
                self._due.within(LOOK_EVERY)
                for output in self._outputs:
                    await self._show(output)
                await self._due.wait()
        finally:
            self._recorder.unlisten(self._committed)

    def _committed(self, records: Sequence[Record]) -> None:
        if any(record.kind in (*TELLS, OVERRIDE) for record in records):
            self._due.within(0.0)

    async def _show(self, output: Output) -> None:
        """Switch an output where it shows something else than it should; else try again later."""
        wanted = self._alarm(critical_only=output.shows == CRITICAL_ONLY)
        if wanted == output.showing:
            return
        try:
            await output.collector.switch(on=wanted != NO_ALARM, cause=wanted)
        except DriverError as error:
            if str(error) != output.trouble:
                log.warning("%s does not show %s: %s", output.collector.device.name, wanted, error)
            output.trouble = str(error)
        else:
            output.showing, output.trouble = wanted, ""

    def _alarm(self, *, critical_only: bool) -> str:
        """Return the first alarm there is, in words; NO_ALARM where there is none."""
        for watched, rule, standing in self._watch.conditions.standings(self._watch.now()):
            counts = rule.severity is Severity.CRITICAL or not critical_only
            if standing.state is State.ALARM and counts:
                return f"alarm: {rule.name} at {watched.device}"
        return NO_ALARM
