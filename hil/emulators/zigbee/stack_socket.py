"""The socket of the process tallyman-zigbee, from its side: a radio, or a node, that speaks.

Written from drivers/zigbee/HARDWARE.md, "The socket": JSON, a line a message. Whoever follows it is
told its main reading each `every` seconds, and another one beside it. There is no stick behind it:
that is what `zigbee.znp` emulates.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.bus.server import BusServer

Write = Callable[[bytes], Awaitable[None]]

NODE = (
    ("temperature", {"temperature": 4.0}),
    ("zigbee-node", {"ieee": "00158d0000000001", "battery": 3.0, "lqi": 180}),
    ("input", {"state": "closed", "level": 0}),
    ("tag", {"epc": "3074257BF7194E4000001A85", "antenna": 1}),
    ("epc-list", {"list": 1, "antenna": 1, "tags": 1, "received": 1}),
    ("zigbee-frame", {"cluster": "0402", "problem": "no value", "raw": {"hex": "0000"}}),
)
RADIO = (
    ("zigbee-radio", {"state": "running", "channel": 15, "nodes": 1}),
    ("zigbee-node", {"ieee": "00158d0000000002", "state": "unconfigured"}),
    ("zigbee-stranger", {"ieee": "00158d0000000003", "router": "00158d0000000004", "tries": 1}),
)


LISTED = (
    {
        "ieee": "00158d0000000004", "name": "hall-plug", "configured": False, "router": True,
        "model": "ACME PL-1", "parent": "coordinator", "lqi": 200, "battery": None, "heard_s": 3,
    },
    {
        "ieee": "00158d0000000001", "name": "cold-1", "configured": True, "router": False,
        "model": "ACME TH-1", "parent": "hall-plug", "lqi": 180, "battery": 2.9, "heard_s": 12,
    },
    {
        "ieee": "00158d0000000002", "name": "00158d0000000002", "configured": False,
        "router": False, "model": "", "parent": "", "lqi": None, "battery": None, "heard_s": None,
    },
)  # fmt: skip
TREE = (
    {
        "ieee": "00124b0000000001", "name": "coordinator", "silent": "",
        "neighbours": [
            {"ieee": "00158d0000000004", "name": "hall-plug", "child": True, "lqi": 200}
        ],
    },
    {"ieee": "00158d0000000004", "name": "hall-plug", "silent": "no answer", "neighbours": []},
)  # fmt: skip
NETWORK = {"pan": "78473bc403ec143f", "channel": 15}


def answer_to(order: Mapping[str, Any]) -> Any:
    """Return what the process answers to an order; ValueError where it refuses."""
    if order["do"] in {"form", "restore", "adopt"} and not order.get("yes"):
        raise ValueError("not done: what is on the stick is lost")
    node = order.get("node", "")
    answers = {
        "permit": {
            "seconds": order.get("seconds"),
            "via": order.get("via") or None,
            "only": node if order.get("code") else None,
        },
        "close": {},
        "list": LISTED,
        "map": TREE,
        "check": {"routers": 2, "neighbours": 1, "missing": ["hall-plug"]},
        "rename": {"ieee": node, "label": order.get("label", "")},
        "remove": {"ieee": node, "heard": node != "00158d0000000002"},
    }
    return answers.get(order["do"], NETWORK)


class StackSocket(BusServer):
    """Says the first of `readings` to each follower, and in turn one of the others beside it."""

    def __init__(self, link: str | Path, every: float, readings: tuple[Any, ...]) -> None:
        super().__init__(link)
        self._every = every
        self._readings = readings
        self._serial = 0
        self._wrap: Callable[[Write], Write] = lambda write: write
        self.durable = 0  # the highest serial number that the follower called so

    def through(self, wrapper: Callable[[Write], Write]) -> None:
        """Send from now on through `wrapper`."""
        self._wrap = wrapper

    async def exchange(self, reader: asyncio.StreamReader) -> bytes:
        """Answer no bus's transfer: this is none."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        telling = asyncio.ensure_future(self._tell(writer))
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
                while True:
                    self._heed(json.loads(await reader.readuntil(b"\n")), writer)
        finally:
            telling.cancel()
            self._clients.discard(writer)
            writer.close()

    def _heed(self, message: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        self.durable = max(self.durable, message.get("durable", 0))
        if "ask" in message:
            said = {"answer": message["ask"]}
            try:
                writer.write(_line({**said, "result": answer_to(message["order"])}))
            except ValueError as error:
                advice = "say --yes if that is meant"
                writer.write(_line({**said, "error": str(error), "advice": advice}))

    async def _tell(self, writer: asyncio.StreamWriter) -> None:
        async def put(data: bytes) -> None:
            writer.write(data)

        write = self._wrap(put)
        with contextlib.suppress(ConnectionError):
            await write(_line({"life": "1"}))
            await write(_line({"state": "running", "detail": "", "advice": ""}))
            main, *others = self._readings
            while True:
                for beside in others:
                    for kind, fields in (main, beside):
                        self._serial += 1
                        reading = {"kind": kind, "fields": fields, "monotonic": time.monotonic()}
                        await write(_line({"serial": self._serial, "reading": reading}))
                    await asyncio.sleep(self._every)


class StackNode(StackSocket):
    """A Zigbee node, as the process tallyman-zigbee tells of it.

    `ieee` is its address, `radio` the name of its radio. It says its main reading `every` so
    many seconds, and one of the others beside it.
    """

    def __init__(
        self,
        *,
        link: str | Path,
        every: float = 1.0,
        radio: str = "radio-1",
        ieee: str = "00158d0000000001",
    ) -> None:
        super().__init__(link, every, NODE)
        self.radio, self.ieee = radio, ieee


class StackRadio(StackSocket):
    """A Zigbee coordinator, as the process tallyman-zigbee tells of it.

    It says its main reading `every` so many seconds, and one of the others beside it; `port` is
    where its stick is.
    """

    def __init__(self, *, link: str | Path, every: float = 1.0, port: str = "/dev/ttyUSB0") -> None:
        super().__init__(link, every, RADIO)
        self.port = port


def _line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
