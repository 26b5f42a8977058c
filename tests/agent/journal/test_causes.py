"""Why records are not durable, by what the state folder shows; unknown never counts as no."""

from __future__ import annotations

import pytest

from agent.journal.causes import (
    FAILING,
    FULL,
    LIMIT,
    NO_FOLDER,
    OF_STATE,
    READ_ONLY,
    RIGHTS,
    RING_GONE,
    SLOW,
    StoreFacts,
)
from agent.journal.storage_state import StorageState
from foundation.cause import no, perhaps, yes


def facts(**known) -> StoreFacts:
    return StoreFacts("/var/lib/tallyman", **known)


@pytest.mark.parametrize(
    ("row", "known", "found"),
    [
        (FULL, {}, perhaps()),
        (FULL, {"free": 0, "total": 900}, yes("0 of 900 MiB are free")),
        (FULL, {"free": 1, "total": 900}, perhaps("1 of 900 MiB are free")),
        (FULL, {"free": 15, "total": 900}, perhaps("15 of 900 MiB are free")),
        (FULL, {"free": 16, "total": 900}, no("16 of 900 MiB are free")),
        (READ_ONLY, {}, perhaps()),
        (
            READ_ONLY,
            {"read_only": True},
            yes("the disk of /var/lib/tallyman is mounted read-only"),
        ),
        (
            READ_ONLY,
            {"read_only": False},
            no("the disk of /var/lib/tallyman is mounted for writing"),
        ),
        (RING_GONE, {}, perhaps()),
        (RING_GONE, {"ring": False}, perhaps()),
        (RING_GONE, {"used": True}, perhaps()),
        (RING_GONE, {"ring": False, "used": False}, no("this gateway has kept nothing yet")),
        (RING_GONE, {"ring": True, "used": True}, no("the ring's file is there")),
        (RING_GONE, {"ring": False, "used": True}, yes("the ring's file is not there")),
        (NO_FOLDER, {}, perhaps()),
        (NO_FOLDER, {"there": True}, no("/var/lib/tallyman is there")),
        (NO_FOLDER, {"there": False}, yes("there is no /var/lib/tallyman")),
        (RIGHTS, {}, perhaps()),
        (RIGHTS, {"allowed": True}, no("the agent's user may write in /var/lib/tallyman")),
        (
            RIGHTS,
            {"allowed": False},
            yes("the rights of /var/lib/tallyman deny it to the agent's user"),
        ),
    ],
)
def test_a_row_says_yes_no_or_unknown_and_why(row, known, found):
    assert row.test(facts(**known)) == found


def test_every_trouble_of_the_disk_has_its_row():
    assert OF_STATE == {
        StorageState.SLOW: SLOW,
        StorageState.LIMIT: LIMIT,
        StorageState.FULL: FULL,
        StorageState.READ_ONLY: READ_ONLY,
        StorageState.FAILING: FAILING,
    }
