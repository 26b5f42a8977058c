"""`tallyman shipment`: papers, custody, what is bound, beside a running agent and without one."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path

import pytest

from agent.cli import trip
from agent.cli.main import main
from agent.cli.shipment_page import page as shipment_page
from agent.cli.summary_page import page
from agent.disclosure.of_shipment import records_of_shipment
from agent.shipments.shipment import Shipments
from agent.shipments.summary import summarized
from evidence.log_set import parse_log_set
from evidence.report import Outcome
from evidence.verify import verify_bundle
from tests.agent.assembly.test_agent_process import stop
from tests.agent.cli.test_disclosure_command import Truck as ConfirmedTruck
from tests.agent.cli.test_dock_command import HereGateway
from tests.agent.log_world import record
from tests.agent.shipments.journeys import Journal
from tests.evidence.building import World


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch, capsys):
    gateway = HereGateway(tmp_path, monkeypatch, capsys)
    yield gateway
    gateway.kill_all()


def test_a_shipment_from_its_papers_to_its_end(gateway, tmp_path):
    agent = gateway.started()

    def ask(*words, **environ):
        found = gateway.ask("shipment", *words, **environ)
        return found.returncode, found.stdout + found.stderr

    papers_are_looked_at_before_it_leaves(gateway, ask, tmp_path)
    more_is_bound_and_taken_off(ask)
    it_changes_hands(gateway, ask)
    it_is_split_and_joined(gateway, ask)
    code, told = ask("end", "WB-7", "--as", "driver-4")
    assert (code, "ended" in told) == (0, True)
    assert "no shipment 'WB-7' is under way" in ask("check", "WB-7")[1]
    stop(agent)
    without_an_agent_the_journal_tells(ask, gateway)


def papers_are_looked_at_before_it_leaves(gateway, ask, tmp_path):
    paper = tmp_path / "summary.pdf"
    paper.write_bytes(b"%PDF UN 38.3 test summary")
    code, told = ask(
        "start", "WB-7", "--device", "cold-1", "--owner", "acme", "--custodian", "carrier-1",
        "--paper", "test-report", "--paper", "dangerous-goods", "--model", "LP-100",
    )  # fmt: skip
    assert code == 0, told
    assert "  owner       acme\n" in told
    assert "  papers      test-report, dangerous-goods\n" in told
    code, told = ask("check", "WB-7")
    assert code == 1
    assert told.startswith("WB-7 is NOT READY to leave\n")
    assert "  missing   test-report: none is on record\n" in told
    assert "  missing   dangerous-goods: none is on record\n" in told

    def attach(of_type, *more):
        found = gateway.ask("notarize", str(paper), "--for", "WB-7", "--type", of_type, *more)
        assert found.returncode == 0, found.stderr

    attach("test-report", "--model", "LP-10", "--result", "passed", "--issuer", "lab-7")
    attach("dangerous-goods", "--valid-until", "2020-06-30T00:00+00:00")
    told = json.loads(ask("check", "WB-7", "--json")[1])
    assert [
        (each["what"], each["text"]) for each in told["faults"] if each["what"] != "unknown"
    ] == [
        ("wrong", "test-report summary.pdf is about model LP-10, the goods are LP-100"),
        ("over", "dangerous-goods summary.pdf ended 2020-06-30"),
    ]
    assert ask("start", "X", "--paper", "test-raport")[1].startswith(
        "error: there is no type of papers 'test-raport': did you mean 'test-report'?"
    )


def more_is_bound_and_taken_off(ask):
    code, told = ask("bind", "WB-7", "--seal", "S1", "--seal", "S2", "--vehicle", "TO 1")
    assert code == 0, told
    assert "  seals       S1, S2\n" in told
    assert "  owner       acme\n" in told
    code, told = ask("unbind", "WB-7", "--seal", "S1", "--as", "driver-4")
    assert code == 0, told
    assert "  seals       S2\n" in told
    assert "there is no seal 'S9'" in ask("unbind", "WB-7", "--seal", "S9")[1]
    assert ask("unbind", "WB-7")[0] == 2
    assert ask("bind", "WB-7")[0] == 2


def it_changes_hands(gateway, ask):
    for name, pin in (("driver-4", "1111"), ("driver-5", "2222")):
        role = ("--role", "driver")
        assert gateway.ask("people", "add", name, *role, TALLYMAN_PIN=pin).returncode == 0
    code, told = ask("custody", "WB-7", "--to", "driver-4", "--place", "yard 3",
                     TALLYMAN_TAKER_PIN="1111")  # fmt: skip
    assert code == 0, told
    assert "driver-4 answers for WB-7 from here on\nUNILATERAL" in told
    code, told = ask("custody", "WB-7", "--to", "driver-5", "--remark", "pallet 2 is wet",
                     TALLYMAN_GIVER_PIN="1111", TALLYMAN_TAKER_PIN="9999")  # fmt: skip
    assert code == 2
    assert "the PIN of driver-5 is wrong" in told
    code, told = ask("custody", "WB-7", "--to", "driver-5", "--remark", "pallet 2 is wet",
                     TALLYMAN_GIVER_PIN="1111", TALLYMAN_TAKER_PIN="2222")  # fmt: skip
    assert (code, "signed by both" in told) == (0, True), told
    assert "answers for it already" in ask("custody", "WB-7", "--to", "driver-5")[1]
    told = ask("custody", "WB-7", "--to", "x", TALLYMAN_GIVER_PIN="2222", TALLYMAN_TAKER_PIN="1")
    assert "x has no key here" in told[1]


def it_is_split_and_joined(gateway, ask):
    """A seal goes on in another truck and comes back, then a shipment of its own joins in."""
    assert "nothing goes along with the part" in ask("split", "WB-7", "--into", "WB-7B")[1]
    assert ask("split", "WB-7", "--seal", "S2")[0] == 2
    assert "seal 'S9' does not go" in ask("split", "WB-7", "--into", "B", "--seal", "S9")[1]
    code, told = ask("split", "WB-7", "--into", "WB-7B", "--seal", "S2", "--vehicle", "MI 9")
    assert code == 0, told
    rest, part = told.split("WB-7B, since", 1)
    assert "seals" not in rest
    assert "  vehicle     MI 9\n" in part
    assert "  seals       S2\n" in part
    assert "  custodian   driver-5\n" in part
    assert "  from        WB-7\n" in part
    assert (
        "is under way already" in ask("split", "WB-7", "--into", "WB-7B", "--device", "cold-1")[1]
    )
    code, told = ask("merge", "WB-7B", "--into", "WB-7", "--as", "driver-5")
    assert code == 0, told
    assert "  seals       S2\n" in told
    assert "ended" in ask("show", "WB-7B")[1]
    assert ask("start", "WB-8", "--owner", "other")[0] == 0
    assert "WB-7 is of acme, WB-8 of other" in ask("merge", "WB-8", "--into", "WB-7")[1]
    code, told = ask("merge", "WB-8", "--into", "WB-9")
    assert (code, "WB-9, since" in told, "  owner       other\n" in told) == (0, True, True)


def without_an_agent_the_journal_tells(ask, gateway):
    chain = [json.loads(line) for line in ask("custody", "WB-7", "--json")[1].splitlines()]
    assert [(each["who"], each["state"]) for each in chain] == [
        ("carrier-1", "stated"),
        ("driver-4", "unilateral"),
        ("driver-5", "signed"),
    ]
    assert all(one["until_ms"] == two["since_ms"] for one, two in pairwise(chain))
    journal = [each for each in gateway.journal() if each["kind"] == "custody"]
    at = journal[-1]["time"]
    code, told = ask("custody", "WB-7", "--at", at, "--utc")
    assert (code, "driver-5" in told, "remark: pallet 2 is wet" in told) == (0, True, True)
    assert "carrier-1" not in told
    assert "was not under way" in ask("custody", "WB-7", "--at", "2001-01-01")[1]
    code, told = ask("summary", "WB-7")
    assert code == 0
    assert "  cold-1      temperature 4.31 to 4.31 °C" in told
    assert "  shocks      unknown: no sensor of shocks is on record\n" in told
    assert "  limits      unknown: no profile of limits is on record\n" in told
    aboard = [each for each in gateway.journal() if each["kind"] == "shipment-sensor"]
    assert [(each["device"], each["kinds"], each["shipment"]) for each in aboard] == [
        ("cold-1", "temperature", "WB-7")
    ]


def test_options_that_say_nothing_to_an_action_are_refused(gateway):
    for words, said in (
        (("end", "WB-7", "--seal", "S1"), "end takes no --seal"),
        (("start", "WB-7", "--to", "x"), "start takes no --to"),
        (("custody", "WB-7", "--as", "x"), "custody takes no --as"),
        (("show", "--policy", "x"), "show takes no --policy"),
    ):
        found = gateway.ask("shipment", *words)
        assert (found.returncode, said in found.stderr) == (2, True), found.stderr


class Truck(ConfirmedTruck):
    """A journey of an hour: a sensor, a receiver and a door; the carrier changes on the way."""

    def batches(self):
        def of(second, device, kind, **values):
            made = record(self.next, device=device, kind=kind, values=values)
            self.next += 1
            return made._replace(
                monotonic_ms=second * 1000, wall_ms=1_800_000_000_000 + second * 1000
            )

        def minute(at):
            lat, lon = 454_500_000, 86_200_000 + at * 1000
            return [
                of(at, "cargo", "temperature", temperature=400 + at // 60),
                of(at, "cabin", "temperature", temperature=2000),
                of(at, "gps", "position", lat=lat, lon=lon),
            ]

        bound = {"name": "WB-7", "devices": "cargo, gps, door", "owner": "acme", "notice": "ASN1"}
        declared = {"shipment": "WB-7", "interval_ms": 60_000}
        yield minute(0)
        check = {"check": "R-1", "notice": "ASN1"}
        yield [
            of(10, "gateway", "dock-goods", gtin="04012345111118", lot="L7", read=2, **check),
            of(10, "gateway", "dock-check", read_point="door 2", decision="accepted", **check),
        ]
        yield [of(30, "gateway", "shipment", state="started", custodian="carrier-1", **bound)]
        yield [
            of(30, "cargo", "shipment-sensor", kinds="temperature", **declared),
            of(30, "gps", "shipment-sensor", kinds="position", **declared),
            of(30, "door", "shipment-sensor", kinds="input", state="closed", shipment="WB-7"),
        ]
        for at in range(60, 1800, 60):
            yield minute(at)
        yield [
            of(1800, "door", "input", state="open"),
            of(1830, "gateway", "custody", shipment="WB-7", giver="carrier-1", taker="carrier-2",
               state="unsigned"),
            of(1900, "door", "input", state="closed"),
        ]  # fmt: skip
        for at in range(1920, 3600, 60):
            yield minute(at)
        yield [of(3600, "gateway", "shipment", state="ended", name="WB-7")]
        other = {"name": "WB-8", "devices": "cabin", "owner": "other"}
        yield [of(3630, "gateway", "shipment", state="started", **other)]
        yield minute(3660)


@pytest.fixture(scope="module")
def truck(tmp_path_factory):
    truck = Truck(tmp_path_factory.mktemp("truck"))
    packed = truck.folder / "trip.bundle"
    argv = ["bundle", "--config", str(truck.config), "-o", str(packed), "--shipment", "WB-7"]
    assert main(argv) == 0
    yield truck
    truck.journal.close()


@pytest.fixture
def away(truck, tmp_path, monkeypatch):
    """A folder with a bundle and a policy, on a machine without a gateway."""
    for name in ("trip.bundle", "policy.txt"):
        shutil.copy(truck.folder / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TALLYMAN_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def run(capsys):
    def run(*argv):
        capsys.readouterr()
        code = main(list(argv))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


BUNDLE = ("--bundle", "trip.bundle", "--policy", "policy.txt")


def test_a_bundle_tells_the_same_to_the_last_bit_where_no_gateway_is(run, truck, away):
    assert run("verify", "trip.bundle", "--policy", "policy.txt")[0] == 0
    config = ("--config", str(truck.config))
    here = json.loads(run("shipment", "summary", "WB-7", "--json", *config)[1])
    code, told = run("shipment", "summary", *BUNDLE, "--json")
    there = json.loads(told)
    assert (code, there.pop("lacks")) == (0, "57 records are hidden in the bundle, by design")
    assert here.pop("lacks") == ""
    assert there == here
    assert [leg["custodian"] for leg in there["legs"]] == ["carrier-1", "carrier-2"]
    (cargo,) = there["fared"]["measured"]
    assert (cargo["lowest"], cargo["highest"]) == (4.01, 4.59)
    (door,) = there["fared"]["doors"]
    assert (door["open_ms"], door["openings"], door["unknown_ms"]) == (100_000, 1, 0)


def test_a_bundle_goes_through_a_pipe(run, truck, monkeypatch, tmp_path):
    pipe, policy = io.BytesIO(), str(truck.folder / "policy.txt")
    config = ("--config", str(truck.config))
    with redirect_stdout(io.TextIOWrapper(pipe, write_through=True)) as stream:
        assert main(["bundle", "-o", "-", "--shipment", "WB-7", *config]) == 0
        stream.detach()
    assert pipe.getvalue() == (truck.folder / "trip.bundle").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pipe.getvalue())))
    monkeypatch.chdir(tmp_path)
    code, told = run("verify", "-", "--policy", policy)
    assert (code, told.splitlines()[0]) == (0, "AUTHENTIC AND COMPLETE")
    code, told = run("bundle", "-o", "-", "--json", *config)
    assert (code, "writes one bundle and nothing else" in told) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("away")
def test_the_page_of_a_summary_fits_on_a_console(run):
    code, told = run("shipment", "summary", *BUNDLE, "--utc")
    assert code == 0
    lines = told.splitlines()
    assert lines[0] == "WB-7: 2027-01-15 08:00:30.000 UTC to 2027-01-15 09:00:00.000 UTC"
    assert "  owner       acme" in lines
    assert (
        "  cargo       temperature 4.01 to 4.59 °C, mean 4.30, MKT 4.30; unknown for 2\n              min"
        in told
    )
    assert "  door        open for 1 min 40 s, 1 opening" in lines
    assert lines.count("  custody     carrier-1") == 1
    assert max(map(len, lines)) <= 79


def test_only_a_proven_bundle_is_told_from(run, away):
    data = bytearray((away / "trip.bundle").read_bytes())
    data[len(data) // 2] ^= 1
    (away / "other.bundle").write_bytes(data)
    code, told = run("shipment", "summary", "--bundle", "other.bundle", "--policy", "policy.txt")
    assert (code, "other.bundle proves nothing" in told) == (2, True)
    code, told = run("shipment", "summary", "--bundle", "trip.bundle")
    assert (code, "--policy" in told) == (2, True)
    code, told = run("shipment", "summary", "WB-8", *BUNDLE)
    assert (code, "tells of no shipment 'WB-8'" in told) == (2, True)


@pytest.mark.usefixtures("away")
def test_who_answered_for_it_is_told_from_a_bundle(run):
    ask = ("shipment", "custody", *BUNDLE, "--utc", "--at")
    code, told = run(*ask, "2027-01-15T08:30:29+00:00")
    assert (code, "carrier-1" in told, "carrier-2" in told) == (0, True, False)
    code, told = run(*ask, "2027-01-15T08:30:30+00:00")
    assert (code, "carrier-1" in told, "carrier-2" in told) == (0, False, True)


def test_a_summary_counts_what_retention_let_go_as_lacking(truck):
    found = records_of_shipment(truck.journal, "WB-7")
    assert found.gone == 0
    whole = summarized("WB-7", found.records)
    part = [each for each in found.records if each.number not in range(30, 60)]
    assert summarized("WB-7", part) != whole


def test_a_lot_is_found_where_it_went_with_its_age(run, truck):
    config = ("--config", str(truck.config))
    code, told = run("find", "L7", "--utc", *config)
    assert code == 0, told
    lines = told.splitlines()
    assert lines[0].startswith("L7 was last seen at aboard WB-7 at 45.4500, 8.9740")
    assert "  (01)04012345111118(10)L7: door 2" in lines
    assert "receipt R-1, accepted; record" in told
    assert max(map(len, lines)) <= 79
    newest, oldest = map(json.loads, run("find", "L7", "--json", *config)[1].splitlines())
    assert (newest["thing"], newest["how"]) == (
        "goods of notice ASN1 in WB-7",
        "shipment WB-7, its end",
    )
    assert (oldest["place"], oldest["wall_ms"]) == ("door 2", 1_800_000_010_000)


@pytest.mark.usefixtures("away")
def test_what_no_record_tells_of_is_not_found(run):
    code, told = run("find", "L7", *BUNDLE)
    assert code == 2
    assert "no record there tells of 'L7' (trip, 9f1c1d2e: 57 records hidden by design)" in told
    assert run("find", "L7", "--policy", "policy.txt")[0] == 2
    assert run("find", "L7", "--bundle", "trip.bundle")[0] == 2


def test_an_owner_gets_what_is_theirs_and_nothing_else(run, truck, tmp_path):
    def exported(*more):
        file = tmp_path / "own.bundle"
        code, told = run("bundle", "--config", str(truck.config), "-o", str(file), *more)
        assert code == 0, told
        policy = truck.folder / "policy.txt"
        shown = verify_bundle(file.read_bytes(), parse_log_set(policy.read_text()))
        assert shown.outcome is Outcome.AUTHENTIC
        return {each.device for each in shown.records}, {
            each.values["name"] for each in shown.records if each.kind == "shipment"
        }

    assert exported("--owner", "acme") == ({"gateway", "cargo", "gps", "door"}, {"WB-7"})
    assert exported("--owner", "other") == ({"gateway", "cabin"}, {"WB-8"})
    for words, said in (
        (("--owner", "acne"), "as of 'acne': did you mean 'acme'?"),
        (("--owner", "acme", "--shipment", "WB-8"), "no shipment is on record here as of 'acme'"),
        (("--owner", ""), "names nobody"),
        (("--shipment", ""), "names nobody"),
    ):
        code, told = run("bundle", "--config", str(truck.config), "-o", str(tmp_path / "x"), *words)
        assert (code, said in told) == (2, True), told
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("WB-7", "--to", "x", *BUNDLE), "--bundle looks back"),
        (("WB-7", "--to", "x", "--at", "2027-01-15"), "--at looks back"),
        (("--to", "x"), "which shipment?"),
        (("WB-7", "--to", ""), "who takes which shipment?"),
        (("WB-7", "--place", "yard 3", *BUNDLE), "--place is of a hand-over"),
        (("WB-7", "--from", "x", *BUNDLE), "--from is of a hand-over"),
        (("WB-7", "--policy", "policy.txt"), "--policy is for a bundle"),
    ],
)
def test_a_hand_over_and_a_look_back_are_not_mixed(run, words, said):
    code, told = run("shipment", "custody", *words)
    assert (code, said in told, "\nnext: " in told) == (2, True, True)


def test_none_is_not_said_where_records_are_hidden():
    journal = Journal()
    journal.shipment(0, devices=("cargo",))
    journal.aboard(0, kinds="temperature, shock", profile="2-8", version=1)
    journal.celsius(30, 5)
    told = summarized("WB-7", journal.records)
    assert "  shocks      none" in page(told, "", utc=True)
    hiding = list(page(told, "7 records are hidden in the bundle, by design", utc=True))
    for label in ("limits", "shocks"):
        assert f"  {label:12}none on the records here" in hiding


def test_a_clock_that_nobody_vouched_for_is_told_beside_the_times(tmp_path, run):
    journal, world = Journal(), World()
    journal.bound = None
    journal.shipment(0, custodian="x")
    journal.shipment(60, "ended")
    sealed = world.bundled(world.seal(journal.records))
    (tmp_path / "b").write_bytes(world.bundle([sealed]).to_bytes())
    (tmp_path / "p").write_text(world.policy_text())
    given = ("--bundle", str(tmp_path / "b"), "--policy", str(tmp_path / "p"))
    told = run("shipment", "summary", *given)[1]
    assert "  clock       nobody vouched for the time of 2 records: it may be another\n" in told
    told = run("shipment", "custody", *given)[1]
    assert told.endswith("  by a clock that nobody vouched for\n")
    assert json.loads(run("shipment", "custody", *given, "--json")[1])["vouched"] is False
    page = tmp_path / "page.html"
    assert main(["report", given[1], "--policy", given[3], "-o", str(page)]) == 0
    assert "says when 2 records were made" in page.read_text()


def test_show_tells_which_times_nobody_vouched_for():
    def shown(start, end=None, *, now=True, over=False):
        journal, shipments = Journal(), Shipments()
        journal.bound = start
        journal.shipment(0)
        journal.bound = end
        if over:
            journal.shipment(60, "ended")
        for each in journal.records:
            shipments.apply(each)
        kept = Shipments.from_json(json.loads(json.dumps(shipments.to_json()))).get("WB-7")
        view = kept.to_json() | {"place": None, "sensors": [], "now_ms": 0, "vouched_now": now}
        return [line[14:] for line in shipment_page(view, utc=True) if line.startswith("  clock ")]

    unsure = "nobody vouched for the time of its {}: it may be off"
    assert shown(40) == []
    assert shown(None) == [unsure.format("start")]
    assert shown(40, now=False) == ["nobody vouches for it now: the times above may be off"]
    assert shown(40, 40, over=True, now=False) == []
    assert (
        shown(40, None, over=True) == shown(None, 40, over=True) == [unsure.format("start or end")]
    )


@pytest.mark.parametrize("action", ["summary", "custody"])
def test_where_the_start_is_not_shown_nothing_is_told_as_if_it_were(tmp_path, run, action):
    journal, world = Journal(), World()
    journal.shipment(0, "ended")
    sealed = world.bundled(world.seal(journal.records))
    bundle, policy = tmp_path / "b", tmp_path / "p"
    bundle.write_bytes(world.bundle([sealed]).to_bytes())
    policy.write_text(world.policy_text())
    code, told = run("shipment", action, "--bundle", str(bundle), "--policy", str(policy))
    assert (code, "the records here do not tell" in told, "\nnext: " in told) == (2, True, True)
    assert "WB-7: how it fared is unknown" in trip.journey(bundle, policy)
