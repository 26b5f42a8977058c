"""The rules against a slow reference, on random series with gaps; TALLYMAN_SERIES of them."""

from __future__ import annotations

import json
import os
import random

import pytest

from agent.rules.course import Course, Terms, at_moment, taken
from agent.rules.kept import course_of, plain
from agent.rules.rule import Mode, Reset, Rule, Side
from agent.rules.valid_time import Sample
from tests.agent.rules.slow_reference import states

SERIES = int(os.environ.get("TALLYMAN_SERIES", "400"))
INTERVAL, REACH = 10, 15
GAPS = [10] * 12 + [9, 11, 1, 0, 14, 15, 16, 17, 30, 120]


def random_rule(rng):
    mode = rng.choice(list(Mode))
    window = rng.choice([0, 40, 75]) if mode is Mode.CUMULATIVE else 0
    after = rng.randrange(1, 60) if mode is Mode.CUMULATIVE else rng.choice([0, 1, 10, 25, 40])
    reset = Reset.PERSON if mode is Mode.CUMULATIVE and not window else rng.choice(list(Reset))
    return Rule(
        "a rule",
        "temperature",
        rng.choice(list(Side)),
        rng.choice([2.0, 5.0, 8.0]),
        mode,
        alarm_after=min(after, window or after),
        window=window,
        hysteresis=rng.choice([0.0, 0.0, 1.0]),
        reset=reset,
    )


def random_samples(rng):
    at, value, found = rng.randrange(1000), 5.0, []
    for _ in range(rng.randrange(1, 40)):
        value = max(0.0, min(10.0, value + rng.choice([-3, -1, -0.5, 0, 0, 0.5, 1, 3])))
        found.append(Sample(at, None if rng.random() < 0.1 else value))
        at += rng.choice(GAPS)
    return found


def by_second(steps, start, end):
    """Return the state in each second, as the steps say."""
    found = []
    for second in range(start, end):
        before = [step for step in steps if step.standing.since <= second]
        found.append(str(before[-1].standing.state))
    return found


def run(rule, samples, end):
    """Fold the samples in, each in a life of its own, with looks in between that change nothing."""
    terms = Terms((rule,), REACH)
    course, steps = Course(), []
    for sample in samples:
        course = course_of(json.loads(json.dumps(plain(course))))
        if course.last is not None:
            at_moment(terms, course, (course.last.at + sample.at) // 2)
        course, found = taken(terms, course, sample)
        steps += found
    return steps + at_moment(terms, course, end)[1]


@pytest.mark.parametrize("part", range(4))
def test_every_second_of_a_series_has_the_state_that_the_reference_gives(part):
    for seed in range(part, SERIES, 4):
        rng = random.Random(seed)
        rule, samples = random_rule(rng), random_samples(rng)
        end = samples[-1].at + rng.choice([1, 10, 15, 40])
        steps = run(rule, samples, end)
        wanted = states(rule, [(each.at, each.value) for each in samples], REACH, end)
        assert by_second(steps, samples[0].at, end) == wanted, f"seed {seed}: {rule}"


def test_a_look_at_any_moment_sees_what_the_end_will_have_seen():
    rng = random.Random(7)
    for _ in range(50):
        rule, samples = random_rule(rng), random_samples(rng)
        end = samples[-1].at + 40
        wanted = by_second(run(rule, samples, end), samples[0].at, end)
        terms, course = Terms((rule,), REACH), Course()
        for sample, until in zip(samples, [*(each.at for each in samples[1:]), end], strict=True):
            course, _ = taken(terms, course, sample)
            for now in range(sample.at + 1, until):
                (standing,) = at_moment(terms, course, now)[0].standings
                if standing.since < now:  # what begins at this moment shows in the next second
                    assert str(standing.state) == wanted[now - 1 - samples[0].at]
