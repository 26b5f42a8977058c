"""`hil replay modem.at` as a person uses it: a capture of an AT port, a JSON object a line."""

import json

import pytest

from hil.__main__ import main

CAPTURE = (
    b"\x00\xf8f`f\r\n*ATREADY: 1\r\nRDY\r\nAT\r\r\nOK\r\nAT+CPIN?\r\r\nERROR\r\n"
    b"\r\n+CREG: 1,3\r\n\r\nOK\r\n"
    + bytes.fromhex("7eff03c02109010008a1b2c3d4e5f67e")
    + b'\r\n+CCLK: "24/04/02,13:39:57+08"\r\n\r\n+CSQ: 99,99\r\n\r\n+CEREG: 2,1,"0E1E","0001A2D3",8\r\n'
)


@pytest.fixture
def replayed(tmp_path, capsys):
    def run(capture, *options):
        file = tmp_path / "capture"
        file.write_bytes(capture)
        code = main(["replay", "modem.at", str(file), *options])
        out, err = capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def test_a_line_a_json_object_with_the_fields_of_its_kind(replayed):
    code, told, err = replayed(CAPTURE)
    assert code == 0
    assert [each["what"] for each in told] == [
        "boot", "boot", "sim", "registration", "time", "signal", "registration",
    ]  # fmt: skip
    assert told[2] == {
        "line": "ERROR",
        "what": "sim",
        "state": "absent",
        "iccid": None,
        "tries": None,
    }
    assert told[3]["line"] == "+CREG: 1,3"
    assert (told[3]["domain"], told[3]["state"], told[3]["cell"]) == ("cs", "denied", None)
    assert told[4]["utc"] == "2024-04-02T11:39:57.000Z"
    assert told[5]["dbm"] is None
    assert "1 frame of PPP" in err
    assert "1 line with noise" in err


def test_the_model_says_what_a_number_means(replayed):
    assert replayed(CAPTURE)[1][-1]["technology"] == "gsm"
    assert replayed(CAPTURE, "--model", "bg96")[1][-1]["technology"] == "lte-m"


def test_a_model_nobody_knows_is_refused_with_those_there_are(replayed):
    code, _, err = replayed(CAPTURE, "--model", "X1")
    assert code == 2
    assert "SIM7600, SIM800" in err


def test_a_last_line_without_an_end_says_so(replayed):
    _, told, _ = replayed(b"+CREG: 5\r\n\r\n+CGREG: 0")
    assert [(each["domain"], each["state"]) for each in told] == [("cs", "roaming"), ("ps", "none")]
    assert "ended" not in told[0]
    assert told[1]["ended"] is False


@pytest.mark.parametrize("rubbish", [b"", b"\r\n\r\n", b"\xff" * 9000, b"hello\n", b"OK\r\n"])
def test_nothing_understood_is_told_and_ends_in_1(replayed, rubbish):
    code, told, err = replayed(rubbish)
    assert (code, told) == (1, [])
    assert "no line of modem.at" in err


def test_a_file_that_is_not_there_ends_in_2(tmp_path, capsys):
    assert main(["replay", "modem.at", str(tmp_path / "none")]) == 2
    assert "cannot read" in capsys.readouterr().err
