import pytest

from foundation.catalogue import CATEGORIES, load
from tests.foundation.catalogues import faults, languages


@pytest.fixture
def folder(tmp_path):
    def write(language, text):
        (tmp_path / f"{language}.toml").write_text(text)
        return tmp_path

    return write


def test_a_sentence_is_said_with_its_values(folder):
    words = load(folder("en", '[talk]\ngone = "check {check} is gone"\n'), "en")
    assert words("talk.gone", check="R-1") == "check R-1 is gone"
    assert words.section("talk") == {"gone": "check {check} is gone"}
    assert words.form("talk.gone") == "check {check} is gone"
    with pytest.raises(KeyError):
        words("talk.here")


def test_tables_nest_and_a_locale_changes_no_letter(folder, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    text = 'more = "ü"\n[a.b]\nc = { one = "1", other = "{count}" }\nd = "标签"\n'
    (folder("de", "").joinpath("de.toml")).write_bytes(text.encode())
    words = load(folder("en", ""), "de")
    assert (words("more"), words("a.b.d"), words("a.b.c", count=1)) == ("ü", "标签", "1")
    assert words.form("a.b.c", 2) == "{count}"


@pytest.mark.parametrize(
    ("language", "numbers"),
    [  # by the tables of Unicode CLDR 45, Language Plural Rules
        ("en", {"one": [1], "other": [0, 2, 5, 21, 101]}),
        ("de", {"one": [1], "other": [0, 2, 21]}),
        ("it", {"one": [1], "other": [0, 2, 21]}),
        ("zh", {"other": [0, 1, 2, 100]}),
        (
            "pl",
            {
                "one": [1],
                "few": [2, 3, 4, 22, 23, 24, 102, 104, 1002],
                "many": [0, 5, 11, 12, 13, 14, 20, 21, 25, 101, 111, 112, 114, 1000, 1012],
            },
        ),
    ],
)
def test_a_count_chooses_the_form_of_its_language(folder, language, numbers):
    forms = ", ".join(f'{each} = "{each} {{count}}"' for each in numbers)
    words = load(folder(language, f"[a]\nb = {{ {forms} }}\n"), language)
    assert set(numbers) == set(CATEGORIES[language])
    for form, counts in numbers.items():
        assert [words("a.b", count=n) for n in counts] == [f"{form} {n}" for n in counts]


def test_what_a_catalogue_lacks_is_named(folder):
    folder("en", '[a]\nb = "{x}"\nc = "c"\nn = { one = "{count} d", other = "{count} ds" }\n')
    same = folder("it", '[a]\nb = "di {x}"\nc = "ci"\nn = { one = "un d", other = "{count} d" }\n')
    assert faults(same) == []
    assert languages(same) == ["en", "it"]
    folder("pl", '[a]\nb = "{y}"\nc = " "\nn = { one = "{count}", other = "{count}" }\nd = "d"\n')
    assert sorted(faults(same)) == [
        "pl: a.b has the placeholders ['y']",
        "pl: a.c is empty",
        "pl: a.d is too much",
        "pl: a.n has the forms ['one', 'other'], wanted ['few', 'many', 'one']",
    ]
    folder("pl", '[a]\nb = "{x}"\nn = "{count}"\n')
    assert sorted(faults(same)) == ["pl: a.c is missing", "pl: a.n counts in one language alone"]
