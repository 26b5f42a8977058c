"""GS1 XML 3 despatch advice → notice. Pure."""

from __future__ import annotations

from agent.dock.builder import Builder
from agent.dock.measures import RECOMMENDED, measure
from agent.dock.values import cancelled
from agent.dock.xml_notice import Attributes, Dialect, first, plain

DELETE = "DELETE"  # a document action code
_AGAIN = ("COPY", "ADDITIONAL_TRANSMISSION")  # document status codes
_REPLACED = {"CHANGE_BY_REFRESH": "replaces", "CORRECT": "corrects"}


def _action(builder: Builder, text: str, place: str, _: Attributes) -> None:
    if text == DELETE:
        raise cancelled(builder.number, place)
    if text in _REPLACED:
        builder.remark(f"this message {_REPLACED[text]} an earlier one of its number")


def _status(builder: Builder, text: str, _: str) -> None:
    if text in _AGAIN:
        builder.remark("this message repeats an earlier one of its number")


def _free_goods(builder: Builder, text: str, place: str) -> None:
    builder.remark(f"{place}: {text[:20]} are told to be free goods; they count apart")


def _level(builder: Builder, text: str, _: str) -> None:
    builder.name_level(text)


def _parent(builder: Builder, text: str, _: str) -> None:
    builder.nest_level(text)


def _quantity(builder: Builder, text: str, place: str, attributes: Attributes) -> None:
    unit = measure(attributes.get("measurementUnitCode", ""), RECOMMENDED, place)
    builder.quantity(text, place, unit)


def _number(builder: Builder, text: str, place: str, attributes: Attributes) -> None:
    kind = attributes.get("additionalTradeItemIdentificationTypeCode", "other number")
    builder.other_number(kind, text, place)


def _created(builder: Builder, text: str, _: str) -> None:
    builder.date = builder.date or text[: len("2026-11-22")]


def _begin_level(builder: Builder, _: str) -> None:
    builder.begin_level()


def _begin_line(builder: Builder, place: str) -> None:
    builder.begin_line("", place)


def _begin_part(builder: Builder, _: str) -> None:
    builder.begin_part()


GS1_XML = Dialect(
    form="gs1-xml",
    notice="despatchAdvice",
    begins={
        "despatchAdviceLogisticUnit": _begin_level,
        "despatchAdviceLineItem": _begin_line,
        "transactionalItemData": _begin_part,
    },
    steps={
        "documentActionCode": _action,
        "documentStatusCode": plain(_status),
        "freeGoodsQuantity": plain(_free_goods),
        "despatchAdvice/creationDateTime": plain(_created),
        "despatchAdviceIdentification/entityIdentification": first("number"),
        "purchaseOrder/entityIdentification": first("order"),
        "shipper/gln": first("supplier"),
        "seller/gln": first("supplier"),
        "receiver/gln": first("receiver"),
        "shipTo/gln": first("receiver"),
        "estimatedDeliveryDateTime": plain(Builder.due_on),
        "sscc": plain(Builder.label),
        "levelIdentification": plain(_level),
        "parentLevelIdentification": plain(_parent),
        "transactionalTradeItem/gtin": plain(Builder.article),
        "transactionalTradeItem/additionalTradeItemIdentification": _number,
        "despatchedQuantity": _quantity,
        "transactionalItemData/tradeItemQuantity": _quantity,
        "batchNumber": plain(Builder.lot),
        "lotNumber": plain(Builder.lot),
        "itemExpirationDate": plain(Builder.expiry),
        "bestBeforeDate": plain(Builder.best_before),
        "serialNumber": plain(Builder.serial),
    },
)
