"""What RFID readers promise: fields of records, options and their limits, and their silence."""

import pytest

from drivers.rfid import kinds
from tests.drivers.promised import as_published, every, is_kept_to, kinds_of, published

BOARD, MODULE = {"bus": "/dev/spidev0.0"}, {"port": "/dev/ttyUSB0"}


@pytest.mark.parametrize("kind", kinds_of(kinds), ids=lambda kind: kind.name)
def test_records_are_as_they_are_published(kind):
    assert as_published(kind) == published(kind.name)


@pytest.mark.parametrize(
    ("kind", "required", "name", "default", "least", "most"),
    [
        ("rfid.mfrc522", BOARD, "speed_hz", 1_000_000, 10_000, 10_000_000),
        ("rfid.mfrc522", BOARD, "poll_interval", 0.25, 0.05, 60.0),
        ("rfid.mfrc522", BOARD, "leave_after", 1.0, 0.1, 600.0),
        ("rfid.m100", MODULE, "power_dbm", 20.0, 0.0, 30.0),
        ("rfid.m100", MODULE, "report_interval", 1.0, 0.05, 3600.0),
        ("rfid.mercury", MODULE, "power_dbm", 20.0, 0.0, 31.5),
        ("rfid.mercury", MODULE, "search_ms", 200, 50, 5000),
        ("rfid.mercury", MODULE, "report_interval", 1.0, 0.05, 3600.0),
    ],
)
def test_options_have_these_limits(kind, required, name, default, least, most):
    is_kept_to(kind, required, name, default, least, most)


def test_a_reader_without_a_card_is_silent():
    every("rfid.mfrc522", BOARD, None)
