"""An M100 module of a test, below the level of frames: what it is asked, and what it answers."""

from __future__ import annotations

from drivers.rfid import m100_commands as commands
from drivers.rfid.crc16 import crc16
from drivers.rfid.m100_commands import Code
from drivers.rfid.m100_frames import Frame, FrameType

PC_OF = {0: 0x0000, 2: 0x0800, 12: 0x3000, 16: 0x4000}


def heard(epc, *, intact=True):
    """Return the notice of a tag."""
    pc = PC_OF[len(epc)].to_bytes(2)
    check = crc16(pc + epc) ^ (0 if intact else 1)
    return Frame(FrameType.NOTICE, Code.SINGLE_INVENTORY, b"\xc8" + pc + epc + check.to_bytes(2))


def data(code, content, epc=bytes(12)):
    """Return the answer to an access: PC and EPC of the tag, then its content."""
    payload = bytes([2 + len(epc)]) + b"\x30\x00" + epc + content
    return Frame(FrameType.ANSWER, code, payload)


def done(code):
    """Return the answer of an order that was carried out."""
    return Frame(FrameType.ANSWER, code, b"\x00")


class PlayedModule:
    """The methods of Exchange. `answers` has for a command's code what it answers, one by one:

    a frame, the code of an error, or the words of a tag's memory; behind the last one it is done.
    `rounds` are the EPCs heard in each round, the last of them again and again.
    """

    def __init__(self, *rounds, **answers):
        self.rounds = list(rounds)
        self.answers = {Code[name.upper()]: list(each) for name, each in answers.items()}
        self.asked = []

    async def ask(self, command):
        self.asked.append((command.code.name, command.payload))
        given = self.answers.get(command.code)
        answer = given.pop(0) if given else None
        if isinstance(answer, int):
            raise commands.fault(answer)
        if answer is None:
            return done(command.code)
        return answer if isinstance(answer, Frame) else data(command.code, answer)

    async def round(self):
        self.asked.append(("ROUND", b""))
        epcs = self.rounds.pop(0) if len(self.rounds) > 1 else [*self.rounds, []][0]
        return [each if isinstance(each, Frame) else heard(each) for each in epcs]

    @property
    def names(self):
        return [name for name, _ in self.asked]

    def payloads(self, name):
        return [payload for each, payload in self.asked if each == name]
