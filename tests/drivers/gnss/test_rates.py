"""Other baud rates are tried where one gives only noise."""

from drivers.gnss.rates import LIKELY, Rates


def test_each_other_rate_is_tried_once_and_then_it_begins_anew():
    rates = Rates(9600)
    tried = [rates.next() for _ in range(len(LIKELY) - 1)]
    assert tried[:2] == [38400, 115200]
    assert sorted([9600, *tried]) == sorted(LIKELY)
    assert rates.next() is None
    assert rates.current == 9600
    assert rates.next() == 38400


def test_a_rate_that_is_in_no_list_is_the_first_to_be_tried_again():
    rates = Rates(14400)
    assert rates.next() == 9600
    rates.heard()
    assert rates.known == 9600
    assert rates.next() == 14400


def test_after_noise_at_all_rates_it_returns_to_the_one_that_was_right():
    rates = Rates(9600)
    rates.next()
    rates.heard()
    while rates.next() is not None:
        pass
    assert rates.current == 38400
