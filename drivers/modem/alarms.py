"""Sends alarms as text messages: to few people, and not more often than is allowed."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from drivers.driver import Host
from drivers.errors import CommandTimeout
from drivers.modem.exchange import Refused
from drivers.modem.session import Modem
from drivers.reading import Quality, Reading

KIND = "text-message"
DAY = 86_400.0  # s
SHOWN_DIGITS = 3  # of a number: a record goes to the ledger, and a number is a person's
SENT, REFUSED, UNANSWERED, HELD = "sent", "refused", "unanswered", "held back"


class Alarms:
    """The texts that wait in `host`, for `numbers`; nobody's where there are none."""

    def __init__(self, name: str, numbers: str, per_day: int, host: Host) -> None:
        self._name = name
        self._numbers = [each.strip() for each in numbers.split(",") if each.strip()]
        self._per_day = per_day
        self._host = host
        self._sent: deque[float] = deque(maxlen=per_day)

    @property
    def wait(self) -> bool:
        """Whether there is something to send."""
        return bool(self._numbers and self._host.alarms)

    async def send(self, modem: Modem) -> AsyncIterator[Reading]:
        """Send what waits, once the modem is in a network; yield what became of each message."""
        while self.wait and modem.known.registered:
            text = self._host.alarms.popleft()
            for number in self._numbers:
                yield await self._told(modem, number, text)

    async def _told(self, modem: Modem, number: str, text: str) -> Reading:
        now = self._host.timing.monotonic()
        if len(self._sent) == self._per_day and now - self._sent[0] < DAY:
            limit = f"{self._per_day} have gone within 24 hours"
            return self._reading(number, text, HELD, limit)
        self._sent.append(now)
        try:
            await modem.send_message(number, text)
        except Refused as refused:
            return self._reading(number, text, REFUSED, refused.line)
        except CommandTimeout as error:
            return self._reading(number, text, UNANSWERED, str(error))
        return self._reading(number, text, SENT)

    def _reading(self, number: str, text: str, state: str, problem: str | None = None) -> Reading:
        fields = {
            "number": f"…{number[-SHOWN_DIGITS:]}",
            "state": state,
            "text": text,
            "problem": problem,
        }
        return Reading(self._name, KIND, fields, self._host.timing.monotonic(), Quality.OK)
