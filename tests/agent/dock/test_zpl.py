"""Labels in ZPL, read back by a reader of its own: whatever the text, it prints and steers nothing."""

from __future__ import annotations

import re

import pytest

from agent.dock.papers.printer_status import troubles, whole
from agent.dock.papers.zpl import MOST_LINES, label

SSCC = "040123450000000016"


def printed(zpl: bytes) -> tuple[list[str], list[str]]:
    """Return the commands of a label, and the text of its fields, as a printer takes them.

    ZPL II: a command begins with ^ or ~ and has two letters; ^FD runs up to the next ^ or ~; in a
    field with ^FH_, `_` and two hexadecimal digits stand for a byte; ^CI28 is UTF-8.
    """
    commands, fields, hexadecimal = [], [], False
    for found in re.finditer(rb"[\^~]([A-Z][A-Z0-9@])([^\^~]*)", zpl):
        name, rest = found[1].decode(), found[2]
        commands.append(name)
        if name == "FH":
            hexadecimal = rest.strip() == b"_"
        elif name == "FD":
            data = rest
            if hexadecimal:
                data = re.sub(rb"_([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), data)
            fields.append(data.decode("utf-8"))
        elif name == "FS":
            hexadecimal = False
    return commands, fields


def test_a_label_has_its_number_as_bars_and_in_digits():
    zpl = label(SSCC, ["Pears, 12 boxes", "from order PO-7"], 203)
    commands, fields = printed(zpl)
    assert (commands[0], commands[-1]) == ("XA", "XZ")
    assert fields == [
        "Pears, 12 boxes", "from order PO-7", "SSCC", f">;>800{SSCC}", f"(00) {SSCC}",
    ]  # fmt: skip
    assert "CI" in commands  # as UTF-8


@pytest.mark.parametrize(
    "text",
    [
        "^XZ^XA^IDR:*.*^FS", "~JR", "^FD~HS", "_5E_", "a^b~c_d", "\\^", "^^~~", "¬XA",
        "Äpfel für 3 €", "苹果", "x\ny\r\t", ">;>8001", "\x1b\x00",
    ],
)  # fmt: skip
def test_no_text_is_a_command(text):
    plain, _ = printed(label(SSCC, ["x"], 203))
    commands, fields = printed(label(SSCC, [text], 203))
    assert commands == plain
    assert fields[0] == text
    zpl = label(SSCC, [text], 203)
    assert zpl.count(b"^XA") == zpl.count(b"^XZ") == 1
    assert zpl.isascii()


@pytest.mark.parametrize(("dpi", "dots"), [(203, 8), (300, 12), (600, 24)])
def test_the_bars_are_as_large_as_gs1_asks(dpi, dots):
    zpl = label(SSCC, [], dpi).decode()
    module, height = int(re.search(r"\^BY(\d+)", zpl)[1]), int(re.search(r"\^BCN,(\d+)", zpl)[1])
    assert 0.495 <= module / dots <= 0.94
    assert height / dots >= 32
    modules = 11 * 13 + 13 + 20  # start, FNC1, ten pairs, check; stop; quiet zones
    wide = int(re.search(r"\^PW(\d+)", zpl)[1])
    assert modules * module <= wide <= 104 * dots


def test_every_line_stays_above_the_bars_and_long_ones_are_cut():
    zpl = label(SSCC, [f"line {n} " + "W" * 80 for n in range(12)], 203).decode()
    rows = [int(y) for y in re.findall(r"\^FO\d+,(\d+)\^A0", zpl)]
    bars = int(re.search(r"\^FO\d+,(\d+)\^BC", zpl)[1])
    assert len(rows) == MOST_LINES + 2
    assert all(row + 48 <= bars for row in rows[:-1])
    assert rows == sorted(rows)
    _, fields = printed(zpl.encode())
    assert max(map(len, fields[:MOST_LINES])) <= 28


FINE = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
"""As Zebra's guide prints it, all well."""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (FINE, []),
        (FINE.replace(b"030,0,", b"030,1,"), ["it has no paper"]),
        (FINE.replace(b"030,0,0,", b"030,0,1,"), ["it is paused"]),
        (FINE.replace(b"\x02000,0,0,0,", b"\x02000,0,1,0,"), ["its head is open"]),
        (FINE.replace(b"\x02000,0,0,0,", b"\x02000,0,1,1,"), ["its head is open", "it has no ribbon"]),
        (b"", None),
        (FINE[:40], None),
        (b"@PJL\x02\x03\x02\x03\x02\x03", None),
        (b"\xff\x02\xff,\xfe\x03" * 3, None),
    ],
)  # fmt: skip
def test_what_a_printer_says_of_itself(answer, said):
    assert troubles(answer) == said


def test_an_answer_is_whole_with_its_third_string():
    assert [whole(FINE[:end]) for end in (0, 40, len(FINE) - 4, len(FINE))] == [
        False,
        False,
        False,
        True,
    ]


def test_every_command_of_a_label_of_100_by_148_millimetres():
    """At 203 dpi a millimetre has 8 dots: bars of 32 mm, a module of half a millimetre."""
    assert label("106141412345678908", ["To: Torino", "x_y^é"], 203) == (
        b"^XA\n^CI28\n^LH0,0\n^PW800\n^LL1184\n"
        b"^FO48,48^A0N,48,24^FH_^FDTo: Torino^FS\n"
        b"^FO48,120^A0N,48,24^FH_^FDx_5Fy_5E_C3_A9^FS\n"
        b"^FO48,688^A0N,48,24^FH_^FDSSCC^FS\n^BY4\n"
        b"^FO48,760^BCN,256,N,N,N^FD>;>800106141412345678908^FS\n"
        b"^FO48,1032^A0N,48,24^FH_^FD(00) 106141412345678908^FS\n^XZ\n"
    )
    assert b"^BY6\n^FO72,1140^BCN,384,N,N,N" in label(SSCC, [], 300)
    assert b"^BY12\n" in label(SSCC, [], 600)


def status(*strings: str) -> bytes:
    return b"".join(f"\x02{each}\x03\r\n".encode() for each in strings)


@pytest.mark.parametrize(
    ("string", "place", "said"),
    [
        (0, 1, "it has no paper"), (0, 2, "it is paused"), (0, 5, "its buffer is full"),
        (0, 10, "it is too cold"), (0, 11, "it is too hot"), (1, 2, "its head is open"),
        (1, 3, "it has no ribbon"),
    ],
)  # fmt: skip
def test_each_trouble_of_a_printer_stands_in_its_own_field(string, place, said):
    """ZPL II Programming Guide, "Host Status Return": strings of 12, 11 and 2 fields."""
    fields = [["0"] * 12, ["0"] * 11, ["0"] * 2]
    assert troubles(status(*map(",".join, fields))) == []
    fields[string][place] = " 1"
    assert troubles(status(*map(",".join, fields))) == [said]
    fields[string][place] = "2"
    assert troubles(status(*map(",".join, fields))) == []


@pytest.mark.parametrize("short", [0, 1])
def test_an_answer_with_fewer_fields_is_none_of_such_a_printer(short):
    fields = [["0"] * 12, ["0"] * 11, ["0"] * 2]
    fields[short].pop()
    assert troubles(status(*map(",".join, fields))) is None
