"""Why nothing comes from a stack in a process of its own. Pure."""

from __future__ import annotations

from drivers.cause import DeviceCause, DeviceFacts, Stage
from foundation.cause import UNKNOWN, Finding, no, yes

NO_READING = "no reading comes"


def _no_socket(facts: DeviceFacts) -> Finding:
    path = facts.option("stack")
    there = facts.machine.there(path)
    if there is None:
        return UNKNOWN
    return no(f"{path} is there now") if there else yes(f"there is no {path}")


ABSENT = DeviceCause(
    "stack.absent",
    symptom=NO_READING,
    sentence="the process that speaks for the device does not run",
    next="see whether it runs: systemctl status {service}",
    command="systemctl status {service}",
    unproven="whether it was never started, or ended by itself",
    stage=Stage.PLACE,
    test=_no_socket,
)
ENDED = DeviceCause(
    "stack.ended",
    symptom="readings stopped all at once",
    sentence="the process that speaks for the device ended",
    next="see why: journalctl -u {service}",
    command="journalctl -u {service} -e",
    unproven="what ended it",
    stage=Stage.PLACE,
)
MUTE = DeviceCause(
    "stack.mute",
    symptom=NO_READING,
    sentence="the process that speaks for the device says nothing",
    next="start it anew: sudo systemctl restart {service}",
    command="sudo systemctl restart {service}",
    unproven="what it waits for",
    stage=Stage.ANSWER,
)
NO_WORDS = DeviceCause(
    "stack.no-words",
    symptom=NO_READING,
    sentence="what comes from the process is none of its messages",
    next="see what listens there: {path} must be the socket of {service}",
    unproven="what it is that listens there",
    stage=Stage.FRAMES,
)
SAID = DeviceCause(
    "stack.said",
    symptom=NO_READING,
    sentence="the process that speaks for the device says what is wrong",
    next="see its log: journalctl -u {service}",
    unproven="what this version does not know a row for",
    stage=Stage.CONTENT,
)

STACK = (ABSENT, ENDED, MUTE, NO_WORDS, SAID)
