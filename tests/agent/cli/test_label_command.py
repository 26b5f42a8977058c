"""`tallyman label` beside a desk that gives numbers, and a printer on a port of this machine."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from agent.cli import label as command
from agent.cli import label_printer
from agent.cli.main import main
from tests.agent.dock.test_zpl import FINE

CONFIG = (
    '[gateway]\nname = "t"\nstate_dir = "state"\ncontrol = "c.sock"\n[labels]\nprefix = "4012345"\n'
)
SSCC = "040123450000000016"


class Printer:
    """Speaks raw ZPL on a TCP port: answers ~HS, and keeps what it is given to print."""

    def __init__(self, answer: bytes = FINE, hang_up: bool = False, late: bytes = b"") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._answer, self._hang_up, self._late = answer, hang_up, late
        self.taken = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(30)
            assert connection.recv(3) == b"~HS"
            if self._hang_up:
                return
            connection.sendall(self._answer)
            while part := connection.recv(4096):
                self.taken += part
                connection.sendall(self._late)
                self._late = b""

    def done(self) -> bytes:
        self._thread.join(30)
        self._listener.close()
        return self.taken


@pytest.fixture
def label(tmp_path, monkeypatch, capsys):
    (tmp_path / "tallyman.toml").write_text(CONFIG)
    asked = []

    def answer(_, request):
        asked.append(request)
        return {"sscc": [SSCC] if request["verb"] == "label-again" else [SSCC] * request["count"]}

    monkeypatch.setattr(command, "ask_one", answer)
    monkeypatch.chdir(tmp_path)

    def label(*words):
        capsys.readouterr()
        code = main(["label", "--config", str(tmp_path / "tallyman.toml"), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    label.asked = asked
    return label


def test_a_label_goes_to_the_printer(label):
    printer = Printer()
    code, out, _ = label("Pears", "3 boxes", "--printer", printer.address, "--operator", "keeper-2")
    assert (code, out) == (0, f"1 label sent to {printer.address}\n  (00){SSCC}\n")
    zpl = printer.done()
    assert zpl.startswith(b"^XA")
    assert f">;>800{SSCC}".encode() in zpl
    assert label.asked == [
        {"verb": "label-new", "count": 1, "operator": "keeper-2", "text": "Pears, 3 boxes"}
    ]


def test_a_late_answer_costs_no_label(label, monkeypatch):
    """What the printer says after it was given up is read, or closing would reset the connection."""
    monkeypatch.setattr(label_printer, "TELLS_WITHIN_S", 0.2)
    printer = Printer(FINE[:40], late=FINE * 50)
    code, _, _ = label("--count", "100", "--printer", printer.address)
    assert (code, printer.done().count(b"^XZ")) == (0, 100)


def test_the_configured_printer_takes_them_where_none_is_named(label, tmp_path):
    printer, other = Printer(), Printer()
    (tmp_path / "tallyman.toml").write_text(f'{CONFIG}printer = "{printer.address}"\n')
    assert label()[:2] == (0, f"1 label sent to {printer.address}\n  (00){SSCC}\n")
    assert label("--printer", other.address)[1].startswith(f"1 label sent to {other.address}\n")
    assert printer.done().count(b"^XZ") == other.done().count(b"^XZ") == 1


def test_a_program_is_told_the_numbers(label):
    code, out, _ = label("--count", "2", "-o", "pallets.zpl", "--json")
    assert (code, json.loads(out)) == (0, {"sscc": [SSCC] * 2, "where": "in pallets.zpl"})
    printer = Printer()
    told = json.loads(label("--json", "--printer", printer.address)[1])
    assert told == {"sscc": [SSCC], "where": f"sent to {printer.address}"}
    printer.done()


def test_eight_lines_have_room(label):
    assert label(*"abcdefgh", "-o", "x")[0] == 0
    assert label.asked[0]["text"] == "a, b, c, d, e, f, g, h"


def test_what_was_lost_on_the_way_can_be_printed_again(label, monkeypatch):
    def lose(printer, labels, advice):
        raise label_printer.NotPrinted("p", "stopped in between: odd", advice)

    printer = Printer()
    monkeypatch.setattr(label_printer.Printer, "send", lose)
    code, _, err = label("--printer", printer.address)
    printer.done()
    assert code == 1
    assert f"print each anew once it is ready: tallyman label --again '(00){SSCC}'" in err


def test_labels_go_into_a_file(label, tmp_path):
    code, out, _ = label("--count", "2", "-o", "pallets.zpl")
    assert (code, out.splitlines()[0]) == (0, "2 labels in pallets.zpl")
    assert (tmp_path / "pallets.zpl").read_bytes().count(b"^XZ") == 2


def test_a_printer_that_is_unplugged_says_so_and_no_number_is_taken(label):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    code, _, err = label("--printer", f"127.0.0.1:{port}")
    assert code == 1
    assert f"the printer 127.0.0.1:{port} does not answer: connection refused" in err
    assert "next: see that 127.0.0.1" in err
    assert label.asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (FINE.replace(b"030,0,", b"030,1,"), "would not print: it has no paper"),
        (FINE.replace(b"030,0,0,", b"030,0,1,"), "would not print: it is paused"),
    ],
)
def test_a_printer_that_would_not_print_takes_no_number(label, answer, said):
    printer = Printer(answer)
    code, _, err = label("--printer", printer.address)
    assert (code, label.asked, printer.done()) == (1, [], b"")
    assert said in " ".join(err.split())


def test_a_printer_that_tells_nothing_of_itself_prints_too(label, monkeypatch):
    monkeypatch.setattr(label_printer, "TELLS_WITHIN_S", 0.05)
    printer = Printer(b"")
    code, out, _ = label("--printer", printer.address)
    assert (code, b"^XA" in printer.done()) == (0, True)
    assert "it does not tell how it is: look whether they came out" in out


def test_a_printer_that_hangs_up_says_so(label):
    printer = Printer(hang_up=True)
    code, _, err = label("--printer", printer.address)
    assert (code, label.asked, printer.done()) == (1, [], b"")
    assert "went away" in err


def test_a_number_is_printed_again(label):
    printer = Printer()
    code, _, _ = label("--again", f"(00){SSCC}", "--printer", printer.address)
    assert (code, b"^XA" in printer.done()) == (0, True)
    assert label.asked[0] | {"operator": "", "text": ""} == label.asked[0]
    assert (label.asked[0]["verb"], label.asked[0]["sscc"]) == ("label-again", SSCC)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "onto which printer?"),
        (("--again", "040123450000000017", "-o", "x"), "wrong check digit"),
        (("--again", "(01)04012345111118", "-o", "x"), "an SSCC has 18 digits"),
        (("--printer", "printer:0"), "is no address of a printer"),
        (("--printer", "pri nter"), "is no address of a printer"),
        (("--printer", "a" * 300), "is no address of a printer"),
        (("--printer", ""), "onto which printer?"),
        ([*"abcdefghi", "-o", "x"], "a label has room for 8"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(label, words, said):
    code, _, err = label(*words)
    assert (code, label.asked) == (2, [])
    assert said in " ".join(err.split())


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("10.0.0.20", ("10.0.0.20", 9100)), ("zebra.local:6101", ("zebra.local", 6101)),
        ("[fe80::1%eth0]", ("fe80::1%eth0", 9100)), ("[::1]:9101", ("::1", 9101)),
    ],
)  # fmt: skip
def test_addresses(address, where):
    assert label_printer.endpoint(address) == where
