"""What happens to a gateway while it runs: it goes on by itself, and nothing shown is lost."""

from __future__ import annotations

import time

from hil.boot.drill_bench import DrillBench, DrillFailed, Figures, nothing_lost
from hil.boot.gateway import Gateway

AGENT = "systemctl show -p MainPID --value tallyman.service"
UNPLUGGED_S, FULL_S = 5.0, 10.0
FILL_TIMEOUT_S = 120.0
FILL = (
    "fallocate -l $(df --output=avail -B1 /data | tail -1) /data/full; "
    "cat /dev/zero > /data/fuller; sync"
)
"""Root may use the reserved blocks, too, so nothing at all is left."""

LONG_RUNNING = (
    "tallyman",
    "tallyman-clock",
    "tallyman-ledger",
    "tallyman-notify",
    "tallyman-update",
    "tallyman-zigbee",
)
LOOKS = (
    "systemd-analyze verify --man=no /usr/lib/systemd/system/tallyman*.service",
    *(
        f"systemd-analyze security --no-pager --offline=yes --threshold=13 {unit}.service"
        for unit in (*LONG_RUNNING, "tallyman-degraded")
    ),
    '! systemctl --failed --no-legend --plain | grep ""',
)


FIRST_BOOT = (
    "systemctl show tallyman-firstboot.service "
    "-p ExecMainStartTimestampMonotonic -p ExecMainExitTimestampMonotonic"
)


def killed(bench: DrillBench) -> Figures:
    """SIGKILL the agent; systemd starts it again."""
    yield from _recovery(bench.gateway, f"kill -9 $({AGENT})", "agent killed with SIGKILL")


def hangs(bench: DrillBench) -> Figures:
    """Stop the agent; the service's watchdog ends it."""
    command = f"kill -STOP $({AGENT})"
    yield from _recovery(bench.gateway, command, "agent hangs, service watchdog")


def _recovery(gateway: Gateway, command: str, what: str) -> Figures:
    with nothing_lost(gateway) as made:
        gateway.console.run(command)
        yield what, gateway.await_confirmed(made)


def unplugged(bench: DrillBench) -> Figures:
    """Pull every USB plug and put it in again; every device must run again."""
    parts, gateway = bench.card_bench, bench.gateway
    with nothing_lost(gateway) as made:
        start = time.monotonic()
        parts.pull()
        time.sleep(UNPLUGGED_S)
        parts.connect(gateway.machine)
        gateway.await_devices()
        gateway.await_confirmed(made)
        yield f"USB plugs pulled for {UNPLUGGED_S:g} s", time.monotonic() - start


def fills(bench: DrillBench) -> Figures:
    """Fill the data partition to the last block, then make room again."""
    gateway = bench.gateway
    with nothing_lost(gateway):
        gateway.console.run(FILL, timeout=FILL_TIMEOUT_S)
        time.sleep(FULL_S)
        made = gateway.records()
        gateway.console.run("rm -f /data/full /data/fuller; sync")
        yield f"data partition full for {FULL_S:g} s", gateway.await_confirmed(made)


def panics(bench: DrillBench) -> Figures:
    """Crash the kernel and keep it from restarting: the hardware watchdog resets the board."""
    gateway = bench.gateway
    with nothing_lost(gateway) as made:
        start = time.monotonic()
        gateway.console.run("sysctl -w kernel.panic=0 kernel.panic_on_oops=0")
        gateway.console.say("echo c > /proc/sysrq-trigger")
        gateway.machine.await_shell()
        gateway.await_confirmed(made)
        yield "kernel panics and hangs, hardware watchdog", time.monotonic() - start


def inspected(bench: DrillBench) -> Figures:
    """Have the guest's own systemd judge the units, with every device working.

    What a Pi's firmware looks for on the card, QEMU does not: that it is there is looked up.
    """
    start = time.monotonic()
    if bench.board.pi_card and (missing := bench.built.missing_files()):
        raise DrillFailed(f"the card's first partition lacks {', '.join(missing)}")
    for command in LOOKS:
        said = bench.gateway.console.run(f"{command} 2>&1", timeout=FILL_TIMEOUT_S)
        complaint = command.startswith("systemd-analyze verify") and said.output
        if said.status != 0 or complaint:
            raise DrillFailed(f"{command}: {said.output[-2000:]}")
    yield "units clean and confined, none failed", time.monotonic() - start
    if took := seconds_between(bench.gateway.console.run(FIRST_BOOT).output):
        yield "of its first boot: keys, policy, configuration", took


def seconds_between(said: str) -> float:
    """Return the seconds between two of systemd's monotonic times; 0 where one never came."""
    times = [int(line.partition("=")[2] or 0) for line in said.splitlines() if "Monotonic=" in line]
    return (max(times) - min(times)) / 1e6 if times and all(times) else 0.0
