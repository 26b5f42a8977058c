"""TOML files that people write: every mistake once, with its line, and what to do."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation.options import option, options_of
from foundation.toml_file import TomlFile, WrongFile

PATH = Path("/etc/x.toml")


@dataclass(frozen=True, slots=True)
class Door:
    name: str = option(str, "what people call it", form="[a-z]+", example="north")
    width: float = option(float, "from post to post", default=3.0, minimum=1.0, maximum=9.0)


DOOR = options_of(Door)


def complaints(text: str) -> list[str]:
    file = TomlFile(PATH, text.encode())
    for place, given in file.each("door"):
        file.table(place, given, DOOR, "[[door]]")
    file.section("main", DOOR)
    with pytest.raises(WrongFile) as caught:
        file.finish()
    return str(caught.value).replace(f"{PATH}:", "").splitlines()


MAIN = '[main]\nname = "x"\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            MAIN + '[[door]]\nname = "a"\n[[door]]\nname = "B"\nwidth = 0\n',
            [
                "6: name must look like 'north', not 'B' (in [[door]])",
                "7: width must be from 1 to 9, not 0 (in [[door]])",
            ],
        ),
        # The second name is the slip of the pen, not the first door's.
        (
            MAIN + '[[door]]\nname = "a"\n[[door]]\nnam = "b"\n',
            ["6: unknown key 'nam' in [[door]]: did you mean 'name'?"],
        ),
        (
            MAIN + '[[door]]\nname = "a"\nnam = "b"\n',
            ["5: unknown key 'nam' in [[door]]: did you mean 'name'?"],
        ),
        (
            MAIN + "[[door]]\nwidth = 2\n",
            ["3: [[door]] needs the key 'name': what people call it"],
        ),
        ("[[door]]\nname = 'a'\n", [" the table [main] is missing"]),
        ("main = 1\n", ["1: main must be a table: [main]"]),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_with_its_line(text, found):
    assert complaints(text) == found


def test_a_correct_file_gives_its_values_and_its_defaults():
    file = TomlFile(PATH, b"\xef\xbb\xbf[main]\r\nname = 'x'\r\n")
    assert file.section("main", DOOR) == {"name": "x", "width": 3.0}
    file.finish()


def test_a_file_that_cannot_be_had(tmp_path):
    with pytest.raises(WrongFile) as caught:
        TomlFile.read(tmp_path / "none.toml", advice="make it")
    assert str(caught.value) == f"{tmp_path}/none.toml: No such file or directory"
    assert (caught.value.advice, caught.value.exit_code) == ("make it", 2)


def test_a_file_without_an_end_is_not_read_to_it():
    with pytest.raises(WrongFile, match="/dev/zero: it has more than 64 MiB") as caught:
        TomlFile.read(Path("/dev/zero"), advice="name the file")
    assert caught.value.advice == "name the file"


def test_who_may_not_read_a_file_is_not_told_to_make_it(monkeypatch: pytest.MonkeyPatch):
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # root may read everything
    with pytest.raises(WrongFile, match="Permission denied") as caught:
        TomlFile.read(PATH, advice="make it first")
    assert "sudo" in caught.value.advice
