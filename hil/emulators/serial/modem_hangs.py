"""How an emulated modem hangs, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from hil.emulators.serial.modem_scenario import ALL, HEALERS

DATA = "DATA"
SECOND, RADIO, RESET, USB, POWER = HEALERS
NEVER_DEAF_TO = "AT+CFUN*"  # what heals by a command must be heard


@dataclass(frozen=True, slots=True)
class Hang:
    """Commands like `what` get no answer, or no packets pass (DATA), until `healer` does it."""

    what: str
    healer: str = POWER

    def silences(self, command: str, *, on_first_port: bool) -> bool:
        """Whether the modem keeps silent to a command."""
        if self.what == DATA or not fnmatchcase(command.upper(), self.what):
            return False
        if self.healer == SECOND:
            return on_first_port
        return self.healer in {USB, POWER} or not fnmatchcase(command.upper(), NEVER_DEAF_TO)


class Hangs:
    """All that hang in one modem."""

    def __init__(self) -> None:
        self._hangs: list[Hang] = []

    def add(self, hang: Hang) -> None:
        """Let one more begin."""
        self._hangs.append(hang)

    def end(self) -> None:
        """End all."""
        self._hangs.clear()

    def heal(self, healer: str) -> None:
        """End those that `healer` ends; a reset also ends what the milder ones do."""
        at_most = HEALERS.index(healer)
        healed = [RADIO] if healer == RADIO else HEALERS[: at_most + 1]
        self._hangs = [hang for hang in self._hangs if hang.healer not in healed]

    @property
    def data(self) -> bool:
        """Whether packets are stuck."""
        return any(hang.what in {DATA, ALL} for hang in self._hangs)

    def silence(self, command: str, *, on_first_port: bool) -> bool:
        """Whether the modem keeps silent to a command."""
        return any(hang.silences(command, on_first_port=on_first_port) for hang in self._hangs)
