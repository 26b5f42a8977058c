"""What a kernel answers of an input device that is a pty."""

from __future__ import annotations

import os

from drivers.links import evdev


class Kernel:
    """Answers as /dev/input/event* does."""

    def __init__(self, refuse=0):
        self.asked = []
        self.refuse = refuse

    def __call__(self, fd, request, argument):
        self.asked.append((request, argument))
        if self.refuse and request == evdev.EVIOCGRAB:
            raise OSError(self.refuse, os.strerror(self.refuse))
        return b"Honeywell 1900\0".ljust(256, b"\0") if request == evdev.EVIOCGNAME else 0
