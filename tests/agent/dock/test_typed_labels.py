"""Labels are typed as they stand below the bars, or come from a scanner that types."""

from __future__ import annotations

import pytest

from agent.cli.dock_words import Remark, counted_label, is_label, remark
from agent.cli.errors import Mistake
from agent.dock.goods_identity import Identity, IdentityError, Label, of_text

SSCC, GTIN = "106141412345678908", "09506000134352"
UNIT, ARTICLE = Identity(sscc=SSCC), Identity(gtin=GTIN)
PIECE = Identity(gtin=GTIN, serial="7")

TYPED = {
    f"(00){SSCC}": Label(UNIT),
    f"(00) {SSCC}": Label(UNIT),
    "(00) 1 0614141 234567890 8": Label(UNIT),
    "1 0614141 234567890 8": Label(UNIT),
    "00 1 0614141 234567890 8": Label(UNIT),
    f"00{SSCC}": Label(UNIT),
    f"]C100{SSCC}": Label(UNIT),
    "urn:epc:id:sscc:0614141.1234567890": Label(UNIT),
    f"https://id.gs1.org/00/{SSCC}": Label(UNIT),
    f"(01){GTIN}(21)7": Label(PIECE),
    f"(01){GTIN} (21)7": Label(PIECE),
    f"]d201{GTIN}217": Label(PIECE),
    f"01{GTIN}": Label(ARTICLE),
    GTIN[1:]: Label(ARTICLE),
    f"(01){GTIN}(3103)001500": Label(ARTICLE, net_weight=150_000),
    f"(01){GTIN}(3102)001500": Label(ARTICLE, net_weight=1_500_000),
    f"(01){GTIN}(3201)000010": Label(ARTICLE, net_weight=45_359),
    f"(01){GTIN}(8008)26112209": Label(ARTICLE),
    f"(01){GTIN}(7003)2611220900": Label(ARTICLE),
    f"(01){GTIN}(400)PO-7": Label(ARTICLE),
    f"(01){GTIN}(10)L1(15)261231": Label(ARTICLE, "L1", best_before="2026-12-31"),
    f"(01){GTIN}(17)261231(15)261130": Label(ARTICLE, "", "2026-12-31", "2026-11-30"),
    f"]C101{GTIN}1526123110L1": Label(ARTICLE, "L1", best_before="2026-12-31"),
    f"01{GTIN}10L1<GS>217": Label(PIECE, "L1"),
    f"https://example.com/01/{GTIN}/10/L1/21/7?17=271231": Label(PIECE, "L1", "2027-12-31"),
    rf"(01){GTIN}(21)A\(B\)": Label(Identity(gtin=GTIN, serial="A(B)")),
}


@pytest.mark.parametrize("text", TYPED)
def test_a_label_as_it_stands_below_the_bars(text):
    assert of_text(text) == TYPED[text]
    assert is_label(text)  # so no letter is needed before it


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "neither digits of a GTIN or an SSCC"),
        (f"(02){GTIN}(37)12", "has neither"),
        (f"(01){GTIN}(21)A(B)", "no AI in brackets"),
        (f"(01){GTIN}(9999)x", "no Application Identifier"),
        ("https://example.com/x", "is not a Digital Link"),
        ("3.42603E+17", "neither digits"),
        ("12345678905", "a spreadsheet took leading zeros of 012345678905"),
    ],
)
def test_what_is_no_label_is_told_why(text, words):
    with pytest.raises(IdentityError, match=words):
        of_text(text)


@pytest.mark.parametrize("line", ["a", "x", "d AF", "m 1", "u 17", "l", "", "accept", "12"])
def test_commands_are_no_labels(line):
    assert not is_label(line)


def test_several_labels_of_one_article():
    assert counted_label(f"12 x (01){GTIN}") == (12, f"(01){GTIN}")
    assert counted_label("3x4012345111118") == (3, "4012345111118")
    assert counted_label("1 0614141 234567890 8") == (1, "1 0614141 234567890 8")


def test_remarks_say_how_many_whether_refused_why_and_show_a_picture():
    assert remark("af") == Remark("AF")
    assert remark(f"AF (01){GTIN} (21)7") == Remark("AF", f"(01){GTIN} (21)7")
    full = remark(f"AF 3 x (01){GTIN} rejected because wet and torn photo a b.jpg")
    assert (full.label, full.quantity, full.rejected) == (f"(01){GTIN}", 3, True)
    assert (full.reason, str(full.photo)) == ("wet and torn", "a b.jpg")
    with pytest.raises(Mistake, match="what is 'wet'"):
        remark("AF rejected wet")
