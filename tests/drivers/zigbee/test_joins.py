"""When nodes may join: windows that are renewed, strangers that are counted."""

from drivers.zigbee.host.joins import Joins


def test_a_long_window_is_told_in_parts_of_254_seconds():
    joins = Joins()
    joins.open(600, None, 100.0)
    told = [(at, joins.to_tell(float(at))) for at in range(100, 720)]
    assert [each for each in told if each[1]] == [(100, 254), (344, 254), (588, 112)]
    assert joins.is_open(699.0)
    assert not joins.is_open(700.0)


def test_a_short_window_is_told_once():
    joins = Joins()
    joins.open(60, "hall", 0.0)
    assert joins.to_tell(0.0) == 60
    assert [joins.to_tell(float(at)) for at in range(1, 80)] == [None] * 79


def test_closed_again_by_hand():
    joins = Joins()
    joins.open(60, None, 0.0)
    joins.close()
    assert not joins.is_open(0.5)
    assert not joins.is_open(1.0)
    assert joins.to_tell(1.0) is None


def test_a_stranger_is_on_record_at_once_and_then_once_a_minute():
    joins = Joins()
    told = [joins.stranger("00158d0000000009", float(at)) for at in range(0, 130, 10)]
    assert [each for each in told if each] == [1, 6, 6]
    assert joins.stranger("00158d000000000a", 125.0) == 1


def test_strangers_without_number_cost_no_memory_without_bound():
    joins = Joins()
    for number in range(2000):
        joins.stranger(f"{number:016x}", 0.0)
    assert len(joins._strangers) <= 256


def test_nobody_may_join_before_it_was_opened():
    joins = Joins()
    assert not joins.is_open(0.0)
    assert (joins.left(0.0), joins.to_tell(0.0)) == (0.0, None)
    joins.open(60, None, 0.0)
    assert (joins.left(20.0), joins.left(90.0)) == (40.0, 0.0)


def test_a_window_for_one_node_is_for_no_other_and_ends_with_the_stick():
    joins = Joins()
    joins.open(60, None, 0.0, only="00158d0000000009")
    assert joins.admits("00158d0000000009", 59.0)
    assert not joins.admits("00158d000000000a", 1.0)
    assert not joins.admits("00158d0000000009", 60.0)
    joins.forget_told()
    assert not joins.is_open(1.0)
    joins.open(60, "hall", 0.0)
    assert (joins.only, joins.via) == (None, "hall")
    assert joins.admits("00158d000000000a", 1.0)


def test_routers_are_told_anew_after_the_stick_was_started():
    joins = Joins()
    joins.open(60, None, 0.0)
    assert (joins.to_tell(0.0), joins.to_tell(5.0)) == (60, None)
    joins.forget_told()
    assert joins.to_tell(5.0) == 55
    assert joins.to_tell(59.6) is None  # less than half a second is left


def test_of_many_strangers_the_one_that_came_longest_ago_is_forgotten():
    joins = Joins()
    for number in range(256):
        joins.stranger(f"{number:016x}", 0.0)
    joins.stranger(f"{0:016x}", 1.0)  # it comes again
    joins.stranger("a new one", 1.0)
    assert joins.stranger(f"{0:016x}", 2.0) is None
    assert joins.stranger(f"{2:016x}", 2.0) is None
    assert joins.stranger(f"{1:016x}", 2.0) == 1
