"""Notices that are handed in part by part, and what is said of one that cannot be used."""

from __future__ import annotations

import base64
import hashlib

import pytest

from agent.desks.control import BadRequest
from agent.desks.notices import NoticeStore
from tests.agent.dock.goods import APPLE, P1, item, plan

NOTICE = plan((P1, [item(APPLE, 3)]))


async def handed_in(store, data, start=0, end=None):
    part = {
        "digest": hashlib.sha256(data).hexdigest(), "offset": start,
        "part": base64.b64encode(data[start:end]).decode(), "last": end is None,
    }  # fmt: skip
    return [told async for told in store.take(part)]


async def test_a_notice_comes_in_parts_and_is_kept_whole(tmp_path):
    store = NoticeStore(tmp_path)
    assert await handed_in(store, NOTICE, 0, 100) == [{"taken": 100}]
    assert await handed_in(store, NOTICE, 100) == [
        {"notice": "ASN1099", "form": "json", "units": 1}
    ]
    assert (await store.load(hashlib.sha256(NOTICE).hexdigest(), "ASN1099")).number == "ASN1099"


async def test_why_the_newest_notice_was_refused_is_known_until_one_can_be_used(tmp_path):
    store = NoticeStore(tmp_path, lambda: 98.0)
    assert store.refused == ("", None)
    with pytest.raises(BadRequest) as caught:
        await handed_in(store, b"no notice")
    assert store.refused == (str(caught.value), 98.0)
    await handed_in(store, NOTICE)
    assert store.refused == ("", None)
