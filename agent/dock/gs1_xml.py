"""GS1 XML 3 despatch advice → notice. Pure, bounded: no document type, so no entities at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

from agent.dock.builder import Builder, cancelled
from agent.dock.notice import Notice, NoticeError

MOST_DEPTH = 40  # the message itself nests about a dozen deep
MOST_NODES = 500_000
DELETE = "DELETE"  # a document action code

Step = Callable[[Builder, str, str], None]


def despatch_advice(data: bytes, digest: bytes) -> Notice:
    """Read a despatch advice; NoticeError names the line."""
    reader = _Reader(Builder("gs1-xml", digest))
    try:
        reader.parser.Parse(data, True)  # noqa: FBT003  expat's own signature
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise NoticeError(f"line {error.lineno}: not well-formed XML: {what}") from error
    if not reader.found:
        raise NoticeError("the XML holds no despatchAdvice")
    return reader.builder.notice()


class _Reader:
    """Walks through the elements; a leaf's text is taken by the path it ends."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.found = False
        self._path: list[str] = []
        self._text = ""
        self._nodes = 0
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    @property
    def _place(self) -> str:
        return f"line {self.parser.CurrentLineNumber}"

    def _doctype(self, *_: object) -> None:
        raise NoticeError(f"{self._place}: a DOCTYPE has no place in a GS1 message")

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        self._nodes += 1
        if len(self._path) >= MOST_DEPTH or self._nodes > MOST_NODES:
            raise NoticeError(f"{self._place}: too deep or too many elements")
        self._path.append(name.rpartition("}")[2])
        self._text = ""
        if self._path[-1] == "despatchAdvice":
            if self.found:
                raise NoticeError(f"{self._place}: a second notice: one file, one notice")
            self.found = True
        elif self._path[-1] == "despatchAdviceLogisticUnit":
            self.builder.begin_level()
        elif self._path[-1] == "despatchAdviceLineItem":
            self.builder.begin_line("", self._place)
        elif self._path[-1] == "transactionalItemData":
            self.builder.begin_part()

    def _characters(self, text: str) -> None:
        self._text += text

    def _end(self, _: str) -> None:
        tail = self._path[-2:]
        step = _STEPS.get("/".join(tail)) or _STEPS.get(tail[-1])
        if step is not None and self._text.strip():
            step(self.builder, self._text.strip(), self._place)
        self._path.pop()
        self._text = ""


def _set(name: str) -> Step:
    def step(builder: Builder, text: str, _: str) -> None:
        if not getattr(builder, name):
            setattr(builder, name, text)

    return step


def _action(builder: Builder, text: str, place: str) -> None:
    if text == DELETE:
        raise cancelled(builder.number, place)


def _level(builder: Builder, text: str, _: str) -> None:
    builder.name_level(text)


def _parent(builder: Builder, text: str, _: str) -> None:
    builder.nest_level(text)


_STEPS: Mapping[str, Step] = {
    "documentActionCode": _action,
    "despatchAdviceIdentification/entityIdentification": _set("number"),
    "purchaseOrder/entityIdentification": _set("order"),
    "shipper/gln": _set("supplier"),
    "seller/gln": _set("supplier"),
    "receiver/gln": _set("receiver"),
    "shipTo/gln": _set("receiver"),
    "estimatedDeliveryDateTime": Builder.due_on,
    "sscc": Builder.label,
    "levelIdentification": _level,
    "parentLevelIdentification": _parent,
    "transactionalTradeItem/gtin": Builder.article,
    "despatchedQuantity": Builder.quantity,
    "transactionalItemData/tradeItemQuantity": Builder.quantity,
    "batchNumber": Builder.lot,
    "lotNumber": Builder.lot,
    "itemExpirationDate": Builder.expiry,
    "bestBeforeDate": Builder.expiry,
    "serialNumber": Builder.serial,
}
