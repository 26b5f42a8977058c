"""`tallyman verify` and the second verifier on files that a stranger sends: one verdict of both."""

from __future__ import annotations

import pytest

from agent.cli.main import main
from agent.cli.verdict_page import page
from evidence.log_set import parse_log_set
from evidence.verify import verify_bundle
from tests.evidence.disclosure import world_of_parts
from tests.independent.__main__ import verdict

ENDLESS = "/dev/zero"
COLUMNS = 80


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    world, bundle = world_of_parts()
    (folder / "trip.bundle").write_bytes(bundle.to_bytes())
    (folder / "policy.txt").write_text(world.policy_text())
    return folder


def both(given, bundle="trip.bundle", policy="policy.txt"):
    """Return the exit code that both verifiers give."""
    bundle, policy = str(given / bundle), str(given / policy)
    code = main(["verify", bundle, "--policy", policy])
    assert verdict(bundle, policy)[0] == code
    return code


def test_both_take_what_is_in_order(given):
    assert both(given) == 0


def test_the_digest_to_compare_is_the_one_that_closes_the_file(given, capsys):
    """docs/PROTOCOL.md, "Bundle": SHA-256 over all that stands before, as the last 32 bytes."""
    assert both(given) == 0
    closing = (given / "trip.bundle").read_bytes()[-32:].hex()
    assert f"  {closing}" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace(b"\n", b"\r\n"), "line 1: a control character"),
        (lambda text: b"\xef\xbb\xbf" + text, "line 1: a byte order mark"),
        (lambda text: text.decode().encode("utf-16"), "it is not text"),
    ],
    ids=["Windows line ends", "byte order mark", "UTF-16"],
)
def test_a_policy_as_an_editor_spoils_it_is_refused_by_both(given, capsys, change, says):
    (given / "spoilt.txt").write_bytes(change((given / "policy.txt").read_bytes()))
    assert both(given, policy="spoilt.txt") == 3
    assert says in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("bundle", ["", "missing", ENDLESS])
def test_what_is_no_file_is_unreadable_to_both(given, bundle):
    assert both(given, bundle=bundle) == 4


@pytest.mark.parametrize("policy", ["trip.bundle", ENDLESS])
def test_what_is_no_policy_anchors_nothing(given, policy):
    assert both(given, policy=policy) == 3


@pytest.mark.parametrize("policy", ["", "missing", "policy.txt/nope"])
def test_a_policy_that_is_not_there_says_nothing_of_the_bundle(given, capsys, policy):
    assert both(given, policy=policy) == 4
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("NOT CHECKED: there is no policy file")
    assert "Wrong policy: cannot read " in told
    assert "Next name the policy file with --policy" in told


@pytest.mark.parametrize("option", ["--attach", "--decrypt"])
def test_an_endless_file_beside_the_bundle_is_not_read_whole(given, capsys, option):
    argv = ["verify", str(given / "trip.bundle"), "--policy", str(given / "policy.txt")]
    assert main([*argv, option, ENDLESS]) == 4
    assert "bytes, the limit" in capsys.readouterr().err


def test_records_are_wrapped_behind_their_number(given):
    policy = parse_log_set((given / "policy.txt").read_text())
    report = verify_bundle((given / "trip.bundle").read_bytes(), policy)
    report.records[:] = [report.records[0]._replace(device="d " * COLUMNS)]
    lines = list(page(report, policy, "trip.bundle", "", utc=True, records=True))
    assert max(map(len, lines)) < COLUMNS


def test_nothing_in_a_record_steers_the_auditor_s_terminal(given):
    policy = parse_log_set((given / "policy.txt").read_text())
    report = verify_bundle((given / "trip.bundle").read_bytes(), policy)
    steer = "\x1b[2J"
    gap = report.records[0]._replace(kind="gap", device=steer, values={"reason": steer})
    report.records[:] = [gap, report.records[0]._replace(quality=steer)]
    report.gaps[:] = [gap]
    text = "".join(page(report, policy, "trip.bundle", "", utc=True, records=True))
    assert "[2J" in text
    assert text.isprintable()
