"""Opens the SIM card with its PIN: once, and not where that could not be remembered."""

from __future__ import annotations

from contextlib import suppress

from drivers.modem import causes, diagnosis
from drivers.modem.diagnosis import Diagnosis
from drivers.modem.pin import TRIED, mark, why_not
from drivers.modem.session import Modem
from drivers.notebook import Notebook
from foundation.counting import counted
from foundation.durable import WriteFailed


class Card:
    """The card in the modem `name`, and the PIN it may want; an empty one is never tried."""

    def __init__(self, name: str, pin: str, notebook: Notebook) -> None:
        self._name = name
        self._pin = pin
        self._notebook = notebook
        self._why_not = ""

    async def open(self, modem: Modem) -> None:
        """Look at the card; if it wants the PIN, try it, unless it must not be tried."""
        await modem.look_at_card()
        if modem.known.sim != "pin" or not self._pin:
            return
        await modem.ask(modem.profile.tries)
        notes = await self._notebook.recall(self._name)
        sign = mark(modem.known.iccid, self._pin)
        self._why_not = why_not(notes, sign, modem.known.tries) or await self._noted(notes, sign)
        if self._why_not:
            return
        if not await modem.enter_pin(self._pin):
            self._why_not = "the card refused it"
            await modem.ask(modem.profile.tries)
            return
        notes.pop(TRIED, None)
        with suppress(WriteFailed):  # then a person sees to it once more
            await self._notebook.keep(self._name, notes)
        await modem.look_at_card()

    async def _noted(self, notes: dict[str, object], sign: str) -> str:
        """Write down that the PIN is tried; return why that cannot be, or nothing."""
        if not self._notebook.kept:
            return "only the running agent enters it"
        try:
            await self._notebook.keep(self._name, notes | {TRIED: sign})
        except WriteFailed as error:
            return f"that it is tried cannot be written down: {error}"
        return ""

    def refused(self, tries: int | None) -> Diagnosis | None:
        """Return why a card that wants its PIN has not got it; None where no PIN is set."""
        if not self._pin:
            return None
        left = "" if tries is None else f"; {counted(tries, 'try', 'tries')} left"
        return diagnosis.of(causes.PIN_REFUSED, f": {self._why_not}{left}")
