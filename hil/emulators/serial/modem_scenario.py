"""What befalls an emulated modem, step by step: a file as `drivers/modem/HARDWARE.md` tells.

A step a line; `#` begins a comment. A scenario that is over leaves the modem as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL = "*"
HEALERS = ("second", "radio", "reset", "usb", "power")
"""What can end a hang, from the mildest to the last: the second port, the radio off and on, the
reset command, USB power or the reset line, the supply."""

SETTINGS = {
    "sim": ("ready", "pin", "puk", "absent"),
    "stat": range(12),
    "dbm": range(-150, -20),
    "data": (0, 1),
    "apn": ("internet", "wrong"),
}
"""What `set` may change, and to what."""

LONGEST_WAIT = 86_400.0  # s
USAGE = {
    "wait": "wait SECONDS",
    "expect": "expect COMMAND, which may have * in it",
    "send": "send TEXT, a line that the modem says",
    "bytes": "bytes HEX, exactly as they go over the wire",
    "hang": f"hang COMMAND|data|* [until {'|'.join(HEALERS)}]",
    "resume": "resume",
    "drop": "drop [SECONDS until it is there again]",
    "set": f"set {'|'.join(SETTINGS)} VALUE",
}


class ScenarioError(ValueError):
    """A line of a scenario cannot be; the text says which, and what can."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its verb, its text, the seconds it takes, and what ends it (of a hang)."""

    verb: str
    text: str = ""
    seconds: float = 0.0
    healer: str = "power"


def steps(text: str) -> list[Step]:
    """Read a scenario; ScenarioError names the first line that is wrong."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        try:
            found.append(_step(words))
        except ValueError:
            verb = words.split()[0]
            wanted = USAGE.get(verb) or f"a step is one of {', '.join(USAGE)}"
            raise ScenarioError(f"line {number}, {line.strip()!r}: {wanted}") from None
    return found


def _step(line: str) -> Step:
    verb, _, rest = line.partition(" ")
    rest = rest.strip()
    if verb in {"wait", "drop"}:
        return Step(verb, seconds=_seconds(rest or ("0" if verb == "drop" else "")))
    if verb == "hang":
        return _hang(rest)
    if verb == "set":
        return _set(rest)
    sound = verb in USAGE and bool(rest) != (verb == "resume")
    if not sound or (verb == "bytes" and not bytes.fromhex(rest)):
        raise ValueError(line)
    return Step(verb, rest.upper() if verb == "expect" else rest)


def _hang(text: str) -> Step:
    match text.split():
        case [what]:
            return Step("hang", what.upper())
        case [what, "until", healer] if healer in HEALERS:
            return Step("hang", what.upper(), healer=healer)
    raise ValueError(text)


def _set(text: str) -> Step:
    name, value = text.split()
    allowed = SETTINGS.get(name, ())
    if value not in allowed and int(value) not in allowed:
        raise ValueError(text)
    return Step("set", f"{name} {value}")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= LONGEST_WAIT:
        raise ValueError(text)
    return seconds
