"""[gateway]: what it is called, and where it keeps its things."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from agent.config import config_file
from agent.config.forms import PLAIN
from foundation.dataclass import dataclass
from foundation.options import option, options_of
from foundation.toml_file import TomlFile

SYSTEM_STATE_DIR = "/var/lib/tallyman"

LONGEST_SOCKET_PATH = 107  # bytes: sun_path of unix(7) less the closing zero


@dataclass(frozen=True, slots=True)
class Gateway:
    """[gateway]; paths are absolute."""

    name: str = option(
        str,
        "what people call this gateway; default: the host's name",
        default="",
        form=PLAIN,
        example="truck-7",
    )
    state_dir: Path = option(
        str, "folder of keys, journal and identity", default=SYSTEM_STATE_DIR, parse=Path
    )
    control: Path = option(
        str, "control socket of the CLI", default="/run/tallyman/control.sock", parse=Path
    )


def host_name() -> str:
    """Return what this machine calls itself, as `socket.gethostname` does without its module."""
    return os.uname().nodename


def load_gateway(path: Path, hostname: Callable[[], str] = host_name) -> Gateway:
    """Read [gateway] alone, for commands that ask the agent; ConfigError where it is wrong."""
    file = config_file.read(path)
    found = read_gateway(file, hostname)
    file.finish()
    return found


def read_gateway(file: TomlFile, hostname: Callable[[], str]) -> Gateway:
    """Return what [gateway] says; relative paths begin at the file's folder."""
    given = file.section("gateway", options_of(Gateway))
    folder = file.path.parent
    control = folder / given["control"]
    if len(os.fsencode(control)) > LONGEST_SOCKET_PATH:
        file.problem(
            ("gateway", "control"),
            f"control is longer than {LONGEST_SOCKET_PATH} bytes, the most a socket may have: "
            f"{control}",
        )
    return Gateway(given["name"] or hostname(), folder / given["state_dir"], control)
