"""The SIM cards of a modem: one, or two, the second for when the first gives no data."""

from __future__ import annotations

from contextlib import suppress

from drivers.driver import Health, Host
from drivers.modem.card import Card
from drivers.modem.diagnosis import Diagnosis
from drivers.modem.exchange import Refused
from drivers.modem.session import Modem
from drivers.modem.settings import Settings
from drivers.modem.two_cards import FIRST, SECOND, CardPace, TwoCards
from foundation.durable import WriteFailed

USED = "sim_card"  # the note's key: which card is in use


class Cards:
    """Opens the card in use with its own PIN, and changes it where the modem has two."""

    def __init__(self, name: str, settings: Settings, host: Host, pace: CardPace) -> None:
        self._name = name
        self._host = host
        self._commands = {FIRST: settings.first_sim, SECOND: settings.second_sim}
        pins = {FIRST: settings.pin, SECOND: settings.second_pin}
        self._cards = {number: Card(name, pin, host.notebook) for number, pin in pins.items()}
        self._choice = TwoCards(pace)
        self._recalled = False

    @property
    def two(self) -> bool:
        """Whether there are two, and somebody who remembers which is in use."""
        return all(self._commands.values()) and self._host.notebook.kept

    async def open(self, modem: Modem) -> None:
        """Look at the card in use, and open it where it asks for its PIN."""
        if self.two and not self._recalled:
            notes = await self._host.notebook.recall(self._name)
            self._choice.used = SECOND if notes.get(USED) == SECOND else FIRST
            self._recalled = True
        await self._cards[self._choice.used].open(modem)

    def refused(self, tries: int | None) -> Diagnosis | None:
        """See `Card.refused`."""
        return self._cards[self._choice.used].refused(tries)

    async def change(self, modem: Modem, health: Health) -> bool:
        """Change the card if that is due; whether it was. `health` tells what is wrong with it."""
        if not self.two or self._host.flight():
            return False
        now = self._host.timing.monotonic()
        wanted = self._choice.wanted("" if health.cause is None else health.cause.id, now)
        if wanted == self._choice.used:
            return False
        try:
            await modem.choose_card(self._commands[wanted])
        except Refused:  # its next PIN would be tried on the card that is there
            self._choice.kept(now)
            health.count("SIM card not changed")
            return False
        self._choice.changed(wanted, now)
        health.count("SIM card changed")
        notes = await self._host.notebook.recall(self._name)
        with suppress(WriteFailed):  # then a restart begins with the other one
            await self._host.notebook.keep(self._name, notes | {USED: wanted})
        modem.known.iccid = modem.known.sim = None
        return True
