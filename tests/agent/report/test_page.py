"""The page of a bundle: every number is worked out again from the bundle's bytes, by cbor2."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

import cbor2
import pytest

from agent.renderer.catalogue import LANGUAGES, words_of
from agent.renderer.zone import Zone
from agent.report.case import Case
from agent.report.page import page
from evidence.verify import verify_bundle
from tests.agent.report import trip
from tests.agent.report.reading import band_columns, drawn, line_columns, read
from tests.evidence.building import World, record
from tests.evidence.test_attachments import attachment

COLUMNS, STEPS = 636, 240
ROME = Zone(ZoneInfo("Europe/Rome"))


def made(data, policy, lang="en", zone=ROME):
    report = verify_bundle(data, policy)
    case = Case(report, "trip.bundle", "00" * 32, policy.digest, words_of(lang), zone)
    return page(case)


@pytest.fixture(scope="module")
def world():
    return trip.sealed(trip.records())


@pytest.fixture(scope="module")
def data(world):
    return trip.bundled(world)


@pytest.fixture(scope="module")
def text(world, data):
    return made(data, world.policy())


@pytest.fixture(scope="module")
def root(text):
    return read(text)


@pytest.fixture(scope="module")
def told(data):
    """The records of the bundle, read by other code: device, kind, wall clock, values."""
    content = cbor2.loads(cbor2.loads(data)[0])
    items = [cbor2.loads(shown[2]) for batch in content[3] for shown in batch[3]]
    return [(each[1], each[2], each[5], each[8]) for each in items]


def values_of(told, device, field):
    return [
        (at, values[field] / 100)
        for whose, kind, at, values in told
        if (whose, kind) == (device, "temperature") and field in values
    ]


SENSORS = [("cargo", "temperature"), ("cargo", "humidity"), ("wall", "temperature")]


def figure(root, device, field):
    return root.one("figure", data_device=device, data_field=field)


def test_it_begins_with_what_the_check_came_to(root):
    assert root.one("div", class_="verdict good").one("b").text == (
        "Authentic and complete, except for 1 declared gap"
    )
    first = root.all("h2")[0].text
    assert first == "In short"


@pytest.mark.parametrize(("device", "field"), SENSORS)
def test_a_plot_shows_every_peak_of_its_sensor(root, told, device, field):
    svg = figure(root, device, field).one("svg")
    start, end = (int(svg.attributes[f"data-{name}"]) for name in ("start", "end"))
    low, high = (float(svg.attributes[f"data-{name}"]) for name in ("low", "high"))
    wanted: dict[int, list[int]] = {}
    for at, value in values_of(told, device, field):
        column = math.floor((at - start) / (end - start) * (COLUMNS - 1))
        wanted.setdefault(column, []).append(round((high - value) / (high - low) * STEPS))
    shown = line_columns(svg.one("path", class_="data").attributes["d"])
    assert shown == {column: (min(steps), max(steps)) for column, steps in wanted.items()}
    assert (start, end) == (trip.START, trip.START + trip.LENGTH)


@pytest.mark.parametrize(("device", "field"), SENSORS)
def test_unknown_time_is_grey_and_no_line_crosses_it(root, told, device, field):
    svg = figure(root, device, field).one("svg")
    values = values_of(told, device, field)
    reach = 1.5 * trip.MINUTE
    wanted = set()
    for (at, _), (following, _) in pairwise(values):
        if following - at > reach:
            first, last = (
                math.floor((moment - trip.START) / trip.LENGTH * (COLUMNS - 1))
                for moment in (at + reach, following)
            )
            wanted |= set(range(first, last + 1))
    grey = svg.all("path", class_="unknown")
    assert (band_columns(grey[0].attributes["d"]) if grey else set()) == wanted
    lines = drawn(svg.one("path", class_="data").attributes["d"])
    assert len(lines) == (2 if device == "cargo" else 1)
    assert bool(wanted) == (device == "cargo")


@pytest.mark.parametrize(("device", "field"), SENSORS)
def test_the_numbers_are_those_of_the_records(root, told, device, field):
    values = values_of(told, device, field)
    weights = [min(b - a, 1.5 * trip.MINUTE) for (a, _), (b, _) in pairwise(values)]
    held = [value for _, value in values[:-1]]
    mean = sum(v * w for v, w in zip(held, weights, strict=True)) / sum(weights)
    rates = [math.exp(-10_000 / (v + 273.15)) * w for v, w in zip(held, weights, strict=True)]
    mkt = -10_000 / math.log(sum(rates) / sum(weights)) - 273.15  # 83.144 / 8.3144e-3
    (row,) = [
        row
        for row in root.all("tr")
        if row.parts and row.all("td") and row.all("td")[0].text == f"{device} {field}"
    ]
    wanted = [min(v for _, v in values), max(v for _, v in values), round(mean, 2)]
    if field == "temperature":
        wanted.append(round(mkt, 2))
    known = sum(weights)
    assert row.numbers == pytest.approx([*wanted, trip.MINUTE, known, trip.LENGTH - known])


def test_unknown_time_is_told_and_never_counts_as_good(root):
    said = figure(root, "cargo", "temperature").one("figcaption").text
    assert (
        said
        == "cargo: temperature from 4.00 °C to 9.50 °C. Nobody knows it for 38 min 30 s of 4 h."
    )


def test_limits_are_those_of_the_profile_in_force(root):
    svg = figure(root, "cargo", "temperature").one("svg")
    names = [each.text for each in svg.all("text", class_="limit-name")]
    assert names == ["-0.5 °C", "2 °C", "8 °C", "15 °C"]
    low, high = (float(svg.attributes[f"data-{name}"]) for name in ("low", "high"))
    steps = [drawn(each.attributes["d"])[0][0][1] for each in svg.all("path", class_="limit")]
    assert steps == [round((high - v) / (high - low) * STEPS) for v in (-0.5, 2, 8, 15)]
    assert not figure(root, "wall", "temperature").all("path", class_="limit")


def test_excursions_and_alarms_stand_apart_with_who_else_saw_them(root):
    heads = [each.text for each in root.all("h3")]
    assert heads.index("Alarms") < heads.index("Excursions")
    alarm, excursion = (
        table
        for table in root.all("table")
        if table.one("caption").text.startswith("Beyond a limit")
    )
    assert "hit or dropped: shock at or above 25 g" in alarm.text
    assert "30.87 g" in alarm.text
    assert "pallet" not in excursion.text
    assert "wall: 5.00 °C to 5.06 °C meanwhile" in excursion.text
    assert "door: door open when it began, opened 0 times meanwhile" in excursion.text
    assert "at 45.24900°, 8.21700°" in excursion.text
    assert "recovery" in excursion.text
    decided = (
        "keeper-2 decided at 2026-10-25 05:00:00 +01:00 04:00:00 UTC: released: the goods may be"
    )
    assert decided in excursion.text
    assert "decided" not in alarm.one("tbody").text


def test_a_gap_has_its_length_its_reason_and_what_people_know_of_it(root):
    (table,) = [t for t in root.all("table") if t.one("caption").text == "Declared gaps"]
    (row,) = table.one("tbody").all("tr")
    assert row.numbers == [trip.SILENT[1] - trip.SILENT[0]]
    assert row.text.endswith("unplugged")
    assert "technician-1 noted of cargo" in root.text


def test_times_are_local_with_offset_and_utc_and_the_change_is_marked(root):
    stamps = root.all("time", datetime="2026-10-25T00:00:00.000Z")
    assert stamps[0].text == "2026-10-25 02:00:00 +02:00"
    later = root.all("time", datetime="2026-10-25T04:00:00.000Z")
    assert later[0].text == "2026-10-25 05:00:00 +01:00"
    assert "2026-10-25 05:00:00 +01:00 04:00:00 UTC" in root.text
    assert "local time changed from +02:00 to +01:00" in root.text
    for svg in root.all("svg", role="img"):
        if "data-start" in svg.attributes:
            marked = drawn(svg.one("path", class_="offset").attributes["d"])
            assert marked[0][0][0] == math.floor(0.25 * (COLUMNS - 1))
            assert "+02:00 → +01:00" in svg.text


def test_in_utc_nothing_changes(world, data):
    told = read(made(data, world.policy(), zone=Zone(UTC)))
    assert not told.all("path", class_="offset")
    assert "changed from" not in told.text


def test_a_shock_has_its_course_in_g(root):
    (svg,) = [s for s in root.all("svg") if s.attributes["aria-label"].startswith("pallet")]
    low, high = (float(svg.attributes[f"data-{name}"]) for name in ("low", "high"))
    for axis, letter in enumerate("xyz"):
        (run,) = drawn(svg.one("path", class_=f"data {letter}").attributes["d"])
        wanted = [round((high - s[axis] * trip.STEP) / (high - low) * 192) for s in trip.SAMPLES]
        assert [y for _, y in run] == wanted
    (table,) = [t for t in root.all("table") if t.one("caption").text.startswith("Shocks")]
    assert table.numbers[:7] == [30.9, 9.0, 1.75, 30.9, 1.5, 0.2, 0.16]


def test_the_route_has_its_ends_its_scale_and_north(root):
    svg = root.one("figure", data_device="position").one("svg")
    words = [each.text for each in svg.all("text")]
    assert {"start", "end", "hit or dropped", "Torino", "N"} <= set(words)
    (scale,) = [each for each in words if each.endswith(" km")]
    length = float(re.search(r"h([\d.]+)", svg.one("path", class_="bar").attributes["d"])[1])
    km = length * 2 / float(svg.attributes["data-scale"])
    assert float(scale.removesuffix(" km")) == pytest.approx(km, rel=0.01)
    (run,) = drawn(svg.one("path", class_="data").attributes["d"])
    across = (run[-1][0] - run[0][0]) / float(svg.attributes["data-scale"])
    east = math.radians(179 * 0.003) * 6371 * math.cos(math.radians(45.16))
    assert across == pytest.approx(east, rel=0.01)


def test_the_docks_three_numbers_and_whose_hands(root):
    (numbers,) = [t for t in root.all("table") if t.one("caption").text.startswith("How many")]
    assert numbers.numbers == [7, 6, 4, 1, 1, 1]
    (hands,) = [t for t in root.all("table") if t.one("caption").text.startswith("Changes")]
    rows = [[cell.text for cell in row.all("td")] for row in hands.one("tbody").all("tr")]
    assert [row[1:] for row in rows[1:2]] == [
        ["change of custody", "WB-7", "carrier", "warehouse-2", "door 2", "unsigned"]
    ]
    assert "Handed over by driver-4 to keeper-2: signed by one." in root.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_script_no_address_nothing_from_elsewhere(world, data, lang):
    text = made(data, world.policy(), lang)
    root = read(text)
    assert root.one("html").attributes["lang"] == lang
    tags = {each.tag for each in root.all()}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "a", "form", "use"}
    names = {name for each in root.all() for name in each.attributes}
    assert not [each for each in names if each.startswith("on") or each in ("src", "href", "style")]
    assert not re.search(r"https?:|url\(|@import|javascript:", text)
    policy = root.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert policy.startswith("default-src 'none'")


def test_what_proves_nothing_shows_nothing(world, data):
    spoilt = bytearray(data)
    spoilt[len(data) // 2] ^= 1
    root = read(made(bytes(spoilt), world.policy()))
    assert root.one("div", class_="verdict bad").one("b").text.startswith("Altered")
    assert not root.all("svg")
    assert "cargo" not in root.text


def test_a_hidden_record_is_no_missing_gap(world):
    parts = [world.in_part(each, range(2)) for each in world.sealed]
    root = read(made(world.bundle(parts).to_bytes(), world.policy()))
    assert "A hidden record may declare one." in root.text
    assert "none was found" not in root.text
    assert "0 shocks" not in root.text
    assert "0 declared gaps" not in root.text
    assert "hidden records may tell of more" in root.text


def test_every_language_says_the_same(world, data):
    pages = {lang: read(made(data, world.policy(), lang)) for lang in LANGUAGES}
    english = pages["en"]
    for root in pages.values():
        assert root.numbers == english.numbers
        assert [s.attributes for s in root.all("time")] == [
            s.attributes for s in english.all("time")
        ]
        assert root.all("div", class_="verdict good")
    assert "too warm: Temperatur über 8 °C" in pages["de"].text  # its name is the profile's
    caption = figure(pages["de"], "cargo", "temperature").one("figcaption").text
    assert caption.startswith("cargo: Temperatur von 4,00 °C bis 9,50 °C.")


OURS = b"""
name = "ours"
version = 3
title = "cheese"
source = "our contract"
[[rule]]
name = "too warm"
above = 6.25
minutes = 5.0
"""


def test_the_limits_of_an_attached_profile_are_known_and_of_another_are_not():
    digest = hashlib.sha256(OURS).digest()
    world = World()
    values = {"profile": "ours", "version": 3, "digest": digest}
    world.seal([
        record(0, "profile", values=values),
        record(1), record(2),
        attachment(world, 3, file=OURS, name="ours.toml"),
    ])  # fmt: skip
    (sealed,) = world.sealed
    bundle = world.bundle([world.bundled(sealed)])
    with_file = made(replace(bundle, attachments=(OURS,)).to_bytes(), world.policy())
    assert "6.25 °C" in read(with_file).text.replace("\xa0", " ")
    assert "temperature above 6.25 °C for 5 min at a time is an alarm" in read(with_file).text
    without = read(made(bundle.to_bytes(), world.policy()))
    assert "6.25 °C" not in without.text
    assert "Its file is not here" in without.text


def test_what_was_recorded_before_anybody_knew_the_time_is_dated_by_its_run():
    """The gateway starts in 1970, hears satellites a minute later; the run before never did."""
    lost = {"boot": 1, "clock_bound_ms": None, "clock_source": "none", "wall_ms": 5_000}
    early = {"boot": 2, "clock_bound_ms": None, "clock_source": "none"}
    world = World()
    world.seal([record(0, monotonic_ms=5_000, **lost)])
    world.seal([record(1, monotonic_ms=10_000, wall_ms=10_000, **early)])
    world.seal([record(2, boot=2, monotonic_ms=70_000, wall_ms=trip.START + 70_000)])
    batches = [world.bundled(each) for each in world.sealed]
    root = read(made(world.bundle(batches).to_bytes(), world.policy(), zone=Zone(UTC)))
    svg = figure(root, "cold-room", "temperature").one("svg")
    assert int(svg.attributes["data-start"]) == trip.START + 10_000
    assert "1970" not in root.all("section")[0].text
    assert "1 value of cold-room is in no plot" in root.text
    assert "1 record was made while nobody knew the time" in root.text
