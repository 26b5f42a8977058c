"""The configuration file as such: read, or refused with the next step."""

from __future__ import annotations

from pathlib import Path

from agent.config.location import VARIABLE
from foundation.toml_file import TomlFile, WrongFile


class ConfigError(WrongFile):
    """The configuration cannot be used."""

    advice = "correct the file, then run: tallyman config check"


def read(path: Path) -> TomlFile:
    """Return the tables of the file at `path`; ConfigError where there are none."""
    return TomlFile.read(path, ConfigError, advice=f"name the file with --config or ${VARIABLE}")


def parse(data: bytes, path: Path) -> TomlFile:
    """Return the tables of a file's bytes."""
    return TomlFile(path, data, ConfigError)
