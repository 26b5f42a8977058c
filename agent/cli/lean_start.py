"""What `tallyman run` does without, so that it starts sooner and takes less memory."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import chain, pairwise
from typing import cast

from agent.config.location import find
from foundation.later import load_later

load_later("inspect")  # of every verb: 4 ms with what it brings, and `dataclasses` seldom asks it

AFTER_THE_SEAL = ("asyncio", "socket", "json", "traceback")
"""Modules that are imported before `boot` is sealed and used later, if at all."""


def prepare(argv: Sequence[str]) -> None:
    """Make ready for the agent's imports; `argv` are the arguments of `run`."""
    gc.disable()  # a tenth of a start's time; the agent enables it once it runs
    if not names_tls(argv):
        spare_openssl()
    for name in AFTER_THE_SEAL:
        load_later(name)


def spare_openssl() -> None:
    """Let Python do without its own OpenSSL: 8 MB, and `cryptography` brings one anyway.

    `asyncio` then has no `ssl`, which few devices speak: the other links are ZeroMQ with CURVE,
    plain TCP, serial ports and buses. `hashlib` has the hashes that come with Python, which cost
    a record half a hash more. Comes before these are imported, and so before the configuration
    is really read.
    """
    modules = cast("dict[str, object]", sys.modules)
    modules.setdefault("ssl", None)
    if find_spec("_sha2" if sys.version_info >= (3, 12) else "_sha256"):  # not every build has it
        modules.setdefault("_hashlib", None)


def names_tls(argv: Sequence[str]) -> bool:
    """Whether the configuration that `run` will read has the word `tls` in it."""
    path = find(_config_in(argv), os.environ)
    try:
        return b"tls" in path.read_bytes()
    except OSError:
        return False  # `run` says what is wrong with it


def _config_in(argv: Sequence[str]) -> str | None:
    """Return what --config names: the last one counts, as to argparse."""
    parts = (word.split("=", 1) if word.startswith("--") else [word] for word in argv)
    named = [value for word, value in pairwise(chain.from_iterable(parts)) if word == "--config"]
    return named[-1] if named else None
