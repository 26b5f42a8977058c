"""Files that the gateway vouches to have been given: signed, on record, and kept where they came."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace

import pytest

from agent.desks.attachments import AttachmentDesk
from agent.desks.control import BadRequest
from evidence.hash_envelope import parse_envelope
from evidence.keys import ES256
from tests.agent.desks.office import Office
from tests.agent.fakes import WALL_MS
from tests.evidence.building import ISSUER, EcdsaSigner

FILE = b"%PDF a certificate"
DIGEST = hashlib.sha256(FILE).hexdigest()
GIVEN = {
    "name": "a.pdf", "type": "calibration", "digest": DIGEST, "bytes": len(FILE),
    "content_type": "application/pdf",
}  # fmt: skip
KEY = EcdsaSigner("gateway")


@pytest.fixture
async def office(tmp_path):
    office = Office(tmp_path)
    await office.start()
    signer = SimpleNamespace(public=KEY.public, algorithm=ES256, sign=KEY)
    desk = AttachmentDesk(
        tmp_path, SimpleNamespace(gateway=ISSUER), lambda: signer, office.recorder, office.clock,
        devices=lambda name: name == "cold", shipments=lambda name: name in ("WB-7", "cold"),
    )  # fmt: skip
    office.verbs = dict(desk.verbs())
    yield office
    await office.close()


async def sent(office, data=FILE, step=7):
    for start in range(0, len(data), step):
        part = base64.b64encode(data[start : start + step]).decode()
        last = start + step >= len(data)
        (told,) = await office.ask("attach", digest=DIGEST, offset=start, part=part, last=last)
        assert told == {"taken": min(start + step, len(data))}


async def test_a_file_that_came_is_kept_and_signed_and_on_record(office):
    await sent(office)
    assert (office.folder / "attachments" / DIGEST).read_bytes() == FILE
    (told,) = await office.ask("notarize", **GIVEN, kept=True, location="https://example.com/a")
    (record,) = await office.records("attachment")
    assert told == {"number": record.number, "kid": KEY.public.kid.hex()}
    assert record.device == "gateway"
    envelope = record.values["envelope"]
    assert record.values == {
        "name": "a.pdf", "type": "calibration", "digest": bytes.fromhex(DIGEST),
        "bytes": len(FILE), "envelope": envelope,
    }  # fmt: skip
    read = parse_envelope(envelope)
    assert (read.issuer, read.digest, read.content_type, read.location) == (
        ISSUER, bytes.fromhex(DIGEST), "application/pdf", "https://example.com/a",
    )  # fmt: skip
    assert read.issued_at in (WALL_MS // 1000, WALL_MS // 1000 + 1)


async def test_two_are_told_by_their_own_numbers(office):
    first, second = [(await office.ask("notarize", **GIVEN, reference=n))[0] for n in ("1", "2")]
    found = await office.records("attachment")
    assert [first["number"], second["number"]] == [each.number for each in found]


async def test_all_that_is_said_of_a_file_is_on_record(office):
    more = {
        "model": "M-1", "result": "passed", "issuer": "lab-1", "reference": "R 5",
        "valid_from_ms": 0, "valid_until_ms": 9, "recipients": "age1xyz",
    }  # fmt: skip
    await office.ask("notarize", **GIVEN, **more, commitment="cd" * 32, about="WB-7")
    (record,) = await office.records("attachment")
    told = dict(record.values)
    del told["envelope"]
    assert told == {
        "name": "a.pdf", "type": "calibration", "digest": bytes.fromhex(DIGEST),
        "bytes": len(FILE), "about": "WB-7", "subject": "shipment",
        "commitment": bytes.fromhex("cd" * 32), **more,
    }  # fmt: skip
    assert record.device == "gateway"
    assert parse_envelope(record.values["envelope"]).location == ""


async def test_what_is_about_a_device_is_a_record_of_that_device(office):
    await office.ask("notarize", **GIVEN, about="cold")
    (record,) = await office.records("attachment")
    assert (record.device, record.values["about"], record.values["subject"]) == (
        "cold", "cold", "device",
    )  # fmt: skip


REFUSED = [
    ({"kept": True}, "that file is not here"),
    ({"type": "letter"}, "there is no such type: choose from calibration, delivery-paper"),
    ({"about": "WB-8"}, "no device and no shipment is called 'WB-8'"),
    ({"digest": "ab"}, "digest must be a SHA-256"),
    ({"commitment": "ab", "recipients": "x"}, "commitment must be a SHA-256"),
    ({"bytes": -1}, "bytes"),
    ({"valid_from_ms": -1}, "valid_from_ms"),
    ({"valid_until_ms": -1}, "valid_until_ms"),
    ({"name": "x" * 201}, "name"),
    ({"content_type": "x" * 201}, "content_type"),
    ({"model": "x" * 65}, "model"),
    ({"location": "x" * 401}, "location"),
    ({"commitment": "cd" * 32, "recipients": "x" * 401}, "recipients"),
    ({"content_type": "x" * 200, "location": "ä" * 400}, "1024"),
]


async def test_what_cannot_be_signed_is_refused_and_no_record(office):
    for change, said in REFUSED:
        with pytest.raises(BadRequest) as caught:
            await office.ask("notarize", **GIVEN | change)
        assert said in str(caught.value)
    assert await office.told("attachment") == []


async def test_texts_may_be_as_long_as_they_may_be(office):
    await office.ask(
        "notarize", **GIVEN | {"name": "x" * 200, "content_type": "x" * 200}, model="m" * 64,
        location="x" * 400,
    )  # fmt: skip
    assert len(await office.told("attachment")) == 1


async def test_a_file_is_refused_beyond_16_mib_and_the_way_out_is_named(office):
    with pytest.raises(BadRequest) as caught:
        await office.ask("attach", digest=DIGEST, offset=16 << 20, part="AA==", last=True)
    assert caught.value.advice
