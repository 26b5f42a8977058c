"""Tables as people keep them: columns, limits and weights; and the numbers that stand in them."""

from __future__ import annotations

import pytest

from agent.dock import articles as articles_module
from agent.dock import notice as notice_module
from agent.dock.articles import BadTable, read_articles
from agent.dock.by_table import weighs_otherwise
from agent.dock.forms import read_notice
from agent.dock.goods_identity import (
    Identity,
    IdentityError,
    check_digit,
    date,
    gtin,
    of_text,
    sscc,
)
from agent.dock.measures import RECOMMENDED, X12, Measure, measure
from agent.dock.notice import Item, NoticeError
from agent.dock.values import amount, grams, plain_sscc, whole
from agent.dock.written import day, number
from tests.agent.dock.goods import APPLE, P1
from tests.agent.dock.senders import csv

KG = Measure(grams=1000)


def item_of(text: str) -> Item:
    (unit,) = read_notice(text.encode()).units
    (item,) = unit.items
    return item


def refused(text: str) -> str:
    with pytest.raises(NoticeError) as caught:
        read_notice(text.encode())
    return str(caught.value)


# Columns


def test_a_column_of_ours_goes_before_one_that_is_only_called_like_it():
    found = read_notice(csv(f"N;{APPLE};4;junk", head="notice;gtin;quantity;ean").encode())
    assert found.units[0].items == (Item(APPLE, 4),)
    assert found.remarks == ("columns that are not read: ean",)
    other = read_notice(csv(f"N;junk;{APPLE};4", head="notice;ean;gtin;quantity").encode())
    assert other.units[0].items == (Item(APPLE, 4),)


def test_a_column_that_is_there_twice_is_refused_and_one_nobody_reads_is_not():
    assert refused(csv(f"N;{APPLE};{APPLE};4", head="notice;gtin;gtin;quantity")) == (
        "line 1: the column 'gtin' is there twice: delete one"
    )
    twice = csv(f"N;{APPLE};4;a;b", head="notice;gtin;quantity;note;note")
    assert item_of(twice) == Item(APPLE, 4)
    like = read_notice(csv(f"N;junk;{APPLE};4", head="notice;ean;upc;quantity").encode())
    assert like.units[0].items == (Item(APPLE, 4),)
    assert like.remarks == ("columns that are not read: ean",)


def test_a_row_of_more_fields_than_the_head_is_refused():
    assert refused(csv(f"N;{P1};{APPLE};4", f"N;{P1};{APPLE};4;5")) == (
        "line 3: more fields than line 1 names"
    )
    assert "close each quote" in refused(csv(f'N;{P1};{APPLE};"4'))


def test_a_head_line_below_a_title_is_named_from_two_columns_on():
    body = f"\nN;{APPLE};4\n"
    assert "named in line 3: delete" in refused(f"Delivery\n\nnotice;gtin{body}")
    assert "line 1: the file is not a notice" in refused(f"Delivery\n\ngtin;what{body}")
    nineteen = "Delivery" + "\n" * 19
    assert "named in line 20" in refused(f"{nineteen}notice;gtin{body}")
    assert "line 1: the file is not a notice" in refused(f"{nineteen}\nnotice;gtin{body}")


def test_a_mistake_of_a_table_is_named_with_its_own_line():
    for above, line in (("", 3), ("sep=;\n", 4)):
        with pytest.raises(BadTable, match=f"line {line}: a GTIN has"):
            read_articles(f"{above}gtin;name\n{APPLE};Apples\n123;Pears\n".encode())


def test_a_table_may_be_so_large_and_no_larger(monkeypatch):
    table = f"gtin;name\n{APPLE};Apples\n".encode()
    monkeypatch.setattr(articles_module, "MOST_BYTES", len(table))
    assert read_articles(table).names == {APPLE: "Apples"}
    with pytest.raises(BadTable, match="more than 0 MiB"):
        read_articles(table + b"\n")
    assert notice_module.MOST_BYTES == 4 * 1024**2


@pytest.mark.parametrize(("content", "read"), [("1", 1), ("999999", 999_999), ("0", None)])
def test_a_package_holds_fewer_than_a_million_pieces(content, read):
    found = read_articles(f"gtin;content\n{APPLE};{content}\n".encode()).contents
    assert found == ({} if read is None else {APPLE: read})
    for wrong in ("1000000", "1.5", "-1", "²"):
        with pytest.raises(BadTable, match="is not a whole number of pieces in a package"):
            read_articles(f"gtin;content\n{APPLE};{wrong}\n".encode())


def test_a_name_is_one_line_of_sixty_letters():
    found = read_articles(f'gtin;name\n{APPLE};"Apples\n  {"x" * 80}"\n'.encode())
    assert found.names == {APPLE: "Apples " + "x" * 53}


# What a table makes of a quantity


LINE = csv(f"N;{P1};{APPLE};4")


@pytest.mark.parametrize(
    ("row", "item", "remarks"),
    [
        (";1.5", Item(APPLE, 4, each_g=1500), ()),
        ("piece;1.5", Item(APPLE, 4, each_g=1500), ()),
        ("piece;", Item(APPLE, 4), ()),
        ("dozen;12", Item(APPLE, 48, each_g=1000), ("line 2: 4 x 12 are 48 pieces by our table",)),
        (
            "kg;1.5",
            Item(APPLE, 0, weight_g=4000, each_g=1500),
            ("line 2: 4 are 4 kg by our table",),
        ),
        ("carton;9", Item(APPLE, 4, package="carton", each_g=9000), ()),
    ],
)
def test_a_quantity_without_a_unit_counts_what_the_table_says(row, item, remarks):
    table = read_articles(f"gtin;unit;weight\n{APPLE};{row}\n".encode())
    found = read_notice(LINE.encode(), articles=table)
    assert found.units[0].items == (item,)
    assert found.remarks == remarks


@pytest.mark.parametrize(
    ("weight_g", "each_g", "otherwise"),
    [
        (8000, 1000, False), (7999, 1000, True), (12_000, 1000, False), (12_001, 1000, True),
        (0, 1000, False), (99_999, 0, False),
    ],
)  # fmt: skip
def test_ten_pieces_weigh_a_fifth_more_or_less_at_most(weight_g, each_g, otherwise):
    assert weighs_otherwise(Item(APPLE, 10, weight_g=weight_g, each_g=each_g)) is otherwise


def test_goods_by_weight_are_about_so_many_pieces():
    assert Item(APPLE, 0, weight_g=10_400, each_g=2500).about == 4
    assert Item(APPLE, 0, weight_g=10_400).about == 0
    assert Item(APPLE, 3, weight_g=10_400, each_g=2500).about == 0


# Units: UN/ECE recommendations 20 and 21, and X12 355


@pytest.mark.parametrize(
    ("table", "code", "unit"),
    [
        (RECOMMENDED, "PCE", Measure(1)), (RECOMMENDED, "PR", Measure(2)),
        (RECOMMENDED, "NPR", Measure(2)), (RECOMMENDED, "DZN", Measure(12)),
        (RECOMMENDED, "CEN", Measure(100)), (RECOMMENDED, "GRO", Measure(144)),
        (RECOMMENDED, "MIL", Measure(1000)), (RECOMMENDED, "CA", Measure(package="can")),
        (RECOMMENDED, "XCT", Measure(package="carton")), (RECOMMENDED, "KGM", KG),
        (RECOMMENDED, "GRM", Measure(grams=1)), (RECOMMENDED, "TNE", Measure(grams=1e6)),
        (RECOMMENDED, "LBR", Measure(grams=453.59237)),
        (RECOMMENDED, "ONZ", Measure(grams=28.349523125)),
        (X12, "HD", Measure(6)), (X12, "DZ", Measure(12)), (X12, "GS", Measure(144)),
        (X12, "CA", Measure(package="case")), (X12, "LB", Measure(grams=453.59237)),
        (X12, "OZ", Measure(grams=28.349523125)), (X12, "KG", KG), (X12, "GR", Measure(grams=1)),
    ],
)  # fmt: skip
def test_units_are_those_of_the_lists(table, code, unit):
    assert measure(code, table, "line 1") == unit


# Numbers


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("1", 1), ("7.00", 7), (" 12 ", 12), ("1000000", 1_000_000)]
)
def test_whole_numbers(text, value):
    assert whole(text, "line 1") == value


@pytest.mark.parametrize("text", ["", "1.5", "-1", "1e3", "²", "1_0", "9" * 80])
def test_what_is_no_whole_number(text):
    with pytest.raises(NoticeError, match=r"line 1: quantity .* is not a whole number"):
        whole(text, "line 1")


@pytest.mark.parametrize("text", ["1000001", "9" * 79])
def test_more_pieces_than_any_truck_carries(text):
    with pytest.raises(NoticeError, match=r"line 1: quantity .* is not in 1 to 1000000"):
        whole(text, "line 1")


@pytest.mark.parametrize(
    ("text", "unit", "weight"),
    [
        ("0.001", KG, 1), ("100000", KG, 100_000_000), ("1", Measure(grams=453.59237), 454),
        ("1.5", KG, 1500),
    ],
)  # fmt: skip
def test_weights_in_grams(text, unit, weight):
    assert grams(text, unit, "line 1") == weight


@pytest.mark.parametrize("text", ["0", "0.0004", "-1", "100000.001", "100000001", "inf", "nan"])
def test_weights_that_no_truck_carries(text):
    with pytest.raises(NoticeError, match="is not in 0 to 100 t"):
        grams(text, KG, "line 1")


def test_an_amount_is_a_plain_number():
    assert str(amount(" 12.5 ", "line 1")) == "12.5"
    for text in ("", "1,5", "1e3", "-1", "x"):
        with pytest.raises(NoticeError, match="is not a number"):
            amount(text, "line 1")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1,5", "1.5"), ("1.5", "1.5"), ("12", "12"), ("0.500", "0.500"), ("1,2,3", "1,2,3"),
        ("1.2,5", "1.2,5"), (" 7 ", "7"),
    ],
)  # fmt: skip
def test_a_decimal_comma_is_a_point(text, plain):
    assert number(text, "line 1") == plain


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("31.12.2027", "2027-12-31"), ("1.2.2027", "2027-02-01"), ("12/31/2027", "2027-12-31"),
        ("31/12/2027", "2027-12-31"), ("13/12/2027", "2027-12-13"), ("12/13/2027", "2027-12-13"),
        ("12/12/2027", "2027-12-12"), ("20271231", "20271231"), ("", ""),
    ],
)  # fmt: skip
def test_days_that_mean_one_day(text, iso):
    assert day(text, "line 1") == iso


@pytest.mark.parametrize("text", ["12/11/2027", "1/2/2027", "011227", "31-12-2027", "soon"])
def test_days_that_may_mean_another(text):
    with pytest.raises(NoticeError, match="write it like 20"):
        day(text, "line 1")


# GS1 General Specifications: check digits (7.9), dates (3.4), and what spreadsheets leave of them


def test_a_check_digit_is_ten_less_the_sum():
    """The examples of GS1: GTIN-13 629104150021-3, SSCC 37610425002123456-9."""
    assert check_digit("629104150021") == "3"
    assert check_digit("37610425002123456") == "9"
    assert gtin("6291041500213") == "06291041500213"
    assert sscc("376104250021234569") == "376104250021234569"


@pytest.mark.parametrize("length", [12, 11, 10, 9, 8, 7])
def test_leading_zeros_that_a_spreadsheet_took_are_named_up_to_four(length):
    body = "9" * (length - 1)
    full = body.zfill(11)
    text = body + check_digit(full)
    try:
        said = gtin(text)
    except IdentityError as error:
        said = str(error)
    took = "a spreadsheet took leading zeros of" in said
    assert took is (length in (9, 10, 11))


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("261231", "2026-12-31"), ("20261231", "2026-12-31"), ("2026-12-31", "2026-12-31"),
        ("20261231T0800", "2026-12-31"), ("2026-12-31T08:00", "2026-12-31"),
        ("260200", "2026-02-28"), ("280200", "2028-02-29"), ("261200", "2026-12-31"),
        ("261100", "2026-11-30"), ("", ""),
    ],
)  # fmt: skip
def test_day_00_is_the_last_of_its_month(text, iso):
    assert date(text) == iso


@pytest.mark.parametrize("text", ["2612", "261301", "260230", "2026123", "26123x", "00001200"])
def test_what_is_no_date(text):
    with pytest.raises(IdentityError, match="is not a date"):
        date(text)


def test_an_identifier_before_a_number_is_taken_off_where_it_is_one():
    number_ = P1
    for text in (number_, f"00{number_}", f"(00){number_}", f"(00) {number_[:9]} {number_[9:]}"):
        assert plain_sscc(text) == number_
        assert of_text(text).identity == Identity(sscc=number_)
    assert plain_sscc("00123") == "00123"
    zeros = "00" + "1234567890123456"
    assert plain_sscc(zeros) == zeros  # 18 digits that begin so
    for text in (APPLE, f"01{APPLE}", f"(01){APPLE}", APPLE[1:]):
        assert of_text(text).identity == Identity(gtin=APPLE)
