"""`tallyman run`: the agent itself, in the foreground; systemd or a shell stops it."""

from __future__ import annotations

import argparse
import logging
import os
import threading

from agent.assembly import late_loop
from agent.assembly.run import run as live
from agent.assembly.world import World
from agent.cli.arguments import add_config
from agent.cli.main import report
from agent.cli.place import config_path, may_write
from agent.config.settings import load
from agent.desks.last_state import say_last_words
from drivers import catalog
from foundation.errors import AgentError
from foundation.logs import log_to_stderr
from foundation.notify import from_environment

HELP = "run the agent: collect until stopped"

EXIT_LIMIT = 4.5
"""Seconds from the first signal to the end, whatever hangs: what is durable is so by then."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument("--verbose", action="store_true", help="also log what devices say")


def run(args: argparse.Namespace) -> int:
    """Run the agent; 0 after an orderly stop."""
    os.umask(0o077)  # the state folder's files are ours alone; the control socket sets its own mode
    configure_log(verbose=args.verbose)
    config = load(config_path(args), catalog)
    may_write(config.gateway.state_dir)
    try:
        failure = late_loop.run(live(config, World(catalog=catalog), arm_last_exit))
    except AgentError as error:
        say_last_words(config.gateway.control, error)
        raise
    if failure is None:
        return 0
    say_last_words(config.gateway.control, failure)
    from_environment(os.environ).status(str(failure))
    return report(failure)


def configure_log(*, verbose: bool) -> None:
    """Log to stderr; systemd adds time and unit there, and reads levels from <N>."""
    under_systemd = "JOURNAL_STREAM" in os.environ
    form = "%(message)s" if under_systemd else "%(asctime)s %(levelname)s %(message)s"
    log_to_stderr(form, logging.DEBUG if verbose else logging.INFO)
    if verbose:
        logging.getLogger("asyncio").setLevel(logging.INFO)


def arm_last_exit() -> None:
    """End the process after EXIT_LIMIT even if a device or disk holds a thread."""
    timer = threading.Timer(EXIT_LIMIT, os._exit, (1,))
    timer.daemon = True
    timer.start()
