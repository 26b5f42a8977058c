"""What happens to a gateway that nobody is near: each drill does it, and waits for the recovery.

A drill gets a machine whose agent has confirmed records, and returns the seconds until the next
record that did not exist before was confirmed by the ledger.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from hil.boot.bench import CardBench, await_confirmed, status
from hil.boot.machine import Machine

AGENT = "systemctl show -p MainPID --value tallyman.service"
WATCHDOG_S = 60
"""WatchdogSec of systemd/tallyman.service."""

UNPLUGGED_S = 5.0
FULL_S = 10.0
FILL = (
    "fallocate -l $(df --output=avail -B1 /data | tail -1) /data/full; "
    "cat /dev/zero > /data/fuller; sync"
)
"""Root may use the reserved blocks, too, so nothing at all is left."""

Drill = Callable[[CardBench, Machine], float]


def records(machine: Machine) -> int:
    """Return how many records the gateway has made; it must be running."""
    now = status(machine)
    assert now is not None, "the agent does not answer"
    return int(now["journal"]["records"])


def killed(bench: CardBench, machine: Machine) -> float:
    """SIGKILL the agent; systemd starts it again."""
    before = records(machine)
    machine.console.run(f"kill -9 $({AGENT})")
    return await_confirmed(machine, before)


def hangs(bench: CardBench, machine: Machine) -> float:
    """Stop the agent; the service's watchdog ends it."""
    before = records(machine)
    machine.console.run(f"kill -STOP $({AGENT})")
    return await_confirmed(machine, before, timeout=300.0 + WATCHDOG_S)


def unplugged(bench: CardBench, machine: Machine) -> float:
    """Pull every USB plug and put it in again; every device must run again."""
    before = records(machine)
    start = time.monotonic()
    bench.pull()
    time.sleep(UNPLUGGED_S)
    bench.connect(machine)
    await_devices(machine)
    await_confirmed(machine, before)
    return time.monotonic() - start


def panics(bench: CardBench, machine: Machine) -> float:
    """Crash the kernel and keep it from restarting: the hardware watchdog resets the board."""
    before = records(machine)
    start = time.monotonic()
    machine.console.run("sysctl -w kernel.panic=0 kernel.panic_on_oops=0")
    machine.console.say("echo c > /proc/sysrq-trigger")
    machine.await_shell()
    await_confirmed(machine, before)
    return time.monotonic() - start


def fills(bench: CardBench, machine: Machine) -> float:
    """Fill the data partition to the last block, then make room again."""
    before = records(machine)
    machine.console.run(FILL, timeout=120)
    time.sleep(FULL_S)
    machine.console.run("rm -f /data/full /data/fuller; sync")
    return await_confirmed(machine, before)


def await_devices(machine: Machine, timeout: float = 120.0) -> None:
    """Return once every configured device runs."""
    deadline = time.monotonic() + timeout
    while True:
        now = status(machine)
        states = {} if now is None else {each["name"]: each["state"] for each in now["devices"]}
        if states and set(states.values()) == {"running"}:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not all devices run: {states}")


DRILLS: Mapping[str, Drill] = {
    "agent killed with SIGKILL": killed,
    "agent hangs, service watchdog": hangs,
    "USB plugs pulled for 5 s": unplugged,
    "data partition full for 10 s": fills,
    "kernel panics, hardware watchdog": panics,
}
