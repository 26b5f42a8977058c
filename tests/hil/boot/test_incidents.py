from hil.boot.incidents import seconds_between


def test_a_first_boot_is_timed_by_the_guests_own_clock():
    said = "ExecMainStartTimestampMonotonic=62800000\nExecMainExitTimestampMonotonic=110500000\n"
    assert seconds_between(said) == 47.7


def test_a_first_boot_that_was_another_boot_has_no_time():
    said = "ExecMainStartTimestampMonotonic=0\nExecMainExitTimestampMonotonic=0\n"
    assert seconds_between(said) == 0.0
    assert seconds_between("") == 0.0
