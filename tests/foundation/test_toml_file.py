"""TOML files that people write: every mistake once, with its line, and what to do."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation.options import option, options_of
from foundation.toml_file import MOST_BYTES, TomlFile, WrongFile, read_tables
from foundation.toml_lines import key_lines

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


def wrong_file(data: bytes) -> list[str]:
    with pytest.raises(WrongFile) as caught:
        TomlFile(PATH, data)
    return [line.removeprefix(f"{PATH}:") for line in caught.value.lines()]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a = 1\nb = \xff\n", "2: the file is not UTF-8: save it as UTF-8"),
        (b"\xff", "1: the file is not UTF-8: save it as UTF-8"),
        (b'a = 1\n b = "x\nc = 2\n', '2: not TOML: a quote is missing: b = "x'),
        (b"a = 1\na = 2\n", "2: not TOML: cannot overwrite a value: a = 2"),
        (b"a = 1\nb = [1\n\n", "2: not TOML: unclosed array: b = [1"),
        (b"a" * 99 + b" = ]", "1: not TOML: invalid value: " + "a" * 60),
    ],
)  # fmt: skip
def test_what_is_no_toml_is_shown_with_its_line(data, found):
    assert wrong_file(data) == [found]


def test_a_file_of_the_longest_size_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("foundation.toml_file.MOST_BYTES", 20)
    path = tmp_path / "x.toml"
    path.write_bytes(b"a = 1" + b" " * 15)
    assert TomlFile.read(path, advice="").tree == {"a": 1}
    path.write_bytes(b"a = 1" + b" " * 16)
    with pytest.raises(WrongFile, match="it has more than"):
        TomlFile.read(path, advice="")
    assert MOST_BYTES == 64 * 1024 * 1024


@pytest.mark.parametrize(("number", "code"), [(errno.EIO, 1), (errno.EPERM, 1), (errno.EISDIR, 2)])
def test_what_may_pass_is_worth_another_try(number, code, monkeypatch):
    def failing(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(Path, "open", failing)
    with pytest.raises(WrongFile) as caught:
        TomlFile.read(PATH, advice="make it")
    assert caught.value.exit_code == code
    assert (caught.value.advice == "make it") == (code == 2)


def test_mistakes_stand_in_the_order_of_their_lines():
    file = TomlFile(PATH, b"[b]\nx = 1\n[a]\ny.z = 2\n")
    file.problem(("a", "y", "z"), "four")
    file.problem(("b", "none"), "one, as its table")
    file.problem(("none",), "nowhere")
    with pytest.raises(WrongFile) as caught:
        file.finish()
    assert caught.value.lines() == [
        f"{PATH}: nowhere", f"{PATH}:1: one, as its table", f"{PATH}:4: four",
    ]  # fmt: skip
    assert caught.value.path == PATH


def test_names_are_used_once_and_an_empty_one_is_none():
    file = TomlFile(PATH, b'[[door]]\nname = "a"\n')
    file.twice(("door", 0), "", [""])
    file.twice(("door", 0), "b", ["a"])
    file.finish()
    file.twice(("door", 0), "a", ["a"])
    with pytest.raises(WrongFile, match="2: the name 'a' is used twice"):
        file.finish()


@pytest.mark.parametrize("text", ["door = 1", "door = [1]", "door = [{name = 'a'}, 2]"])
def test_what_must_be_an_array_of_tables(text):
    assert complaints(f"{text}\n{MAIN}") == ["1: door must be an array of tables: [[door]]"]


def test_arrays_of_tables_within_tables_are_found():
    file = TomlFile(PATH, b"[[a.b]]\nx = 1\n[[a.b]]\nx = 2\n")
    assert list(file.each("a", "b")) == [(("a", "b", 0), {"x": 1}), (("a", "b", 1), {"x": 2})]
    assert list(file.each("a", "c")) == list(file.each("c", "b")) == []


def test_a_table_may_have_tables_of_its_own():
    file = TomlFile(PATH, b'[main]\nname = "x"\n[main.more]\n')
    assert file.section("main", DOOR, subtables=("more",)) == {"name": "x", "width": 3.0}
    file.finish()
    assert file.section("other", DOOR[1:]) == {"width": 3.0}  # all of it has a default
    file.finish()


def test_lists_are_read_table_by_table(tmp_path):
    path = tmp_path / "doors.toml"
    assert read_tables(path, "door", DOOR, advice="make it") == []
    path.write_text('[[door]]\nname = "a"\nwidth = 4\n[[door]]\nname = "b"\n')
    assert read_tables(path, "door", DOOR, advice="make it") == [
        {"name": "a", "width": 4.0},
        {"name": "b", "width": 3.0},
    ]
    path.write_text('[[door]]\nname = "A"\n[[gate]]\nx = 1\n')
    with pytest.raises(WrongFile) as caught:
        read_tables(path, "door", DOOR, advice="make it")
    assert [line.removeprefix(f"{path}:") for line in caught.value.lines()] == [
        "2: name must look like 'north', not 'A' (in [[door]])",
        "3: unknown key 'gate' in doors.toml",
    ]


LINES = r"""# a comment with [brackets
one = 1
"two.2" = '''
x = [
'''
list = [
  "a]",  # ]
  { b = 1 },
]
after.dot.ted = 2
[t]
k = "#["  # and more = [
more = [[
  "k",
], [
  "l"]]
[t."q".'r']
k = 3
[[array]]
k = 4
[[array.inner]]
k = 5
[[array]]
k = 6
[array.table]
k = 7
[[array.inner]]
[last]
"a\"]" = 8
b = 9
"""


def test_every_key_has_its_line():
    assert key_lines(LINES) == {
        ("one",): 2,
        ("two.2",): 3,
        ("list",): 6,
        ("after",): 10,
        ("after", "dot"): 10,
        ("after", "dot", "ted"): 10,
        ("t",): 11,
        ("t", "k"): 12,
        ("t", "more"): 13,
        ("t", "q", "r"): 17,
        ("t", "q", "r", "k"): 18,
        ("array", 0): 19,
        ("array", 0, "k"): 20,
        ("array", 0, "inner", 0): 21,
        ("array", 0, "inner", 0, "k"): 22,
        ("array", 1): 23,
        ("array", 1, "k"): 24,
        ("array", 1, "table"): 25,
        ("array", 1, "table", "k"): 26,
        ("array", 1, "inner", 0): 27,
        ("last",): 28,
        ("last", 'a\\"]'): 29,
        ("last", "b"): 30,
    }
