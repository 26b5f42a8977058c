"""A card of a test: what it is sent, in order, and what it answers to each frame."""

from __future__ import annotations

from drivers.errors import CommandTimeout
from drivers.rfid.iso14443a_cards import Received

ACK = Received(b"\x0a", 4)


def crc_a(data):
    """Return CRC_A as annex B.1 of ISO/IEC 14443-3 writes it in C."""
    crc = 0x6363
    for byte in data:
        low = byte ^ crc & 0xFF
        low = (low ^ low << 4) & 0xFF
        crc = crc >> 8 ^ low << 8 ^ low << 3 ^ low >> 4
    return bytes([crc & 0xFF, crc >> 8 & 0xFF])


def checked(text):
    """Return what is written in hexadecimal, and its CRC_A."""
    data = bytes.fromhex(text)
    return data + crc_a(data)


class PlayedCard:
    """An antenna before a card that answers each frame with the next of `answers`.

    Bytes are an answer with its CRC_A to be added, an error is raised, and behind the last one the
    card is gone. `sent` has of each frame: its bytes, how long it was waited for, and the bits sent
    of its last byte and left before the answer, where they are not 0.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []
        self.tried, self.fits, self.plain = [], None, 0

    async def send(self, data, *, within, last_bits=0, align=0):
        framing = (last_bits, align) if last_bits or align else ()
        self.sent.append((data, within, *framing))
        answer = self.answers.pop(0) if self.answers else CommandTimeout("no card answers")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Received) else Received(answer + crc_a(answer))

    async def authenticate(self, command, block, key, uid):
        self.tried.append((command, block, key, uid))
        return (command, key) == self.fits

    async def stop_crypto(self):
        self.plain += 1

    @property
    def frames(self):
        return [each[0] for each in self.sent]
