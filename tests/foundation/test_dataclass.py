"""A class of ours does what the standard library's does, and costs a start less."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import subprocess
import sys
from dataclasses import FrozenInstanceError, field
from typing import Generic, TypeVar

import pytest

from foundation.dataclass import dataclass

F = TypeVar("F")


def classes(of):
    """The same four classes, by `of`."""

    @of(frozen=True, slots=True)
    class Place(Generic[F]):
        """Where it is."""

        name: str
        size: int = 3
        tags: list[F] = field(default_factory=list)
        secret: str = field(default="s", repr=False)
        note: str = field(default="", compare=False)

        @property
        def area(self) -> int:
            return self.size * self.size

    @of(frozen=True, slots=True)
    class Room(Place):
        floor: int = 0

    @of(frozen=True, slots=True, order=True)
    class Size:
        wide: int
        high: int
        name: str = field(default="", compare=False)

    @of(slots=True)
    class Count:
        name: str
        seen: int = 0
        half: int = field(default=7, init=False)
        pairs: list[int] = field(init=False)
        more: list[int] = field(default_factory=list, init=False)

        def __post_init__(self) -> None:
            self.pairs = [self.seen, self.half]

        def __repr__(self) -> str:
            return "its own words"

    return Place, Room, Count, Size


OURS, THEIRS = classes(dataclass), classes(dataclasses.dataclass)


@pytest.fixture(params=["place", "room", "count"])
def pair(request):
    """A class of ours, and the library's from the same text."""
    at = ["place", "room", "count"].index(request.param)
    return OURS[at], THEIRS[at]


def test_it_has_the_same_fields_and_takes_the_same_arguments(pair):
    ours, theirs = pair
    assert [(f.name, f.default, f.init) for f in dataclasses.fields(ours)] == [
        (f.name, f.default, f.init) for f in dataclasses.fields(theirs)
    ]
    assert ours.__match_args__ == theirs.__match_args__
    assert ours.__slots__ == theirs.__slots__
    names = list(inspect.signature(theirs).parameters)
    assert list(inspect.signature(ours).parameters) == names
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'name'"):
        ours()
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        ours("a", colour="red")


def test_it_shows_copies_and_replaces_as_the_library(pair):
    ours, theirs = (cls("a", 5) for cls in pair)
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert copy.deepcopy(ours) == ours
    other = dataclasses.replace(ours, name="b")
    assert (other.name, ours.name) == ("b", "a")
    assert other != ours


def test_equal_is_what_is_of_one_class_and_equal_where_it_is_compared():
    place, room, count, _ = OURS
    assert place("a", note="one") == place("a", note="two")
    assert place("a") != place("a", size=4)
    assert place("a") != place("a", secret="t")
    assert place("a") != room("a")
    assert place("a") != ("a", 3, [], "s", "")
    assert count("a", 1) == count("a", 1)


def test_only_what_is_frozen_has_a_hash_and_it_refuses_changes():
    place, _, count, _ = OURS
    one = place("a", tags=())
    assert hash(one) == hash(place("a", tags=(), note="other"))
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert one.name == "a"
    changed = count("a")
    changed.seen = 4
    assert changed.seen == 4
    with pytest.raises(TypeError, match="unhashable"):
        hash(changed)


def test_what_has_an_order_is_compared_field_by_field():
    size, count = OURS[3], OURS[2]
    assert size(1, 9, "z") < size(2, 0, "a")
    assert sorted([size(2, 1), size(1, 5), size(1, 3)]) == [size(1, 3), size(1, 5), size(2, 1)]
    assert size(1, 1, "a") <= size(1, 1, "b") >= size(1, 1, "c")
    assert not size(1, 1) > size(1, 1)
    with pytest.raises(TypeError, match="not supported between"):
        size(1, 1) < (1, 2)  # noqa: B015
    with pytest.raises(TypeError, match="not supported between"):
        count("a") < count("b")  # noqa: B015


def test_each_has_a_list_of_its_own_and_a_given_one_is_kept():
    place, _, count, _ = OURS
    one, other = place("a"), place("b")
    one.tags.append(1)
    assert other.tags == []
    given = []
    assert place("c", tags=given).tags is given
    assert count("a", 2).pairs == [2, 7]


def test_it_matches_by_place():
    assert sized(OURS[1]("a", 5)) == ("a", 5)


def sized(room) -> tuple[str, int]:
    place = OURS[0]
    match room:
        case place(name, size):
            return name, size
    raise AssertionError(room)


def test_what_an_agent_loads_is_made_so():
    code = (
        "import sys, agent.cli.run, agent.assembly.life, agent.assembly.nodes\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    for cls in list(vars(module).values()):\n"
        "        if getattr(cls, '__module__', '') != name: continue\n"
        "        if '__dataclass_fields__' not in getattr(cls, '__dict__', ()): continue\n"
        "        if '_compared' not in vars(cls):\n"
        "            print(name, cls.__name__)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "", "take `dataclass` from foundation.dataclass in these"
