"""`tallyman-notify`: the process that tells people elsewhere of alarms, as [notify] says.

It speaks TLS, which the agent goes without, and no receiver's trouble is the agent's.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.config import config_file
from agent.config.gateway import host_name, read_gateway
from agent.config.location import find
from agent.config.notify import NotifySettings, read_notify
from agent.notify.channel import Channel, Undelivered
from agent.notify.channels import channels
from agent.notify.courier import Courier
from agent.notify.cursor import Cursor
from agent.notify.event import Event, Sender, trial
from agent.notify.source import Source
from foundation.console import folded, told
from foundation.durable import LOCK_NAME, lock_file, make_state_dir
from foundation.errors import AgentError, Retry
from foundation.logs import log_to_stderr
from foundation.parser import Parser
from foundation.printing import complain, say, say_each

log = logging.getLogger(__name__)

STATE = Path("/var/lib/tallyman-notify")
SAY_EVERY = 30.0  # s; the agent takes three times that for silence
NOBODY = "[notify] names nobody to be told: nothing to do"


@dataclass(frozen=True, slots=True)
class Configured:
    """What the configuration says: the gateway's name, and [notify]."""

    name: str
    notify: NotifySettings


def configured(path: Path) -> Configured:
    """Read what this process needs of the configuration; ConfigError where it is wrong."""
    file = config_file.read(path)
    found = Configured(read_gateway(file, host_name).name, read_notify(file))
    file.finish()
    return found


class CourierDied(Retry):
    """A channel is served no more: the process ends, and systemd starts it again."""

    advice = "look at the log, where its traceback stands: journalctl -u tallyman-notify"


class Notifier:
    """A courier for each channel, a thread each, and what tells the agent how they do."""

    def __init__(self, settings: NotifySettings, state: Path) -> None:
        self._source = Source(settings.socket)
        self._stop, self._changed = threading.Event(), threading.Event()
        self._couriers = [
            Courier(
                channel,
                self._source,
                Cursor(state / f"{channel.name}.cursor"),
                settings.kinds,
                wait=self._stop.wait,
                monotonic=time.monotonic,
                random=secrets.SystemRandom().random,
                changed=self._changed.set,
            )
            for channel in channels(settings)
        ]

    def run(self) -> None:
        """Deliver until `stop`, then keep how far that is; CourierDied where a thread broke off."""
        threads = [threading.Thread(target=each.run, daemon=True) for each in self._couriers]
        for thread in threads:
            thread.start()
        while not self._stop.is_set():
            if not all(thread.is_alive() for thread in threads):
                raise CourierDied("a channel's thread ended by a mistake of this program")
            self._say()
            self._changed.wait(SAY_EVERY)
            self._changed.clear()
        for courier in self._couriers:
            courier.save()

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()
        self._changed.set()

    def _say(self) -> None:
        now = time.monotonic()
        try:
            self._source.say([courier.report().told(now) for courier in self._couriers])
        except AgentError as error:
            log.debug("the agent does not hear: %s", error)


def try_all(wanted: Configured) -> int:
    """Send one test through each channel, once, and print what came of it; 1 where one failed."""
    now_ms = time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000
    event = trial(Sender("", wanted.name), secrets.token_hex(16), now_ms)
    return max([_tried(channel, event) for channel in channels(wanted.notify)])


def parser() -> Parser:
    """Return the parser of the arguments."""
    result = Parser("tallyman-notify", __doc__ or "")
    result.add_argument("--config", help="the configuration; default: the system's")
    result.add_argument("--state", type=Path, default=STATE, help=f"default {STATE}")
    more = "send a test through each channel, say how that went, and end"
    result.add_argument("--test", action="store_true", help=more)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM; 0 then, or where nobody is to be told; 1 for trouble, 2 as a mistake."""
    under_systemd = "JOURNAL_STREAM" in os.environ
    log_to_stderr("%(message)s" if under_systemd else "%(levelname)s %(message)s")
    try:
        args = parser().parse_args(arguments)
        wanted = configured(find(args.config, os.environ))
        if not wanted.notify.channels:
            complain(NOBODY)
            return 0
        if args.test:
            return try_all(wanted)
        make_state_dir(args.state)
        with lock_file(args.state / LOCK_NAME):
            _run(Notifier(wanted.notify, args.state))
    except AgentError as error:
        for line in told(error, fold=sys.stderr.isatty()):
            complain(line)
        return error.exit_code
    return 0


def _run(notifier: Notifier) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: notifier.stop())
    notifier.run()


def _tried(channel: Channel, event: Event) -> int:
    try:
        channel.open(event.sender)
        channel.deliver(event)
    except Undelivered as error:
        say_each(folded(f"{channel.name}: not delivered: {error}", indent=2))
        say_each(folded(f"  next: {error.advice}", indent=8))
        return 1
    say(f"{channel.name}: delivered")
    return 0


if __name__ == "__main__":
    sys.exit(main())
