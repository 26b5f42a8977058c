import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gs1.digital_link import build, parse, passed_over
from drivers.gs1.errors import Fault, Gs1Error

GTIN = "09506000134352"


@pytest.mark.parametrize(
    ("link", "keys"),
    [
        (f"https://id.gs1.org/01/{GTIN}/21/32a%2Fb", {"01": GTIN, "21": "32a/b"}),
        (
            f"https://shop.example/de/01/{GTIN}/10/LOT?17=261031",
            {"01": GTIN, "10": "LOT", "17": "261031"},
        ),
        ("http://example.com/01/9506000134352", {"01": GTIN}),
        ("HTTPS://example.com/00/095201234567891235?utm=x", {"00": "095201234567891235"}),
        ("https://id.gs1.org/414/9521141123454/254/5678", {"414": "9521141123454", "254": "5678"}),
        ("https://id.gs1.org/8004/952114132a%2Fb", {"8004": "952114132a/b"}),
        ("https://id.gs1.org/8003/0952114112345432a%2Fb", {"8003": "0952114112345432a/b"}),
        (
            f"https://id.gs1.org/01/{GTIN}/22/A/10/B/21/C",
            {"01": GTIN, "22": "A", "10": "B", "21": "C"},
        ),
        (f"https://id.gs1.org/01/{GTIN}/235/7KL?10=B", {"01": GTIN, "235": "7KL", "10": "B"}),
        (
            "https://id.gs1.org/415/9521141123454/8020/R-1",
            {"415": "9521141123454", "8020": "R-1"},
        ),
        (
            "https://id.gs1.org/414/9521141123454/7040/1ABC",
            {"414": "9521141123454", "7040": "1ABC"},
        ),
        (
            "https://id.gs1.org/417/9521141123454/7040/1ABC",
            {"417": "9521141123454", "7040": "1ABC"},
        ),
        ("https://id.gs1.org/8004/9521A/7040/1ABC", {"8004": "9521A", "7040": "1ABC"}),
    ],
)
def test_links_are_read(link, keys):
    assert parse(link) == keys


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("ftp://id.gs1.org/01/09506000134352", Fault.SYNTAX),
        ("https://example.com/", Fault.SYNTAX),
        ("https://example.com/about/us", Fault.SYNTAX),
        ("https://example.com/about/us/01", Fault.SYNTAX),
        (f"https://id.gs1.org/01/{GTIN}/21/a/10/b", Fault.SYNTAX),
        (f"https://id.gs1.org/01/{GTIN}/21/a?21=b", Fault.SYNTAX),
        (f"https://id.gs1.org/01/{GTIN}?21=b", Fault.SYNTAX),
        (f"https://id.gs1.org/01/{GTIN}/10/a/235/b", Fault.SYNTAX),
        ("https://id.gs1.org/414/9521141123454/254/a/7040/1ABC", Fault.SYNTAX),
        (f"https://id.gs1.org/01/{GTIN}?98=a%00b", Fault.CHARACTER),
        (f"https://id.gs1.org/01/{GTIN}?99=", Fault.LENGTH),
        (f"https://id.gs1.org/01/{GTIN}?89=7", Fault.SYNTAX),
        (f"https://id.gs1.org/01/{GTIN}?02=09506000134353", Fault.CHECK_DIGIT),
        (f"https://id.gs1.org/01/{GTIN}/21/%FF", Fault.SYNTAX),
        ("https://id.gs1.org/01/09506000134353", Fault.CHECK_DIGIT),
        ("https://id.gs1.org/01/0950600013435a", Fault.CHARACTER),
        ("https://id.gs1.org/01/095060001", Fault.LENGTH),
        ("https://[id.gs1.org/01/09506000134352", Fault.SYNTAX),
        ("https://id.gs1.org/01/" + "0" * 3000, Fault.SYNTAX),
    ],
)
def test_links_that_are_none_are_refused_by_name(link, fault):
    with pytest.raises(Gs1Error) as caught:
        parse(link)
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("path", "wrong"), [("21/a/10/b", "10"), ("10/a/235/b", "235"), ("254/a", "254")]
)
def test_what_stands_in_the_wrong_place_of_a_path_is_named(path, wrong):
    words = rf"\({wrong}\) may not stand there in a path of \(01\)"
    with pytest.raises(Gs1Error, match=words):
        parse(f"https://id.gs1.org/01/{GTIN}/{path}")


@pytest.mark.parametrize(("length", "read"), [(2048, True), (2049, False)])
def test_a_link_has_an_end(length, read):
    link = f"https://id.gs1.org/01/{GTIN}?x="
    link += "y" * (length - len(link))
    if read:
        assert parse(link) == {"01": GTIN}
        return
    with pytest.raises(Gs1Error, match="and has an end"):
        parse(link)


def test_attributes_go_into_the_query_and_qualifiers_keep_their_order():
    assert build({"17": "261031", "21": "S/1", "10": "L", "01": GTIN}) == (
        f"https://id.gs1.org/01/{GTIN}/10/L/21/S%2F1?17=261031"
    )
    assert build({"01": GTIN, "235": "S", "10": "L"}) == (
        f"https://id.gs1.org/01/{GTIN}/235/S?10=L"
    )
    assert build({"415": "9521141123454", "8020": "R"}) == (
        "https://id.gs1.org/415/9521141123454/8020/R"
    )
    for unwritten in (
        {"10": "L"},
        {"01": GTIN, "22": "V", "235": "S"},
        {"8004": "9521A", "21": "S"},
    ):
        with pytest.raises(Gs1Error) as caught:
            build(unwritten)
        assert caught.value.fault is Fault.UNSUPPORTED


def test_what_of_a_link_is_not_gs1_s():
    link = f"https://id.gs1.org/01/{GTIN}/21/A"
    assert passed_over(link + "?17=261031") == ""
    assert passed_over(link + "?B") == "B="
    assert passed_over(link + "?17=261031&utm=x#top") == "utm=x#top"
    assert passed_over(link + "#B") == "#B"


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    try:
        parse("https://id.gs1.org/" + text)
    except Gs1Error as error:
        assert error.fault
