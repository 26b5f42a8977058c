"""`tallyman bundle --timestamp` and `verify --authority`, as people type them."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from agent.cli.main import main
from agent.timestamps.stamped import apart, with_token
from tests.agent.exports.days import bundled, truck
from tests.agent.timestamps.authorities import Authority
from tests.evidence.building import record

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture
def folder(tmp_path, monkeypatch, authority):
    world, data = bundled(truck())
    (tmp_path / "trip.bundle").write_bytes(data)
    (tmp_path / "policy.txt").write_text(world.policy_text())
    (tmp_path / "trip.tsr").write_bytes(authority.response(data))
    (tmp_path / "other.tsr").write_bytes(authority.response(data + b"."))
    shutil.copy(authority.root, tmp_path / "root.pem")
    (tmp_path / "key.pem").write_bytes((authority.folder / "ca.key").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stamp(*words):
    return main(["bundle", "-o", "trip.bundle", *words])


def verify(*words):
    return main(["verify", "trip.bundle", "--policy", "policy.txt", *words])


def test_a_bundle_is_stamped_and_holds_offline(folder, capsys):
    plain = (folder / "trip.bundle").read_bytes()
    assert stamp("--timestamp", "trip.tsr", "--authority", "root.pem") == 0
    told = capsys.readouterr().out.splitlines()
    more = len((folder / "trip.bundle").read_bytes()) - len(plain)
    assert told[0].startswith("stamped   trip.bundle: ")
    assert 0 < more - int(told[0].split()[2]) < 16, "the token, and what holds it"
    assert told[1].startswith("          Timestamp of ")
    assert told[2:] == ["          by CN=tsa,O=Test", told[-1]]
    assert told[-1] == "          under the pinned authority CN=root,O=Test"
    assert verify("--authority", "root.pem") == 0
    page = capsys.readouterr().out
    assert "over this bundle,\nby CN=tsa,O=Test\nunder the pinned authority CN=root,O=Test" in page
    assert max(map(len, page.splitlines())) <= 80
    # the steps that it prints need no software of ours
    steps = [line for line in page.splitlines() if line.startswith("  ")][-3:]
    steps[2] = steps[2].replace("FILE", "root.pem")
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(steps)], capture_output=True, text=True, check=True
    )
    assert "Verification: OK" in done.stdout
    assert (folder / "plain.bundle").read_bytes() == plain


def test_without_an_authority_nobody_is_believed(folder, capsys):
    assert stamp("--timestamp", "trip.tsr") == 0
    assert "in place of" not in capsys.readouterr().out
    assert stamp("--timestamp", "trip.tsr") == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "          name an authority that you trust with --authority FILE",
        "          in place of the token that it had",
    ]
    assert stamp("--timestamp", "trip.tsr", "--json") == 0
    assert json.loads(capsys.readouterr().out)["timestamp"]["checked"] is False
    assert verify() == 0
    assert "Whose it is was not checked" in capsys.readouterr().out
    assert verify("--json") == 0
    told = json.loads(capsys.readouterr().out)["timestamp"]
    assert (told["checked"], told["by"], told["serial"]) == (False, None, told["serial"])
    reply = ["openssl", "ts", "-reply", "-in", "trip.tsr", "-text"]
    said = subprocess.run(reply, check=True, capture_output=True, text=True).stdout
    (when,) = re.findall(r"Time stamp: (.+) GMT", said)
    stamped = datetime.strptime(when, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    assert told["time"] == stamped.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_stamped_bundle_is_a_bundle_to_every_verb(folder, capsys):
    assert main(["export", "csv", "trip.bundle", "-o", "plain.csv"]) == 0
    assert stamp("--timestamp", "trip.tsr") == 0
    assert (
        main(["export", "csv", "trip.bundle", "-o", "stamped.csv", "--policy", "policy.txt"]) == 0
    )
    assert (folder / "stamped.csv").read_bytes() == (folder / "plain.csv").read_bytes()
    assert main(["settle", "trip.bundle", "--policy", "policy.txt"]) == 0
    assert stamp("--timestamp", "trip.tsr") == 0  # again
    assert "in place of the token" in capsys.readouterr().out


WRONG = [
    (("--timestamp", "other.tsr"), "the token is over other bytes"),
    (("--timestamp", "policy.txt"), "no timestamp token"),
    (("--timestamp", "missing"), "cannot read missing"),
    (("--timestamp", "trip.tsr", "--authority", "key.pem"), "holds no certificate"),
    (("--timestamp", "trip.tsr", "--authority", "policy.txt"), "holds no certificate"),
    (("--timestamp", "trip.tsr", "-o", "policy.txt"), "is no bundle"),
    (("--authority", "root.pem"), "--authority is for a --timestamp"),
    (("--timestamp", "trip.tsr", "--kind", "shock"), "nothing of it can be chosen any more"),
    (("--timestamp", "trip.tsr", "--since", "3"), "nothing of it can be chosen any more"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text"), WRONG)
def test_mistakes_leave_the_bundle_as_it_is(folder, capsys, words, text):
    before = (folder / "trip.bundle").read_bytes()
    assert stamp(*words) == 2
    assert text in capsys.readouterr().err
    assert (folder / "trip.bundle").read_bytes() == before


def test_a_token_that_does_not_hold_is_a_finding(folder, capsys, tmp_path_factory):
    plain = (folder / "trip.bundle").read_bytes()
    assert verify("--authority", "root.pem") == 3  # it was asked for, and there is none
    assert stamp("--timestamp", "trip.tsr") == 0
    stranger = Authority(tmp_path_factory.mktemp("stranger") / "tsa")
    assert verify("--authority", str(stranger.root)) == 3
    assert "no pinned authority vouches for CN=tsa" in capsys.readouterr().out
    stamped = bytearray((folder / "trip.bundle").read_bytes())
    stamped[len(plain) // 2] ^= 1
    (folder / "trip.bundle").write_bytes(stamped)
    assert verify("--authority", "root.pem") == 1
    assert verify("--authority", "missing") == 4


def reads(*words):
    return main([*words, "--policy", "policy.txt"])


def told(capsys):
    """What was printed, but for how large a file came out."""
    out, err = capsys.readouterr()
    return re.sub(r"\d+ bytes", "", out), err


READERS = {
    "report": ("report", "trip.bundle", "-o", "page.html"),
    "export": ("export", "csv", "trip.bundle", "-o", "rows.csv"),
    "summary": ("shipment", "summary", "WB-7", "--bundle", "trip.bundle"),
    "find": ("find", "L7", "--bundle", "trip.bundle"),
}


@pytest.mark.parametrize("name", READERS)
def test_who_reads_bundles_reads_a_stamped_one_alike(folder, capsys, name):
    plain = reads(*READERS[name]), told(capsys)
    assert stamp("--timestamp", "trip.tsr") == 0
    told(capsys)
    assert (reads(*READERS[name]), told(capsys)) == plain


def test_the_page_of_a_stamped_bundle_has_steps_that_work(folder, capsys):
    assert stamp("--timestamp", "trip.tsr") == 0
    assert reads(*READERS["report"]) == 0
    assert "authentic" in capsys.readouterr().out
    blocks = re.findall("<pre>(.*?)</pre>", (folder / "page.html").read_text(), re.DOTALL)
    *commands, digest = map(html.unescape, blocks[1:4])
    steps = ["sh", "-ec", "\n".join(commands)]
    done = subprocess.run(steps, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == digest


@pytest.mark.parametrize("name", READERS)
def test_a_token_over_another_bundle_proves_as_little_everywhere(folder, capsys, name):
    assert stamp("--timestamp", "trip.tsr") == 0
    token = apart((folder / "trip.bundle").read_bytes())[1]
    (folder / "trip.bundle").write_bytes(with_token(bundled([record(0)])[1], token))
    (folder / "policy.txt").write_text(bundled([record(0)])[0].policy_text())
    assert verify() == 1
    capsys.readouterr()
    code = reads(*READERS[name])
    out, err = told(capsys)
    if name == "report":
        assert "altered" in out
    else:
        assert (code, "the token is over other bytes" in err) == (2, True)


def test_what_nobody_could_read_with_its_token_is_not_written(folder, capsys, monkeypatch):
    before = (folder / "trip.bundle").read_bytes()
    monkeypatch.setattr("agent.cli.stamp.MAX_FILE_BYTES", len(before) + 99)
    assert stamp("--timestamp", "trip.tsr") == 2
    assert "with a token nobody could read it: it is too large" in capsys.readouterr().err
    assert (folder / "trip.bundle").read_bytes() == before


def test_a_token_that_its_authority_does_not_vouch_for_is_not_put_in(
    folder, capsys, tmp_path_factory
):
    stranger = Authority(tmp_path_factory.mktemp("stranger") / "tsa")
    before = (folder / "trip.bundle").read_bytes()
    assert stamp("--timestamp", "trip.tsr", "--authority", str(stranger.root)) == 2
    assert "the token does not hold: " in capsys.readouterr().err
    assert (folder / "trip.bundle").read_bytes() == before


def test_programs_are_told_what_is_wrong_with_a_token(folder, capsys):
    assert stamp("--timestamp", "trip.tsr") == 0
    token = apart((folder / "trip.bundle").read_bytes())[1]
    world, data = bundled([record(0)])
    (folder / "trip.bundle").write_bytes(with_token(data, token))
    (folder / "policy.txt").write_text(world.policy_text())
    capsys.readouterr()
    assert verify("--json") == 1
    told = json.loads(capsys.readouterr().out)["timestamp"]
    assert list(told) == ["problem"]
    assert "over other bytes" in told["problem"]
