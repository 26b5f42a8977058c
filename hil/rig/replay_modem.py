"""`hil replay modem.at FILE`: what each line of a modem says, as flat JSON lines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from drivers.modem.answer import Answer, Model, Network
from drivers.modem.answers import is_echo, is_final, understood
from drivers.modem.lines import PROMPT, split
from drivers.modem.models import model_of
from foundation.counting import counted
from foundation.printing import say
from hil.emulators.choices import listed
from hil.rig.replay_links import CHUNK

KIND = "modem.at"
DECIMALS = 9  # 0.1 mm in degrees
END = b"\r\n"


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare `--model`."""
    text = f"of a modem: what its maker means by what others say, too ({', '.join(Model)})"
    parser.add_argument("--model", type=_model, metavar="MODEL", help=text)


def _model(name: str) -> Model:
    model = model_of(name)
    if model is None:
        raise argparse.ArgumentTypeError(f"no modem {name!r} is known, only {listed(Model)}")
    return model


def print_lines(capture: bytes, model: Model | None, troubles: list[str]) -> int:
    """Print a JSON object for each line that is understood; return how many there were."""
    printed = 0
    for flat in objects(capture, model, troubles):
        say(json.dumps(flat))
        printed += 1
    return printed


def objects(
    capture: bytes, model: Model | None = None, troubles: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what each line says; `troubles` gets what was not read.

    A last line without an end says `"ended": false`: the capture may have been cut off in it.
    """
    read = Lines(model)
    for at in range(0, len(capture), CHUNK):
        for line, answer in read.lines(capture[at : at + CHUNK]):
            yield _flat(line, answer)
    for line, answer in read.lines(END):
        yield _flat(line, answer) | {"ended": False}
    if troubles is not None:
        troubles += read.troubles()


class Lines:
    """One pass over what a modem says."""

    def __init__(self, model: Model | None) -> None:
        self._model = model
        self._rest = b""
        self._command = ""  # the newest that was echoed and is not yet answered
        self._noise = self._damaged = self._frames = 0

    @property
    def waiting(self) -> int:
        """How many bytes wait for the end of their line."""
        return len(self._rest)

    def lines(self, data: bytes) -> Iterator[tuple[str, Answer]]:
        """Yield the lines that `data` ends, and what they say."""
        found = split(self._rest + data)
        self._rest = found.rest
        self._damaged += found.damaged
        self._frames += found.frames
        for line in found.lines:
            answer = understood(line, self._model, self._command)
            if answer is not None:
                yield line, answer
            elif is_echo(line):
                self._command = line
            elif is_final(line):
                self._command = ""
            elif line != PROMPT:
                self._noise += 1

    def troubles(self) -> Iterator[str]:
        """Yield what was passed over."""
        if self._noise:
            yield f"{counted(self._noise, 'line')} of text that a modem does not say"
        if self._damaged:
            yield f"{counted(self._damaged, 'line')} with noise"
        if self._frames:
            yield f"{counted(self._frames, 'frame')} of PPP: a call had the port"


def _flat(line: str, answer: Answer) -> dict[str, Any]:
    values = {each.name: _plain(getattr(answer, each.name)) for each in fields(answer)}
    return {"line": line, "what": answer.what} | values


def _plain(value: Any) -> Any:
    match value:
        case datetime(tzinfo=None):
            return value.isoformat()
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case float():
            return round(value, DECIMALS)
        case tuple():
            return [_plain(each) for each in value]
        case Network():
            return {each.name: getattr(value, each.name) for each in fields(value)}
        case _:
            return value
