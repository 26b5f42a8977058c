"""An update of the policy: its one form, and who must have signed it for it to follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence import cbor
from evidence.errors import EvidenceError
from evidence.note import Note, cosign_note, sign_note
from evidence.policy import parse_policy
from evidence.policy_update import Change, follow, parse_update, without_gateways
from tests.evidence.building import NOON, ORIGIN, EdSigner, World, seeded

OLD = World()
NEW = World(witnesses={**OLD.witnesses, "dunes": EdSigner("elms")})
LATER = World(witnesses={**NEW.witnesses, "cedar": EdSigner("firs")})
CHANGE = Change(ORIGIN, 7, seeded("new"), seeded("old"), 1_767_225_599)


def text_of(world):
    return without_gateways(world.policy_text())


def change(before, after, number=1, **wrong):
    honest = Change(
        ORIGIN, number, parse_policy(text_of(after)).digest, before.policy().digest, NOON
    )
    return replace(honest, **wrong)


def update(before, after, by=("amber", "birch", "cedar"), number=1, text=None, **wrong):
    said = change(before, after, number, **wrong).to_text()
    lines = [sign_note(said, before.log_key, before.log)]
    lines += [
        cosign_note(said, before.witness_key(name), NOON + place, before.witnesses[name])
        for place, name in enumerate(by)
    ]
    encoded = Note(said, tuple(lines)).to_text().encode()
    return cbor.encode((encoded, text or text_of(after)))


def reason(call, *args):
    with pytest.raises(EvidenceError) as caught:
        call(*args)
    return caught.value.reason


def test_a_change_is_written_in_five_lines_and_read_back():
    lines = CHANGE.to_text().split("\n")
    assert [lines[0], lines[1], lines[4], lines[5]] == [
        ORIGIN, "policy update 7", "2025-12-31T23:59:59Z", "",
    ]  # fmt: skip
    assert [len(line) for line in lines[2:4]] == [44, 44], "32 bytes each in base64"
    assert Change.from_text(CHANGE.to_text()) == CHANGE


FORMS = {
    "a line less": lambda lines: lines[:4],
    "a line more": lambda lines: [*lines, "more"],
    "no log": lambda lines: ["", *lines[1:]],
    "an empty digest": lambda lines: [*lines[:2], "", *lines[3:]],
    "no mark": lambda lines: [lines[0], "7", *lines[2:]],
    "number 0": lambda lines: [lines[0], "policy update 0", *lines[2:]],
    "number 07": lambda lines: [lines[0], "policy update 07", *lines[2:]],
    "ten digits": lambda lines: [lines[0], "policy update 1234567890", *lines[2:]],
    "a short digest": lambda lines: [*lines[:2], "AAAA", *lines[3:]],
    "a long digest": lambda lines: [*lines[:3], "A" * 48, lines[4]],
    "a day that is none": lambda lines: [*lines[:4], "2025-02-30T00:00:00Z"],
    "a time of one digit": lambda lines: [*lines[:4], "2025-12-31T23:59:9Z"],
    "another zone": lambda lines: [*lines[:4], "2025-12-31T23:59:59+00:00"],
}


@pytest.mark.parametrize("form", FORMS)
def test_any_other_form_is_refused(form):
    lines = FORMS[form](CHANGE.to_text().split("\n")[:-1])
    text = "".join(f"{line}\n" for line in lines)
    assert reason(Change.from_text, text) == "update-form"


def test_an_update_comes_back_and_names_who_signed_when():
    data = update(OLD, NEW)
    found = parse_update(data)
    assert found.to_bytes() == data
    assert found.policy == parse_policy(text_of(NEW))
    signed = {"amber": NOON, "birch": NOON + 1, "cedar": NOON + 2}
    assert found.signers(OLD.policy()) == signed
    assert found.check(OLD.policy()) == signed


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (update(OLD, NEW, text=text_of(OLD)), "update-text"),
        (update(OLD, NEW, text=NEW.policy_text()), "update-text"),
        (update(OLD, NEW) + bytes(64 * 1024), "update-size"),
    ],
    ids=["another policy", "one with gateways", "too long"],
)
def test_text_and_note_belong_together(data, why):
    assert reason(parse_update, data) == why


CHECKS = {
    "another log": (update(OLD, NEW, origin="other/log"), "update-previous"),
    "another policy before": (update(OLD, NEW, previous=seeded("x")), "update-previous"),
    "another receipt key": (update(OLD, World(receipts=EdSigner("x"))), "update-log"),
    "another log key": (update(OLD, World(log=EdSigner("x"))), "update-log"),
    "two of four": (update(OLD, NEW, by=("amber", "birch")), "quorum"),
    "nobody": (update(OLD, NEW, by=()), "quorum"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_it_follows_only_what_the_old_quorum_signed(name):
    data, why = CHECKS[name]
    assert reason(parse_update(data).check, OLD.policy()) == why


@pytest.mark.parametrize(
    ("name", "said"),
    [("two of four", "signed by amber, birch: not"), ("nobody", "signed by nobody")],
)
def test_who_signed_too_few_is_told(name, said):
    with pytest.raises(EvidenceError, match=said):
        parse_update(CHECKS[name][0]).check(OLD.policy())


def test_one_follows_the_other_and_none_comes_back():
    first, second = parse_update(update(OLD, NEW)), parse_update(update(NEW, LATER, number=2))
    policies = follow(OLD.policy(), [first, second])
    assert [each.digest for each in policies] == [
        world.policy().digest for world in (OLD, NEW, LATER)
    ]
    same = parse_update(update(NEW, LATER, number=1))
    assert reason(follow, OLD.policy(), [first, same]) == "update-sequence"
    back = parse_update(update(NEW, OLD, number=2))
    assert reason(follow, OLD.policy(), [first, back]) == "update-again"
    assert reason(follow, OLD.policy(), [second]) == "update-previous"


def test_a_text_without_gateways_keeps_all_other_lines():
    text = "log a\ngateway b c\n# gateway d\n gateway e\nquorum f"
    assert without_gateways(text) == "log a\n# gateway d\nquorum f\n"
