"""Why a serial port or an input device cannot be had."""

from __future__ import annotations

from drivers.cause import DeviceCause, Stage
from drivers.links.causes.looks import NO_READING, absent, forbidden, held, moved

PORT_MOVED = DeviceCause(
    "serial.moved",
    symptom=NO_READING,
    sentence="the device is plugged in and has another port now",
    next="set port to the device's path in /dev/serial/by-id, which stays the same",
    command="ls -l /dev/serial/by-id",
    unproven="whether what has the other port is this device",
    stage=Stage.PLACE,
    test=moved,
)
PORT_ABSENT = DeviceCause(
    "serial.absent",
    symptom=NO_READING,
    sentence="the serial port is not there: the device is unplugged or has no power",
    next="plug the device in; `ls /dev/serial/by-id` shows the ports that are there",
    command="ls -l /dev/serial/by-id",
    unproven="whether device, cable or hub is at fault",
    stage=Stage.PLACE,
    test=absent,
)
PORT_FORBIDDEN = DeviceCause(
    "serial.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the port",
    next="add the user that runs this to the port's group: sudo usermod -aG dialout USER",
    command="sudo usermod -aG dialout tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=forbidden,
)
PORT_HELD = DeviceCause(
    "serial.held",
    symptom=NO_READING,
    sentence="another program has the port",
    next="find it with `sudo fuser -v {port}`; ModemManager often takes serial ports",
    command="sudo fuser -v {port}",
    unproven="what that program wants with it",
    stage=Stage.OPEN,
    test=held,
)
SERIAL = (PORT_MOVED, PORT_ABSENT, PORT_FORBIDDEN, PORT_HELD)

INPUT_ABSENT = DeviceCause(
    "input.absent",
    symptom="no scan comes",
    sentence="the scanner is unplugged or has no power",
    next="plug the scanner in; `ls /dev/input/by-id` shows the devices that are there",
    command="ls -l /dev/input/by-id",
    unproven="whether scanner, cable or hub is at fault",
    stage=Stage.PLACE,
    test=absent,
)
INPUT_FORBIDDEN = DeviceCause(
    "input.forbidden",
    symptom="no scan comes",
    sentence="the agent's user may not open the scanner",
    next="add the user that runs this to the group: sudo usermod -aG input USER",
    command="sudo usermod -aG input tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=forbidden,
)
INPUT_HELD = DeviceCause(
    "input.held",
    symptom="no scan comes",
    sentence="another program has the scanner for itself",
    next="find it with `sudo fuser -v {port}`",
    command="sudo fuser -v {port}",
    unproven="what that program wants with it",
    stage=Stage.OPEN,
    test=held,
)
INPUT = (INPUT_ABSENT, INPUT_FORBIDDEN, INPUT_HELD)
