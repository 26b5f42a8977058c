"""Completion scripts, word by word, of two verbs that have every sort of argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import completion
from agent.cli.argument_schema import schema_of
from agent.cli.arguments import count, whole
from agent.cli.completion_scripts import Words, bash, fish, zsh
from agent.cli.main import main
from foundation.parser import Argument


def argument(name, *flags, what="", type_=None, choices=(), value=True, required=False, many=False):
    return Argument(name, flags, what, type_, choices, value, required, many)


ARGUMENTS = [
    argument("action", choices=("go", "stop"), what="what to do", required=True),
    argument("file", type_=Path, what="where", many=True),
    argument("last", "--last", "-n", type_=whole, what="it's [the] last: N"),
    argument("form", "--as", choices=("csv", "json"), what="a form"),
    argument("json", "--json", value=False, what="as JSON"),
    argument("seal", "--seal", many=True, what="a seal"),
]
VERBS = {"move": Words("move: it's done", ARGUMENTS), "wait": Words("wait", [])}


def rows(script, start):
    return [line.strip() for line in script.splitlines() if line.strip().startswith(start)]


def test_bash():
    script = bash(VERBS)
    assert rows(script, "move:") == [
        "move:--last|move:-n)  return ;;",
        'move:--as) COMPREPLY=($(compgen -W "csv json" -- "$word")); return ;;',
        "move:--seal)  return ;;",
    ]
    offered = "--last -n --as --json --seal --help go stop"
    assert rows(script, "move)") == [f'move) COMPREPLY=($(compgen -W "{offered}" -- "$word")); ;;']
    assert rows(script, "wait)") == ['wait) COMPREPLY=($(compgen -W "--help" -- "$word")); ;;']
    assert 'compgen -W "move wait --config --version --help"' in script


def test_zsh():
    script = zsh(VERBS)
    assert rows(script, "'move") == [r"'move:move  it'\''s done'"]
    assert rows(script, "'wait") == ["'wait:wait'"]
    move = script[script.index("move) _arguments") : script.index("wait) _arguments")]
    assert [line.strip().removesuffix(" \\") for line in move.splitlines() if line.strip()] == [
        "move) _arguments '--help[show the help]'",
        "':action:(go stop)'",
        "'*:file:_files'",
        r"'--last[it'\''s  the  last  N]:last:_files' '-n[it'\''s  the  last  N]:last:_files'",
        "'--as[a form]:form:(csv json)'",
        "'--json[as JSON]'",
        "'*--seal[a seal]:seal:_files' ;;",
    ]


def test_fish():
    seen = "complete -c tallyman -n '__fish_seen_subcommand_from move'"
    lines = fish(VERBS).splitlines()
    assert lines[:6] == [
        "# fish completion of tallyman",
        "function __tallyman_no_verb",
        "  not __fish_seen_subcommand_from move wait",
        "end",
        "complete -c tallyman -n __tallyman_no_verb -f",
        "complete -c tallyman -l config -r -d 'the configuration'",
    ]
    assert lines[6:] == [
        r"complete -c tallyman -n __tallyman_no_verb -a move -d 'move: it\'s done'",
        f"{seen} -a 'go stop'",
        rf"{seen} -l last -s n -r -d 'it\'s [the] last: N'",
        f"{seen} -l as -r -f -a 'csv json' -d 'a form'",
        f"{seen} -l json -d 'as JSON'",
        f"{seen} -l seal -r -d 'a seal'",
        "complete -c tallyman -n __tallyman_no_verb -a wait -d 'wait'",
    ]


def test_a_backslash_stays_one_in_fish():
    script = fish({"v": Words("a\\b", [])})
    assert r"-d 'a\\b'" in script


def test_the_schema_of_arguments():
    numbers = [argument(name, f"--{name}", type_=type_)
               for name, type_ in (("n", int), ("x", float), ("c", count), ("s", str))]  # fmt: skip
    found = schema_of([*ARGUMENTS, *numbers])
    assert (found["type"], found["additionalProperties"]) == ("object", False)
    assert found["required"] == ["action"]
    about = {"description": ""}
    assert found["properties"] == {
        "action": {"enum": ["go", "stop"], "description": "what to do", "x-place": 0},
        "file": {"type": "array", "items": {"type": "string", "format": "path"},
                 "description": "where", "x-place": 1},
        "last": {"type": "integer", "minimum": 0, "description": "it's [the] last: N",
                 "x-flags": ["--last", "-n"]},
        "form": {"enum": ["csv", "json"], "description": "a form", "x-flags": ["--as"]},
        "json": {"type": "boolean", "description": "as JSON", "x-flags": ["--json"]},
        "seal": {"type": "array", "items": {"type": "string"}, "description": "a seal",
                 "x-flags": ["--seal"]},
        "n": about | {"type": "integer", "x-flags": ["--n"]},
        "x": about | {"type": "number", "x-flags": ["--x"]},
        "c": about | {"type": "integer", "minimum": 1, "x-flags": ["--c"]},
        "s": about | {"type": "string", "x-flags": ["--s"]},
    }  # fmt: skip


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_the_script_of_a_shell_is_printed(capsys, monkeypatch, shell):
    few = {"shelf": Words("show what is at each read point now", ())}
    monkeypatch.setattr(completion, "words", lambda: few)
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == completion.SHELLS[shell](few)
