"""What is wrong at the dock, and with the agent itself as people meet it."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.cause import NO_START, Cause, Finding, no, perhaps, yes
from foundation.dataclass import dataclass

NO_ANSWER = "the agent does not answer"


@dataclass(frozen=True, slots=True)
class DockFacts:
    """`open` checks in words, and why the newest notice was refused; None: unknown."""

    open: Sequence[str] | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """How the agent met a question: `answered`, or why not; None: unknown.

    `listening` tells that its socket takes connections. `ended` are its last words, `config` is
    what is wrong with the configuration, `tasks` are those that do not run as they should.
    """

    answered: bool
    listening: bool | None = None
    forbidden: bool = False
    ended: str = ""
    config: str = ""
    tasks: Sequence[str] = ()


DockCause = Cause[DockFacts]
AgentCause = Cause[AgentFacts]


def _left_open(facts: DockFacts) -> Finding:
    if facts.open is None:
        return perhaps()
    return yes(*facts.open) if facts.open else no("no check is open")


def _notice_refused(facts: DockFacts) -> Finding:
    if facts.refused is None:
        return perhaps()
    if facts.refused:
        return yes(facts.refused)
    return no("no notice was refused since the agent started")


def _down(facts: AgentFacts) -> Finding:
    if facts.answered:
        return no("the agent answers")
    if facts.listening is None:
        return perhaps()
    if facts.listening:
        return no("its socket takes connections")
    last = (f"its last words: {facts.ended}",) if facts.ended else ()
    return yes("nobody listens at its control socket", *last)


def _hung(facts: AgentFacts) -> Finding:
    if facts.answered:
        return no("the agent answers")
    if facts.listening is None:
        return perhaps()
    if not facts.listening:
        return no("nobody listens at its control socket")
    return yes("its socket takes connections and no answer comes")


def _forbidden(facts: AgentFacts) -> Finding:
    if facts.answered:
        return no("the agent answers")
    return yes("this user may not open the control socket") if facts.forbidden else perhaps()


def _config(facts: AgentFacts) -> Finding:
    if facts.config:
        return yes(facts.config)
    return no("the configuration can be read")


def _tasks(facts: AgentFacts) -> Finding:
    if facts.tasks:
        return yes(*facts.tasks)
    return no("all its tasks run") if facts.answered else perhaps()


CHECK_OPEN = DockCause(
    "dock.check-open",
    symptom="goods are checked and not decided",
    sentence="a check of goods was left open",
    next="look at it and decide: tallyman dock",
    command="tallyman dock",
    unproven="whether somebody still works on it",
    test=_left_open,
)
NOTICE_REFUSED = DockCause(
    "dock.notice-refused",
    symptom="a check cannot begin",
    sentence="a notice was refused: it cannot be read",
    next="correct it, or ask the supplier",
    unproven="whether the file or its form is at fault",
    test=_notice_refused,
)
DOCK = (NOTICE_REFUSED, CHECK_OPEN)

CONFIG = AgentCause(
    "agent.config",
    symptom=NO_START,
    sentence="the configuration is wrong or cannot be read",
    next="correct the file, then run: tallyman config check",
    command="tallyman config check",
    unproven="whether the running agent has an older one",
    test=_config,
)
NOT_ALLOWED = AgentCause(
    "agent.not-allowed",
    symptom=NO_ANSWER,
    sentence="this user may not ask the agent",
    next="use sudo, or join the group: sudo usermod -aG tallyman $USER, then log in again",
    command="sudo tallyman why",
    unproven="how the agent does",
    test=_forbidden,
)
HUNG = AgentCause(
    "agent.hung",
    symptom=NO_ANSWER,
    sentence="the agent runs and does not answer: it hangs or is stopped",
    next="restart it: sudo systemctl restart tallyman; keep its log first: tallyman support",
    command="sudo systemctl restart tallyman",
    unproven="whether it hangs, is stopped or waits for a disk",
    test=_hung,
)
DOWN = AgentCause(
    "agent.down",
    symptom=NO_ANSWER,
    sentence="the agent does not run",
    next="start it: sudo systemctl start tallyman; its last words: journalctl -u tallyman -n 20",
    command="sudo systemctl start tallyman",
    unproven="why it ended, where it left no last words",
    test=_down,
)
TASK = AgentCause(
    "agent.task",
    symptom="a part of the agent does not run",
    sentence="a part of the agent failed and is tried again, or was given up",
    next="read its log: journalctl -u tallyman -n 50",
    command="journalctl -u tallyman -n 50",
    unproven="what made it fail, where its words do not say",
    test=_tasks,
)
AGENT = (CONFIG, NOT_ALLOWED, HUNG, DOWN, TASK)
