"""The vectors in this folder: made anew to the byte, and what our code says to each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evidence.body import check_body
from evidence.leaf import Record, Salts, salted_leaf
from evidence.policy import parse_policy
from evidence.statement import parse_statement
from tests.vectors.case import whole
from tests.vectors.check import BUNDLES, CHECKS, verdict
from tests.vectors.make import FOLDER, made

CHECKOUT = Path(__file__).resolve().parents[2]
FAMILIES = [*CHECKS, *BUNDLES]
BY_HAND = {"README.md", "published.json"}
ELSEWHERE = {
    # What another code covers where an object is whole, and a key that is no object of a vector.
    "cose-payload", "body-root", "vkey", "recipient-key",
}  # fmt: skip


def cases(family):
    return json.loads((FOLDER / f"{family}.json").read_text(encoding="utf-8"))["cases"]


def test_made_anew_they_are_the_same_bytes():
    files = made()
    kept = {
        str(path.relative_to(FOLDER)): path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name not in BY_HAND
    }
    assert sorted(files) == sorted(kept)
    assert [name for name in files if files[name] != kept[name]] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_what_our_code_says(family):
    for case in cases(family):
        assert (FOLDER / case["file"]).read_bytes().hex() == case["hex"]
        said = verdict(family, whole(case), case.get("given", {}))
        wanted = {key: case[key] for key in said}
        assert json.loads(json.dumps(said)) == wanted, case["name"]


def test_a_published_batch_says_what_it_always_said():
    """Made by a gateway with real deflate, and kept: its body is that of its statement."""
    kept = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
    seed, record, index = bytes.fromhex(kept["seed"]), bytes.fromhex(kept["record"]), kept["index"]
    statement = parse_statement(bytes.fromhex(kept["statement"]))
    assert check_body(bytes.fromhex(kept["body"]), statement.batch)[index] == record
    assert salted_leaf(Salts(seed)(index), record).hex() == kept["leaf"]
    assert Record.from_bytes(record).to_bytes() == record
    assert parse_policy(kept["policy"]).digest.hex() == kept["policy_digest"]


def reasons_in_the_page():
    page = (CHECKOUT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
    section = page.split("\n## Reason codes\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`(?:, `.+?`)*) \|", section, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`(.+?)`", row)}


def reasons_in_the_code():
    """Every code that an error of evidence is made with."""
    found = set()
    for path in (CHECKOUT / "evidence").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:Error|SealBroken|NotForThisKey)\(\s*"([a-z0-9-]+)",', text))
        if path.name == "cbor.py":
            found |= {f"cbor-{word}" for word in re.findall(r'self\.fail\("([a-z0-9]+)"', text)}
    return found


def test_the_page_lists_every_reason_and_no_other():
    assert reasons_in_the_page() == reasons_in_the_code()


def test_every_reason_has_a_vector():
    shown = {
        reason
        for family in FAMILIES
        for case in cases(family)
        for reason in (case.get("findings") or [case.get("reason")])
    }
    assert reasons_in_the_page() - shown == ELSEWHERE
