"""A warehouse's morning and a truck's minutes, as bundles, for the tests of exports."""

from __future__ import annotations

from agent.dock.history import packed
from evidence.leaf import Record
from tests.agent.dock.goods import APPLE, P1, PEAR
from tests.evidence.building import World, record

SUPPLIER, RECEIVER = "4012345000009", "8012345000005"
CRATE = "urn:epc:id:sgtin:9506000.013435.6789"
CRATE_LINK = "https://id.gs1.org/01/09506000134352/21/6789"
CHIP = "E2801130200020A1B2C3D4E5"
CHECK = "R-20261122-0001"
UNSET = {"clock_source": "none", "clock_bound_ms": None}


def goods(number: int, **values: object) -> Record:
    """Return a line of goods on the receipt."""
    said = {"check": CHECK, "notice": "ASN1099", "supplier": SUPPLIER, "receiver": RECEIVER}
    return record(number, "dock-goods", device="gateway", values=said | values)


def tag(number: int, state: str, **values: object) -> Record:
    """Return a record of a crate's tag."""
    said = {
        "state": state,
        "read_point": "shelf 3",
        "epc": "3074257BF7194E4000001A85",
        "uri": CRATE,
    }
    return record(number, "tag-state", device="uhf", values=said | values)


def warehouse() -> list[Record]:
    """Return 17 records: shelf, gate, a written tag, a box, a receipt with its delivery."""
    receipt = {
        "check": CHECK, "notice": "ASN1099", "order": "PO-7", "supplier": SUPPLIER,
        "read_point": "door 2", "decision": "accepted", "disposition": "mismatch_quantity",
        "expected": 22, "found": 21, "read": 9, "by_hand": 2, "believed": 10, "units": packed([P1]),
    }  # fmt: skip
    return [
        record(0, "boot", device="gateway", values={"version": "1"}),
        tag(1, "enter"),
        tag(2, "leave", to="door 2"),
        tag(3, "leave", read_point="door 2", direction="in"),
        tag(4, "leave", read_point="door 2", direction="out"),
        tag(5, "leave", read_point="door 2", direction="undecided"),
        tag(6, "leave", stray=1),
        record(7, "tag-count", device="uhf",
               values={"read_point": "shelf 3", "present": 12, "reads": 90, "contents": b"\x11" * 32}),
        record(8, "commission", device="uhf", values={"epc": CHIP, "tid": CHIP, "locked": "yes"}),
        record(9, "box-check", device="belt",
               values={"read_point": "belt", "verdict": "mismatch_class", "uri": CRATE, "text": "…"}),
        goods(10, gtin=APPLE, lot="L'1+", quantity=10, read=8, by_hand=1, believed=0, package="crate"),
        goods(11, gtin=PEAR, quantity=12, read=0, by_hand=0, believed=10),
        goods(12, gtin=PEAR, lot="NEVER", quantity=4, read=0, by_hand=0, believed=0),
        record(13, "dock-check", device="gateway", values=receipt),
        record(14, "delivery", device="gateway",
               values={"check": CHECK, "decision": "accepted", "state": "signed"}),
        goods(15, gtin=PEAR, quantity=3, code="AF", text="crushed")._replace(kind="dock-difference"),
        goods(16, gtin=APPLE, quantity=1, code="X34", text="missing")._replace(kind="dock-difference"),
    ]  # fmt: skip


def truck() -> list[Record]:
    """Return 12 records: a cold room's values with a bad one, places, a shock, an alarm."""

    def cold(number: int, **changes: object) -> Record:
        return record(number, device="cold-1", **changes)

    return [
        cold(0, values={"temperature": 431, "humidity": 6025, "pressure": 101_325}),
        cold(1, values={"temperature": 402}),
        cold(2, values={"temperature": 12_500}, quality="corrupt"),
        cold(3, values={}, quality="no-answer"),
        cold(4, values={"temperature": 409}, **UNSET),
        record(5, "position", device="gnss",
               values={"lat": 454_700_000, "lon": 86_200_000, "speed": 2200, "fix": "3d"}),
        record(6, "position", device="gnss", values={"lat": 454_750_000, "lon": 86_250_001}),
        record(7, "position", device="gnss", quality="suspect", values={"lat": 0, "lon": 0}),
        record(8, "shock", device="imu", values={"peak": 3105, "duration": 900, "waveform": b"\0\1"}),
        record(9, "alarm", device="cold-1",
               values={"rule": "too-warm", "profile": "vaccine", "version": 3, "highest": 912,
                       "limit": "temperature above 8 °C", "state": "alarm"}),
        record(10, "mobile-network", device="modem", values={"state": "home", "dbm": -912}),
        record(11, "gap", device="cold-1"),
    ]  # fmt: skip


ROAD_CHECK = "R-20261122-0002"
NOTICE = b"\x99" * 32  # the digest of what the shipment was bound with


def road() -> list[Record]:
    """Return 9 records: a shipment from its binding to its end, and the receipt of its notice."""
    bound = {
        "name": "WB-7", "state": "started", "notice": "ASN1099", "digest": NOTICE,
        "vehicle": "TO 123 XY", "destination": RECEIVER, "seals": "S1, S2", "custodian": "carrier-1",
        "devices": "cargo",
    }  # fmt: skip
    along = {"shipment": "WB-7", "profile": "2-8", "version": 1, "interval_ms": 60_000}
    taken = {"shipment": "WB-7", "giver": "carrier-1", "taker": SUPPLIER, "place": "yard 3"}
    receipt = {
        "check": ROAD_CHECK, "notice": "ASN1099", "digest": NOTICE, "supplier": SUPPLIER,
        "read_point": "door 2", "decision": "accepted", "disposition": "mismatch_quantity",
        "expected": 10, "found": 9, "read": 8, "by_hand": 1, "believed": 0,
    }  # fmt: skip
    return [
        record(0, "shipment", device="gateway", values=bound),
        record(1, "shipment-sensor", device="cargo", values=along),
        record(2, "shipment-check", device="gateway",
               values={"shipment": "WB-7", "state": "not ready", "missing": "no test report", "faults": 1}),
        record(3, "shipment-condition", device="cargo",
               values={"shipment": "WB-7", "rule": "too warm", "state": "alarm"}),
        record(4, "shipment", device="gateway", values=bound | {"vehicle": "MI 9"}),
        record(5, "custody", device="gateway", values=taken | {"state": "unsigned", "remark": "wet"}),
        goods(6, check=ROAD_CHECK, gtin=APPLE, lot="L7", quantity=10, read=8, by_hand=1, believed=0,
              package="crate"),
        record(7, "dock-check", device="gateway", values=receipt),
        record(8, "shipment", device="gateway", values={"name": "WB-7", "state": "ended"}),
    ]  # fmt: skip


def bundled(*batches: list[Record], indexes: tuple[int, ...] | None = None) -> tuple[World, bytes]:
    """Return the world and the bundle of batches; with `indexes`, the last one shows these alone."""
    world = World()
    sealed = [world.seal(records) for records in batches]
    shown = [world.bundled(each) for each in sealed]
    if indexes is not None:
        shown[-1] = world.in_part(sealed[-1], indexes)
    return world, world.bundle(shown).to_bytes()
