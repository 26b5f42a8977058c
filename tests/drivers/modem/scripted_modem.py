"""A modem at the end of a link that the test writes down: nobody waits, nothing is emulated."""

from collections import deque

from drivers.driver import Health
from drivers.modem.exchange import Exchange
from drivers.modem.knowledge import Knowledge
from drivers.modem.session import Modem
from tests.drivers.fake_timing import FakeTiming

OK = "OK"
SILENT = None


class ScriptedLink:
    """Answers each command with its lines, with OK where none are written down.

    `sent` is what was written, and within how many seconds it was to go.
    """

    def __init__(self, timing, answers):
        self.timing = timing
        self.answers = {name: deque(each) for name, each in answers.items()}
        self.sent = []
        self.says = deque()  # bytes that come by themselves

    @property
    def commands(self):
        return [data.decode().removesuffix("\r") for data, _ in self.sent]

    async def write(self, data, within):
        self.sent.append((data, within))
        command = data.decode("latin-1").removesuffix("\r")
        given = self.answers.get(command)
        lines = given.popleft() if given else [OK]
        if lines is not SILENT:
            text = (
                lines if isinstance(lines, bytes) else "".join(f"\r\n{each}\r\n" for each in lines)
            )
            self.says.append(text if isinstance(text, bytes) else text.encode())

    async def read(self, within):
        if self.says:
            return self.says.popleft()
        await self.timing.sleep(within)
        return b""

    def close(self):
        pass


class Scripted:
    """A modem that answers so; `answers` has for a command its answers in turn."""

    def __init__(self, answers=None, model=None):
        self.timing, self.health = FakeTiming(), Health()
        self.link = ScriptedLink(self.timing, answers or {})
        self.exchange = Exchange(self.link, self.timing, self.health)
        self.modem = Modem(self.exchange, Knowledge(), model)

    @property
    def commands(self):
        return self.link.commands

    @property
    def waited(self):
        """How many seconds passed."""
        return self.timing.now - 100.0
