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
    ],
)
def test_what_is_doubtful_is_kept_and_marked(text, problem, quality):
    found = reading("gun", text, 1.0)
    assert found.quality is quality
    assert problem in found.fields["problem"]
    assert found.fields["text"] == text[3:] if text.startswith("]") else text
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
