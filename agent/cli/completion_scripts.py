"""Completion scripts for shells, from the arguments of verbs. Pure.

A value is completed from its choices; else files are offered, as most values are some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from foundation.parser import Argument


class Words(NamedTuple):
    """One verb: its help, and what it takes."""

    help: str
    arguments: Sequence[Argument]


BASH = """\
# bash completion of tallyman: source <(tallyman completion bash)
_tallyman() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} verb= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case ${{COMP_WORDS[at]}} in
      --config) ((at++)) ;;
      -*) ;;
      *) verb=${{COMP_WORDS[at]}}; break ;;
    esac
  done
  COMPREPLY=()
  case $verb:$before in
{values}
    *:--config) return ;;
  esac
  case $verb in
{verbs}
    "") COMPREPLY=($(compgen -W "{names} --config --version --help" -- "$word")) ;;
  esac
}}
complete -o default -F _tallyman tallyman
"""


def bash(verbs: Mapping[str, Words]) -> str:
    """Return the script for bash."""
    values, rows = [], []
    for verb, words in verbs.items():
        for each in words.arguments:
            if each.flags and each.takes_value:
                names = "|".join(f"{verb}:{flag}" for flag in each.flags)
                values.append(f"    {names}) {_bash_reply(_choices(each))} return ;;")
        offered = [*_flags(words.arguments), "--help", *_places(words.arguments)]
        rows.append(f"    {verb}) {_bash_reply(offered)} ;;")
    return BASH.format(values="\n".join(values), verbs="\n".join(rows), names=" ".join(verbs))


def _bash_reply(words: Iterable[str]) -> str:
    listed = " ".join(words)
    return f'COMPREPLY=($(compgen -W "{listed}" -- "$word"));' if listed else ""


def _flags(arguments: Iterable[Argument]) -> Iterator[str]:
    for each in arguments:
        yield from each.flags


def _places(arguments: Iterable[Argument]) -> Iterator[str]:
    """Yield what may stand without a flag, where that is one of a few words."""
    for each in arguments:
        if not each.flags:
            yield from _choices(each)


def _choices(argument: Argument) -> list[str]:
    return [str(choice) for choice in argument.choices]


ZSH = """\
#compdef tallyman
# zsh completion of tallyman: tallyman completion zsh > ${{fpath[1]}}/_tallyman
_tallyman() {{
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '--config[the configuration]:file:_files' '--version[show the version]' \\
    '1:verb:->verb' '*::argument:->argument'
  case $state in
    verb)
      local -a verbs
      verbs=(
{names}
      )
      _describe verb verbs ;;
    argument)
      case $words[1] in
{verbs}
      esac ;;
  esac
}}
if [ "$funcstack[1]" = "_tallyman" ]; then _tallyman "$@"; else compdef _tallyman tallyman; fi
"""


def zsh(verbs: Mapping[str, Words]) -> str:
    """Return the script for zsh."""
    told = {verb: f"{verb}:{_plain(words.help)}" for verb, words in verbs.items()}
    names = "\n".join(f"        {_quoted(line)}" for line in told.values())
    rows = []
    for verb, words in verbs.items():
        specs = " \\\n          ".join(_zsh_spec(each) for each in words.arguments)
        rows.append(f"        {verb}) _arguments '--help[show the help]' \\\n          {specs} ;;")
    return ZSH.format(names=names, verbs="\n".join(rows))


def _zsh_spec(argument: Argument) -> str:
    """Return what `_arguments` wants to know of one argument."""
    choices = " ".join(_choices(argument))
    value = f":{argument.name}:({choices})" if choices else f":{argument.name}:_files"
    if not argument.flags:
        return _quoted(f"*{value}" if argument.many else value)
    again = "*" if argument.many else ""
    told = f"[{_plain(argument.help)}]{value if argument.takes_value else ''}"
    return " ".join(_quoted(f"{again}{flag}{told}") for flag in argument.flags)


def _plain(text: str) -> str:
    """Return text that says nothing to `_arguments`."""
    return "".join(" " if char in "[]:\\" else char for char in text)


def _quoted(text: str) -> str:
    """Return one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def fish(verbs: Mapping[str, Words]) -> str:
    """Return the script for fish."""
    lines = [
        "# fish completion of tallyman",
        "function __tallyman_no_verb",
        f"  not __fish_seen_subcommand_from {' '.join(verbs)}",
        "end",
        "complete -c tallyman -n __tallyman_no_verb -f",
        "complete -c tallyman -l config -r -d 'the configuration'",
    ]
    for verb, words in verbs.items():
        about = _fish_quoted(words.help)
        lines.append(f"complete -c tallyman -n __tallyman_no_verb -a {verb} -d {about}")
        seen = f"complete -c tallyman -n '__fish_seen_subcommand_from {verb}'"
        lines += [f"{seen} {spec}" for each in words.arguments if (spec := _fish_spec(each))]
    return "".join(f"{line}\n" for line in lines)


def _fish_spec(argument: Argument) -> str:
    choices = " ".join(_choices(argument))
    offered = f" -a {_fish_quoted(choices)}" if choices else ""
    if not argument.flags:
        return offered.strip()
    flags = " ".join(
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in argument.flags
    )
    value = f" -r{' -f' if choices else ''}{offered}" if argument.takes_value else ""
    return f"{flags}{value} -d {_fish_quoted(argument.help)}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
