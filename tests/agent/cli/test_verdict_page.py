"""What `tallyman verify` prints: the verdict, what is wrong and what next, facts, details, steps."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from agent.cli.verdict_page import page
from evidence.report import Finding, Outcome, Report
from evidence.verify import verify_bundle
from tests.evidence.building import small_bundle, small_world


def told(report, policy=None, digest="", *, records=False):
    return list(page(report, policy, "a b.bundle", digest, utc=True, records=records))


def test_a_bundle_that_holds_is_told_whole():
    world = small_world()
    report = verify_bundle(small_bundle(world).to_bytes(), world.policy())
    assert told(report, world.policy(), "00" * 32, records=True) == [
        "AUTHENTIC AND COMPLETE, except for 1 declared gap",
        "",
        "Who         gateway urn:uuid:7d3c6c1e-0f3b-4c55-9a52-2f0c5c8d1a10",
        "What        3 of 9 records are shown",
        "            2 temperature, 1 gap",
        "When        2026-09-21 14:13:20.000 UTC to 2026-09-21 14:13:28.000 UTC",
        "Clock       ntp, correct within 0.04 s",
        "Gap         cold-room: no data since an unknown time: no answer",
        "Calibration no certificate is shown for cold-room",
        "Hidden      6 records are not shown, by design. The gateway has signed them:",
        "            each is committed to by a salted hash that nobody can guess, and",
        "            can be shown later, unchanged, by whoever still has it",
        "Seen        by 3 witnesses of log log.example.com/north, most of them by",
        "            2026-09-21 14:14:22.000 UTC",
        "",
        "Details",
        "Records     0 to 8",
        "            batches 0 to 2 of epoch 000102030405060708090a0b0c0d0e0f",
        f"Key         {report.statements[0].kid.hex()}",
        "Log         log.example.com/north, 4 entries",
        "            cosigned by birch, cedar, dunes",
        f"Policy      {world.policy().digest.hex()}",
        "",
        "      0 2026-09-21 14:13:20.000 UTC cold-room: 4.00 °C",
        "      1 2026-09-21 14:13:21.000 UTC cold-room: 4.01 °C",
        "      4 2026-09-21 14:13:24.000 UTC cold-room: gap unknown: no answer",
        "",
        "Check it without Tallyman. The first step, with the tools of any Linux, must",
        "print the hash below it:",
        "  head -c -34 'a b.bundle' | sha256sum",
        f"  {'00' * 32}",
        'The other steps are in docs/PROTOCOL.md, "How to check a bundle without our',
        'software": signatures with openssl, trees with sha256sum. tests/independent',
        "takes them all with libraries other than ours.",
    ]


def test_one_that_was_changed_says_what_is_wrong_and_what_to_do():
    world = small_world()
    spoilt = bytearray(small_bundle(world).to_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    assert told(verify_bundle(bytes(spoilt), world.policy())) == [
        "ALTERED: do not rely on this file",
        "",
        "Wrong       file: the closing digest does not match the file [bundle-digest]",
        "Next        copy the file again; if that does not help, ask for another copy",
    ]


def finding(outcome=Outcome.UNTRUSTED, reason="late"):
    return Finding(outcome, reason, "batch 1: odd")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.INCOMPLETE, "INCOMPLETE: data is missing and no gap was declared"),
        (Outcome.UNTRUSTED, "NOT ANCHORED: nothing in this policy vouches for it"),
        (Outcome.UNREADABLE, "UNREADABLE: this is not a bundle that can be checked"),
    ],
)
def test_each_verdict_has_its_words(outcome, verdict):
    assert told(Report(findings=[finding(outcome)]))[0] == verdict


def test_without_a_policy_nothing_was_checked():
    report = Report(findings=[finding(Outcome.UNREADABLE, "policy")])
    assert told(report) == [
        "NOT CHECKED: there is no policy file to hold the bundle against",
        "",
        "Wrong       batch 1: odd [policy]",
        "Next        name the policy file with --policy; the consortium gives it out",
    ]
    worse = Report(findings=[finding(Outcome.ALTERED, "policy")])
    assert told(worse)[0] == "ALTERED: do not rely on this file"


@pytest.mark.parametrize(
    ("count", "more"),
    [(20, []), (21, ["            and 1 more finding"]), (23, ["            and 3 more findings"])],
)
def test_of_many_findings_twenty_are_told(count, more):
    lines = told(Report(findings=[finding()] * count))
    assert lines[2:22] == ["Wrong       batch 1: odd [late]"] * 20
    assert lines[22:] == more


def test_attached_files_are_to_be_hashed_as_well():
    record = SimpleNamespace(values={"bytes": 7, "type": "photo", "name": "p"}, number=3)
    photo = SimpleNamespace(record=record, digest=b"\xcd" * 32, commitment=None)
    lines = told(Report(attachments=[photo]), digest="00" * 32)
    assert lines[7].startswith("sha256sum of an attached file must print its SHA-256 above. The")


@pytest.mark.parametrize(
    ("reason", "why"), [("the card was lost", "the card was lost"), ("", "no reason given")]
)
def test_each_epoch_has_its_records_and_says_what_it_follows(reason, why):
    world = small_world()
    report = verify_bundle(small_bundle(world).to_bytes(), world.policy())
    first, second, third = report.statements
    follows = SimpleNamespace(reason=reason)

    def begun(statement, epoch, follows=None):
        claims = replace(statement.claims, epoch=epoch * 16, follows=follows)
        return replace(statement, claims=claims)

    epochs = [begun(first, b"a", follows), begun(second, b"b", follows), begun(third, b"c")]
    report = replace(report, statements=epochs)
    lines = told(report)
    begin = lines.index("Details") + 1
    assert lines[begin : begin + 7] == [
        "Records     0 to 0",
        f"            batch 0 of epoch {'61' * 16}",
        "            1 to 5",
        f"            batch 1 of epoch {'62' * 16}",
        f"            this epoch follows the one before: {why}",
        "            6 to 8",
        f"            batch 2 of epoch {'63' * 16}",
    ]
