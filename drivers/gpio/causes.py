"""What may be wrong with what hangs on a GPIO line."""

from __future__ import annotations

from drivers.cause import DeviceCause, Stage
from drivers.links import causes as links

CHATTER = DeviceCause(
    "gpio.chatter",
    symptom="changes are missing between others",
    sentence="the input changed faster than the kernel could keep",
    next="lengthen debounce_ms; then look for a loose contact, or a cable that picks up noise",
    unproven="whether contact, cable or pull-up is at fault",
    stage=Stage.WORKING,
)
STUCK = DeviceCause(
    "gpio.stuck",
    symptom="lamp or buzzer does not do what alarms ask",
    sentence="the line does not follow: something else drives it",
    next="take the wire off the pin and look again; then check it for a short",
    unproven="whether wire, lamp or pin is at fault",
    stage=Stage.CONTENT,
)
INPUT = (CHATTER, *links.GPIO)
OUTPUT = (STUCK, *links.GPIO)
