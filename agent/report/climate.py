"""What the sensors measured over time: a plot for each value, and its numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, joined, said
from agent.renderer.plot import Plot, Span, drawn, key, runs_of
from agent.renderer.table import listed, table
from agent.report.case import Case
from agent.report.limits import InForce, in_force, limits_of
from agent.report.series import Series
from agent.report.short import series_words
from agent.rules.rule import State
from agent.shipments.incidents import Stretch
from agent.shipments.measured import TEMPERATURE, Measured

HEADS = ("value", "lowest", "highest", "mean", "mkt", "interval", "known", "unknown", "doubted")
DECIMALS = 2  # of means, as of the values (drivers/sensors/kinds.py)


def climate(case: Case) -> Html:
    """Return the plots of all values over time; nothing where no sensor told one."""
    if not case.series:
        return NOTHING
    words, profiles = case.words, in_force(case)
    colours = [
        ("unknown", words("plot.unknown")),
        ("excursion", words("plot.excursion")),
        ("alarm", words("plot.alarm")),
    ]
    plots = [figure(case, series, profiles) for series in case.series]
    return section(
        words("climate.title"),
        element("p", words("climate.text")),
        key(colours),
        element("div", *plots, class_="plots"),
        _numbers(case),
        listed(_left_out(case)),
    )


def figure(case: Case, series: Series, profiles: Sequence[InForce]) -> Html:
    """Return the plot of one value, with the same in words for who cannot see it."""
    start, end = case.span
    words = series_words(case, series)
    own = [each for each in case.stretches if each.device == series.device]
    about = [each for each in own if each.limit.startswith(f"{series.field} ")]
    plot = Plot(
        label=plain(case, series),
        unit=series.unit,
        start=start,
        end=end,
        runs=runs_of(series.points, series.unknown),
        unknown=series.unknown,
        limits=limits_of(case, profiles, series.device, series.field),
        excursions=_spans(about, State.EXCURSION, end),
        alarms=_spans(about, State.ALARM, end),
    )
    return element(
        "figure",
        drawn(plot, case.zone, case.words),
        element("figcaption", words),
        data_device=series.device,
        data_field=series.field,
    )


def plain(case: Case, series: Series) -> str:
    """Return the name of a plot, for who has it read out."""
    return f"{series.device}: {case.words.entries[f'field.{series.field}']}"


def _spans(stretches: Sequence[Stretch], state: State, end: int) -> list[Span]:
    return [
        (each.start_ms, end if each.end_ms is None else each.end_ms)
        for each in stretches
        if each.state == state
    ]


def _numbers(case: Case) -> Html:
    """Return the table of what the values add up to."""
    words = case.words
    heads = [words(f"climate.{name}") for name in HEADS]
    return table(words("climate.numbers"), heads, (_row(case, each) for each in case.sums.measured))


def _row(case: Case, each: Measured) -> list[Html]:
    words = case.words
    highest = _amount(case, each, each.highest)
    return [
        joined((said(each.device), words.known("field", each.field)), " "),
        _amount(case, each, each.lowest),
        words("climate.at-least", highest=highest) if each.at_least else highest,
        _amount(case, each, each.mean),
        _amount(case, each, each.mkt) if each.field == TEMPERATURE else NOTHING,
        case.lasting(each.interval_ms),
        case.lasting(each.valid_ms),
        case.lasting(each.unknown_ms),
        words("climate.counts", doubted=each.doubtful, all=each.doubtful + each.values),
    ]


def _amount(case: Case, each: Measured, value: float | None) -> Html:
    if value is None:
        return case.words("unknown")
    return case.words.amount(value, DECIMALS, each.unit)


def _left_out(case: Case) -> Iterator[Html]:
    """Yield what is in no plot, and why."""
    for series in case.series:
        if series.undated:
            yield case.words("climate.undated", n=series.undated, device=said(series.device))
