"""What a kernel does of a GPIO chip, in this process: the emulated lines, without their socket."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

from drivers.links import gpio_uapi
from hil.emulators.gpio.lines import Lines, Refused


class Kernel:
    """Answers ioctls for the file `path`, which is there while the chip is plugged in.

    `said` is asked about each event and level before it goes to the program; where it gives back
    less, the chip is pulled there. `line` changes `every`
    so many seconds, if that is not 0.
    """

    def __init__(self, path, said=lambda data: data, *, high=(), taken=(), line=17, every=0.0):
        self.path = path
        self._said = said
        self._line_that_changes, self._every = line, every
        self.lines = Lines(28, high, taken)
        self._held = {}
        self.plug()

    def plug(self):
        self.path.touch()

    def unplug(self):
        self.path.unlink(missing_ok=True)
        for held, ours, _ in self._held.values():
            ours.close()
            self.lines.give_back(held)

    async def run(self):
        try:
            while self._every:
                await asyncio.sleep(self._every)
                self.drive(1 - self.lines.levels[self._line_that_changes])
            await asyncio.get_running_loop().create_future()
        finally:
            self.unplug()

    def drive(self, level, line=None):
        self.lines.drive(self._line_that_changes if line is None else line, level)

    def __call__(self, fd, number, argument):
        try:
            argument[:] = self._answer(fd, number, bytes(argument))
        except Refused as refused:
            raise OSError(refused.number, os.strerror(refused.number)) from None
        return 0

    def _answer(self, fd, number, data):
        self._forget_closed()
        if number == gpio_uapi.GET_LINE_INFO:
            return self.lines.info(data)
        if number == gpio_uapi.GET_LINE:
            return data[:-4] + self._line(self.lines.take(data)).to_bytes(4, "little")
        held, ours, _ = self._held[fd]
        if ours.fileno() < 0:
            raise Refused(errno.ENODEV)
        if number == gpio_uapi.SET_VALUES:
            return self.lines.set_values(held, data)
        answer = self._said(self.lines.values(held, data))
        if len(answer) < len(data):
            self.unplug()
            raise Refused(errno.ENODEV)
        return answer

    def _line(self, held):
        ours, theirs = socket.socketpair()
        fd = theirs.detach()

        def tell(event):
            if ours.fileno() >= 0:
                said = self._said(event)
                ours.send(said)
                if len(said) < len(event):
                    self.unplug()

        held.tell = tell
        self._held[fd] = held, ours, os.fstat(fd).st_ino
        return fd

    def _forget_closed(self):
        """Take back the lines whose descriptors the program has closed."""
        for fd, (held, ours, inode) in list(self._held.items()):
            if not _is_open(fd, inode):
                ours.close()
                self.lines.give_back(held)
                del self._held[fd]


def _is_open(fd, inode):
    try:
        return os.fstat(fd).st_ino == inode
    except OSError:
        return False
