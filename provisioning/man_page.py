"""A command's manual page (man(7)), made of its parsers, as its --help is. Pure.

It is laid out here and not by argparse, whose layout differs between Pythons.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, in one line what it does, and what parses the rest."""

    words: str
    purpose: str
    parser: argparse.ArgumentParser
    exit_codes: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its section of the manual, its command, and groups of verbs by their titles."""

    section: int
    command: Command
    groups: Mapping[str, Sequence[Command]]

    @property
    def name(self) -> str:
        """Return its file's name."""
        return f"{self.command.words}.{self.section}"


def commands_below(parser: argparse.ArgumentParser, exit_codes: str) -> Iterator[Command]:
    """Yield the subcommands of a parser, and theirs in their place."""
    for action in parser._actions:  # noqa: SLF001  argparse shows them in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for each in action.choices.values():
                below = list(commands_below(each, exit_codes))
                yield from below or [Command(each.prog, each.description or "", each, exit_codes)]


def written(page: Page, version: str, day: str, others: Sequence[str]) -> str:
    """Return the page in man(7)'s language; `others` are the names of pages to see besides."""
    top = page.command
    lines = [
        f'.TH {quoted(top.words.upper())} {page.section} "{day}" "Tallyman {version}" "Tallyman"',
        ".nh", ".ad l", ".SH NAME", f"{plain(top.words)} \\- {plain(top.purpose.rstrip('.'))}",
        ".SH SYNOPSIS", *_synopsis(top), *(["\\fIVERB\\fR ..."] if page.groups else []),
        ".SH DESCRIPTION", *_text(top.parser.description),
        *_text(top.parser.epilog), *_options(top.parser),
    ]  # fmt: skip
    for title, commands in page.groups.items():
        lines.append(f".SH {quoted(title.upper())}")
        for each in commands:
            lines += _section(each, usual=top.exit_codes)
    lines += [".SH EXIT STATUS", *_text(top.exit_codes)]
    if others:
        lines += [".SH SEE ALSO", ", ".join(_reference(name) for name in others)]
    return "\n".join(lines) + "\n"


def _section(command: Command, usual: str) -> list[str]:
    codes = _text(command.exit_codes) if command.exit_codes != usual else []
    return [
        f".SS {quoted(command.words)}", *_text(command.purpose), ".PP", *_synopsis(command),
        *_options(command.parser), *_text(command.parser.epilog), *codes,
    ]  # fmt: skip


def _synopsis(command: Command) -> list[str]:
    """Return the words and what may follow them, a line each."""
    parts = (_called(action) for action in _shown(command.parser))
    return [f".B {plain(command.words)}", *parts]


def _called(action: argparse.Action) -> str:
    if not action.option_strings:
        return _value(action)
    flag = f"\\fB{plain(action.option_strings[0])}\\fR"
    said = f"{flag} {_value(action)}".rstrip()
    return said if action.required else f"[{said}]"


def _options(parser: argparse.ArgumentParser) -> list[str]:
    lines = []
    for action in _shown(parser):
        flags = ", ".join(f"\\fB{plain(flag)}\\fR" for flag in action.option_strings)
        help_ = (action.help or "") % {**vars(action), "prog": parser.prog}
        lines += [".TP", f"{flags} {_value(action)}".strip(), *(_text(help_) or ["\\&"])[-1:]]
    return lines


def _value(action: argparse.Action) -> str:
    """Return what stands for the value of an argument, as argparse repeats and brackets it."""
    if action.nargs == 0:
        return ""
    if isinstance(action.nargs, int):
        once = isinstance(action.metavar, tuple)
        return " ".join([_metavar(action)] * (1 if once else action.nargs))
    forms = {
        None: "{0}", argparse.OPTIONAL: "[{0}]", argparse.ZERO_OR_MORE: "[{0} ...]",
        argparse.ONE_OR_MORE: "{0} ...", argparse.REMAINDER: "\\&...",
    }  # fmt: skip
    return forms[action.nargs].format(_metavar(action))


def _metavar(action: argparse.Action) -> str:
    if action.metavar is None and action.choices is not None:
        return plain("|".join(map(str, action.choices)))
    name = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    words = (name,) if isinstance(name, str) else name
    return " ".join(f"\\fI{plain(word)}\\fR" for word in words)


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments that --help shows, but for --help; options first."""
    actions = [
        action for action in parser._actions  # noqa: SLF001
        if action.dest != "help" and argparse.SUPPRESS not in (action.help, action.dest)
    ]  # fmt: skip
    return sorted(actions, key=lambda action: not action.option_strings)


def _reference(name: str) -> str:
    words, _, section = name.rpartition(".")
    return f"\\fB{plain(words)}\\fR({section})"


def _text(text: str | None) -> list[str]:
    """Return a paragraph of one line; nothing for no text."""
    return [".PP", plain(" ".join(text.split()))] if text else []


def quoted(text: str) -> str:
    """Return a text as one argument of a macro."""
    return '"{}"'.format(plain(text).replace('"', "\\(dq"))


def plain(text: str) -> str:
    """Return text that roff shows as it is: no escapes, no macro, hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
