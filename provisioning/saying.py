"""How these scripts speak: lines that steer no terminal, errors with a next step, no traceback."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn

DONE, FAILED, UNUSABLE, CANNOT = 0, 1, 2, 3
"""Exit codes: as docs/operate/exit-codes.md has them; CANNOT: this machine lacks a tool."""

INTERRUPTED = 130  # 128 + SIGINT, as shells say it

_ADVICE = {
    errno.EACCES: "run it with sudo, or as the user whose files these are",
    errno.EPERM: "run it with sudo, or as the user whose files these are",
    errno.ENOENT: "correct the path",
    errno.ENOTDIR: "correct the path: a file stands where a folder is wanted",
    errno.EISDIR: "name a file, not a folder",
    errno.EEXIST: "name another folder: a file stands there",
    errno.ENOSPC: "make room on that disk",
    errno.EROFS: "name a folder on a disk that can be written",
}
_WRONG_PATH = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
_LOOK = "look at dmesg and at the disk's health"


class Trouble(Exception):
    """What ends a script. Its text says what was seen, `advice` what to do next."""

    advice = ""
    code = UNUSABLE

    def __init__(self, text: str, *, advice: str | None = None) -> None:
        super().__init__(text)
        if advice is not None:
            self.advice = advice


class Parser(argparse.ArgumentParser):
    """Raises Trouble instead of printing two formats of its own."""

    def error(self, message: str) -> NoReturn:
        """Raise Trouble."""
        raise Trouble(message, advice=f"see: {self.prog} --help")


def one_line(text: str) -> str:
    """Return text with U+FFFD for what is not printed, as the programs do (foundation/words.py)."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def counted(count: int, one: str) -> str:
    """Return a count with its noun: 1 card, 2 cards."""
    return f"{count} {one}{'' if count == 1 else 's'}"


def say(line: str = "", end: str = "\n") -> None:
    """Print one line, at once."""
    print(one_line(line), end=end, flush=True)


def say_each(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        say(line)


def complain(line: str) -> None:
    """Print one line on standard error; where nobody can be told, the exit code still tells."""
    with suppress(OSError):
        print(one_line(line), file=sys.stderr)


def tell(trouble: Trouble) -> None:
    """Print an error and its next step."""
    for line in str(trouble).split("\n"):
        complain(f"error: {line}")
    if trouble.advice:
        complain(f"next: {trouble.advice}")


def ends(main: Callable[[], int]) -> int:
    """Run a script's `main`; return its exit code, or that of what ended it."""
    _prepare_streams()
    try:
        code = main()
        sys.stdout.flush()
    except Trouble as trouble:
        tell(trouble)
        return trouble.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left (`| head`): no news
        _forget_output()
        return DONE
    except OSError as error:
        if error.filename is None:
            _forget_output()
        tell(_denied(error))
        return UNUSABLE if error.errno in _WRONG_PATH else FAILED
    return code


def _prepare_streams() -> None:
    """Put /dev/null where a stream is closed; write as an escape what the terminal lacks."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _denied(error: OSError) -> Trouble:
    what = os.strerror(error.errno or 0)
    place = "the output" if error.filename is None else os.fsdecode(error.filename)
    return Trouble(f"{place}: {what}", advice=_ADVICE.get(error.errno or 0, _LOOK))


def _forget_output() -> None:
    """Let the interpreter, when it ends, flush what is left of our output to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
