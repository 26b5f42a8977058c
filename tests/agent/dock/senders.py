"""Notices as senders write them, in each form, around what a test varies."""

from __future__ import annotations

import json

S, T = "342603046212321016", "342603046212341540"
APPLE, PEAR = "04012345111118", "04012345222227"
IRI = "https://id.gs1.org/00/"
TIME = {"eventTime": "2026-11-01T08:00:00Z", "eventTimeZoneOffset": "+00:00"}


def csv(*rows: str, head: str = "notice;sscc;gtin;quantity") -> str:
    return "\n".join((head, *rows)) + "\n"


def edi(*lines: str, una: str = "", kind: str = "DESADV:D:01B:UN:EAN005", bgm: str = "9",
        number: str = "N1", unb: str = "", unit: str = S) -> str:  # fmt: skip
    body = [
        f"UNH+1+{kind}", f"BGM+351+{number}+{bgm}", "DTM+137:20261101:102",
        "CPS+1", "PAC+1++201", "PCI+33E", f"GIN+BJ+{unit}", *lines,
    ]  # fmt: skip
    body.append(f"UNT+{len(body) + 1}+1")
    head = f"UNB+UNOC:3+4012345000009:14+4399999999999:14+261101:0800+1{unb}"
    return una + "".join(f"{each}'" for each in (head, *body, "UNZ+1+1"))


def x12(*lines: str, element: str = "*", end: str = "~", bsn: str = "00", number: str = "N1",
        use: str = "P", unit: str = S) -> str:  # fmt: skip
    isa = (
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261101*0800*U*00401"
        f"*000000001*0*{use}*>"
    )
    body = [
        "ST*856*0001", f"BSN*{bsn}*{number}*20261101*0800", "HL*1**S", "HL*2*1*P",
        f"MAN*GM*00{unit}", "HL*3*2*I", *lines,
    ]  # fmt: skip
    body.append(f"SE*{len(body) + 1}*0001")
    whole = (isa, "GS*SH*S*R*20261101*0800*1*X*004010", *body, "GE*1*1", "IEA*1*000000001")
    return "".join(f"{each}~" for each in whole).replace("~", end).replace("*", element)


def ubl(quantity: str, code: str = "C62", head: str = "", more: str = "", lots: str = "",
        encoding: str = "UTF-8", unit: str = S) -> bytes:  # fmt: skip
    instances = "".join(
        "<cac:ItemInstance><cac:LotIdentification><cbc:LotNumberID>"
        f"{lot}</cbc:LotNumberID></cac:LotIdentification></cac:ItemInstance>"
        for lot in lots.split()
    )
    schema = "urn:oasis:names:specification:ubl:schema:xsd:"
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        f'<DespatchAdvice xmlns="{schema}DespatchAdvice-2" '
        f'xmlns:cbc="{schema}CommonBasicComponents-2" '
        f'xmlns:cac="{schema}CommonAggregateComponents-2"><cbc:ID>N1</cbc:ID>'
        f"<cbc:IssueDate>2026-11-01</cbc:IssueDate>{head}<cac:DespatchLine><cbc:ID>1</cbc:ID>"
        f'<cbc:DeliveredQuantity unitCode="{code}">{quantity}</cbc:DeliveredQuantity>{more}'
        '<cac:Item><cac:StandardItemIdentification><cbc:ID schemeID="0160">'
        f"{APPLE}</cbc:ID></cac:StandardItemIdentification>{instances}</cac:Item><cac:Shipment>"
        f"<cbc:ID>1</cbc:ID><cac:TransportHandlingUnit><cbc:ID>{unit}</cbc:ID>"
        "</cac:TransportHandlingUnit></cac:Shipment></cac:DespatchLine></DespatchAdvice>"
    ).encode(encoding)


def gs1(quantity: str, code: str = "", more: str = "", batches: str = "", status: str = "ORIGINAL",
        encoding: str = "UTF-8") -> bytes:  # fmt: skip
    unit = f' measurementUnitCode="{code}"' if code else ""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<d:despatchAdviceMessage xmlns:d="urn:gs1:ecom:despatch_advice:xsd:3"><despatchAdvice>'
        f"<documentStatusCode>{status}</documentStatusCode><despatchAdviceIdentification>"
        "<entityIdentification>N1</entityIdentification></despatchAdviceIdentification>"
        f"<despatchAdviceLogisticUnit><logisticUnitIdentification><sscc>{S}</sscc>"
        "</logisticUnitIdentification><despatchAdviceLineItem>"
        f"<despatchedQuantity{unit}>{quantity}</despatchedQuantity>{more}"
        f"<transactionalTradeItem><gtin>{APPLE}</gtin>{batches}</transactionalTradeItem>"
        "</despatchAdviceLineItem></despatchAdviceLogisticUnit></despatchAdvice>"
        "</d:despatchAdviceMessage>"
    ).encode(encoding)


def batch(lot: str, quantity: str = "") -> str:
    told_of_it = f"<tradeItemQuantity>{quantity}</tradeItemQuantity>" if quantity else ""
    return (
        f"<transactionalItemData><batchNumber>{lot}</batchNumber>{told_of_it}"
        "</transactionalItemData>"
    )


def packed(action: str, *serials: int, parent: str = S, pears: int = 0, **more) -> dict:
    lots = [{"epcClass": f"https://id.gs1.org/01/{PEAR}/10/L1", "quantity": pears}] if pears else []
    return {
        "type": "AggregationEvent", **TIME, "action": action, "bizStep": "packing",
        "parentID": IRI + parent,
        "childEPCs": [f"urn:epc:id:sgtin:4012345.011111.{n}" for n in serials],
        "childQuantityList": lots, **more,
    }  # fmt: skip


def shipped(*units: str, step: str = "shipping", **more) -> dict:
    about = [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:N1"}]
    return {
        "type": "ObjectEvent", **TIME, "action": "OBSERVE", "bizStep": step,
        "epcList": [IRI + unit for unit in units], "bizTransactionList": about, **more,
    }  # fmt: skip


def events(*told: dict) -> str:
    return json.dumps(
        {"type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": list(told)}}
    )
