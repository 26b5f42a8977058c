"""Seeds: read whole or refused with the line; what the node prints is what the gateway reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.enrolment.seed import PlaceOf, SeedUnusable, read_seed
from evidence.policy import parse_policy
from evidence.statement import MAX_REASON_BYTES, Follows
from ledger.base.public_node import read_public_node

ISSUER = "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007"


def test_what_the_node_prints_is_read(door):
    token = door.write_seed()
    seed = read_seed(door.seed)
    node = read_public_node(door.node.public)
    assert (seed.label, seed.site, seed.profile, seed.apn) == (
        "truck-7",
        "turin",
        "truck",
        "internet",
    )
    assert (seed.endpoint, seed.server_key, seed.token) == (door.endpoint, node.curve, token)
    assert seed.policy == parse_policy(door.node.policy.read_text())
    assert [(each.endpoint, each.server_key) for each in seed.nodes] == [
        (node.endpoint, node.curve)
    ]


def test_windows_line_ends_are_read(door):
    door.write_seed()
    door.seed.write_bytes(door.seed.read_bytes().replace(b"\n", b"\r\n"))
    assert read_seed(door.seed).label == "truck-7"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("version = 1", "version = 2", ":2: version: this software reads version 1"),
        ('label = "truck-7"', "", "the seed needs the key 'label'"),
        ('label = "truck-7"', 'label = "truck 7"', ":3: label must look like 'truck-7'"),
        ('profile = "truck"', 'profile = "../../etc/passwd"', ":5: profile must look like"),
        ('apn = "internet"', 'apn = "x\\ny"', ":6: apn must look like"),
        (
            'apn = "internet"',
            'apm = "internet"',
            ":6: unknown key 'apm' in the seed: did you mean 'apn'?",
        ),
        ('apn = "internet"', 'private_key = "…"', ":6: unknown key 'private_key'"),
        ("[enrol]", "[enroll]", "unknown key 'enroll'"),
        ('token = "', 'token = "!', "token must look like"),
        ("[[ledger.node]]", "[ledger.node]", "at least one [[ledger.node]]"),
        ("\nquorum ", "\nquorun ", "policy line"),
        ("[enrol]", "[enrol", "not TOML"),
    ],
)
def test_complaint_names_line_and_key(door, old, new, complaint):
    door.write_seed()
    text = door.seed.read_text()
    assert old in text
    door.seed.write_text(text.replace(old, new, 1))
    with pytest.raises(SeedUnusable) as caught:
        read_seed(door.seed)
    assert complaint in str(caught.value)
    assert str(door.seed) in str(caught.value)
    assert "token new" in caught.value.advice


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"x" * 70_000])
def test_what_is_no_seed_is_refused(tmp_path, data):
    path = tmp_path / "seed.toml"
    path.write_bytes(data)
    with pytest.raises(SeedUnusable, match=r"seed\.toml"):
        read_seed(path)


@pytest.mark.parametrize(("size", "read"), [(64 * 1024, True), (64 * 1024 + 1, False)])
def test_a_larger_file_is_something_else(door, size, read):
    door.write_seed()
    data = door.seed.read_bytes() + b"\n#"
    door.seed.write_bytes(data + b"x" * (size - len(data)))
    if read:
        assert read_seed(door.seed).label == "truck-7"
        return
    with pytest.raises(SeedUnusable, match="larger than 65536 bytes: it is not a seed"):
        read_seed(door.seed)


def continued(door, *, seq=0, reason="replaced by A. Keeper"):
    door.write_seed()
    heir = f'[continues]\ngateway = "{ISSUER}"\nepoch = "{"0a" * 16}"\nseq = {seq}\n'
    heir += f'digest = "{"0b" * 32}"\nreason = "{reason}"\n'
    door.seed.write_text(f"{door.seed.read_text()}\n{heir}")
    return read_seed(door.seed)


@pytest.mark.parametrize("seq", [0, 7])
def test_whose_place_it_takes_is_read_with_where_it_goes_on(door, seq):
    follows = Follows(b"\x0a" * 16, seq, b"\x0b" * 32, seq, "replaced by A. Keeper")
    assert continued(door, seq=seq).place_of == PlaceOf(ISSUER, follows)


def test_why_it_takes_a_place_fits_into_a_statement(door):
    """A letter of two bytes counts as two."""
    assert continued(door, reason="é" * (MAX_REASON_BYTES // 2)).place_of
    longer = "é" * (MAX_REASON_BYTES // 2) + "."
    with pytest.raises(SeedUnusable, match=f"reason: {MAX_REASON_BYTES} bytes at most"):
        continued(door, reason=longer)
    with pytest.raises(SeedUnusable, match="seq"):
        continued(door, seq=-1)


def test_missing_seed_is_named(tmp_path):
    with pytest.raises(SeedUnusable, match="No such file"):
        read_seed(tmp_path / "seed.toml")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    from tests.agent.enrolment.door import make_door

    door = make_door(tmp_path_factory.mktemp("door"))
    door.write_seed()
    return door.seed.read_bytes(), door.card / "mutant.toml"


@given(data=st.data())
def test_damaged_bytes_are_a_seed_or_a_complaint(sample, data):
    seed, path = sample
    position = data.draw(st.integers(0, len(seed) - 1))
    byte = data.draw(st.binary(max_size=2))
    path.write_bytes(seed[:position] + byte + seed[position + 1 :])
    try:
        read_seed(path)
    except SeedUnusable as error:
        assert str(path) in str(error)
