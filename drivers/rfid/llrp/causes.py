"""Why a network reader reads nothing, or less than it should."""

from __future__ import annotations

from dataclasses import replace

from drivers.cause import DeviceCause, DeviceFacts, Stage
from drivers.links.causes import TCP, TLS
from foundation.cause import Finding, perhaps

NO_TAG = "no tag is read"
OTHER_FORM = (
    "install the firmware that the reader had before, and report the version of this one with the "
    "text above"
)


def _was_heard(facts: DeviceFacts) -> Finding:
    """Weigh that a reader which was heard before is the right one, at the right address."""
    heard = facts.word is not None and facts.word.counters.get("frames", 0) > 0
    return perhaps("it answered before, since the agent started") if heard else perhaps()


HUNG = DeviceCause(
    "llrp.silent",
    symptom=NO_TAG,
    sentence="the reader fell silent: it sends no sign of life",
    next="check the reader's power and network; if both are well, it hangs: power-cycle it. "
    "The driver connects again by itself",
    unproven="whether it hangs or its network is cut",
    stage=Stage.ANSWER,
    test=_was_heard,
)
NO_GREETING = DeviceCause(
    "llrp.no-greeting",
    symptom=NO_TAG,
    sentence="the reader takes the connection and does not greet: it starts or hangs",
    next="a reader that starts needs about a minute; power-cycle it if it stays so",
    unproven="whether it still starts",
    stage=Stage.ANSWER,
)
NOT_A_READER = DeviceCause(
    "llrp.other-device",
    symptom=NO_TAG,
    sentence="what answers at the address is no LLRP reader",
    next="check address and port: 5084 is LLRP, 5085 LLRP with TLS",
    unproven="what it is",
    stage=Stage.IDENTITY,
)
LEFT_OVER = DeviceCause(
    "llrp.left-over",
    symptom=NO_TAG,
    sentence="the reader still holds this gateway's own earlier connection",
    next="nothing is to be done: the reader lets it go by itself, and the driver "
    "tries again until then",
    unproven="how long the reader holds it",
    stage=Stage.IDENTITY,
)
OWNED = DeviceCause(
    "llrp.owned",
    symptom=NO_TAG,
    sentence="another program is connected to the reader, which serves one only",
    next="a reader serves one client: stop the other program, which the reader's own "
    "console names (`show network summary`); a connection left over from a crash ends by "
    "itself. The driver tries again until the reader is free",
    unproven="which program it is",
    stage=Stage.IDENTITY,
)
REFUSES = DeviceCause(
    "llrp.refuses",
    symptom=NO_TAG,
    sentence="the reader refuses what it is told to do",
    next="compare the device's options with the reader's model and firmware",
    unproven="which option does not fit, where the reader does not say",
    stage=Stage.CONTENT,
)
ANTENNA_COUNT = replace(
    REFUSES,
    id="llrp.antennas",
    sentence="the configuration names antennas that the reader has not",
    next="correct `antennas`, or switch the reader's antenna hubs on and reboot it",
    unproven="whether a hub is off",
)
MODE = replace(
    REFUSES,
    id="llrp.mode",
    sentence="the configuration names an RF mode that the reader has not",
    next="its modes in this region are {modes}",
    unproven="nothing: the reader lists its modes",
)
REGION = replace(
    REFUSES,
    id="llrp.region",
    sentence="the reader is set to another region's radio rules",
    next="set the region on the reader itself; local law decides",
    unproven="which region is right here",
)
UNREADABLE = DeviceCause(
    "llrp.unreadable",
    symptom=NO_TAG,
    sentence="the reader reports, and its reports cannot be read",
    next=OTHER_FORM,
    unproven="whether its firmware or the network changes them",
    stage=Stage.FRAMES,
)
LOST_TRACK = replace(
    UNREADABLE,
    id="llrp.bad-frames",
    sentence="the reader sends what is no LLRP message",
    next=f"the driver connects again by itself; if it goes on, {OTHER_FORM}",
)
PARTS_SKIPPED = replace(
    UNREADABLE,
    id="llrp.skipped",
    symptom="tags are read, and parts of the reports are not",
    sentence="parts of the reader's reports cannot be read",
    stage=Stage.WORKING,
)
ANTENNA_OFF = DeviceCause(
    "llrp.antenna-off",
    symptom="no tag is read at one antenna",
    sentence="an antenna's cable is off",
    next="check the antenna's cable and plug",
    unproven="whether cable, plug or antenna is broken",
    stage=Stage.WORKING,
)
READER_CLOCK = DeviceCause(
    "llrp.clock",
    symptom="the reader's own times are wrong",
    sentence="the reader's clock is not set; the gateway's is used",
    next="give the reader a time server (NTP)",
    unproven="why it has none",
    stage=Stage.WORKING,
)
NOT_EFFECTIVE = DeviceCause(
    "llrp.not-effective",
    symptom="fewer tags are read than the configuration promises",
    sentence="the reader did not take over what it was told",
    next="reboot the reader, and check that its region allows what is configured",
    unproven="why it kept its own values",
    stage=Stage.WORKING,
)

CAUSES = (
    *TCP, *TLS, OWNED, LEFT_OVER, HUNG, NO_GREETING, NOT_A_READER, ANTENNA_COUNT, MODE, REGION,
    REFUSES, LOST_TRACK, UNREADABLE, ANTENNA_OFF, NOT_EFFECTIVE, READER_CLOCK, PARTS_SKIPPED,
)  # fmt: skip
