"""The LD_PRELOAD shims: what a program's environment needs to see emulated buses and keyboards."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build"
BUS_SHIM = BUILD / "i2c_shim.so"
INPUT_SHIM = BUILD / "evdev_shim.so"
PRELOAD = "LD_PRELOAD"
SEPARATORS = " :"
"""Of the paths in LD_PRELOAD; nothing escapes them (ld.so(8))."""


def environment(buses: Mapping[str, Path], inputs: Mapping[str, Path]) -> dict[str, str]:
    """Return the variables for `buses` (device file → socket) and `inputs` (name → pty)."""
    found: dict[str, str] = {}
    if buses or inputs:
        wanted = [*([BUS_SHIM] if buses else []), *([INPUT_SHIM] if inputs else [])]
        found[PRELOAD] = ":".join(map(str, wanted))
    if buses:
        found["TALLYMAN_SHIM_SOCKETS"] = ",".join(f"{key}={buses[key]}" for key in buses)
    if inputs:
        found["TALLYMAN_SHIM_EVDEV"] = ",".join(f"{inputs[key]}={key}" for key in inputs)
    return found


def trouble(variables: Mapping[str, str]) -> str:
    """Return why a program with this environment would see nothing; "" when it sees all."""
    for shim in (BUS_SHIM, INPUT_SHIM):
        if str(shim) not in variables.get(PRELOAD, ""):
            continue
        if set(SEPARATORS) & set(str(shim)):
            return f"{PRELOAD} cannot name {shim}: its path must have no blank and no colon"
        if not shim.exists():
            return f"{shim.name} is not built: run make build/{shim.name}"
    return ""


def exports(variables: Mapping[str, str]) -> list[str]:
    """Return the lines with which a shell sets them."""
    return [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
