"""The test of the devices at the end of an enrolment: each is told, whatever is wrong with it."""

from __future__ import annotations

from agent.config.settings import parse
from agent.enrolment.self_test import self_test
from drivers import catalog


def test_a_device_that_cannot_even_be_made_is_told_like_one_that_does_not_answer(tmp_path):
    text = (
        '[gateway]\ncontrol = "control.sock"\n'
        '[[device]]\nname = "door"\nkind = "rfid.llrp"\naddress = "192.0.2.1"\ntls = true\n'
        'tls_ca = "/nonexistent.pem"\n'
        '[[device]]\nname = "cold"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
    )
    config = parse(text.encode(), tmp_path / "tallyman.toml", catalog)
    door, cold = self_test(config, catalog)
    assert door.fault == "tls_ca /nonexistent.pem: No such file or directory"
    assert door.advice == "correct the option in the configuration file"
    assert cold.fault == "/dev/i2c-99: no such bus"
