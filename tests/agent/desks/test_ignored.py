"""A cause that is left alone is a record, and the records say what is left alone now."""

from __future__ import annotations

import pytest

from agent.clock.belief import Stamp
from agent.desks.control import BadRequest
from agent.desks.ignored import FILE_NAME, KIND, MOST_KEPT, Ignored, IgnoreDesk, ignored_book
from agent.desks.status import IgnoredStatus
from agent.records.convert import from_event
from agent.records.sentences import sentence

NOW = 1_790_000_000_000
STAMP = Stamp(3, 100_000, NOW, "gnss", 1000)


def record(number, **values):
    said = {
        "target": "cold-1",
        "cause": "i2c.no-answer",
        "reason": "in repair",
        "until_ms": NOW + 5,
    }
    return from_event(KIND, said | values, number, STAMP)


def test_a_word_is_in_force_until_its_end():
    ignored = Ignored()
    ignored.apply(record(0))
    (word,) = ignored.in_force(NOW)
    assert (word.target, word.cause, word.reason) == ("cold-1", "i2c.no-answer", "in repair")
    assert ignored.in_force(NOW + 5) == []


def test_the_newest_word_on_a_cause_counts():
    ignored = Ignored()
    ignored.apply(record(0))
    ignored.apply(record(1, reason="waits for a part", until_ms=NOW + 9))
    (word,) = ignored.in_force(NOW)
    assert (word.reason, word.until_ms) == ("waits for a part", NOW + 9)


def test_a_snapshot_holds_all_of_it_and_no_more_than_fits():
    ignored = Ignored()
    for number in range(MOST_KEPT + 3):
        ignored.apply(record(number, target=f"d{number}"))
    again = Ignored.from_json(ignored.to_json())
    assert again.in_force(NOW) == ignored.in_force(NOW)
    assert again.in_force(NOW)[0].target == "d3"
    assert len(again.words) == MOST_KEPT


def test_a_word_that_is_said_again_is_the_newest_and_stays():
    ignored = Ignored()
    for number in (*range(MOST_KEPT), 0, MOST_KEPT):
        ignored.apply(record(number, target=f"d{number}"))
    told = [each.target for each in ignored.in_force(NOW)]
    assert told == [f"d{number}" for number in (*range(2, MOST_KEPT), 0, MOST_KEPT)]


@pytest.mark.parametrize(
    "plain", [{}, {"words": [["x"]]}, {"words": 7}, {"words": [[1, 2, 3, "x"]]}]
)
def test_a_snapshot_of_something_else_is_refused(plain):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Ignored.from_json(plain)


def test_it_reads_as_a_sentence():
    text = sentence(record(0))
    assert text.startswith("cause i2c.no-answer of cold-1 is left alone until ")
    assert text.endswith(": in repair")


async def test_what_is_left_alone_is_on_record_and_known_after_a_restart(office):
    def desk():
        book = ignored_book(office.folder, office.recorder, office.journal)
        made = IgnoreDesk(book, office.recorder, office.clock)
        office.verbs = dict(made.verbs())
        return made

    first = desk()
    await first.run()
    given = {"target": "cold", "cause": "i2c.no-answer", "reason": "in repair"}
    until = office.clock.now().wall_ms + 60_000
    assert await office.ask("why-ignore", **given, until_ms=until) == [given | {"until_ms": until}]
    assert '"in repair"' in (office.folder / FILE_NAME).read_text(), "durable once it is answered"
    assert await office.told("cause-ignored") == [
        ("cause-ignored", "gateway", given | {"until_ms": until})
    ]
    word = IgnoredStatus("cold", "i2c.no-answer", "in repair", until)
    assert first.in_force() == [word]
    again = desk()
    await again.run()
    assert again.in_force() == [word]
    office.timing.now += 61
    assert again.in_force() == []
    with pytest.raises(BadRequest, match="that end is over already"):
        await office.ask("why-ignore", **given, until_ms=office.clock.now().wall_ms)
    later = {"until_ms": office.clock.now().wall_ms + 60_000}
    await office.ask("why-ignore", **given | {"reason": "x" * 200}, **later)
    with pytest.raises(BadRequest, match="reason must be 1 to 200 printable characters"):
        await office.ask("why-ignore", **given | {"reason": "x" * 201}, **later)
