"""One network kept in this process: the keeper as it is, on a stick that the test writes down."""

import asyncio

from drivers.errors import CommandTimeout
from drivers.stack.host import StackHost
from drivers.zigbee.host.book import Book, KnownNode
from drivers.zigbee.host.book_file import BookFile
from drivers.zigbee.host.claims import Claims
from drivers.zigbee.host.keeper import Keeper
from drivers.zigbee.host.kept_network import KeptNetwork
from drivers.zigbee.host.orders import Orders
from tests.drivers.zigbee.conftest import until
from tests.drivers.zigbee.test_book import NETWORK

COORDINATOR, HALL, STORE = "00124b0000000001", "00158d0000000001", "00158d0000000002"
STRANGER = "00158d0000000009"
PORT = "/dev/ttyUSB1"
ROUTER_TOLD, SLEEPER_TOLD = "01408e5f115252000052000000", "02408e5f115252000052000000"


def network_of(counter=7, **info):
    """NETWORK with another frame counter, `extended_pan_id` or `channel`."""
    was = NETWORK["network_info"]
    key = was["network_key"] | {"tx_counter": counter}
    return NETWORK | {"network_info": was | {"network_key": key} | info}


NEW = network_of(0, extended_pan_id="11:22:33:44:55:66:77:88", channel=20)


def hall():
    return KnownNode(HALL, 0x1000, ROUTER_TOLD, {}, "ACME", "P-1", "hall")


def store(**known):
    told = {"descriptor": SLEEPER_TOLD, "maker": "ACME", "model": "TH-1", "parent": HALL} | known
    return KnownNode(STORE, 0x2000, **told)


class Clock:
    """A clock that stands, and remembers for how long somebody wanted to sleep."""

    def __init__(self):
        self.now, self.slept = 1000.0, []

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Stick:
    """A stick as far as a keeper knows one: `content` is its network, `calls` what it was told."""

    own = COORDINATOR

    def __init__(self, content):
        self.content, self.calls = content, []
        self.missing = None  # the error with which it does not open
        self.forms, self.keeps = NEW, None
        self.hears_leave = True
        self.tables = {}  # of neighbours; who has none does not answer
        self.addresses = {0: COORDINATOR, 0x1000: HALL}
        self.told = {}  # what nodes tell of themselves
        self.problems, self.zone = [], None

    async def open(self, listener):
        if self.missing is not None:
            raise self.missing
        self.listener = listener
        self.calls.append("open")
        return self

    async def close(self):
        self.calls.append("close")

    async def network(self, *, devices=True):
        self.calls.append(("network", devices))
        return self.content

    async def hush(self):
        self.calls.append("hush")

    async def start(self, nodes):
        self.calls.append(("start", [each.ieee for each in nodes]))

    async def form(self):
        self.calls.append("form")
        self.content = self.forms

    async def write(self, network, *, burn):
        self.calls.append(("write", burn))
        counter = network["network_info"]["network_key"]["tx_counter"]
        self.content = network_of(counter + 10_000) if self.keeps is None else self.keeps

    async def permit(self, seconds, via):
        self.calls.append(("permit", seconds, via))

    async def only(self, ieee, code):
        self.calls.append(("only", ieee, code.hex()))

    async def anyone(self):
        self.calls.append("anyone")

    async def remove(self, ieee):
        self.calls.append(("remove", ieee))
        return self.hears_leave

    async def neighbours(self, ieee):
        if ieee not in self.tables:
            raise CommandTimeout(f"asking {ieee} for its neighbours: no answer")
        return self.tables[ieee]

    def name_of(self, address):
        return self.addresses.get(address, "")

    def describe(self, ieee):
        return self.told[ieee]

    def interview(self, ieee):
        self.calls.append(("interview", ieee))

    async def zone_type(self, ieee):
        return self.zone

    async def configure(self, ieee, interval):
        self.calls.append(("configure", ieee, interval))
        return self.problems


class OneNetwork:
    """The network of `radio-1`, with the book of `nodes`; none where `nodes` is None."""

    def __init__(self, folder, nodes=None, content=NETWORK, kept=NETWORK, configured=()):
        self.folder, self.clock, self.stick = folder, Clock(), Stick(content)
        self.host = StackHost(folder / "socket", "life", None)
        self.file = BookFile(folder / "radio-1.network")
        self.network = KeptNetwork("radio-1", self.file, self.host, configured, self.clock)
        self.keeper = Keeper(self.network, PORT, self.clock, self.stick.open, Claims())
        self._orders = Orders(self.keeper, self.clock.monotonic)
        if nodes is not None:
            self.file.save(Book(kept, {each.ieee: each for each in nodes}))

    async def __aenter__(self):
        self._task = asyncio.ensure_future(self.keeper.run())
        await until(lambda: self.said["state"] != "opening", "its first state")
        self.stick.calls.clear()
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def said(self):
        return self.network.feed.said

    async def is_(self, state):
        await until(lambda: self.said["state"] == state, lambda: self.said)

    async def order(self, do, **given):
        return await self._orders.obey({"do": do, **given})

    def records(self, kind="zigbee-radio"):
        """What is on record of the radio, in order."""
        return [dict(each.fields) for _, each in self.network.feed._waiting if each.kind == kind]

    def happened(self):
        """The same as pairs of state and detail."""
        return [(each["state"], each.get("detail", "")) for each in self.records()]

    def book(self):
        """The book as it is on disk."""
        return self.file.load().book

    def block_writes(self):
        (self.folder / ".radio-1.network.tmp").mkdir()
