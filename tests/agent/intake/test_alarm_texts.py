"""What waits for a modem: alarms, and nothing else."""

from agent.intake.alarm_texts import AlarmTexts
from tests.agent.log_world import record


def test_an_alarm_is_one_line_with_gateway_and_device():
    box = []
    texts = AlarmTexts("truck-7", box)
    limit = {"rule": "too warm", "limit": "temperature above 8 °C"}
    texts.committed([
        record(1),
        record(2, kind="excursion", values=limit),
        record(3, kind="alarm", values=limit | {"severity": "critical"}),
    ])  # fmt: skip
    assert box == ["truck-7: cargo: ALARM too warm: temperature above 8 °C, critical"]
