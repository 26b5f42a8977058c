"""What people do to a truck's day so that it is believed to be another: one fraud or fault a day.

Each has several ways. Of some nothing that devices tell contradicts the rest: a rate without those
would be a lie, so they are among the days, and are told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from hil.days.trip import DAY, HOUR, MINUTE, Off, Opening, Span, Tag, Trip, tid

LIE = 3 * HOUR  # by which a clock is set back


class Way(NamedTuple):
    """One way of a fraud; `contradicts`: what devices tell of it does not fit the rest."""

    how: str
    do: Callable[[Trip], None]
    contradicts: bool = True


def _on_the_way(trip: Trip, hours: float) -> Span:
    """Return a stretch between the seals and the dock."""
    start = trip.rng.uniform(trip.sealed_at + 20 * MINUTE, trip.rest.start)
    return Span(start, min(start + hours * HOUR, trip.arrives))


def _ice(trip: Trip, sensors: int, celsius: float, *, warm: bool) -> None:
    """Lay packs on so many sensors, or on all; the goods warm up meanwhile, or do not."""
    lain = _on_the_way(trip, trip.rng.uniform(1.5, 3.0))
    for each in trip.sensors[: sensors or len(trip.sensors)]:
        each.ice, each.ice_celsius = lain, celsius
        each.silent = Span(0.0, 0.0)
    if warm:
        trip.warm = lain


def _several(trip: Trip) -> None:
    if len(trip.sensors) == 1:
        first = trip.sensors[0]
        trip.sensors.append(type(first)("cargo-2", -first.offset, 1.0, first.step))


def _ice_on_one(trip: Trip) -> None:
    _several(trip)
    _ice(trip, 1, trip.rng.uniform(3.0, 5.0), warm=True)


def _ice_from_the_freezer(trip: Trip) -> None:
    del trip.sensors[1:]
    trip.interval = 60.0
    _ice(trip, 1, trip.rng.uniform(-25.0, -15.0), warm=True)


def _ice_on_all(trip: Trip) -> None:
    _ice(trip, 0, trip.rng.uniform(3.0, 5.0), warm=True)


def _foil_on_the_way(trip: Trip) -> None:
    at = trip.rest.start + 10 * MINUTE
    for each in _some(trip):
        each.covered = Span(at, DAY)


def _foil_while_loading(trip: Trip) -> None:
    for each in _some(trip):
        each.covered = Span(0.0, DAY)


def _some(trip: Trip) -> Sequence[Tag]:
    return trip.tags[: trip.rng.randrange(1, 5)]


def _at_rest(trip: Trip, *, told: bool) -> Span:
    """Have the door opened while the truck rests."""
    opened = Span(
        trip.rest.start + 10 * MINUTE, trip.rest.start + trip.rng.uniform(14, 30) * MINUTE
    )
    trip.doors.append(Opening(opened, told))
    return opened


def _swapped_for_other_goods(trip: Trip) -> None:
    opened = _at_rest(trip, told=False)
    for each in list(_some(trip)):
        came = opened.end - MINUTE
        other = Tag(each.serial + 1, tid(trip.rng), each.share, Span(came, each.aboard.end))
        each.aboard = Span(each.aboard.start, opened.start + MINUTE)
        trip.tags.append(other)


def _swapped_with_their_tags(trip: Trip) -> None:
    _at_rest(trip, told=True)


def _swapped_unseen(trip: Trip) -> None:
    _at_rest(trip, told=False)


def _ntp_lies(trip: Trip) -> None:
    trip.no_network.clear()
    trip.ntp_lies = (_on_the_way(trip, 1.0).start, -LIE)


def _set_by_hand(trip: Trip) -> None:
    at = _on_the_way(trip, 1.0).start
    trip.no_network = [Span(at - MINUTE, DAY)]
    trip.system_set = (at, -LIE)


def _set_and_restarted(trip: Trip) -> None:
    """Set the battery-backed clock back, restart, and cover the antenna of the receiver."""
    at = _on_the_way(trip, 1.0).start
    trip.has_rtc = True
    trip.no_network = trip.no_sky = [Span(at, DAY)]
    trip.system_set = (at, -LIE)
    trip.off = [Off(Span(at + MINUTE, at + 3 * MINUTE), orderly=True)]


def _sky_lies(trip: Trip) -> None:
    trip.no_sky.clear()
    trip.sky_lies = (_on_the_way(trip, 1.0).start, -LIE)


def _plug_pulled(trip: Trip) -> None:
    trip.off = [Off(_on_the_way(trip, trip.rng.uniform(0.5, 3.0)), orderly=False)]


def _shut_down(trip: Trip) -> None:
    trip.off = [Off(_on_the_way(trip, trip.rng.uniform(0.5, 3.0)), orderly=True)]


def _copied(trip: Trip, chip: str = "") -> None:
    first = trip.tags[0]
    copy = Tag(first.serial, chip or tid(trip.rng), 0.9, first.aboard)
    trip.tags.append(copy)


def _copied_unread(trip: Trip) -> None:
    trip.reads_tid = False
    _copied(trip)


def _copied_with_its_chip(trip: Trip) -> None:
    _copied(trip, trip.tags[0].tid)


def _door_under_seal(trip: Trip) -> None:
    _at_rest(trip, told=True)


def _door_without_seal(trip: Trip) -> None:
    trip.sealed = False
    _at_rest(trip, told=True)


def _door_with_a_magnet(trip: Trip) -> None:
    _at_rest(trip, told=False)


FRAUDS: Mapping[str, Sequence[Way]] = {
    "ice on a sensor": (
        Way("on one of several, and the goods warm up", _ice_on_one),
        Way("from the freezer, on the only one", _ice_from_the_freezer),
        Way("on all of them, as warm as the air was", _ice_on_all, contradicts=False),
    ),
    "foil over tags": (
        Way("on the way, behind closed doors", _foil_on_the_way),
        Way("while loading, for good", _foil_while_loading),
    ),
    "goods swapped": (
        Way("for others with tags of their own", _swapped_for_other_goods),
        Way("their tags moved over, the door as its contact tells", _swapped_with_their_tags),
        Way("their tags moved over, a magnet at the contact", _swapped_unseen, contradicts=False),
    ),
    "clock set back": (
        Way("by a time server that lies", _ntp_lies),
        Way("by hand, while satellites say otherwise", _set_by_hand),
        Way("by hand, then restarted without satellites", _set_and_restarted),
        Way("by false satellites", _sky_lies),
    ),
    "gateway unplugged": (
        Way("its plug pulled", _plug_pulled),
        Way("shut down in good order", _shut_down),
    ),
    "tag copied": (
        Way("onto another chip", _copied),
        Way("onto another chip, by readers that read none", _copied_unread, contradicts=False),
        Way("with the number of its chip", _copied_with_its_chip, contradicts=False),
    ),
    "door opened": (
        Way("under seal, on the way", _door_under_seal),
        Way("on the way, and no seal is on record", _door_without_seal, contradicts=False),
        Way("a magnet at the contact", _door_with_a_magnet, contradicts=False),
    ),
}  # fmt: skip
"""Kind → the ways in which it is done."""
