"""`tallyman settle`: the bundles of two gateways that heard one tag."""

from __future__ import annotations

import json

import pytest

from agent.cli.main import main
from agent.cli.settle import page
from agent.observe.claims import Claim, Ruling
from tests.agent.observe.test_claims import EPC, state
from tests.evidence.building import ISSUER, EcdsaSigner, World, record

NOON_MS = 1_790_000_000_000  # 2026-09-21T14:13:20Z
OTHER = ISSUER.replace("7d3c6c1e", "11111111")


def bundle_of(world: World, *records) -> bytes:
    sealed = world.seal(list(records))
    return world.bundle((world.bundled(sealed),)).to_bytes()


@pytest.fixture
def files(tmp_path):
    """Two bundles, `one` and `two`, and the policy that both stand under."""
    one, two = World(), World(issuer=OTHER, gateway=EcdsaSigner("second"))
    for name, world, rssi in (("one", one, -50), ("two", two, -63)):
        leave = state(0, "leave", dwell_ms=3000, rssi=rssi, read_point=f"door {name}")
        (tmp_path / name).write_bytes(bundle_of(world, leave))
    line = next(line for line in two.policy_text().splitlines() if line.startswith("gateway"))
    (tmp_path / "policy").write_text(one.policy_text() + line + "\n")
    return tmp_path


def asked(files, *words):
    return main(
        ["settle", *(str(files / word) for word in words), "--policy", str(files / "policy")]
    )


def test_the_stronger_door_has_it_and_both_are_shown(files, capsys):
    assert asked(files, "one", "two") == 0
    out = capsys.readouterr().out
    assert out.startswith("2 stays of tags; 1 tag claimed by more than one gateway\n")
    assert f"EPC {EPC}\n" in out
    assert "  door one (one, 7d3c6c1e)\n" in out
    assert "  door two (two, 11111111)\n" in out
    assert "  -> door one (one, 7d3c6c1e) has it:\n     13 dB stronger than at door two" in out
    assert max(map(len, out.splitlines())) <= 80


def test_each_ruling_shows_its_claims_and_who_has_the_tag():
    one = Claim("one", "door 1", EPC, NOON_MS, NOON_MS + 2500, 500, reads=7, rssi=-50)
    two = Claim("two", "door 2", EPC, NOON_MS + 1000, NOON_MS + 1000, 500)
    ruled = [Ruling((one, two), one, "heard louder"), Ruling((two, one), None, "no rule decides")]
    told = list(page(ruled, 4, 2, utc=True))
    when = "2026-09-21 14:13:2"
    claims = [
        [f"  {one.place}", f"    {when}0.000 UTC, 2.5 s, 7 reads, -50 dBm"],
        [f"  {two.place}", f"    {when}1.000 UTC, 0.0 s, 0 reads"],
    ]
    assert told == [
        "4 stays of tags; 2 tags claimed by more than one gateway",
        "left out: 2 records whose clock nobody vouches for",
        "", f"EPC {EPC}", *claims[0], *claims[1], f"  -> {one.place} has it:", "     heard louder",
        "", f"EPC {EPC}", *claims[1], *claims[0], "  -> undecided:", "     no rule decides",
    ]  # fmt: skip
    assert list(page([], 0, 0, utc=True)) == [
        "0 stays of tags; 0 tags claimed by more than one gateway"
    ]


def test_without_a_policy_nothing_is_settled(files, capsys):
    assert main(["settle", str(files / "one")]) == 2
    assert "--policy" in capsys.readouterr().err


def test_json(files, capsys):
    path = str(files / "one")
    argv = ["settle", path, str(files / "two"), "--policy", str(files / "policy"), "--json"]
    assert main(argv) == 0
    ruling = json.loads(capsys.readouterr().out)
    assert (ruling["winner"]["point"], len(ruling["claims"])) == ("door one", 2)


def test_other_records_are_not_left_out_for_their_clock(files, capsys):
    world = World()
    leave = state(0, "leave", dwell_ms=3000)
    other = record(1)._replace(clock_bound_ms=None, clock_source="none")
    (files / "one").write_bytes(bundle_of(world, leave, other))
    assert asked(files, "one") == 0
    assert capsys.readouterr().out.startswith("1 stay of tags; 0 tags")


def test_what_no_clock_vouches_for_is_counted_not_compared(files, capsys):
    unset = state(0, "leave", dwell_ms=3000)._replace(clock_bound_ms=None, clock_source="none")
    (files / "one").write_bytes(bundle_of(World(), unset))
    assert asked(files, "one", "two") == 0
    assert capsys.readouterr().out == (
        "1 stay of tags; 0 tags claimed by more than one gateway\n"
        "left out: 1 record whose clock nobody vouches for\n"
    )


def test_a_bundle_that_was_altered_claims_nothing(files, capsys):
    data = bytearray((files / "two").read_bytes())
    data[len(data) // 2] ^= 1
    (files / "two").write_bytes(data)
    assert asked(files, "one", "two") == 2
    assert "two proves nothing" in capsys.readouterr().err
    assert asked(files, "one", "three") == 2
    assert "cannot read" in capsys.readouterr().err


def test_a_policy_that_is_none(files, capsys):
    for path, said in (
        (files / "absent", "cannot read"),
        (files / "one", "is not a policy: it is"),
    ):
        assert main(["settle", str(files / "one"), "--policy", str(path)]) == 2
        told = capsys.readouterr().err
        assert said in told
        assert "Errno" not in told
