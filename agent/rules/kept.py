"""A course as JSON, for a snapshot: what was seen survives a restart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agent.rules.course import Course
from agent.rules.rule import State
from agent.rules.standing import Standing
from agent.rules.valid_time import Sample


def plain(course: Course) -> dict[str, Any]:
    """Return a course as plain values, fit for JSON."""
    return {
        "began": course.began,
        "last": None if course.last is None else course.last._asdict(),
        "standings": [asdict(each) for each in course.standings],
    }


def course_of(given: Mapping[str, Any]) -> Course:
    """Return what `plain` wrote; ValueError, KeyError or TypeError for anything else."""
    last = given["last"]
    return Course(
        given["began"],
        None if last is None else Sample(**last),
        tuple(_standing(each) for each in given["standings"]),
    )


def _standing(given: Mapping[str, Any]) -> Standing:
    state = given["state"]
    recent = tuple((int(start), int(end)) for start, end in given["recent"])
    return Standing(**{**given, "state": None if state is None else State(state), "recent": recent})
