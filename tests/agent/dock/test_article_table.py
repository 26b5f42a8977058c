"""What units and weights of a table of articles make of a notice and of a check."""

from __future__ import annotations

import pytest

from agent.dock.articles import BadTable, read_articles
from agent.dock.check import check
from agent.dock.differences import Seen
from agent.dock.forms import read_notice
from agent.dock.goods_identity import Identity
from agent.dock.notice import Item, NoticeError
from tests.agent.dock.goods import APPLE, PEAR
from tests.agent.dock.test_notice_meaning import one
from tests.agent.dock.test_other_notices import HEAD, edifact, goods, x12

HEADINGS = "gtin;supplier_number;content;unit;weight"


def table(*rows):
    return read_articles("\n".join((HEADINGS, *rows)).encode())


def sent(quantity, row, line="LIN+1++4711:SA"):
    """Return what a quantity of an article means that the table has in this row."""
    return read_notice(edifact(*HEAD, "CPS+1", line, f"QTY+12:{quantity}"), articles=table(row))


def item_of(notice):
    return one(goods(notice))


CARTON, CHEESE = f"{APPLE};4711;12;carton;", f"{APPLE};4711;;kg;2.5"
BY_GTIN = f"LIN+1++{APPLE}:SRV"


@pytest.mark.parametrize(
    ("quantity", "row", "wanted"),
    [
        ("4", CARTON, Item(APPLE, 4, package="carton", content=12)),
        ("4:CT", CARTON, Item(APPLE, 4, package="carton", content=12)),
        ("4:CS", CARTON, Item(APPLE, 4, package="case", content=12)),
        ("48:PCE", CARTON, Item(APPLE, 4, package="carton", content=12)),
        ("4", f"{APPLE};4711;;Karton;", Item(APPLE, 4, package="carton")),
        ("48:PCE", f"{APPLE};4711;;carton;", Item(APPLE, 48)),
        ("4:CT", f"{APPLE};4711;12;Stück;", Item(APPLE, 48, content=12)),
        ("4:CT", f"{APPLE};4711;;pce;", Item(APPLE, 4, package="carton")),
        ("4", f"{APPLE};4711;;dozen;", Item(APPLE, 48)),
        ("125,5", CHEESE, Item(APPLE, 0, weight_g=125_500, each_g=2500)),
        ("125", f"{APPLE};4711;;lb;", Item(APPLE, 0, weight_g=56_699)),
        ("12:PCE", CHEESE, Item(APPLE, 12, each_g=2500)),
        ("12:KGM", CARTON, Item(APPLE, 0, weight_g=12_000, content=12)),
        ("4", f"{APPLE};4711;;;", Item(APPLE, 4)),
    ],
)
def test_a_suppliers_quantity_counts_as_the_table_says(quantity, row, wanted):
    assert item_of(sent(quantity, row)) == wanted


def test_a_gtin_says_itself_what_is_counted_unless_no_unit_is_said():
    assert item_of(sent("48:PCE", CARTON, BY_GTIN)) == Item(APPLE, 48, content=12)
    assert item_of(sent("4", CARTON, BY_GTIN)) == Item(APPLE, 4, package="carton", content=12)


def test_what_was_counted_anew_is_told_once_however_many_lines_there_are():
    assert sent("4", CARTON).remarks == ()
    assert sent("48:PCE", CARTON).remarks == (
        "segment 6 (LIN): 48 pieces are 4 x 12 (carton) by our table",
    )
    lines = [part for n in (1, 2, 3) for part in (f"LIN+{n}++4711:SA", f"QTY+12:{n}:CT")]
    data = edifact(*HEAD, "CPS+1", *lines)
    found = read_notice(data, articles=table(f"{APPLE};4711;12;piece;"))
    assert found.remarks == (
        "segment 6 (LIN): 1 x 12 (carton) are 12 pieces by our table, and 2 more lines so",
    )


def test_a_number_that_becomes_another_one_or_a_weight_is_told_of_all_parts_at_once():
    dozen = f"{APPLE};4711;;dozen;"
    assert sent("4", dozen, BY_GTIN).remarks == (
        "segment 6 (LIN): 4 x 12 are 48 pieces by our table",
    )
    assert sent("4:PCE", dozen, BY_GTIN).remarks == ()
    parts = ("QTY+12:4,5", "PCI+36E", "GIN+BX+L1", "QTY+11:1", "PCI+36E", "GIN+BX+L2", "QTY+11:3,5")
    data = edifact(*HEAD, "CPS+1", BY_GTIN, *parts)
    assert read_notice(data, articles=table(f"{APPLE};4711;;kg;")).remarks == (
        "segment 6 (LIN): 4.5 are 4.5 kg by our table",
    )


def test_pieces_that_fill_no_whole_carton_are_refused():
    with pytest.raises(NoticeError, match=r"50 pieces of \d+ fill no whole carton of 12: correct"):
        sent("50:PCE", CARTON)


def test_half_a_carton_is_no_number_of_cartons():
    with pytest.raises(NoticeError, match=r"quantity '4\.5' is not a whole number"):
        sent("4.5", CARTON)
    with pytest.raises(NoticeError, match=r"segment 7 \(QTY\): quantity '-4' is not a number"):
        sent("-4", CARTON)


def test_a_quantity_that_comes_before_its_article_and_one_in_parts():
    body = "HL*1**I~SN1**4*~LIN**VP*4711~"
    found = read_notice(x12(body), articles=table(CARTON))
    assert item_of(found) == Item(APPLE, 4, package="carton", content=12)
    parts = ("QTY+12:4", "PCI+36E", "GIN+BX+L1", "QTY+11:1", "PCI+36E", "GIN+BX+L2", "QTY+11:3")
    data = edifact(*HEAD, "CPS+1", "LIN+1++4711:SA", *parts)
    (items,) = goods(read_notice(data, articles=table(CHEESE))).values()
    found = {(each.lot, each.quantity, each.weight_g) for each in items}
    assert found == {("L1", 0, 1000), ("L2", 0, 3000)}
    wrong = edifact(*HEAD, "CPS+1", "LIN+1++4711:SA", *parts[:-1], "QTY+11:2")
    with pytest.raises(NoticeError, match="parts of 4 make 3"):
        read_notice(wrong, articles=table(CHEESE))


def sheet(row, head, line):
    return read_notice(f"{head}\n{line}\n".encode(), articles=table(row))


def test_a_spreadsheet_counts_in_the_tables_unit_too():
    head = "notice;number;quantity;weight"
    assert item_of(sheet(CHEESE, head, "N1;4711;12,5;")).weight_g == 12_500
    assert item_of(sheet(CARTON, head, "N1;4711;4;")).package == "carton"
    both = item_of(sheet(CHEESE, head, "N1;4711;5;12,5"))  # beside a weight it is a count
    assert (both.quantity, both.weight_g) == (5, 12_500)


def test_a_weight_that_its_pieces_cannot_have_is_told():
    head = "notice;number;quantity;weight"
    assert sheet(CHEESE, head, "N1;4711;10;27,5").remarks == ()  # 25 kg, a tenth more
    assert sheet(CHEESE, head, "N1;4711;10;55,1").remarks == (
        f"line 2: {APPLE} weighs 55.1 kg (our table: 25 kg)",
    )
    assert sheet(CHEESE, head, "N1;4711;10;11,3").remarks == (
        f"line 2: {APPLE} weighs 11.3 kg (our table: 25 kg)",
    )


def test_pieces_without_a_weight_are_weighed_by_the_table_in_a_hint_alone():
    notice = sent("25:KGM", CHEESE)
    label = Identity(gtin=APPLE)
    seen = [Seen(label, "barcode", weight_g=2600), Seen(label, "barcode", pieces=9)]
    verdict = check(notice, seen)
    (short,) = verdict.differences
    assert (short.code, short.weight_g) == ("X34", 22_400)
    assert short.hint == (
        "9 of them say no weight: weigh them; at 2.5 kg each (our table) all would be 25.1 kg"
    )
    (came,) = verdict.came
    assert (came.about, came.weighed.found, came.tally.read) == (10, 2600, 10)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"{APPLE};;;furlong;", "line 2: unit 'furlong' is not known: write one of piece, carton"),
        (f"{APPLE};;;;heavy", "line 2: in kg: weight 'heavy' is not a number"),
        (f"{APPLE};;;;-1", "line 2: in kg: weight -1 is not in 0 to 100 t"),
        (f"{APPLE};;;;.", r"line 2: in kg: weight '\.' is not a number"),
        (f"{APPLE};;;;1_0", "line 2: in kg: weight '1_0' is not a number"),
        (f"{APPLE};;;;١", "line 2: in kg: weight '١' is not a number"),
        (f"{APPLE};;;;1,3E+03", r"line 2: weight: '1,3E\+03': a spreadsheet rounded it; make"),
        (f"{APPLE};4,7E+11;;;", r"line 2: number '4,7E\+11': a spreadsheet rounded it; make"),
        (f"{APPLE};;١٢;;", "line 2: content '١٢' is not a whole number"),
        (f'{APPLE};4711;;;\n{PEAR};"4712;;;', "line 3: unexpected end of data: close each quote"),
        (f'{APPLE};4711;;;\n{PEAR};"47"12";;;', "line 3: ';' expected .*, and write one in a text"),
        (f"{APPLE};;;;nan", "line 2: in kg: weight nan is not in 0 to 100 t"),
        (f"{APPLE};;;;1.250", r"line 2: weight: the mark in '1\.250' may .* or 1\.2500 where"),
        (f"{APPLE};;{'9' * 5000};;", "line 2: content '9999"),
        (f"{APPLE};;12;;\n{APPLE};;24;;", r"line 3: another content of \(01\)\d+ than in a row"),
        (f"{APPLE};;;kg;\n{APPLE};;;g;", r"line 3: another unit of"),
        (f"{APPLE};;;;1\n{APPLE};;;;2", r"line 3: another weight of"),
    ],
)
def test_units_and_weights_that_make_no_sense_are_told_with_their_line(row, words):
    with pytest.raises(BadTable, match=words):
        table(row)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"gtin,weight\n{APPLE},1,25\n", "line 2: more fields than line 1 names: put quotes"),
        (f"gtin,unit,Unit\n{APPLE},kg,g\n", "line 1: the column 'unit' is there twice"),
    ],
)
def test_a_table_whose_columns_do_not_agree_is_refused(text, words):
    with pytest.raises(BadTable, match=words):
        read_articles(text.encode())
    assert read_articles(f'gtin,weight\n{APPLE},"1,25"\n'.encode()).weights == {APPLE: 1250}


def test_a_line_whose_numbers_are_of_two_articles_is_refused():
    numbers = ("LIN+1", "PIA+1+4711:SA+88:IN", "QTY+12:4:PCE")
    rows = (f"{APPLE};4711;;;", f"{PEAR};88;;;")
    with pytest.raises(NoticeError, match=rf"4711 \(SA\), 88 \(IN\) are of {APPLE} and {PEAR} by"):
        read_notice(edifact(*HEAD, "CPS+1", *numbers), articles=table(*rows))
    same = table(rows[0], f"{APPLE};88;;;")
    assert item_of(read_notice(edifact(*HEAD, "CPS+1", *numbers), articles=same)).gtin == APPLE


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_spreadsheet_may_name_its_separator_and_end_lines_as_it_likes(ends):
    rows = ("sep=;", "GTIN;Name;Weight", f'{APPLE};"Apples\n1 kg";1,5', f"{PEAR};;0,000", "x;;")
    with pytest.raises(BadTable, match="line 6: a GTIN has"):
        read_articles(ends.join(rows).encode())
    found = read_articles(ends.join(rows[:-1]).encode())
    assert (found.names, found.weights) == ({APPLE: "Apples 1 kg"}, {APPLE: 1500})


@pytest.mark.parametrize("code", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_table_may_be_the_unicode_text_of_a_spreadsheet(code):
    text = f"gtin\tnumber\tname\n'{APPLE}\t'004711\tÄpfel\n"
    found = read_articles(text.encode(code))
    assert (found.gtins, found.names) == ({"004711": APPLE}, {APPLE: "Äpfel"})


@pytest.mark.parametrize("nothing", ["0", "0,00", "0.000"])
def test_a_weight_or_content_of_zero_is_one_that_nobody_knows(nothing):
    found = table(f"{APPLE};;{nothing};;{nothing}", f"{APPLE};;12;;1,5")
    assert (found.contents, found.weights) == ({APPLE: 12}, {APPLE: 1500})


@pytest.mark.parametrize(
    ("row", "quantity", "each_g"),
    [
        (f"{APPLE};4711;;carton;30", "4:CT", 30_000),
        (f"{APPLE};4711;12;carton;30", "48:PCE", 30_000),  # counted anew: four cartons
        (f"{APPLE};4711;12;piece;2,5", "4:CT", 2_500),  # 48 pieces
        (f"{APPLE};4711;;piece;2,5", "4:CT", 0),
        (f"{APPLE};4711;;carton;30", "48:PCE", 0),
        (f"{APPLE};4711;;;2,5", "4:CT", 0),
        (f"{APPLE};4711;;dozen;6", "4", 500),
    ],
)
def test_what_one_weighs_is_of_what_is_counted(row, quantity, each_g):
    data = edifact(*HEAD, "CPS+1", "LIN+1++4711:SA", f"QTY+12:{quantity}", "QTY+12:120:KGM")
    notice = read_notice(data, articles=table(row))
    assert item_of(notice).each_g == each_g
    assert not [each for each in notice.remarks if "weighs" in each and not each_g]


def test_rows_of_one_article_may_add_to_each_other():
    found = table(f"{APPLE};88;12;;", f"{APPLE};89;0;Carton;1,25", f"{PEAR};;0;;")
    assert found.gtins == {"88": APPLE, "89": APPLE}
    assert (found.contents, found.weights) == ({APPLE: 12}, {APPLE: 1250})
    assert found.units[APPLE].package == "carton"
