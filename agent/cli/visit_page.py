"""The sheet of a visit, for people: 80 columns, to read on a console or to print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agent.cli.amounts import age
from agent.cli.times import format_time
from agent.desks.visit import AFTER, BEFORE, ENDED, Sheet
from foundation.console import folded
from foundation.counting import counted

LABEL = 10  # width of the left column


def page(sheet: Sheet, *, utc: bool) -> Iterator[str]:
    """Yield the lines of a sheet."""
    yield f"visit     {sheet['visit']} of {sheet['gateway']}, by {sheet['operator']}"
    yield f"begun     {format_time(sheet['begun_ms'], utc=utc)}"
    ended = sheet["state"] == ENDED
    if ended:
        lasted = age(sheet["ended_ms"] - sheet["begun_ms"])
        yield f"ended     {format_time(sheet['ended_ms'], utc=utc)} ({lasted})"
    yield from finding_rows(BEFORE, sheet[BEFORE])
    yield from action_rows(sheet, utc=utc)
    if ended:
        yield from finding_rows(AFTER, sheet[AFTER])
        yield from outcome(sheet)


def finding_rows(moment: str, found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield what was found at a moment of a visit."""
    many = counted(len(found), "finding") if found else "nothing is wrong"
    yield f"{moment:{LABEL}}{many}"
    for each in found:
        yield from folded(f"  {each['about']}: {each['text']}", 4)
        if each["advice"]:
            yield from folded(f"    next: {each['advice']}", 10)


def action_rows(sheet: Sheet, *, utc: bool) -> Iterator[str]:
    """Yield what was done."""
    done = sheet["actions"]
    yield f"{'done':{LABEL}}{counted(len(done), 'action') if done else 'nothing yet'}"
    for each in done:
        about = f"{each['about']}: " if each["about"] else ""
        when = format_time(each["at_ms"], utc=utc)[11:16]
        other = each["operator"] not in ("", sheet["operator"])
        by = f", by {each['operator']}" if other else ""
        yield from folded(f"  {when}  {about}{each['text']}{by}", 9)


def outcome(sheet: Sheet) -> Iterator[str]:
    """Yield what the visit mended, what it leaves, and where that stands."""
    before, after = ([each["about"] for each in sheet[moment]] for moment in (BEFORE, AFTER))
    mended = [name for name in dict.fromkeys(before) if name not in after]
    new = [name for name in dict.fromkeys(after) if name not in before]
    for label, names in (("mended", mended), ("left", dict.fromkeys(after)), ("new", new)):
        if names:
            yield from folded(f"{label:{LABEL}}{', '.join(names)}", LABEL)
    yield "signed    each line is a record: tallyman journal shows them, bundles can"
