"""What the proof of a journey lets the next step simplify, and what it must not."""

from __future__ import annotations

import pytest

from agent.cli.errors import Mistake
from agent.cli.trip import journey
from tests.agent.shipments.journeys import Journal
from tests.evidence.building import World, record, small_bundle, small_world


@pytest.fixture
def trip(tmp_path):
    def proof(data: bytes, world: World) -> str:
        bundle, policy = tmp_path / "trip.bundle", tmp_path / "policy.txt"
        bundle.write_bytes(data)
        policy.write_text(world.policy_text())
        return journey(bundle, policy)

    return proof


def shows(*records) -> tuple[bytes, World]:
    """Return a bundle that shows these records, and its world."""
    world = World()
    return world.bundle((world.bundled(world.seal(list(records))),)).to_bytes(), world


def whole(*kinds: str) -> tuple[bytes, World]:
    """Return a bundle that shows one record of each of these kinds, and its world."""
    return shows(*(record(number, kind) for number, kind in enumerate(kinds)))


def test_a_proven_journey_without_incident_lets_samples_do(trip):
    assert trip(*whole("temperature", "position")) == (
        "proven, 2 records without incident: spot checks will do"
    )


def test_incidents_say_where_to_look(trip):
    told = trip(*whole("temperature", "shock", "shock", "gap"))
    assert told == "proven, with 2 shocks, 1 gap: inspect the goods concerned"


def condition(number, kind, state):
    return record(number, kind)._replace(values={"rule": "too warm", "state": state})


@pytest.mark.parametrize(
    ("quality", "told"),
    [
        ("ok", "proven, 2 records without incident: spot checks will do"),
        (
            "suspect",
            "proven, with 1 box whose barcode and tag differ: inspect the goods concerned",
        ),
    ],
)
def test_a_box_whose_label_and_tag_agree_is_no_incident(trip, quality, told):
    assert trip(*shows(record(0), record(1, "box-check", quality=quality))) == told


def test_an_excursion_that_is_over_is_one_and_what_is_unknown_is_not_well(trip):
    told = trip(
        *shows(
            condition(0, "excursion", "excursion"),
            condition(1, "excursion", "ok"),
            condition(2, "excursion", "unknown"),
            condition(3, "alarm", "alarm"),
        )
    )
    assert told == (
        "proven, with 1 alarm, 2 excursions or unknown conditions: inspect the goods concerned"
    )


def test_a_summary_that_was_tampered_with_means_full_inspection(trip):
    data, world = whole("temperature", "shock")
    for place in range(0, len(data), max(1, len(data) // 40)):
        altered = bytearray(data)
        altered[place] ^= 1
        told = trip(bytes(altered), world)
        assert told.startswith("NOT PROVEN: ")
        assert told.endswith("inspect everything")


def test_hidden_records_are_no_reason_to_trust(trip):
    world = small_world()
    told = trip(small_bundle(world).to_bytes(), world)
    assert told == "proven in part, the rest is lost or hidden: inspect everything"


@pytest.mark.parametrize("records", [(), [record(0, "boot")], [record(0, quality="no-answer")]])
def test_a_journey_of_which_no_sensor_tells_is_not_one_without_incident(trip, records):
    told = trip(*shows(record(0, "boot"), *(each._replace(number=1) for each in records)))
    assert told == "proven, but no sensor told anything of the journey: inspect everything"


def test_how_the_shipment_fared_goes_along_with_what_is_unknown(trip):
    journal = Journal()
    journal.shipment(0, devices=("cargo", "spare"))
    journal.aboard(0)
    for at in (0, 60, 120):
        journal.celsius(at, 4 + at / 60)
    journal.shipment(600, "ended")
    assert trip(*shows(*journal.records)) == (
        "proven, but spare told nothing of the journey: inspect everything; WB-7 took 10 min: cargo "
        "temperature 4 to 6 °C, mean 5.14, MKT 5.18; unknown for 6 min 30 s of 10 min, spare "
        "unknown"
    )


@pytest.mark.parametrize(
    ("minutes", "advice"),
    [
        (range(9), "proven, 12 records without incident: spot checks will do"),
        (range(8), "proven, but cargo told nothing for 1 min 30 s of 10 min: inspect everything"),
    ],
)
def test_a_journey_of_which_much_is_unknown_is_inspected(trip, minutes, advice):
    journal = Journal()
    journal.shipment(0, devices=("cargo",))
    journal.aboard(0)
    for minute in minutes:
        journal.celsius(60 * minute, 5)
    journal.shipment(600, "ended")
    assert trip(*shows(*journal.records)).split("; ")[0] == advice


def test_a_journey_whose_start_is_not_shown_is_inspected(trip):
    journal = Journal()
    journal.celsius(0, 5)
    journal.shipment(600, "ended")
    assert trip(*shows(*journal.records)) == (
        "proven, but its start is not shown: inspect everything; WB-7: how it fared is unknown, "
        "its start is not shown"
    )


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(Mistake, match=r"cannot read .*: no such file"):
        journey(tmp_path / "a", tmp_path / "b")
