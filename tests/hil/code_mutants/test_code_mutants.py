"""Mistakes made in a product's text, which tests are asked about them, and what is said of it."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from foundation.errors import Fatal
from hil.code_mutants.campaign import Fate, Verdict
from hil.code_mutants.mutant import Mutant, count_of, mutants_of
from hil.code_mutants.own_tests import Whole, asked_about, folders_of, own_folders, within
from hil.code_mutants.probes import probed
from hil.code_mutants.reached import FOLDER
from hil.code_mutants.report import lived, table
from hil.code_mutants.sample import sample


def changes(text):
    return [(each.old, each.new) for each in mutants_of("f.py", dedent(text).encode())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b", [("a < b", "(a <= b)")]),
        ("a >= 7", [("a >= 7", "(a > 7)"), ("a >= 7", "(a >= 6)"), ("7", "8")]),
        ("a is not b", [("a is not b", "(a is b)")]),
        ("a and not b", [("a and not b", "(a or not b)"), ("not b", "b")]),
        ("c = a - b", [("a - b", "(a + b)")]),
        ("c = a + 'text'", []),
        ("c = True, 0.5, 'text', None", [("True", "False"), ("0.5", "1.0")]),
        ("if a: b", [("a", "(not a)")]),
        ("if a == b: c", [("a == b", "(a != b)")]),
        ("[a for a in b if c(a)]", [("c(a)", "(not c(a))")]),
        ("c = min(a, b)", [("min", "max")]),
        ("disk.fsync(fd)", [("disk.fsync(fd)", "pass")]),
        ("self.count += a", [("self.count += a", "pass")]),
        ("self.count = a", [("self.count = a", "pass")]),
        ("count = a", []),
        ("raise Wrong(a)", [("raise Wrong(a)", "pass")]),
        ("while a(): break", [("a()", "(not a())"), ("break", "continue")]),
        ("def f(): return a", [("return a", "return None")]),
        ("def f(): return None", []),
        ("async def f(): await a()", [("await a()", "pass")]),
    ],
)
def test_every_mistake_of_its_kind_is_made(text, expected):
    assert changes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "_log.error('%d', 1)",
        "assert a < 1",
        "c: Literal[1]",
        "def f(a: Literal[1]) -> Literal[1]: ...",
        "@dataclass(frozen=True)\nclass A: ...",
        "zip(a, b, strict=True) or c",
        "if TYPE_CHECKING:\n  a(1)",
        "if __name__ == '__main__':\n  a(1)",
        'f"{a + 1}"',
    ],
)
def test_what_is_only_said_is_left_alone(text):
    assert not [each for each in changes(text) if "strict" not in each[0]]


def test_each_mutant_is_a_program_with_one_change():
    text = dedent('''
        """Grüße: bytes and characters differ."""
        LIMIT = 3  # „drei"
        def f(a, b=2):
            if a < LIMIT: return "ä" if (
                a
                > b) else min(a, b)
            match a:
                case -1: return 4
    ''').encode()
    tree = ast.dump(ast.parse(text))
    mutants = list(mutants_of("f.py", text))
    assert len(mutants) == count_of(text) == 11
    broken = {ast.dump(ast.parse(mutant.of(text))) for mutant in mutants}
    assert len(broken) == 11
    assert tree not in broken


def made(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return path


def test_a_sample_is_known_by_its_seed(tmp_path):
    for name in ("agent/a/one.py", "ledger/two.py", "evidence/three.py", "tests/agent/four.py"):
        made(tmp_path, name, "A = 1, 2, 3, 4, 5, 6, 7, 8\n")
    where = ["agent", "evidence", "ledger"]
    drawn = sample(tmp_path, 5, 12, where)
    assert drawn == sample(tmp_path, 5, 12, where)
    assert drawn != sample(tmp_path, 6, 12, where)
    assert len(set(map(str, drawn))) == 12
    assert len(sample(tmp_path, 5, 1000, where)) == 24, "all there are, and none of the tests"


def test_a_sample_may_be_of_one_file_or_folder(tmp_path):
    for name in ("agent/a/one.py", "agent/a/two.py", "agent/b/three.py", "tests/agent/four.py"):
        made(tmp_path, name, "A = 1, 2\n")
    where = ["agent/a", "agent/a/one.py", "agent/b/three.py"]
    assert [each.path for each in sample(tmp_path, 5, 99, where[:2])] == [
        "agent/a/one.py", "agent/a/one.py", "agent/a/two.py", "agent/a/two.py",
    ]  # fmt: skip
    assert len(sample(tmp_path, 5, 99, where)) == 6
    for wrong in ("tests/agent", "agent/c", "agent/a/five.py"):
        with pytest.raises(Fatal, match=f"{wrong} is no file or folder of the product"):
            sample(tmp_path, 5, 99, [wrong])


PRODUCT = '''
"""What it does."""
from __future__ import annotations
_LEAST = 3
MOST = 9
def kept(value):
    if value < _LEAST:
        return 0
    elif value > MOST:
        return 9
    return value
class Box:
    size: int = 4
    def fill(self):
        for each in range(self.size):
            if each:
                self.last = each
'''


def test_probes_tell_which_statements_a_test_reaches(tmp_path, monkeypatch):
    text = dedent(PRODUCT).encode()
    mutants = list(mutants_of("agent/kept.py", text))
    code = probed(text, "agent/kept.py", [spot for each in mutants for spot in each.spots])
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/agent/test_kept.py::test_it (call)")
    names = {}
    exec(compile(code, "kept.py", "exec"), names)
    assert [names["kept"](value) for value in (1, 5, 5)] == [0, 5, 5]
    (notes,) = tmp_path.iterdir()
    lines = [line.split("\t") for line in notes.read_text().splitlines()]
    assert {test for _, test in lines} == {"tests/agent/test_kept.py::test_it (call)"}
    reached = [int(mark.split(":")[1]) for mark, _ in lines]
    assert sorted(reached) == [7, 8, 9, 11], "each once; not line 10, and nothing of Box"


SHAPES = '''
"""Was „gemeint" ist."""
import functools
def every(a, b=(
        1)):
    @functools.cache
    def inner(c): return c + 1
    if a > 1: b = 2; a += 1
    elif (a
          and b): a -= 1
    elif a == "ä": pass
    else:
        # nothing
        for each in range(2): a += each
    with open("/dev/null") as null:
        try: a = int(a)
        except ValueError: a = 0
        finally: a += 1
    while a > 100: a -= 1
    match a:
        case 1: return 4
    return (
        inner(a), b
    )
'''


def test_probes_change_no_program_and_no_other_line_of_its_text():
    text = dedent(SHAPES).encode()
    spots = {spot for each in mutants_of("f.py", text) for spot in each.spots}
    code = probed(text, "f.py", spots)
    assert code.count(b"_reached(") == len(spots) >= 15
    told, plain = [], {}
    names = {"_reached": told.append}
    exec(text, plain)
    exec(code.replace(b"from hil.code_mutants.reached import reached as _reached", b""), names)
    for value in (-1, 0, 1, 2, 200, 1.5):
        assert names["every"](value) == plain["every"](value)
    assert len(set(told)) >= 12
    kept = [line for line in code.split(b"\n") if b"_reached" not in line]
    assert set(kept) <= set(text.split(b"\n"))


def test_a_private_constant_is_reached_where_it_is_read():
    found = {each.line: each.spots for each in mutants_of("f.py", dedent(PRODUCT).encode())}
    assert [line for line, _ in found[4]] == [7]
    assert found[5] == [], "others may read it: nobody knows where"
    assert found[13] == []


@pytest.fixture
def checkout(tmp_path):
    made(tmp_path, "tests/agent/rooms/test_other.py", "")
    made(tmp_path, "tests/agent/rooms/test_near.py", "from agent.rooms.door import Door\n")
    made(tmp_path, "tests/agent/rooms/test_door.py", "")
    made(tmp_path, "tests/agent/test_all.py", "")
    return tmp_path


def mutant(path="agent/rooms/door.py", spots=((3, 4),), line=3):
    return Mutant(path, line, 0, 0, "a < b", "(a <= b)", spots)


ROOMS = "tests/agent/rooms"
NAMES = (
    f"{ROOMS}/test_other.py::test_1", f"{ROOMS}/test_other.py::test_2", f"{ROOMS}/test_near.py::test",
    f"{ROOMS}/test_door.py::test_slow", f"{ROOMS}/test_door.py::test_fast", "tests/agent/test_all.py::test",
)  # fmt: skip
SECONDS = dict(zip(NAMES, (1.0, 2.0, 3.0, 4.0, 0.5, 0.1), strict=True))


def whole(*phases, mark="agent/rooms/door.py:3:4"):
    return Whole(SECONDS, reached={mark: set(phases)})


def test_the_tests_of_a_file_are_in_the_folder_that_mirrors_it(checkout):
    assert own_folders("agent/rooms/door.py", checkout) == [ROOMS]
    assert own_folders("agent/rooms/inner/lock.py", checkout) == [ROOMS]
    assert own_folders("agent/cellar/door.py", checkout) == ["tests/agent"]
    assert own_folders("evidence/cbor.py", checkout) == ["tests", "tests/vectors"]
    both = [mutant(), mutant("agent/cellar/door.py")]
    assert folders_of(both, checkout) == ["tests/agent"], "which holds the other"
    assert folders_of(both[:1], checkout) == [ROOMS]


def test_only_tests_that_reach_a_mutant_are_asked_the_nearest_first(checkout):
    said = [f"{name} (call)" for name in (NAMES[1], NAMES[3], NAMES[4], NAMES[5])]
    asked = asked_about(mutant(), whole(*said), checkout)
    assert asked == [NAMES[3], NAMES[4], NAMES[1]], "the one outside of its folder is not"
    assert asked_about(mutant(), whole(), checkout) == []
    assert asked_about(mutant(), whole(said[0], mark="agent/rooms/door.py:9:4"), checkout) == []


def test_what_a_setup_reaches_may_serve_all_tests_of_its_file(checkout):
    assert asked_about(mutant(), whole(f"{NAMES[1]} (setup)"), checkout) == [*NAMES[:2]]


def test_about_what_an_import_runs_all_tests_are_asked(checkout):
    everything = asked_about(mutant(spots=()), whole(), checkout)
    assert everything == [NAMES[3], NAMES[4], NAMES[2], NAMES[0], NAMES[1]]


def test_time_for_a_mutant_is_bounded_but_one_test_is_always_asked():
    assert list(within(5.0, NAMES, whole())) == [*NAMES[:2]]
    assert list(within(0.5, NAMES, whole())) == [*NAMES[:1]]
    assert within(0.5, [], whole()) == []


def test_the_table_counts_by_folder_and_the_lines_fit():
    long = Mutant("agent/rooms/door.py", 70, 0, 0, "call(" + "word, " * 400 + ")", "pass", ())
    verdicts = [
        Verdict(mutant(), Fate.KILLED, 3, 3),
        Verdict(mutant("agent/rooms/small/lock.py"), Fate.UNCOVERED),
        Verdict(mutant("evidence/cbor.py"), Fate.KILLED, 9, 3),
        Verdict(long, Fate.SURVIVED, 9, 3),
    ]
    head, *rows = table(verdicts)
    assert head.split() == ["folder", "killed", "survived", "uncovered"]
    assert [row.split() for row in rows] == [
        ["agent/rooms", "1", "1", "1"],
        ["evidence", "1", "0", "0"],
        ["all", "2", "1", "1", "50", "%", "killed"],
    ]
    said = list(lived(verdicts))
    assert any(line.startswith("agent/rooms/door.py:70  call(word,") for line in said)
    assert "    survived 3 of 9 tests of its folder that may notice" in said
    assert "agent/rooms/small/lock.py:3  a < b  ->  (a <= b)" in said
    assert not any("cbor" in line for line in said)
    assert max(map(len, [head, *rows, *said])) < 80
