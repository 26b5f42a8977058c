"""EAN, UPC and ITF: which digits are a GTIN of the world, and which are none."""

import pytest

from drivers.gs1 import retail
from drivers.gs1.element_strings import read_content, split_aim
from tests.drivers.gs1.by_hand import check_digit, upc_e_of
from tests.drivers.gs1.labels import seeded


@pytest.mark.parametrize(
    ("upc_e", "upc_a"),
    [
        ("09999992", "099999000092"),
        ("01234565", "012345000065"),
        ("04252614", "042100005264"),
        ("01245714", "012100004574"),
        ("01278907", "012000007897"),
        ("01283453", None),  # its check digit is another
        ("21234565", None),  # no number system of UPC-E
    ],
)
def test_the_digits_that_upc_e_leaves_out(upc_e, upc_a):
    assert retail.expanded(upc_e) == upc_a


def upc_as(count):
    """UPC-A numbers that a UPC-E can hold, drawn at random."""
    rng = seeded()
    while count:
        maker = f"{rng.randrange(100_000):05d}"[: rng.randint(1, 5)].ljust(5, "0")
        body = rng.choice("01") + maker + f"{rng.randrange(10 ** rng.randint(1, 3)):05d}"
        upc_a = body + check_digit(body)
        if upc_e_of(upc_a) and upc_a.strip("0"):
            count -= 1
            yield upc_a


def test_ten_thousand_upc_es_are_never_another_article():
    """With its identifier each is what it stands for; without, what may be EAN-8 is doubted."""
    doubted = 0
    for upc_a in upc_as(10_000):
        upc_e, gtin = upc_e_of(upc_a), "00" + upc_a
        article = {"01": gtin} if retail.is_article(gtin) else {}
        named = read_content(upc_e, "E0")
        assert (named.keys, named.problem) == (article, ""), (upc_e, upc_a)
        bare = read_content(upc_e)
        assert bare.problem or bare.keys == article, (upc_e, upc_a)
        doubted += bool(bare.problem)
    assert 0 < doubted < 10_000


@pytest.mark.parametrize(
    ("scan", "gtin"),
    [
        ("]E009999992", "00099999000092"),
        ("]E00099999000092", "00099999000092"),
        ("]E0099999000092", "00099999000092"),
        ("]E0036000291452", "00036000291452"),
        ("]E496385074", "00000096385074"),
        ("96385074", "00000096385074"),
        ("]E3950600013435212", "09506000134352"),
        ("]E02112345678900", None),  # with the price in it
        ("2112345678900", None),
        ("]E00212345678909"[:16], None),
        ("]E4" + "20123451", None),
        ("]E4" + "01234565", None),
        ("]E0" + "9912345678901"[:12] + check_digit("991234567890"), None),  # a coupon
        ("]I1" + "1201234567890"[:13] + check_digit("1201234567890"), None),
    ],
)
def test_what_an_ean_or_upc_names(scan, gtin):
    symbology, text = split_aim(scan)
    found = read_content(text, symbology)
    assert found.problem == ""
    assert found.keys == ({"01": gtin} if gtin else {})


@pytest.mark.parametrize(
    ("scan", "problem"),
    [
        ("09999992", "UPC-E for 099999000092, or EAN-8"),
        ("]E096385074", "no UPC-E, and EAN-8 comes as ]E4"),
        ("]E49506000134352", "an EAN-8 code of 13 characters"),
        ("]E3950600013435212345678", "an EAN/UPC code of 21 characters"),
        ("]E39506000134352123", "an EAN/UPC code of 16 characters"),
        ("]E112", "an EAN/UPC code of 2 characters"),
        ("]E496385075", "check digit"),
    ],
)
def test_what_is_doubtful(scan, problem):
    symbology, text = split_aim(scan)
    found = read_content(text, symbology)
    assert problem in found.problem
    assert found.keys == {}
