"""Why a receiver gives no position, or a doubtful one: what it sends tells."""

from __future__ import annotations

from dataclasses import replace

from drivers.cause import DeviceCause, DeviceFacts, Stage
from drivers.links.causes import SERIAL
from foundation.cause import Finding, no, perhaps

NO_POSITION = "no position comes"
GGA_AND_RMC = "switch GGA and RMC on in the receiver's set-up"


def _no_sky(facts: DeviceFacts) -> Finding:
    """Weigh what the driver counted: a receiver that had a fix before has a working antenna."""
    word = facts.word
    if word is None:
        return perhaps()
    if word.well:
        return no("it has a fix")
    had = word.counters.get("readings", 0) > 1
    return (
        perhaps(contra=("it had a fix since the start: its antenna worked",)) if had else perhaps()
    )


NO_FIX = DeviceCause(
    "gnss.no-fix",
    symptom=NO_POSITION,
    sentence="the receiver works and does not see enough satellites",
    next="give the antenna a view of the sky; a cold start takes about a minute",
    unproven="whether roof, antenna, its cable or jamming keeps them away",
    stage=Stage.WORKING,
    test=_no_sky,
)
OTHER_RATE = DeviceCause(
    "gnss.baud-rate",
    symptom=NO_POSITION,
    sentence="the receiver talks at another baud rate than the configured one",
    next="set baudrate to the receiver's, if you know it; else wait until all are tried",
    unproven="the receiver's rate, until one is found",
    stage=Stage.FRAMES,
)
HEARD_AT_ANOTHER_RATE = replace(
    OTHER_RATE, next="set baudrate = {rate} in its configuration", stage=Stage.WORKING
)
BINARY = DeviceCause(
    "gnss.binary",
    symptom=NO_POSITION,
    sentence="the receiver sends its maker's binary protocol and no NMEA",
    next=f"switch NMEA on there: {GGA_AND_RMC}",
    unproven="whether it can send both",
    stage=Stage.FRAMES,
)
NO_SENTENCE = DeviceCause(
    "gnss.no-sentence",
    symptom=NO_POSITION,
    sentence="the receiver sends NMEA without a sentence that has a position",
    next=GGA_AND_RMC,
    unproven="who switched them off",
    stage=Stage.CONTENT,
)
NO_CHECKSUM = DeviceCause(
    "gnss.no-checksum",
    symptom=NO_POSITION,
    sentence="the receiver sends NMEA without checksums",
    next="switch checksums on in the receiver's set-up",
    unproven="whether what came is intact",
    stage=Stage.FRAMES,
)
DAMAGED = DeviceCause(
    "gnss.damaged",
    symptom=NO_POSITION,
    sentence="all sentences arrive damaged",
    next="check cable length and grounding, and that nothing else reads the port",
    unproven="where the damage is done",
    stage=Stage.FRAMES,
)
UNREADABLE = DeviceCause(
    "gnss.unreadable",
    symptom=NO_POSITION,
    sentence="the receiver fills its sentences with what cannot be read",
    next="update the receiver's firmware, or take another",
    unproven="whether it hangs or is made so",
    stage=Stage.CONTENT,
)
FROZEN = DeviceCause(
    "gnss.frozen",
    symptom="positions stopped and bytes still come",
    sentence="the receiver repeats an old epoch",
    next="power-cycle the receiver: it hangs",
    unproven="what made it hang",
    stage=Stage.CONTENT,
)
QUIET = DeviceCause(
    "gnss.no-bytes",
    symptom=NO_POSITION,
    sentence="nothing comes from the receiver",
    next="check the receiver's power and its wire to RX",
    unproven="whether its supply, its wire or the receiver failed",
    stage=Stage.ANSWER,
)
NOT_A_RECEIVER = DeviceCause(
    "gnss.other-device",
    symptom=NO_POSITION,
    sentence="what sends there is no receiver",
    next="check that {port} is the receiver's port and that it sends NMEA",
    unproven="what it is",
    stage=Stage.IDENTITY,
)
NOISE = DeviceCause(
    "gnss.noise",
    symptom=NO_POSITION,
    sentence="bytes come that are no NMEA",
    next="check that this is the receiver's port, and its baud rate",
    unproven="whether rate, port or cable is wrong",
    stage=Stage.FRAMES,
)
OLD_DATE = DeviceCause(
    "gnss.date",
    symptom="positions come without a date",
    sentence="the receiver does not know the date yet, or counts weeks from a wrong one",
    next="leave it under the sky for 15 minutes; if it stays so, switch RMC on in its set-up, or "
    "update its firmware",
    unproven="which week it is in",
    stage=Stage.WORKING,
)
DOUBTFUL = DeviceCause(
    "gnss.doubtful",
    symptom="positions come and are marked suspect",
    sentence="the receiver's positions contradict each other",
    next="if it stays so, look at the antenna, at what it sees of the sky, and at the wire",
    unproven="whether it is disturbed, deceived or broken",
    stage=Stage.WORKING,
)

CAUSES = (
    *SERIAL, QUIET, OTHER_RATE, NOT_A_RECEIVER, BINARY, NO_CHECKSUM, DAMAGED, NOISE, NO_SENTENCE,
    FROZEN, UNREADABLE, NO_FIX, OLD_DATE, DOUBTFUL,
)  # fmt: skip
