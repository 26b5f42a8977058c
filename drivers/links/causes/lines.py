"""Why a line of a GPIO chip cannot be had."""

from __future__ import annotations

from drivers.cause import DeviceCause, Stage
from drivers.links.causes.looks import NO_READING, absent, forbidden

NO_GPIO = DeviceCause(
    "gpio.no-chip",
    symptom=NO_READING,
    sentence="the machine has no such GPIO chip",
    next="name one that is there: ls /dev/gpiochip*; a Pi's own pins are on gpiochip0",
    command="ls /dev/gpiochip*; gpiodetect",
    unproven="whether it was ever there or an adapter was pulled",
    stage=Stage.PLACE,
    test=absent,
)
GPIO_FORBIDDEN = DeviceCause(
    "gpio.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the GPIO chip",
    next="add the user that runs Tallyman to the group gpio, then restart it",
    command="sudo usermod -aG gpio tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=forbidden,
)
GPIO_HELD = DeviceCause(
    "gpio.held",
    symptom=NO_READING,
    sentence="another program, or a driver of the kernel, has the line",
    next="find out who by gpioinfo; a dtoverlay of /boot/firmware/config.txt may have taken it",
    command="gpioinfo | grep -w {line}",
    unproven="what it wants with the line",
    stage=Stage.OPEN,
)
GPIO = (NO_GPIO, GPIO_FORBIDDEN, GPIO_HELD)
