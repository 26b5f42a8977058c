"""`tallyman-zigbee`: the process that keeps the Zigbee networks of the configured radios."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from drivers.catalog import check_options
from drivers.driver import SystemTiming
from drivers.errors import DeviceFault
from drivers.stack.host import StackHost
from drivers.zigbee.host.book_file import BookFile
from drivers.zigbee.host.claims import Claims
from drivers.zigbee.host.keeper import Keeper
from drivers.zigbee.host.kept_network import KeptNetwork
from drivers.zigbee.host.later import load_later
from drivers.zigbee.host.orders import Orders
from drivers.zigbee.service import ieee
from foundation.durable import LOCK_NAME, lock_file, make_state_dir
from foundation.errors import AgentError
from foundation.options import OptionError
from foundation.parser import Parser, UsageError
from foundation.printing import complain
from foundation.toml_file import TomlFile

CONFIG = Path("/etc/tallyman/tallyman.toml")
STATE = Path("/var/lib/tallyman-zigbee")
NO_RADIO = "no [[device]] of kind zigbee.radio is configured: nothing to do"
EXTRA = "it needs zigpy, zigpy-znp and bellows (GPL-3.0): see docs/operate/zigbee.md"


@dataclass(frozen=True, slots=True)
class Configured:
    """One zigbee.radio of the configuration, with the nodes that [[device]]s name."""

    name: str
    options: Mapping[str, Any]
    nodes: frozenset[str]


def configured(path: Path) -> list[Configured]:
    """Return the radios of a configuration; OptionError or AgentError says what is wrong."""
    file = TomlFile.read(path, advice="write the configuration first: docs/operate")
    tables = [table for _, table in file.each("device")]
    found = []
    for table in tables:
        if table.get("kind") == "zigbee.radio":
            name = str(table.get("name"))
            given = {key: table[key] for key in table if key not in {"name", "kind", "read_point"}}
            nodes = frozenset(
                ieee(str(each.get("ieee", "")))
                for each in tables
                if each.get("kind") == "zigbee.node" and each.get("radio") == name
            )
            found.append(Configured(name, check_options("zigbee.radio", given), nodes))
    return found


async def serve(radios: Sequence[Configured], state: Path) -> None:
    """Keep all networks until cancelled."""
    load_later()
    from drivers.zigbee.host.zigpy_radio import ZigpyRadio  # noqa: PLC0415  most of a second, 30 MB

    timing = SystemTiming()
    orders: dict[str, Orders] = {}
    claims = Claims()

    async def obey(key: str, order: Mapping[str, Any]) -> Any:
        if key not in orders:
            raise DeviceFault(
                f"there is no radio {key!r}", advice="see [[device]]s of zigbee.radio"
            )
        return await orders[key].obey(order)

    sockets = {str(radio.options["stack"]) for radio in radios}
    hosts = {path: StackHost(Path(path), secrets.token_hex(8), obey) for path in sockets}
    async with asyncio.TaskGroup() as tasks:
        for host in hosts.values():
            tasks.create_task(host.run())
        for radio in radios:
            port = str(radio.options["port"])
            type_, channel = str(radio.options["type"]), int(radio.options["channel"])
            file = BookFile(state / f"{radio.name}.network")
            host = hosts[str(radio.options["stack"])]
            network = KeptNetwork(radio.name, file, host, radio.nodes, timing)
            open_radio = partial(ZigpyRadio.open, type_, port, channel)
            keeper = Keeper(network, port, timing, open_radio, claims)
            orders[radio.name] = Orders(keeper, timing.monotonic)
            tasks.create_task(keeper.run())


async def _until_told(work: asyncio.Task[None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    await work


async def _run(radios: Sequence[Configured], state: Path) -> None:
    await _until_told(asyncio.ensure_future(serve(radios, state)))


def parser() -> Parser:
    """Return the parser of the arguments."""
    result = Parser("tallyman-zigbee", __doc__ or "")
    result.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    result.add_argument("--state", type=Path, default=STATE, help=f"default {STATE}")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM; 0 then, or without a radio, 1 for trouble, 2 for the configuration's."""
    try:
        args = parser().parse_args(arguments)
    except UsageError as error:
        return _refuse(f"{error} ({error.advice})", error.exit_code)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    return _started(args.config, args.state)


def _started(config: Path, state: Path) -> int:
    try:
        radios = configured(config)
        if not radios:
            complain(NO_RADIO)
            return 0
        make_state_dir(state)
        with lock_file(state / LOCK_NAME):
            asyncio.run(_run(radios, state))
    except asyncio.CancelledError:
        return 0
    except ImportError as error:
        return _refuse(f"{error}: {EXTRA}", 2)
    except OptionError as error:
        return _refuse(f"{config}: {error}", 2)
    except AgentError as error:
        return _refuse(f"{error} ({error.advice})", error.exit_code)
    return 0


def _refuse(text: str, code: int) -> int:
    complain(f"tallyman-zigbee: {text}")
    return code


if __name__ == "__main__":
    sys.exit(main())
