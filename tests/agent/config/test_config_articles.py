"""Articles of the dock: in a table beside the configuration, and in it."""

from __future__ import annotations

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import parse
from tests.agent.fakes import FakeCatalog


def test_a_table_of_articles_is_read_with_the_configuration(tmp_path):
    table = tmp_path / "articles.csv"
    text = b'[gateway]\nname = "g"\nstate_dir = "s"\n[dock]\narticles = "articles.csv"\nbelief = "nothing"\n'
    table.write_text("gtin;name\n04012345111118;Apples\n")
    config = parse(text, tmp_path / "tallyman.toml", FakeCatalog())
    assert config.dock.table.names == {"04012345111118": "Apples"}
    assert (config.dock.belief, config.dock.late_minutes) == ("nothing", 30)
    table.write_text("gtin;name\n123;Apples\n")
    with pytest.raises(ConfigError, match="line 2: a GTIN has"):
        parse(text, tmp_path / "tallyman.toml", FakeCatalog())
    table.unlink()
    with pytest.raises(ConfigError, match=r"cannot read .*articles\.csv"):
        parse(text, tmp_path / "tallyman.toml", FakeCatalog())


ARTICLES = """[gateway]
name = "g"
state_dir = "s"
[dock]
articles = "articles.csv"
[[article]]
gtin = "04012345111118"
number = "4711"
unit = "Karton"
content = 12
weight = 1.250
[[article]]
gtin = "96385074"
weight = 2
"""


def test_articles_stand_in_the_configuration_too_and_add_to_the_table(tmp_path):
    path = tmp_path / "tallyman.toml"
    (tmp_path / "articles.csv").write_text("gtin;name\n04012345111118;Ham\n")
    table = parse(ARTICLES.encode(), path, FakeCatalog()).dock.table
    assert table.gtins == {"4711": "04012345111118"}
    assert table.names == {"04012345111118": "Ham"}
    assert table.contents == {"04012345111118": 12}
    assert table.weights == {"04012345111118": 1250, "00000096385074": 2000}
    assert table.units["04012345111118"].package == "carton"
    alone = ARTICLES.replace('articles = "articles.csv"\n', "")
    assert parse(alone.encode(), path, FakeCatalog()).dock.table.names == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("Karton", "furlong"), "6: [[article]]: unit 'furlong' is not known: write one of"),
        (("1.250", "-1"), "11: weight must be from 0 to 100000 kg, not -1"),
        (("1.250", '"1.25"'), "11: weight must be a number without quotes"),
        (("content = 12", "content = 1.5"), "10: content must be a whole number without quotes"),
        (
            ("content", "contnet"),
            "10: unknown key 'contnet' in [[article]]: did you mean 'content'",
        ),
        (("96385074", "96385075"), "12: [[article]]: GTIN 96385075 has a wrong check digit"),
        (("96385074", "4012345111118"), "12: [[article]]: another weight of (01)04012345111118"),
        (("96385074", "123"), "13: gtin must look like '04012345111118', not '123'"),
        (('gtin = "96385074"\n', ""), "12: [[article]] needs the key 'gtin': its GTIN"),
    ],
)
def test_an_article_that_makes_no_sense_is_named_with_its_line(tmp_path, changed, said):
    (tmp_path / "articles.csv").write_text("gtin;name\n")
    text = ARTICLES.replace(*changed)
    with pytest.raises(ConfigError) as caught:
        parse(text.encode(), tmp_path / "tallyman.toml", FakeCatalog())
    (problem,) = str(caught.value).splitlines()
    assert f"tallyman.toml:{said}" in problem
