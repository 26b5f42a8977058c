"""Conditions of goods for people: how they are, and a person's word that ends one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, printable, text
from agent.desks.status import ConditionStatus
from agent.intake.condition_watch import ConditionWatch
from agent.journal.recorder import Recorder
from agent.rules.conditions import OVERRIDE, WAITING
from agent.rules.rule import State
from agent.rules.words import limit_words
from foundation.hints import hint

MOST_TEXT = 200  # characters of a reason, and of a name


def condition_status(watch: ConditionWatch) -> list[ConditionStatus]:
    """Return what each rule says now, as far as records are durable."""
    conditions = watch.conditions
    return [
        ConditionStatus(
            device=watched.device,
            rule=rule.name,
            state=WAITING if standing.state is None else str(standing.state),
            since_ms=conditions.line.wall(standing.since),
            text=limit_words(rule),
            severity=str(rule.severity),
        )
        for watched, rule, standing in conditions.standings(watch.now())
    ]


class OverrideDesk:
    """The request of `tallyman override`."""

    def __init__(self, watch: ConditionWatch, recorder: Recorder) -> None:
        self._watch = watch
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"override": self.override}

    async def override(self, request: Request) -> AsyncGenerator[Any, None]:
        """End the state of `rule` at `device`, with a `reason`, by `operator`; yield the record."""
        found = self._condition(text(request, "device"), text(request, "rule"))
        if found.state in (State.OK, WAITING):
            raise BadRequest(
                f"the rule {found.rule!r} at {found.device} is {found.state}: nothing to end",
                advice="see: tallyman status",
            )
        values = {"rule": found.rule, "state": found.state}
        for name in ("operator", "reason"):
            values[name] = printable(request, name, MOST_TEXT).strip()
            if not values[name]:
                raise BadRequest(f"an override needs a {name}", advice=f"give --{name}")
        await self._recorder.note(OVERRIDE, dict(values), device=found.device)
        await self._recorder.flush()
        yield {"device": found.device, **values}

    def _condition(self, device: str, rule: str) -> ConditionStatus:
        """Return the rule that is meant; BadRequest where there is none."""
        known = condition_status(self._watch)
        devices = sorted({each.device for each in known})
        if device not in devices:
            raise BadRequest(
                f"no rule has seen a value of a device {device[:64]!r}{hint(device[:64], devices)}",
                advice="see what is under watch: tallyman status --json",
            )
        rules = {each.rule: each for each in known if each.device == device}
        if rule not in rules:
            raise BadRequest(
                f"{device} has no rule {rule[:64]!r}{hint(rule[:64], rules)}",
                advice=f"choose from: {', '.join(rules)}",
            )
        return rules[rule]
