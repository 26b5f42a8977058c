"""A network on two sticks of one gateway: the second is refused while the first runs."""

import asyncio
import contextlib

import pytest

from drivers.driver import State, SystemTiming
from drivers.errors import DriverError
from drivers.stack.host import StackHost
from drivers.zigbee import causes
from drivers.zigbee.host import keeper as keeping
from drivers.zigbee.host.book import Book
from drivers.zigbee.host.book_file import BookFile
from drivers.zigbee.host.claims import Claims
from drivers.zigbee.host.keeper import Keeper
from drivers.zigbee.host.kept_network import KeptNetwork
from drivers.zigbee.host.orders import Orders
from tests.drivers.zigbee.conftest import until
from tests.drivers.zigbee.test_book import NETWORK

OTHER = NETWORK | {
    "network_info": NETWORK["network_info"] | {"extended_pan_id": "11:22:33:44:55:66:77:88"}
}


class Stick:
    """A stick as far as a keeper looks at it."""

    own = "00124b0000000001"

    def __init__(self, network):
        self.content, self.hushed, self.started = network, 0, 0

    async def open(self, listener):
        self.listener = listener
        return self

    async def network(self, *, devices=True):
        return self.content

    async def hush(self):
        self.hushed += 1

    async def start(self, nodes):
        self.started += 1

    async def form(self):
        self.content = OTHER

    async def permit(self, seconds, via):
        pass

    async def close(self):
        pass


class Two:
    """Two radios of one process, with what their sticks hold."""

    def __init__(self, folder, first, second):
        self.sticks = [Stick(first), Stick(second)]
        claims, host = Claims(), StackHost(folder / "socket", "life", None)
        self.keepers, self.orders = [], []
        for number, stick in enumerate(self.sticks, start=1):
            file = BookFile(folder / f"radio-{number}.network")
            port = f"/dev/ttyUSB{number}"
            network = KeptNetwork(f"radio-{number}", file, host, (), SystemTiming())
            keeper = Keeper(network, port, SystemTiming(), stick.open, claims)
            self.keepers.append(keeper)
            self.orders.append(Orders(keeper, SystemTiming().monotonic))
        self.keepers[0].network.file.save(Book(first))
        self.tasks = []

    async def run(self, number):
        self.tasks.append(asyncio.ensure_future(self.keepers[number].run()))

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)

    async def is_(self, number, state):
        await until(lambda: self.said(number)["state"] == state, lambda: self.said(number))

    def said(self, number):
        return self.keepers[number].network.feed.said


@contextlib.asynccontextmanager
async def two(folder, first, second):
    made = Two(folder, first, second)
    await made.run(0)
    await made.is_(0, State.RUNNING)
    await made.run(1)
    try:
        yield made
    finally:
        await made.end()


async def test_a_copy_is_refused_and_cannot_be_taken_over_while_the_first_runs(tmp_path):
    async with two(tmp_path, NETWORK, NETWORK) as both:
        await both.is_(1, State.WRONG_DEVICE)
        assert both.said(1)["detail"] == "/dev/ttyUSB2: a copy of radio-1's stick, which runs"
        assert both.said(1)["cause"] == causes.COPY.id
        assert (both.sticks[1].started, both.sticks[1].hushed) == (0, 1)
        with pytest.raises(DriverError, match="a copy of radio-1's stick"):
            await both.orders[1].obey({"do": "adopt", "yes": True})
        await both.orders[1].obey({"do": "form", "yes": True})
        await both.is_(1, State.RUNNING)


async def test_a_copy_serves_once_the_first_is_gone(tmp_path, monkeypatch):
    assert keeping.COPY_AGAIN == 30.0
    monkeypatch.setattr(keeping, "COPY_AGAIN", 0.01)
    both = Two(tmp_path, NETWORK, NETWORK)
    both.keepers[1].network.file.save(Book(NETWORK))  # a spare with a copy of the book
    await both.run(0)
    await both.is_(0, State.RUNNING)
    await both.run(1)
    await both.is_(1, State.WRONG_DEVICE)
    both.sticks[0].listener.lost(None)
    await both.is_(1, State.RUNNING)
    await both.is_(0, State.WRONG_DEVICE)  # now it is the first that is the copy
    await both.end()


async def test_two_networks_of_one_gateway_run_side_by_side(tmp_path):
    async with two(tmp_path, NETWORK, OTHER) as both:
        await both.is_(1, State.WRONG_DEVICE)
        await both.orders[1].obey({"do": "adopt", "yes": True})
        await both.is_(1, State.RUNNING)
        await both.is_(0, State.RUNNING)
