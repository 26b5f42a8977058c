"""Why a scanner gives no scan, or a doubtful one: the last scan tells."""

from __future__ import annotations

from drivers.cause import DeviceCause, Stage
from drivers.links.causes import INPUT, SERIAL

DOUBTFUL = "the last scan is doubtful"

LAYOUT = DeviceCause(
    "scanner.layout",
    symptom=DOUBTFUL,
    sentence="the scanner types on another keyboard layout than the one it is read by",
    next="set `layout` to the scanner's keyboard, and let it send AIM identifiers",
    unproven="which layout the scanner has, where several fit",
    stage=Stage.WORKING,
)
SETTINGS = DeviceCause(
    "scanner.baud-rate",
    symptom=DOUBTFUL,
    sentence="what the scanner sends is no text at this rate",
    next="check that the scanner's baud rate and parity are those of the configuration",
    unproven="whether rate, parity or cable is wrong",
    stage=Stage.WORKING,
)
FNC1 = DeviceCause(
    "scanner.fnc1",
    symptom=DOUBTFUL,
    sentence="the scanner does not send FNC1, which parts the fields of a GS1 code",
    next='let the scanner send FNC1 as GS; where it does, say so with `fnc1 = "sent"`, and where '
    'it sends another character, with `fnc1 = "as:CHARACTER"`',
    unproven="whether the scanner eats it or the label has none",
    stage=Stage.WORKING,
)
LABEL = DeviceCause(
    "scanner.label",
    symptom=DOUBTFUL,
    sentence="the code was misread or is printed wrong",
    next="scan it again, or compare it with what is printed",
    unproven="whether scanner or label is wrong",
    stage=Stage.WORKING,
)

TEXT = (FNC1, LABEL)
ON_A_PORT = (*SERIAL, SETTINGS, *TEXT)
AS_KEYBOARD = (*INPUT, LAYOUT, *TEXT)
