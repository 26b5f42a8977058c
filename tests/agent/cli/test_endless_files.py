"""A file that never ends, under any name that a command takes: read to its limit, and refused."""

from __future__ import annotations

import pytest

from agent.cli.main import main
from tests.agent.exports.days import bundled, truck

ENDLESS = "/dev/zero"
KIB, MIB = 1 << 10, 1 << 20
VERIFY = ("verify", "trip.bundle", "--policy", "policy.txt")
POST = ("export", "epcis", "trip.bundle", "-o", "out", "--post", "https://localhost:1/x")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    world, data = bundled(truck())
    (folder / "trip.bundle").write_bytes(data)
    (folder / "policy.txt").write_text(world.policy_text())
    (folder / "out.captures").symlink_to(ENDLESS)
    (folder / "tallyman.toml").write_text('[gateway]\nname = "g"\ncontrol = "c.sock"\n')
    return folder


@pytest.mark.parametrize(
    ("words", "limit", "code"),
    [
        ((*VERIFY, "--decrypt", ENDLESS), 64 * KIB, 4),
        ((*VERIFY, "--authority", ENDLESS), MIB, 4),
        ((*POST, "--token", ENDLESS), 16 * KIB, 2),
        (POST, 64 * MIB, 2),
        (("bundle", "-o", "trip.bundle", "--timestamp", ENDLESS), 64 * KIB, 2),
        (("profile", "try", "2-8", ENDLESS), 64 * MIB, 2),
        (
            ("notarize", "policy.txt", "--to", ENDLESS, "--config", "tallyman.toml"),
            MIB,
            2,
        ),
    ],
    ids=["key", "authority", "token", "captures", "timestamp", "series", "public key"],
)
def test_it_is_read_to_its_limit_and_refused(given, capsys, monkeypatch, words, limit, code):
    monkeypatch.chdir(given)
    assert main(list(words)) == code
    told = " ".join(capsys.readouterr().err.split())
    assert f"it has more than {limit} bytes, the limit" in told
    assert "next: " in told
