"""UBL 2 DespatchAdvice, as Peppol sends it → notice. Pure.

The handling unit of a line names the unit in which the line lies; one of the shipment alone is a
unit of the delivery, and where it is the only one, that of all lines.
"""

from __future__ import annotations

from agent.dock.builder import Builder
from agent.dock.goods_identity import SSCC_DIGITS
from agent.dock.measures import RECOMMENDED, measure
from agent.dock.values import cancelled, plain_sscc
from agent.dock.xml_notice import Attributes, Begin, Dialect, first, plain

GTIN_SCHEMES = ("0160", "GTIN", "")
"""ICD 0160 is the GTIN; some senders name it, or nothing."""


CALLED_BACK = ("cancelled", "canceled", "revoked", "deleted")


def _begin_shipment(builder: Builder, _: str) -> None:
    """Begin the level of the whole delivery, unless a line says in which unit it lies."""
    if not builder.has_line:
        builder.begin_level("shipment")


def _begin_line(builder: Builder, place: str) -> None:
    builder.begin_line("", place)


def _begin_part(builder: Builder, _: str) -> None:
    builder.begin_part()


def _party(role: str) -> Begin:
    def begin(builder: Builder, _: str) -> None:
        builder.party = role

    return begin


def _named_party(builder: Builder, text: str, _: str) -> None:
    """Take the first word that a party has for itself; its number comes before its name."""
    if builder.party and not getattr(builder, builder.party):
        setattr(builder, builder.party, text)


def _hold_serial(builder: Builder, text: str, _: str) -> None:
    """Keep a serial number until the batch is known that follows it."""
    builder.held = text


def _end_part(builder: Builder, place: str) -> None:
    held, builder.held = builder.held, ""
    if held:
        builder.serial(held, place)


def _quantity(builder: Builder, text: str, place: str, attributes: Attributes) -> None:
    builder.quantity(text, place, measure(attributes.get("unitCode", ""), RECOMMENDED, place))


def _standard_number(builder: Builder, text: str, place: str, attributes: Attributes) -> None:
    if attributes.get("schemeID", "") in GTIN_SCHEMES:
        builder.article(text, place)
    else:
        builder.other_number(attributes["schemeID"], text, place)


def _sellers_number(builder: Builder, text: str, place: str, _: Attributes) -> None:
    builder.other_number("seller's number", text, place)


def _status(builder: Builder, text: str, place: str) -> None:
    """Refuse what is called back, the whole of it or a line."""
    if text.strip().lower() in CALLED_BACK:
        raise cancelled(builder.number, place)


def _unit(builder: Builder, text: str, place: str) -> None:
    """Take a handling unit's number for its label where it is an SSCC; else it is the sender's own.

    What has as many digits as one, and is none, is refused: a digit is wrong.
    """
    number = plain_sscc(text)
    if number.isdigit() and len(number) == SSCC_DIGITS:
        builder.label(number, place)
    else:
        builder.remark(f"{place}: {text.strip()[:40]!r} is no SSCC: the unit has no label here")


def _issued(builder: Builder, text: str, _: str) -> None:
    builder.date = builder.date or text


UBL = Dialect(
    form="ubl",
    notice="DespatchAdvice",
    begins={
        "Shipment": _begin_shipment,
        "DespatchLine": _begin_line,
        "ItemInstance": _begin_part,
        "DespatchSupplierParty": _party("supplier"),
        "DeliveryCustomerParty": _party("receiver"),
        "BuyerCustomerParty": _party(""),
        "SellerSupplierParty": _party(""),
        "OriginatorCustomerParty": _party(""),
    },
    ends={"ItemInstance": _end_part},
    steps={
        "DespatchAdvice/ID": first("number"),
        "DespatchAdvice/IssueDate": plain(_issued),
        "DespatchAdvice/DocumentStatusCode": plain(_status),
        "DespatchLine/LineStatusCode": plain(_status),
        "OrderReference/ID": first("order"),
        "EstimatedDeliveryPeriod/EndDate": plain(Builder.due_on),
        "RequestedDeliveryPeriod/EndDate": plain(Builder.due_on),
        "TransportHandlingUnit/ID": plain(_unit),
        "DeliveredQuantity": _quantity,
        "StandardItemIdentification/ID": _standard_number,
        "SellersItemIdentification/ID": _sellers_number,
        "LotIdentification/LotNumberID": plain(Builder.lot),
        "LotIdentification/ExpiryDate": plain(Builder.expiry),
        "ItemInstance/BestBeforeDate": plain(Builder.best_before),
        "ItemInstance/SerialID": plain(_hold_serial),
        "PartyIdentification/ID": plain(_named_party),
        "Party/EndpointID": plain(_named_party),
        "PartyName/Name": plain(_named_party),
    },
)
