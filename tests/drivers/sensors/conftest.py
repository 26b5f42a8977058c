import pytest

from tests.drivers.fake_timing import FakeTiming
from tests.drivers.i2c_bench import BenchHost, DirectBus


@pytest.fixture
def timing():
    return FakeTiming()


@pytest.fixture
def bus():
    return DirectBus({})


@pytest.fixture
def host(timing, bus):
    return BenchHost(timing, bus)


@pytest.fixture
def told(timing, bus, monkeypatch):
    """What goes over the bus from now on: bytes that are written, `?n` for n that are read.

    Numbers are the seconds that the driver waits in between.
    """
    found, message, sleep = [], bus.message, timing.sleep

    def noted(address, method, argument):
        found.append(argument.hex(" ") if method == "write" else f"?{argument}")
        return message(address, method, argument)

    async def slept(seconds):
        found.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(bus, "message", noted)
    monkeypatch.setattr(timing, "sleep", slept)
    return found
