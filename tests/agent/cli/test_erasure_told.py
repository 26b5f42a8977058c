"""What a rule of [privacy] erased: every reader says so, and takes it for neither lost nor none."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.config.privacy import POSITION
from agent.journal.erasure_rule import Rule
from agent.journal.ring_journal import RingJournal
from agent.machine.eraser import DAY_MS, values_of
from agent.salvage.archive import HEAD, HEAD_WITH_CUTS, parse_archive
from evidence import cbor
from evidence.bundle import parse_bundle
from tests.agent.cli.test_disclosure_command import Truck
from tests.agent.journal.test_erasing import custody
from tests.agent.log_world import EPOCH, NOW, record
from tests.independent.verify import exit_code as stranger_verifies

POSITIONS = Rule("position", POSITION, 30)
LATER = NOW * 1000 + 40 * DAY_MS
TOLD = "5 position records erased by rule after 30 days, of numbers 2 to 18"


class Erased(Truck):
    """A truck whose positions of the first four batches a rule erased, forty days later."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.journal.close()
        self.journal = RingJournal(self.state / "journal.sqlite", EPOCH, erases=True)
        self.journal.set_custody(dict.fromkeys(range(5), custody(LATER)))
        while self.journal.erase(POSITIONS, LATER - 30 * DAY_MS, LATER) is not None:
            pass
        while self.journal.wipe():
            pass

    def tell(self) -> None:
        """Put the erasure on record, as the agent does."""
        (erasure,) = self.journal.untold()
        made = record(self.next, device="gateway", kind="erasure", values=values_of(erasure))
        self.journal.commit([made])
        self.journal.seal(self.world.seal([made]))
        self.journal.set_told([erasure.id])
        self.confirm()


@pytest.fixture(scope="module")
def truck(tmp_path_factory):
    """A truck with the erasure on record; the tests only read."""
    truck = Erased(tmp_path_factory.mktemp("truck"))
    truck.tell()
    yield truck
    truck.journal.close()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A truck whose disk the tests damage."""
    truck = Erased(tmp_path_factory.mktemp("damaged"))
    truck.tell()
    truck.journal.close()
    return truck


@pytest.fixture
def run(capsys, monkeypatch, truck):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(truck.config))
    monkeypatch.chdir(truck.folder)

    def run(*argv):
        capsys.readouterr()
        code = main(list(argv))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def joined(text: str) -> str:
    """Return text as if no line were folded."""
    return " ".join(text.split())


def verified(truck, run, *options):
    """Make a bundle; return what was said of it, and the report that both verifiers agree on."""
    code, out, err = run("bundle", "-o", "trip.bundle", *options)
    assert code == 0, err
    code, told, _ = run("verify", "trip.bundle", "--policy", "policy.txt", "--json")
    assert stranger_verifies(Path("trip.bundle").read_bytes(), truck.policy.read_text()) == code
    return out, json.loads(told)


def test_a_bundle_of_erased_records_verifies_and_says_what_is_gone(truck, run):
    out, report = verified(truck, run, "--until", "18")
    assert "5 of those were erased here by a rule of [privacy]" in out
    assert "does not tell" not in out
    assert (report["verdict"], report["records_hidden"]) == ("authentic", 5)
    assert [each["text"] for each in report["erasures"]] == [TOLD]
    assert "position" not in report["kinds"]
    bundle = parse_bundle(Path("trip.bundle").read_bytes())
    assert (bundle.version, len(bundle.batches), len(bundle.erasures)) == (4, 4, 1)
    code, page, _ = run("verify", "trip.bundle", "--policy", "policy.txt")
    assert code == 0
    assert "Erased" in page
    assert "5 position records were erased by rule after 30 days, the last on" in joined(page)
    assert "can be shown later, unchanged, by whoever still has it" in joined(page)


def test_the_record_of_it_is_shown_in_its_place_where_the_bundle_goes_so_far(truck, run):
    _, report = verified(truck, run, "--kind", "temperature")
    assert [each["text"] for each in report["erasures"]] == [TOLD]
    assert parse_bundle(Path("trip.bundle").read_bytes()).erasures == ()
    _, report = verified(truck, run, "--shipment", "WB-7")
    assert [each["text"] for each in report["erasures"]] == [TOLD]


def test_before_the_record_is_confirmed_the_maker_is_told_that_the_bundle_is_silent(
    tmp_path, run, monkeypatch
):
    truck = Erased(tmp_path)
    monkeypatch.setenv("TALLYMAN_CONFIG", str(truck.config))
    monkeypatch.chdir(tmp_path)
    out, report = verified(truck, run)
    truck.journal.close()
    assert "5 of those were erased here by a rule of [privacy]" in out
    assert "the record of that is not confirmed yet" in out
    assert report["erasures"] == []
    assert report["records_hidden"] == 5


def test_erased_is_neither_here_nor_lost(truck, run):
    code, out, err = run("journal", "--utc")
    assert code == 0
    assert "position" not in out.replace(TOLD, "")
    assert "not here: 5 position records were erased by rule after 30 days" in err
    code, out, _ = run("journal", "--json")
    assert {json.loads(line)["n"] for line in out.splitlines()}.isdisjoint({2, 5, 9, 14, 18})
    _, out, _ = run("where")
    assert "1 record erased here by rule" in out or "records erased here by rule" in out
    assert "no longer on this gateway" not in out
    _, out, _ = run("where", "--json")
    assert sum(each["erased"] for each in json.loads(out)["batches"]) == 5


def test_a_shipment_and_a_search_say_that_a_rule_took_the_way(truck, run):
    code, out, err = run("shipment", "summary", "WB-7")
    assert code == 0, err
    assert "5 position records were erased by rule" in joined(out + err)
    assert "no longer on this gateway" not in out + err
    _, out, err = run("find", "WB-7")
    assert "5 position records were erased by rule" in joined(out + err)


def test_a_page_says_that_a_rule_took_them_in_every_language(truck, run):
    verified(truck, run)
    for language, words in {
        "en": "5 records (where the vehicle was) were erased from the gateway",
        "it": "5 registrazioni (dove era il veicolo) sono state cancellate dal gateway",
        "de": "5 Datensätze (wo das Fahrzeug war) wurden auf dem Gateway nach Regel gelöscht",
        "zh": "有 5 条记录（车辆所在位置）已按规则",
    }.items():
        argv = ("report", "trip.bundle", "--policy", "policy.txt", "-o", "p.html")
        code, _, err = run(*argv, "--lang", language)
        assert code == 0, err
        assert words in Path("p.html").read_text()


def test_a_dead_card_still_proves_the_rest_and_says_what_a_rule_took(truck, run):
    code, out, err = run("salvage", "state", "--output", "card.salvage", "--policy", "policy.txt")
    assert code == 0, err
    assert "5 records were erased by a rule there" in out
    assert "are gone" not in out
    assert "unsigned" not in out
    code, again, err = run("salvage", "card.salvage", "--policy", "policy.txt", "--json")
    assert code == 0, err
    signed = json.loads(again)["lives"][0]["signed"]
    assert [(each["erased"], each["bodies_gone"]) for each in signed] == [(5, 0)]


def test_a_bundle_of_nothing_but_erased_records_says_why_it_would_be_empty(run):
    code, _, err = run("bundle", "-o", "none.bundle", "--kind", "position", "--until", "9")
    assert code != 0
    assert "3 records there were erased by a rule of [privacy]" in joined(err)
    assert not Path("none.bundle").exists()


@pytest.mark.parametrize("rest", [b"", b"\x86\x01\x41\x01"])
@pytest.mark.parametrize(
    "argv", [("find", "WB-7"), ("bundle", "-o", "x.bundle"), ("shipment", "summary", "WB-7")]
)
def test_what_is_left_and_cannot_be_read_is_named_not_a_traceback(
    damaged, capsys, monkeypatch, rest, argv
):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(damaged.config))
    monkeypatch.chdir(damaged.folder)
    with closing(sqlite3.connect(damaged.state / "journal.sqlite")) as database, database:
        database.execute("UPDATE cut SET rest = ?", (rest,))
    assert main(list(argv)) != 0
    assert capsys.readouterr().err.startswith("error: ")
    assert not Path("x.bundle").exists()


def test_a_forged_archive_loses_what_was_forged_and_nothing_else(truck, run):
    assert run("salvage", "state", "--output", "card.salvage", "--policy", "policy.txt")[0] == 0
    kept = parse_archive(Path("card.salvage").read_bytes())
    (life,) = kept.lives
    first, second, *rest = life.batches
    assert first.cut
    assert second.cut
    forged = replace(first, statement=first.statement[:-1]), replace(second, cut=b"\xff" * 99)
    archive = replace(kept, lives=(replace(life, batches=(*forged, *rest)),)).to_bytes()
    Path("forged.salvage").write_bytes(archive)
    code, said, err = run("salvage", "forged.salvage", "--policy", "policy.txt", "--json")
    assert code == 0, err
    (signed,) = json.loads(said)["lives"][0]["signed"]
    assert (signed["first_batch"], signed["bodies_gone"]) == (1, 1)


def test_an_archive_of_the_version_without_cuts_has_none(truck, run):
    assert run("salvage", "state", "--output", "card.salvage", "--policy", "policy.txt")[0] == 0
    data = Path("card.salvage").read_bytes()
    content = data[: -len(cbor.encode(bytes(32)))].replace(HEAD_WITH_CUTS, HEAD, 1)
    Path("old.salvage").write_bytes(content + cbor.encode(hashlib.sha256(content).digest()))
    code, _, err = run("salvage", "old.salvage", "--policy", "policy.txt")
    assert code != 0
    assert "an item that no archive of this version has" in err
