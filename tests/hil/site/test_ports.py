"""Ports for tests and demos are nobody else's, whoever asks at the same time."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hil.site.ports import FIRST, HERE, LAST, free_ports


@pytest.fixture
def turns(tmp_path):
    return tmp_path / "turns"


def test_no_port_is_given_twice_to_those_who_ask_at_once(turns):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: free_ports(5, turns), range(20)))
    assert len({port for ports in answers for port in ports}) == 100


def test_they_are_below_those_that_the_kernel_gives_to_connections(turns):
    kernels_first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(FIRST <= port <= LAST < kernels_first for port in free_ports(3, turns))


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_is_taken_is_passed_over(turns, kind):
    (port,) = free_ports(1, turns)
    turns.write_text(str(port - 1))
    with socket.socket(type=kind) as taken:
        taken.bind((HERE, port))
        assert free_ports(1, turns) != [port]


def test_after_the_last_comes_the_first_again(turns):
    turns.write_text(str(LAST))
    assert free_ports(1, turns)[0] - FIRST < 1000


@pytest.mark.parametrize("text", ["", "rubbish", "70000", "-1"])
def test_a_file_of_turns_that_says_nothing_starts_anew(turns, text):
    turns.write_text(text)
    assert free_ports(1, turns)[0] - FIRST < 1000


def test_more_than_there_are_is_an_error(turns):
    with pytest.raises(OSError, match="no 12002 ports are free from 20000 to 32000"):
        free_ports(LAST - FIRST + 2, turns)
