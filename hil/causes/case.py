"""A row of the cause corpus: a rig's file, a command that breaks it, and the cause to be found.

The file is a rig's (`hil/rig/rig.py`) with one table more:

    [case]
    target = "gps"                 # what `tallyman why` is asked for
    expect = "serial.absent"       # the id of the right cause: tallyman why --list
    break = ["rig unplug gps"]     # shell commands, once the agent and all devices run

and, where wanted:

    fault = "unplugged"            # its name in the table; else the file's
    within = 20                    # s until the right cause must come first
    prepare = []                   # shell commands before the rig comes up
    before = []                    # shell commands before the agent starts
    after = []                     # shell commands at the end, whatever came
    config = ""                    # more of the agent's configuration, as TOML
    unconfigured = []              # names of devices that the agent is not told of
    members = 0                    # of a consortium that is founded and pinned; 0: no ledger
    admit = true                   # false: the gateway is not let in
    starts = true                  # false: nobody waits for the agent to run
    wrapper = []                   # a command that runs the agent
    needs = []                     # programs; where one is missing, the row is passed over
    fast = false                   # true: one of the few that every run of the tests plays

The commands run by sh in the row's own folder. `rig COMMAND` and `tallyman VERB` are at hand, and
these variables: FOLDER; ROOT (of the repository); STATE, CONFIG, CONTROL and AGENT (its process);
PORTS (of the rig); SYS (a made-up /sys); NTP (a file with the bound, in ms, of a clock that NTP
keeps; `offset` beside it moves the clock by so many ms); LEDGER (folder of the members, harbour,
insurer, carrier and customs) and PID_NAME of each. Addresses 127.0.0.1:PORT in the file are
exchanged for free ones. A row passes if the right cause is the first that `why` names in time.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

CASES = Path(__file__).with_name("cases")
WITHIN = 20.0  # s
LISTS = ("break_", "prepare", "before", "after", "unconfigured", "wrapper", "needs")
"""What may be a text where there is one alone."""


class CaseError(Exception):
    """The row's file cannot be used; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row; see the module."""

    file: Path
    fault: str
    target: str
    expect: str
    break_: Sequence[str] = ()
    within: float = WITHIN
    prepare: Sequence[str] = ()
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    config: str = ""
    unconfigured: Sequence[str] = ()
    members: int = 0
    admit: bool = True
    starts: bool = True
    wrapper: Sequence[str] = ()
    needs: Sequence[str] = ()
    fast: bool = False

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a row's file; CaseError says what is wrong with it."""
        try:
            table = tomllib.loads(file.read_text("utf-8"))["case"]
            given: dict[str, Any] = {"fault": file.stem.replace("-", " "), **table}
            given["break_"] = given.pop("break", ())
            lists = (each for each in LISTS if isinstance(given.get(each), str))
            given |= {each: [given[each]] for each in lists}
            return cls(file=file, **given)
        except OSError as error:
            raise CaseError(f"{file}: {error.strerror}") from error
        except KeyError as error:
            raise CaseError(f"{file}: there is no table [case]") from error
        except TypeError as error:
            known = ", ".join(each.name.rstrip("_") for each in fields(cls)[1:])
            raise CaseError(f"{file}: {error}; [case] takes {known}") from error
        except ValueError as error:
            raise CaseError(f"{file}: {error}") from error

    @property
    def missing(self) -> str:
        """The first program that is needed and not installed; empty where all are."""
        return next((each for each in self.needs if shutil.which(each) is None), "")


def read_all(files: Sequence[Path]) -> list[Case]:
    """Return the rows of these files, of each `*.toml` in a folder that is named; in order."""
    found: list[Path] = []
    for each in files:
        found += sorted(each.glob("*.toml")) if each.is_dir() else [each]
    return [Case.read(each) for each in found]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row: its ranks are 0 where the cause was not among the causes.

    `seconds` is how long `why` took, `error` why nothing came of it.
    """

    case: Case
    first: str = ""
    rank: int = 0
    ruled_out: bool = False
    seconds: float = 0.0
    error: str = ""

    @classmethod
    def of(cls, case: Case, answer: Mapping[str, Any], seconds: float) -> Self:
        """Return what an answer of `why --json` comes to."""
        ids = [each["id"] for each in answer["causes"]]
        return cls(
            case,
            ids[0] if ids else "",
            ids.index(case.expect) + 1 if case.expect in ids else 0,
            case.expect in [each["id"] for each in answer["ruled_out"]],
            seconds,
        )

    @property
    def right(self) -> bool:
        """Whether the right cause came first."""
        return self.rank == 1 and not self.ruled_out
