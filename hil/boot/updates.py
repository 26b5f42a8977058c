"""Updates under the guest's own systemd: from a USB stick, on trial, kept or given back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.boot.drill_bench import DrillBench, DrillFailed, Figures, nothing_lost
from hil.boot.gateway import Gateway
from hil.boot.update_files import STICK_LABEL, build_update, make_stick

GOOD, FAULTY, CUT, CYCLED = 1, 2, 3, 4
"""Sequence numbers; a gateway takes them in this order alone."""

STICK, PLACE = f"/dev/disk/by-label/{STICK_LABEL}", "/mnt"
STICK_TIMEOUT_S = 60.0
INSTALL_TIMEOUT_S = 180.0
TRIAL_TIMEOUT_S = 400.0
"""A trial holds for a minute; one that fails takes three starts, or ten minutes."""

CYCLES = 3
"""Power that goes and comes within a trial's minute, as a truck's does when it is started."""

FOLDER = "/var/lib/tallyman-update"
STEPS = {
    "unpacking": f"ls -d {FOLDER}/versions/.0*",
    "about to switch": f"test -e {FOLDER}/trial.toml",
    "on trial": "tallyman update | grep -q '^on trial' && systemctl is-active -q tallyman",
}
"""Where power is cut, and how a guest tells that it is there."""

ENDED = "tallyman update | grep -q '^last.*{name}: {result}' && test ! -e " + f"{FOLDER}/trial.toml"


def kept(bench: DrillBench) -> Figures:
    """Install a good update; it must stay."""
    gateway = bench.gateway
    with _stick(bench, GOOD) as update, nothing_lost(gateway):
        yield "update: installed from a USB stick", _install(gateway, update)
        yield "update: on trial, then kept", _await_end(gateway, _name(update), "committed")
        _expect(gateway, _name(update))


def given_back(bench: DrillBench) -> Figures:
    """Install an update whose agent ends at each start; what ran before must run again."""
    gateway = bench.gateway
    before = _version(gateway)
    with _stick(bench, FAULTY, faulty=True) as update, nothing_lost(gateway):
        start = time.monotonic()
        _install(gateway, update)
        _await_end(gateway, _name(update), "returned")
        yield "update that does not start: given back by itself", time.monotonic() - start
    _expect(gateway, before)


def cut_short(bench: DrillBench) -> Figures:
    """Cut the power in the steps of an update: one of the two versions runs after each, whole."""
    gateway = bench.gateway
    before, after = _version(gateway), ""
    for step, reached in STEPS.items():
        with nothing_lost(gateway) as made, _stick(bench, CUT) as update:
            after = _name(update)
            if _version(gateway) == before:
                gateway.console.run(f"tallyman update {update} >/run/update.log 2>&1 &")
            gateway.console.await_true(reached, INSTALL_TIMEOUT_S, every=0.05)
            gateway.power_cut()
            start = time.monotonic()
            gateway.power_on()
            gateway.await_confirmed(made)
            took = time.monotonic() - start
        _expect(gateway, before, after)
        yield f"update cut {step}: {_version(gateway)} runs", took
    yield "update: after the cuts, to the end of its trial", _await_end(gateway, after, "")
    _expect(gateway, before, after)


def power_cycled(bench: DrillBench) -> Figures:
    """Cut the power thrice in a good update's trial, each time as soon as it runs; it must stay."""
    gateway = bench.gateway
    with nothing_lost(gateway):
        with _stick(bench, CYCLED) as update:
            _install(gateway, update)
            for _ in range(CYCLES):
                gateway.console.await_true(STEPS["on trial"], TRIAL_TIMEOUT_S)
                gateway.power_cut()
                gateway.power_on()
        took = _await_end(gateway, _name(update), "committed")
        yield f"update: {CYCLES} power cycles, then kept", took
    _expect(gateway, _name(update))


@contextmanager
def _stick(bench: DrillBench, sequence: int, *, faulty: bool = False) -> Iterator[str]:
    """Put a stick with an update in, mounted; give the update's path in the guest."""
    folder, gateway = bench.card_bench.folder / "updates", bench.gateway
    folder.mkdir(exist_ok=True)
    update = build_update(folder, bench.board.arch, sequence, faulty=faulty)
    image = make_stick(folder / f"stick-{sequence}.img", [update])
    machine = gateway.machine
    machine.put_in_stick(image)
    gateway.console.await_true(f"test -e {STICK}", STICK_TIMEOUT_S)
    keys = (folder / "update.keys").read_text()
    gateway.console.run(f"cat > /etc/tallyman/update.keys <<'END'\n{keys}END")
    done = gateway.console.run(f"mount -o ro {STICK} {PLACE}")
    if done.status != 0:
        raise DrillFailed(f"the stick cannot be read: {done.output}")
    yield f"{PLACE}/{update.name}"
    if gateway.machine is machine:  # else the power was cut, and the stick is gone
        gateway.console.run(f"umount {PLACE}")
        machine.pull_stick(image)


def _install(gateway: Gateway, update: str) -> float:
    """Return the seconds until the update was switched to."""
    start = time.monotonic()
    done = gateway.console.run(f"tallyman update {update} 2>&1", INSTALL_TIMEOUT_S)
    if done.status != 0:
        raise DrillFailed(f"the update was refused: {done.output}")
    return time.monotonic() - start


def _await_end(gateway: Gateway, name: str, result: str) -> float:
    """Return the seconds until a trial ended so."""
    ended = ENDED.format(name=name, result=result)
    return gateway.console.await_true(ended, TRIAL_TIMEOUT_S, every=2)


def _name(update: str) -> str:
    """Return how a gateway calls the version in an update's file."""
    return Path(update).name.split("_")[1]


def _version(gateway: Gateway) -> str:
    """Return the version that runs, in the gateway's words."""
    said = gateway.console.run("tallyman update").output.splitlines()
    return next(line for line in said if line.startswith("version")).split(maxsplit=1)[1]


def _expect(gateway: Gateway, *versions: str) -> None:
    """Check that one of these runs."""
    if _version(gateway) not in versions:
        raise DrillFailed(f"{_version(gateway)} runs, not {' or '.join(versions)}")
