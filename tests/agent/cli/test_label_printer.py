"""A printer's answers and silences, as its socket gives them; time is the test's own."""

from __future__ import annotations

import socket

import pytest

from agent.cli import label_printer
from agent.cli.errors import Mistake
from agent.cli.label_printer import NotPrinted, Printer, endpoint
from tests.agent.dock.test_zpl import FINE

ADDRESS = "10.0.0.20"


class Wire:
    """A socket that receives `parts` one by one, then times out; errors among them are raised."""

    def __init__(self, *parts, sending=None) -> None:
        self.parts, self.sending = list(parts), sending
        self.said, self.timeouts, self.now = [], [], 100.0
        self.open_to, self.closed, self.ended = None, False, None

    def monotonic(self):
        return self.now

    def settimeout(self, seconds):
        self.timeouts.append(seconds)

    def sendall(self, data):
        if self.sending is not None:
            raise self.sending
        self.said.append(data)

    def recv(self, size):
        assert size == 4096
        if not self.parts:
            self.now += self.timeouts[-1]
            raise TimeoutError
        self.now += 0.5
        part = self.parts.pop(0)
        if isinstance(part, Exception):
            raise part
        return part

    def shutdown(self, how):
        self.ended = how

    def close(self):
        self.closed = True


@pytest.fixture
def connect(monkeypatch):
    """Return what connects a printer to a wire."""

    def connect(wire, address=ADDRESS):
        def create(where, patience_s):
            wire.open_to = where, patience_s
            return wire

        monkeypatch.setattr(label_printer.socket, "create_connection", create)
        monkeypatch.setattr(label_printer.time, "monotonic", wire.monotonic)
        return Printer(address)

    return connect


def test_a_printer_is_given_five_seconds_and_its_connection_is_closed(connect):
    wire = Wire()
    with connect(wire, "zebra:6101") as printer:
        assert isinstance(printer, Printer)
        assert wire.open_to == (("zebra", 6101), 5.0)
        assert not wire.closed
    assert wire.closed


def test_an_answer_in_parts_says_that_it_would_print(connect):
    wire = Wire(FINE[:20], FINE[20:50], FINE[50:], b"never read")
    assert connect(wire).check() is True
    assert (wire.said, wire.parts) == ([b"~HS"], [b"never read"])
    assert wire.timeouts == [2.0, 1.5, 1.0], "an answer has two seconds, all its parts together"


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ([], 0),
        ([FINE[:20]], 0),
        ([b"x"] * 9, 5),
        ([b"x" * 4096, FINE], 1),
        ([b"x" * 4095, b"x", FINE], 1),
    ],
)
def test_silence_and_rubbish_say_nothing_of_it(connect, parts, left):
    wire = Wire(*parts)
    assert connect(wire).check() is False
    assert len(wire.parts) == left


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (Wire(b""), "went away: the connection broke"),
        (Wire(ConnectionResetError(104, "Connection reset by peer")),
         "went away: connection reset by peer"),
        (Wire(sending=OSError("Odd")), "went away: odd"),
        (Wire(sending=TimeoutError()), "went away: no answer in time"),
        (Wire(FINE.replace(b"030,0,", b"030,1,")), "would not print: it has no paper"),
    ],
)  # fmt: skip
def test_what_keeps_a_printer_from_printing(connect, wire, why):
    with pytest.raises(NotPrinted) as raised:
        connect(wire).check()
    assert str(raised.value) == f"the printer {ADDRESS} {why}"
    assert raised.value.advice == (f"see that {ADDRESS} is switched on, on this network, and ready")


def test_a_printer_that_is_not_there(monkeypatch):
    def refuse(*_):
        raise TimeoutError

    monkeypatch.setattr(label_printer.socket, "create_connection", refuse)
    with pytest.raises(NotPrinted, match="does not answer: no answer in time"):
        Printer(ADDRESS)


def test_labels_are_sent_whole_and_the_printer_heard_out(connect):
    wire = Wire(b"thanks", b"more", b"", b"never read")
    connect(wire).send(b"^XA^XZ", "again")
    assert (wire.said, wire.ended) == ([b"^XA^XZ"], socket.SHUT_WR)
    assert wire.parts == [b"never read"]
    assert wire.timeouts == [5.0, 2.0, 1.5, 1.0]


def test_a_printer_that_talks_on_is_heard_for_two_seconds(connect):
    wire = Wire(*[b"x"] * 9)
    connect(wire).send(b"^XA^XZ", "again")
    assert len(wire.parts) == 5
    connect(quiet := Wire()).send(b"^XA^XZ", "again")
    assert quiet.timeouts == [5.0, 2.0]


def test_what_breaks_off_says_how_to_print_it_again(connect):
    broken = BrokenPipeError(32, "Broken pipe")
    for wire in (Wire(sending=broken), Wire(broken)):
        with pytest.raises(NotPrinted, match="stopped in between: broken pipe") as raised:
            connect(wire).send(b"^XA^XZ", "print it anew")
        assert raised.value.advice == "print it anew"


@pytest.mark.parametrize(
    ("address", "port"),
    [("p:1", 1), ("p:65535", 65535), ("p:65536", None), ("p:0", None), ("p:", None), ("p:x", None),
     (":9100", None), ("a" * 63, 9100), ("a" * 64, None), ("[::1]", 9100), ("::1", None),
     ("[::1", None), ("p:91 00", None)],
)  # fmt: skip
def test_which_addresses_there_are(address, port):
    if port is not None:
        assert endpoint(address)[1] == port
        return
    with pytest.raises(Mistake, match="is no address of a printer") as raised:
        endpoint(address)
    assert repr(address[:64]) in str(raised.value)
