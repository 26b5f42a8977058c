"""Vectors of when a key counts: what one witness, and what a thief of the key, can say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evidence.bundle import Bundle
from tests.evidence.building import NOON, WITNESSES, World, records
from tests.vectors.case import BundleCase

UNTRUSTED = 3
USUAL = "from 2026-01-01T00:00:00Z"
SEEN, A_SECOND_LATER = "2026-09-21T14:13:30Z", "2026-09-21T14:13:31Z"
"""NOON + 10 and + 11."""

YEARS = 300_000_000
"""Some nine and a half, in seconds."""


def trust_cases() -> Iterator[BundleCase]:
    """Yield bundles of one batch, each under a policy that says when the gateway's key counts."""
    three = (8, 10, 15)
    for name, times in (
        ("the middle one of three", three),
        ("one of three years ahead", (8, 10, YEARS)),
        ("one of three years behind", (-YEARS, 10, 15)),
        ("the third of four", (8, 9, 10, 15)),
        ("one of four years ahead", (8, 9, 10, YEARS)),
    ):
        yield _case(f"{name}: valid from then on", times, f"from {SEEN}")
        yield _case(f"{name}: valid a second later", times, f"from {A_SECOND_LATER}", "key-early")
        yield _case(f"{name}: revoked then", times, f"{USUAL} revoked {SEEN}", "key-revoked")
        yield _case(f"{name}: revoked a second later", times, f"{USUAL} revoked {A_SECOND_LATER}")
    retired = f"{USUAL} until 2026-03-01T00:00:00Z"
    yield _case("a retired key, used as if before", three, retired, issued_at=NOON - 220 * 86_400)
    ended = f"{retired} revoked 2026-04-01T00:00:00Z"
    yield _case("a key that was retired and ended, used as if before", three, ended, "key-revoked", issued_at=NOON - 220 * 86_400)  # fmt: skip


def _case(
    name: str, times: Sequence[int], key: str, reason: str = "", issued_at: int = NOON
) -> BundleCase:
    """Cosign in the order of the witnesses' names, so many seconds after noon."""
    names = WITNESSES[: len(times)]
    world = World(quorum=f"group q all {' '.join(names)}\nquorum q", gateway_times=key)
    sealed = world.seal(records(0, 2), replace(world.claims(), issued_at=issued_at))
    at = {name: NOON + seconds for name, seconds in zip(names, times, strict=True)}
    note = world.note(names, at=at)
    bundle = Bundle(world.policy().digest, (note,), (world.bundled(sealed),), ())
    findings = (reason,) if reason else ()
    return BundleCase(
        f"time: {name}",
        bundle.to_bytes(),
        given={"policy": world.policy_text()},
        exit=UNTRUSTED if reason else 0,
        findings=findings,
    )
