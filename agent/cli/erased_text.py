"""What was erased by a rule of [privacy], in words: never lost, and never none."""

from __future__ import annotations

from collections.abc import Iterable

from agent.cli.times import format_time
from agent.journal.erasure_rule import Erasure
from agent.records.went import Went, added_up, told_by
from evidence.leaf import Record
from foundation.counting import counted, plural


def from_journal(erasures: Iterable[Erasure], *, utc: bool) -> list[str]:
    """Return one sentence for each rule by which something went out of a journal."""
    several = (Went(each.what, each.days, each.count, each.at_ms) for each in erasures)
    return [_sentence(each, utc=utc) for each in added_up(several)]


def from_records(erasures: Iterable[Record], *, utc: bool) -> list[str]:
    """Return one sentence for each rule that records of erasures tell of."""
    return [_sentence(each, utc=utc) for each in told_by(erasures)]


def _sentence(each: Went, *, utc: bool) -> str:
    records = f"{counted(each.count, f'{each.what} record')} {plural(each.count, 'was', 'were')}"
    when = format_time(each.last_ms, utc=utc)
    return f"{records} erased by rule after {each.days} days, the last on {when}"
