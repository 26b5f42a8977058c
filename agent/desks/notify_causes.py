"""Why alarms do not get out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.cause import Cause, Finding, no, perhaps, yes

NOT_TOLD = "nobody elsewhere hears of alarms"


@dataclass(frozen=True, slots=True)
class NotifyFacts:
    """`channels` are those of [notify], None where that is unknown; `lost` was told of nobody."""

    channels: Sequence[str] | None = None
    lost: Sequence[str] = ()


NotifyCause = Cause[NotifyFacts]


def _nobody(facts: NotifyFacts) -> Finding:
    if facts.channels:
        return no(f"[notify] names {', '.join(facts.channels)}")
    return perhaps()  # whoever wants nobody to be told is not in trouble


def _lost(facts: NotifyFacts) -> Finding:
    return yes(*facts.lost) if facts.lost else perhaps()


NOT_SET_UP = NotifyCause(
    "notify.nobody",
    symptom=NOT_TOLD,
    sentence="nobody is named who should be told",
    next="name a webhook, a broker or a command in [notify]: docs/operate/notify.md",
    unproven="whether anybody wants to be told",
    test=_nobody,
)
DOWN = NotifyCause(
    "notify.down",
    symptom=NOT_TOLD,
    sentence="tallyman-notify says nothing: it does not run, or hangs",
    next="start it: sudo systemctl restart tallyman-notify; its log says what was wrong",
    command="sudo systemctl restart tallyman-notify; journalctl -u tallyman-notify -n 20",
    unproven="why it ended",
)
EXTRA = NotifyCause(
    "notify.extra",
    symptom=NOT_TOLD,
    sentence="what speaks MQTT is not installed",
    next="install paho-mqtt beside it: docs/operate/notify.md, Install",
    unproven="whether it was ever there",
)
UNREACHED = NotifyCause(
    "notify.unreached",
    symptom=NOT_TOLD,
    sentence="the receiver cannot be reached",
    next="look at the network, and whether the receiver runs; then at its address in [notify]",
    command="tallyman why uplink",
    unproven="whether the network, a name or the receiver failed",
)
UNTRUSTED = NotifyCause(
    "notify.untrusted",
    symptom=NOT_TOLD,
    sentence="the receiver's certificate is not trusted",
    next="renew it there, or name who signed it: [notify] authorities; a wrong clock does it, too",
    command="tallyman why clock",
    unproven="whether somebody sits in between",
)
REFUSED = NotifyCause(
    "notify.refused",
    symptom=NOT_TOLD,
    sentence="the receiver does not let this gateway in",
    next="renew token, user or password in the files that [notify] names",
    unproven="whether it expired there, or was never right here",
)
FAILING = NotifyCause(
    "notify.failing",
    symptom=NOT_TOLD,
    sentence="the receiver answers that it cannot take events",
    next="ask who runs it; its address in [notify] may be another by now",
    unproven="what fails there",
)
SECRET = NotifyCause(
    "notify.secret",
    symptom=NOT_TOLD,
    sentence="a file that [notify] names cannot be read",
    next="let tallyman-notify read it: chown root:tallyman-notify FILE; chmod 0640 FILE",
    unproven="what stands in it",
)
COMMAND = NotifyCause(
    "notify.command",
    symptom=NOT_TOLD,
    sentence="the command for events fails",
    next="run it by hand with an event on its standard input: tallyman-notify --test",
    unproven="what it lacks",
)
LOST = NotifyCause(
    "notify.lost",
    symptom="somebody was not told of everything",
    sentence="records went before they could be told: a receiver was away for too long",
    next="look through them at the node, or in a bundle",
    unproven="whether there were alarms among them",
    test=_lost,
)
CAUSES = (NOT_SET_UP, DOWN, EXTRA, SECRET, UNREACHED, UNTRUSTED, REFUSED, FAILING, COMMAND, LOST)
