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
