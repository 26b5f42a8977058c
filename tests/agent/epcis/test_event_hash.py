"""Event hashes: those that were published, and what may not change one."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest

from agent.epcis.event_hash import KNOWN, event_id, pre_hash
from agent.epcis.links import canonical

DATA = Path(os.environ.get("TALLYMAN_DATA", Path(__file__).parents[4] / "shared" / "data"))
ALL_KEYS = DATA / "epcis" / "examples" / "epcisDocWithAllGS1Keys.json"

# The two events that GS1's reference implementation publishes with their hashes (RalphTro/
# epcis-event-hash-generator, MIT: epcisDocWithShippingAndTransportingEvent).
DEPARTING = {
    "type": "ObjectEvent",
    "eventTime": "2022-02-16T12:50:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sscc:4012345.1112223334"],
    "action": "OBSERVE",
    "bizStep": "departing",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00022.0"},
    "bizTransactionList": [
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:ASN1099"}
    ],
    "sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "destinationList": [
        {"type": "possessing_party", "destination": "urn:epc:id:pgln:4023333.00000"}
    ],
}
TRANSPORTING = {
    "type": "ObjectEvent",
    "eventTime": "2022-02-16T16:50:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sscc:4012345.1112223334"],
    "action": "OBSERVE",
    "bizStep": "transporting",
    "readPoint": {"id": "geo:47.506694,11.104301"},
}
PUBLISHED = [
    (DEPARTING, "7a82a68b0f9c78bebb1c729d950edbf1fd40c56f3351906020d2d67d5dffbc72"),
    (TRANSPORTING, "1d2ec4174d8f0b5988a44795b31a636e8bc7f88ebc4bdc0d35c14f215a842e80"),
]


@pytest.mark.parametrize(("event", "digest"), PUBLISHED)
def test_the_published_hashes(event, digest):
    assert event_id(event) == f"ni:///sha-256;{digest}?ver=CBV2.0"


def test_an_event_with_every_gs1_key():
    if not ALL_KEYS.exists():
        pytest.skip(f"no reference data at {ALL_KEYS}: set TALLYMAN_DATA")
    document = json.loads(ALL_KEYS.read_text())
    (event,) = document["epcisBody"]["eventList"]
    # as the reference implementation 1.9.3 computes it
    digest = "40744f32beff53a4bf5bb5956d465cb52de5bbcc9f131409d8efb903b04d9351"
    names = {}
    for each in document["@context"]:
        names |= each if isinstance(each, dict) else KNOWN
    assert event_id(event, names) == f"ni:///sha-256;{digest}?ver=CBV2.0"


SENSED = {
    "type": "ObjectEvent",
    "eventTime": "2020-04-01T15:00:00+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "action": "OBSERVE",
    "bizStep": "inspecting",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0", "ex:dock": "7"},
    "sensorElementList": [
        {
            "sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111"},
            "sensorReport": [
                {"type": "Temperature", "value": 26.0, "sDev": 0.1, "uom": "CEL"},
                {"type": "AbsoluteHumidity", "value": 12.1, "uom": "A93"},
            ],
        }
    ],
    "ex:own": {"ex:b": 2.50, "ex:a": ["y", "x"]},
}


def test_each_rule_by_hand():
    """CBV 2.0's rules, applied to one event on paper."""
    assert pre_hash(SENSED, {"ex": "https://ns.example.com/"}) == (
        "eventType=ObjectEvent"
        "eventTime=2020-04-01T14:00:00.000Z"
        "eventTimeZoneOffset=+01:00"
        "epcListepc=https://id.gs1.org/01/04012345111118/21/9876"
        "action=OBSERVE"
        "bizStep=https://ref.gs1.org/cbv/BizStep-inspecting"
        "readPointid=https://id.gs1.org/414/4012345000054{https://ns.example.com/}dock=7"
        "sensorElementListsensorElement"
        "sensorMetadatadeviceID=https://id.gs1.org/8004/4000001111"
        "sensorReporttype=https://gs1.org/voc/AbsoluteHumidityvalue=12.1uom=A93"
        "sensorReporttype=https://gs1.org/voc/Temperaturevalue=26sDev=0.1uom=CEL"
        "{https://ns.example.com/}own"
        "{https://ns.example.com/}a=x{https://ns.example.com/}a=y{https://ns.example.com/}b=2.5"
    )


def changed(event, **fields):
    return copy.deepcopy(event) | fields


SAME = [
    {"eventTime": "2022-02-16T11:50:00Z"},
    {"eventTime": "2022-02-16T11:49:59.9995Z"},  # halves of a millisecond go up
    {"epcList": ["https://id.gs1.org/00/140123451122233341"]},
    {"epcList": ["https://example.org/shop/00/140123451122233341?17=260101"]},
    {"bizStep": "urn:epcglobal:cbv:bizstep:departing"},
    {"bizStep": "cbv:BizStep-departing"},
    {"eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"},
    {"recordTime": "2022-02-16T12:50:01Z"},
    {"bizLocation": {}, "quantityList": []},
]


@pytest.mark.parametrize("fields", SAME)
def test_the_same_event_written_otherwise(fields):
    assert event_id(changed(DEPARTING, **fields)) == event_id(DEPARTING)


OTHER = [
    {"eventTime": "2022-02-16T11:50:00.001Z"},
    {"eventTimeZoneOffset": "+02:00"},
    {"epcList": []},
    {"action": "ADD"},
    {"disposition": "in_transit"},
    {"ex:own": 1},
    {"quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.1", "quantity": 1}]},
]


@pytest.mark.parametrize("fields", OTHER)
def test_another_event(fields):
    assert event_id(changed(DEPARTING, **fields)) != event_id(DEPARTING)


LINKS = [
    ("urn:epc:id:sgtin:4012345.011111.a%2Fb!", "/01/04012345111118/21/a%2Fb%21"),
    ("urn:epc:id:sgln:4012345.00011.987", "/414/4012345000115/254/987"),
    ("urn:epc:id:grai:4012345.66666.87", "/8003/0401234566666387"),
    ("urn:epc:idpat:grai:4012345.66666.*", "/8003/04012345666663"),
    ("urn:epc:idpat:sgtin:4012345.066666.*", "/01/04012345666663"),
    ("urn:epc:class:lgtin:4023333.002000.2019-10-07", "/01/04023333020008/10/2019-10-07"),
    ("urn:epc:id:gdti:0614141.00001.1618034", "/253/06141410000121618034"),
    ("urn:epc:id:giai:4012345.A.B", "/8004/4012345A.B"),
    ("https://example.org/01/09506000134352/22/2A/10/L1/21/S9?17=271231", "/01/09506000134352/21/S9"),
    ("http://example.com/a/b/253/4012345000054987", "/253/4012345000054987"),
]  # fmt: skip


@pytest.mark.parametrize(("uri", "path"), LINKS)
def test_one_link_for_each_key(uri, path):
    assert canonical(uri) == f"https://id.gs1.org{path}"


@pytest.mark.parametrize(
    "uri",
    ["urn:epc:id:gid:1.2.3", "urn:epc:id:sgtin:1", "https://example.org/rail/some/value", "geo:47.5,11.1",
     "urn:epc:raw:96.x3074257BF7194E4000001A85", "https://example.org/01/"],
)  # fmt: skip
def test_what_names_no_gs1_key_stays(uri):
    assert canonical(uri) == uri


def test_a_prefix_before_two_slashes_is_a_scheme():
    """JSON-LD 1.1, §5.2.2: `ex:` is a prefix, but `ex://` begins a URI."""
    names = {"ex": "https://ns.example.com/"}
    for said, hashed in (("ex:dock", "https://ns.example.com/dock"), ("ex://dock", "ex://dock")):
        event = {"type": "ObjectEvent", "readPoint": {"id": said}}
        assert pre_hash(event, names) == f"eventType=ObjectEventreadPointid={hashed}"
