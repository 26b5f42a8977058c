"""What GPIO lines promise: options with their limits, and how often they say something."""

import pytest

from drivers import catalog
from foundation.options import OptionError
from tests.drivers.promised import every, is_kept_to

LINE = {"line": 17}


@pytest.mark.parametrize(
    ("kind", "name", "default", "least", "most"),
    [
        ("gpio.input", "line", 17, 0, 1024), ("gpio.output", "line", 17, 0, 1024),
        ("gpio.input", "debounce_ms", 10, 0, 10_000),
        ("gpio.input", "interval", 300.0, 0.05, 3600.0),
        ("gpio.output", "interval", 300.0, 0.05, 3600.0),
        ("gpio.output", "longest", 0.0, 0.0, 86_400.0),
    ],
)  # fmt: skip
def test_options_have_these_limits(kind, name, default, least, most):
    is_kept_to(kind, LINE, name, default, least, most)


@pytest.mark.parametrize("kind", ["gpio.input", "gpio.output"])
def test_a_line_must_be_named(kind):
    with pytest.raises(OptionError, match="line"):
        catalog.check_options(kind, {})
    every(kind, LINE, 300.0)


def test_a_beam_says_nothing_by_itself():
    options = catalog.check_options("gpio.input", LINE | {"means": "beam", "interval": 5.0})
    assert catalog.module("gpio.input").interval(options) is None
