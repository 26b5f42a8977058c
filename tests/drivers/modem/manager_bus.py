"""A message bus with ModemManager on it, from the D-Bus Specification: no daemon is needed."""

from __future__ import annotations

import asyncio
import struct

MODEM = "/org/freedesktop/ModemManager1/Modem/0"
SERVICE = "org.freedesktop.ModemManager1"
ALIGN = {"y": 1, "b": 4, "u": 4, "i": 4, "s": 4, "o": 4, "g": 1, "v": 1, "a": 4, "d": 8, "(": 8,
         "{": 8}  # fmt: skip


def kind_of(value):
    """The signature of a plain value; a Typed one has its own."""
    if isinstance(value, Typed):
        return value.kind
    return {bool: "b", int: "u", str: "s", float: "d", dict: "a{sv}", list: "as"}[type(value)]


class Typed:
    """A value whose type Python does not tell."""

    def __init__(self, kind, value):
        self.kind, self.value = kind, value


def marshal(out, kind, value, order="<"):
    """Append a value to `out`, which begins where alignment counts from; return the rest's type."""
    first, rest = kind[0], kind[1:]
    out += bytes(-len(out) % ALIGN[first])
    if first == "v":
        inner = kind_of(value)
        out += bytes([len(inner)]) + inner.encode() + b"\0"
        marshal(out, inner, value.value if isinstance(value, Typed) else value, order)
    elif first in "so":
        out += struct.pack(f"{order}I", len(value.encode())) + value.encode() + b"\0"
    elif first == "g":
        out += bytes([len(value)]) + value.encode() + b"\0"
    elif first == "a":
        out += bytes(4)
        at = len(out) - 4
        element = rest[: element_end(rest)]
        out += bytes(-len(out) % ALIGN[element[0]])
        begin = len(out)
        for each in value.items() if element[0] == "{" else value:
            marshal(out, element, each, order)
        struct.pack_into(f"{order}I", out, at, len(out) - begin)
        rest = rest[len(element) :]
    elif first in "({":
        inner = kind[1:]
        for each in value:
            inner = marshal(out, inner, each, order)
        rest = inner[1:]
    else:
        code = {"y": "B", "b": "I", "u": "I", "i": "i", "d": "d"}[first]
        out += struct.pack(order + code, value)
    return rest


def element_end(kind):
    depth = 0
    for at, letter in enumerate(kind):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            return at + 1
    raise ValueError(kind)


def message(kind, serial, fields, signature="", values=(), order="<"):
    """A whole message; `fields` are (code, type, value)."""
    body = bytearray()
    rest = signature
    for value in values:
        rest = marshal(body, rest, value, order)
    if signature:
        fields = [*fields, (8, "g", signature)]
    head = bytearray(struct.pack("BBBB", ord("l" if order == "<" else "B"), kind, 1, 1))
    head += struct.pack(f"{order}II", len(body), serial)
    marshal(head, "a(yv)", [(code, Typed(of, value)) for code, of, value in fields], order)
    return bytes(head + bytes(-len(head) % 8) + body)


def reply(to, signature="", values=(), order="<"):
    return message(2, 7, [(5, "u", to)], signature, values, order)


def refusal(to, name, text):
    return message(3, 8, [(4, "s", name), (5, "u", to)], "s", [text])


class ManagerBus:
    """Serves at `path`. `objects` is what ModemManager shows, None while it is not there.

    `others` are objects that are asked for by name: path → properties.
    """

    def __init__(self, path, objects=None, others=None, order="<"):
        self.path, self.objects, self.others, self.order = path, objects, others or {}, order
        self.calls, self.ended = [], []

    async def __aenter__(self):
        self.server = await asyncio.start_unix_server(self.serve, self.path)
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for ended in self.ended:
            await ended.wait()

    async def serve(self, reader, writer):
        self.ended.append(ended := asyncio.Event())
        try:
            await self.converse(reader, writer)
        finally:
            writer.close()
            ended.set()

    async def converse(self, reader, writer):
        assert await reader.readexactly(1) == b"\0"
        assert (await reader.readuntil(b"\r\n")).startswith(b"AUTH EXTERNAL ")
        writer.write(b"OK 0123456789abcdef0123456789abcdef\r\n")
        assert await reader.readuntil(b"\r\n") == b"BEGIN\r\n"
        while head := await reader.read(16):
            body, serial, fields = struct.unpack("<III", head[4:])
            rest = await reader.readexactly(fields + -fields % 8 + body)
            writer.write(self.answer(serial, rest))

    def answer(self, serial, rest):
        self.calls.append(rest)
        if b"Hello" in rest:
            noise = message(4, 2, [(1, "o", "/"), (2, "s", "a.b"), (3, "s", "NameAcquired")])
            return noise + reply(serial, "s", [":1.7"], self.order)
        if self.objects is None:
            return refusal(serial, "org.freedesktop.DBus.Error.ServiceUnknown", "not there")
        if b"GetManagedObjects" in rest:
            return reply(serial, "a{oa{sa{sv}}}", [self.objects], self.order)
        found = next((each for path, each in self.others.items() if path.encode() in rest), None)
        if found is None:
            return refusal(serial, "org.freedesktop.DBus.Error.UnknownObject", "no such object")
        return reply(serial, "a{sv}", [found], self.order)
