import pytest

from drivers.barcode.scan import Debounce, decoded, reading
from drivers.reading import Quality

GTIN = "09506000134352"


def test_all_keys_of_a_label():
    found = reading("gun", f"]d201{GTIN}21S/1\x1d10L1\x1d17260200", 5.0)
    assert (found.kind, found.quality, found.monotonic) == ("barcode", Quality.OK, 5.0)
    assert found.fields == {
        "symbology": "GS1 DataMatrix",
        "text": f"01{GTIN}21S/1\x1d10L1\x1d17260200",
        "gtin": GTIN,
        "sscc": None,
        "lot": "L1",
        "expiry": "2026-02-28",
        "serial": "S/1",
        "uri": f"https://id.gs1.org/01/{GTIN}/10/L1/21/S%2F1?17=260200",
        "problem": None,
    }


def test_the_second_code_of_a_logistic_label():
    text = f"]C102{GTIN}1526103137240\x1d10L1"
    found = reading("gun", text, 5.0)
    assert (found.quality, found.fields["problem"], found.fields["uri"]) == (Quality.OK, None, None)
    assert found.fields["content_gtin"] == GTIN
    assert (found.fields["count"], found.fields["lot"]) == (240, "L1")
    assert found.fields["best_before"] == "2026-10-31"
    assert (found.fields["gtin"], found.fields["expiry"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("]C137100", "count", 100),
        (f"]C102{GTIN}3102001250\x1d3724", "net_weight", 12.5),
        (f"]C101{GTIN}3105000001", "net_weight", 0.00001),
        (f"]C101{GTIN}3100000012", "net_weight", 12.0),
        (f"]C101{GTIN}15260200", "best_before", "2026-02-28"),
    ],
)
def test_each_field_of_goods_by_the_pallet(text, field, value):
    found = reading("gun", text, 1.0)
    assert (found.quality, found.fields[field]) == (Quality.OK, value)


@pytest.mark.parametrize("ai", ["15", "17"])
def test_a_date_of_the_last_century_is_told_as_such(ai):
    """The window of GS1 counts 99 as 1999; on labels it often means that goods do not expire."""
    found = reading("gun", f"]C101{GTIN}{ai}991231", 1.0)
    assert found.quality is Quality.SUSPECT
    assert f"({ai}) 991231 is of 1999" in found.fields["problem"]
    assert "1999-12-31" in found.fields.values()
    assert reading("gun", f"]C101{GTIN}{ai}761231", 1.0).quality is Quality.OK


def test_a_number_of_one_shop_is_text_and_no_article():
    found = reading("gun", "]E02112345678900", 1.0)
    assert (found.quality, found.fields["text"]) == (Quality.OK, "2112345678900")
    assert (found.fields["gtin"], found.fields["uri"]) == (None, None)


def test_a_third_party_serial_number_is_in_the_link():
    found = reading("gun", f"]d201{GTIN}2357KL", 1.0)
    assert found.fields["uri"] == f"https://id.gs1.org/01/{GTIN}/235/7KL"


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("]C100095201234567891235", "sscc", "095201234567891235"),
        ("]E09506000134352", "gtin", GTIN),
        (f"]Q3https://id.gs1.org/01/{GTIN}/21/a%2Fb", "serial", "a/b"),
        ("PALLET-7", "text", "PALLET-7"),
    ],
)
def test_what_is_sound(text, field, value):
    found = reading("gun", text, 1.0)
    assert (found.quality, found.fields[field], found.fields["problem"]) == (
        Quality.OK,
        value,
        None,
    )


@pytest.mark.parametrize(
    ("text", "problem", "quality"),
    [
        ("]E09506000134353", "check digit", Quality.SUSPECT),
        (f"]C101{GTIN}10ABC17261031", "no FNC1 came", Quality.SUSPECT),
        ("95060\x0700134352", "control character 0x07", Quality.CORRUPT),
        ("]C10110857326005540102021121092220084115197123", "(10) has up to 20", Quality.SUSPECT),
        ("09999992", "UPC-E for 099999000092, or EAN-8", Quality.SUSPECT),
    ],
)
def test_what_is_doubtful_is_kept_and_marked(text, problem, quality):
    found = reading("gun", text, 1.0)
    assert found.quality is quality
    assert problem in found.fields["problem"]
    assert found.fields["text"] == (text[3:] if text.startswith("]") else text)
    assert found.fields["uri"] is None


def test_bytes_that_are_no_text():
    assert decoded("Größe".encode()) == ("Größe", "")
    assert decoded(b"\xa5\xff12") == ("¥ÿ12", "bytes that are no text")


def test_the_same_code_within_a_second_is_one_and_seeing_it_prolongs_the_time():
    debounce = Debounce(1.0)
    seen = [debounce.repeated("a", at) for at in (0.0, 0.5, 1.2, 2.3)]
    assert seen == [False, True, True, False]
    assert [debounce.repeated(text, 3.0) for text in ("b", "a", "b")] == [False, False, False]
    assert not Debounce(0.0).repeated("a", 0.0)
