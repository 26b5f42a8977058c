"""`tallyman dock`: which check is meant, what is asked of the agent, and in which order."""

from __future__ import annotations

import base64
import hashlib
import json
from types import SimpleNamespace

import pytest

from agent.cli import dock, dock_notice, dock_paper, dock_stages, dock_talk, notarize, people, trip
from agent.cli.dock import listed
from agent.cli.main import main
from agent.desks.control_client import NotRunning, Refused
from agent.dock.papers.forms import PAPERS
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_dock_command import VIEW
from tests.agent.dock.goods import APPLE, P1, item, plan

NUMBER = "R-20261122-0001"
DIGEST = "5f" * 32
AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
OPEN = {
    "check": NUMBER, "notice": "ASN1", "read_point": "door 2", "returns": False,
    "opened_ms": AT, "now_ms": AT + 90_000, "found": 2, "expected": 3, "operator": "keeper-2",
}  # fmt: skip
RECEIPT = {
    "check": NUMBER, "notice": "ASN1", "decision": "accepted", "found": 3, "expected": 3,
    "read": 3, "by_hand": 0, "believed": 0, "digest": DIGEST, "sha256": "a1" * 32,
    "signed": "no", "read_point": "door 2",
}  # fmt: skip
DECIDED = {
    "check": NUMBER, "receipt": RECEIPT, "delivery": {}, "decided_ms": AT, "differences": [],
    "sha256": "a1" * 32,
}  # fmt: skip
KNOWN = {"digest": DIGEST}
"""A notice that the agent still has, so that a check of it can begin."""


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, dock, dock_notice, dock_talk, dock_paper, dock_stages,
                  notarize)  # fmt: skip
    monkeypatch.chdir(tmp_path)
    agent.answers |= {
        "dock-find": [], "dock-points": [{"read_point": "door 2"}], "dock-list": [],
        "dock-notice": {}, "dock-open": {"check": NUMBER, "resumed": False}, "dock-look": VIEW,
        "dock-label": VIEW, "dock-remark": VIEW, "dock-pass": VIEW, "dock-trip": VIEW,
        "dock-undo": VIEW | {"withdrawn": "label (00)1"}, "dock-close": RECEIPT, "attach": {},
        "notarize": {},
    }  # fmt: skip
    return agent


@pytest.fixture
def notice(tmp_path):
    path = tmp_path / "asn.json"
    path.write_bytes(plan((P1, [item(APPLE, 2)])))
    return path


def verbs(agent):
    return [each["verb"] for each in agent.asked]


def opened(agent):
    return [each for each in agent.asked if each["verb"] == "dock-open"]


def told(capsys):
    both = capsys.readouterr()
    return " ".join((both.out + both.err).split())


def test_a_notice_is_sent_and_its_check_opened(agent, notice, capsys):
    words = ["--read-point", "door 3", "--operator", "keeper-2", "--notice", "ASN7", "--returns"]
    assert agent.run("dock", str(notice), *words) == 0
    data = notice.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert agent.asked == [
        {"verb": "dock-notice", "digest": digest, "offset": 0, "last": True, "number": "ASN7",
         "part": base64.b64encode(data).decode()},
        {"verb": "dock-open", "digest": digest, "read_point": "door 3", "operator": "keeper-2",
         "returns": True, "number": "ASN7"},
        {"verb": "dock-look", "check": NUMBER, "operator": "keeper-2", "passed": True},
    ]  # fmt: skip
    assert "door 2 [#########.] 94/96 expected" in told(capsys)


def test_the_only_read_point_need_not_be_named(agent, notice):
    assert agent.run("dock", str(notice)) == 0
    assert verbs(agent) == ["dock-points", "dock-notice", "dock-open", "dock-look"]
    assert (opened(agent)[0]["read_point"], opened(agent)[0]["number"]) == ("door 2", "")


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([{"read_point": "door 2"}, {"read_point": "door 3"}],
         "name it: --read-point 'door 2' or 'door 3'"),
        ([], "name it: --read-point 'door 2'"),
        (NotRunning("nobody"), "name it: --read-point 'door 2'"),
    ],
)  # fmt: skip
def test_without_one_only_read_point_it_is_asked_for(agent, notice, capsys, points, said):
    agent.answers["dock-points"] = points
    assert agent.run("dock", str(notice)) == 2
    text = told(capsys)
    assert "where do the goods pass?" in text
    assert text.endswith(said)
    assert verbs(agent) == ["dock-points"]


def test_who_opens_it_is_told_that_it_goes_on_and_where_else_it_is_open(agent, notice, capsys):
    agent.answers["dock-open"] = {
        "check": NUMBER, "resumed": True, "elsewhere": [{"read_point": "door 3", "check": "R-2"}],
    }  # fmt: skip
    assert agent.run("dock", str(notice)) == 0
    assert told(capsys).startswith(
        f"check {NUMBER} goes on the same notice is open at door 3, too: R-2 door 2"
    )
    assert agent.run("dock", str(notice), "--json") == 0
    assert json.loads(capsys.readouterr().out) == VIEW


def test_a_number_goes_on_with_its_open_check(agent, capsys):
    agent.answers["dock-find"] = [OPEN]
    assert agent.run("dock", "ASN1") == 0
    assert agent.asked == [
        {"verb": "dock-find", "name": "ASN1"},
        {"verb": "dock-look", "check": NUMBER, "operator": "", "passed": True},
    ]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["ASN1"], True),
        (["ASN1", "--read-point", "door 2"], True),
        (["ASN1", "--read-point", "door 3"], False),
        (["ASN1", "--returns"], False),
        ([NUMBER, "--returns"], True),
    ],
)
def test_which_open_check_is_meant(agent, words, meant):
    agent.answers["dock-find"] = [OPEN]
    assert agent.run("dock", *words) == 0
    looked = [each["check"] for each in agent.asked if each["verb"] == "dock-look"]
    assert looked == ([NUMBER] if meant else [])


def test_of_several_open_checks_one_must_be_named(agent, capsys):
    agent.answers["dock-find"] = [OPEN, OPEN | {"check": "R-2", "read_point": "door 3"}, KNOWN]
    assert agent.run("dock", "ASN1") == 2
    text = told(capsys)
    assert "2 checks of ASN1 are open" in text
    assert f"name one: {NUMBER}, R-2" in text
    assert agent.run("dock", "ASN1", "--read-point", "door 3") == 0
    assert agent.asked[-1]["check"] == "R-2"


@pytest.mark.parametrize(
    ("found", "words", "begins"),
    [
        ([KNOWN], [], True),
        ([DECIDED, KNOWN], [], False),
        ([DECIDED, KNOWN], ["--read-point", "door 3"], True),
        ([OPEN, KNOWN], ["--read-point", "door 2"], False),
    ],
)
def test_a_notice_that_the_agent_has_can_be_checked_by_its_number(agent, found, words, begins):
    agent.answers["dock-find"] = found
    assert agent.run("dock", "ASN1", *words) == 0
    assert [each["digest"] for each in opened(agent)] == [DIGEST] * begins
    for each in opened(agent):
        assert each["number"] == "ASN1"
        assert each["read_point"] == (words[1] if words else "door 2")


def test_what_was_decided_is_shown_again(agent, capsys):
    agent.answers["dock-find"] = [KNOWN, DECIDED, OPEN | {"read_point": "door 3"}]
    assert agent.run("dock", "ASN1", "--read-point", "door 9", "--utc", "--json") == 0
    assert verbs(agent) == ["dock-find", "dock-open", "dock-look"]  # the notice is known
    agent.answers["dock-find"] = [DECIDED, OPEN]
    capsys.readouterr()
    assert agent.run("dock", "ASN1", "--read-point", "door 9", "--json") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown == [DECIDED, OPEN]
    assert agent.run("dock", "ASN1", "--read-point", "door 9", "--utc") == 0
    text = told(capsys)
    assert f"receipt {NUMBER}: notice ASN1 accepted 3 of 3 pieces" in text
    assert "decided 2026-09-21 14:13:20.000 UTC at door 2" in text
    assert text.endswith(f"{NUMBER}: notice ASN1 at door 2 2/3, 1 min 30 s ago, by keeper-2")
    agent.answers["dock-find"] = [KNOWN, DECIDED]
    assert agent.run("dock", "ASN1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == DECIDED


def test_what_is_entered_into_a_decided_check_wants_the_notice_again(agent, capsys):
    agent.answers["dock-find"] = [DECIDED]
    assert agent.run("dock", "ASN1", "--label", P1) == 2
    assert "cannot read ASN1" in told(capsys)


@pytest.mark.parametrize("error", [NotRunning("nobody"), Refused("no")])
def test_a_name_that_nobody_knows_is_taken_for_a_file(agent, capsys, error):
    agent.answers["dock-find"] = error
    assert agent.run("dock", "ASN1", "--read-point", "x") == 2
    assert "cannot read ASN1" in told(capsys)


def test_all_that_the_arguments_say_is_entered_in_order(agent, notice, capsys, monkeypatch):
    monkeypatch.setattr(trip, "journey", lambda bundle, policy: f"{bundle} by {policy}")
    words = [
        "--trip", "t.bundle", "--policy", "p.txt", "--passed", "--undo", "7", "--label", P1,
        "--label", "1", "--remark", "AF", "2", "--quantity", "3", "--rejected", "--reason", "wet",
        "--decide", "rejected", "--operator", "k",
    ]  # fmt: skip
    assert agent.run("dock", str(notice), *words) == 0
    check = {"check": NUMBER, "operator": "k"}
    assert agent.asked[3:] == [
        check | {"verb": "dock-trip", "text": "t.bundle by p.txt"},
        check | {"verb": "dock-pass"},
        check | {"verb": "dock-undo", "entry": 7},
        check | {"verb": "dock-label", "label": P1, "quantity": 1, "text": "wet"},
        check | {"verb": "dock-label", "label": "1", "quantity": 1, "text": "wet"},
        check | {"verb": "dock-remark", "code": "AF", "label": "2", "quantity": 3,
                 "rejected": True, "text": "wet"},
        check | {"verb": "dock-close", "decision": "rejected", "pin": ""},
    ]  # fmt: skip
    assert told(capsys).startswith(f"taken back: label (00)1 receipt {NUMBER}: notice ASN1")


def test_without_a_remark_the_quantity_is_of_the_labels(agent, notice):
    assert agent.run("dock", str(notice), "--label", "1", "--quantity", "3", "--undo") == 0
    entries = [each for each in agent.asked if each["verb"] in ("dock-label", "dock-undo")]
    assert "entry" not in entries[0]
    assert entries[1]["quantity"] == 3


def test_a_trip_is_proven_before_the_notice_is_sent(agent, notice, capsys):
    assert agent.run("dock", str(notice), "--trip", "t.bundle") == 2
    assert "whose signatures count?" in told(capsys)
    assert verbs(agent) == ["dock-points"]


def test_what_a_trip_proves_is_entered_where_its_check_is_open_already(agent, monkeypatch):
    monkeypatch.setattr(trip, "journey", lambda bundle, policy: f"proven by {bundle}, {policy}")
    agent.answers["dock-find"] = [OPEN]
    assert agent.run("dock", "ASN1", "--trip", "t.bundle", "--policy", "p.txt") == 0
    (entered,) = [each for each in agent.asked if each["verb"] == "dock-trip"]
    assert (entered["check"], entered["text"]) == (NUMBER, "proven by t.bundle, p.txt")


def test_a_picture_is_put_on_record_before_the_remark(agent, notice, tmp_path):
    photo = tmp_path / "crushed.jpg"
    photo.write_bytes(b"\xff\xd8")
    digest = hashlib.sha256(b"\xff\xd8").hexdigest()
    remark = ["--remark", "AF", "1", "--photo"]
    assert agent.run("dock", str(notice), *remark, str(photo)) == 0
    assert agent.asked[3:6] == [
        {"verb": "attach", "digest": digest, "offset": 0, "part": "/9g=", "last": True},
        {"verb": "notarize", "name": "crushed.jpg", "type": "photo", "content_type": "image/jpeg",
         "kept": True, "digest": digest, "bytes": 2},
        {"verb": "dock-remark", "check": NUMBER, "operator": "", "code": "AF", "label": "1",
         "quantity": 1, "rejected": False, "text": "", "photo": digest},
    ]  # fmt: skip
    odd = photo.rename(tmp_path / "crushed.unheard-of")
    assert agent.run("dock", str(notice), *remark, str(odd)) == 0
    types = [each["content_type"] for each in agent.asked if each["verb"] == "notarize"]
    assert types == ["image/jpeg", "application/octet-stream"]


@pytest.mark.parametrize(
    "words",
    [
        ["--label", "1"], ["--remark", "AF", "1"], ["--trip", "x"], ["--decide", "accepted"],
        ["--passed"], ["--undo"], ["--undo", "0"], ["--sign"], ["--returns"],
    ],
)  # fmt: skip
def test_what_is_entered_wants_a_check(agent, capsys, words):
    assert agent.run("dock", *words) == 2
    assert "for which check? next: name its notice: tallyman dock NOTICE" in told(capsys)
    assert agent.asked == []


def test_open_checks_are_listed(agent, capsys):
    assert agent.run("dock") == 0
    assert capsys.readouterr().out == "no check is open\n"
    agent.answers["dock-list"] = [OPEN]
    assert agent.run("dock") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{NUMBER}: notice ASN1 at door 2", "  2/3, 1 min 30 s ago, by keeper-2",
    ]  # fmt: skip
    assert agent.run("dock", "--json") == 0
    assert json.loads(capsys.readouterr().out) == OPEN


def test_of_an_open_check_nothing_is_said_that_is_not_known():
    bare = OPEN | {"returns": True, "opened_ms": 0, "operator": ""}
    assert listed(bare) == [f"{NUMBER}: returns of notice ASN1 at door 2", "  2/3"]


def test_a_signature_wants_a_name_that_has_a_key_and_a_pin(agent, notice, capsys, monkeypatch):
    sign = ["dock", str(notice), "--sign", "--decide", "accepted"]
    assert agent.run(*sign) == 2
    assert "who signs? next: name them: --operator keeper-2" in told(capsys)
    assert agent.asked == []
    sign += ["--operator", "keeper-2"]
    agent.answers["dock-signers"] = {"keeper-2": False}
    monkeypatch.setenv(people.PIN_VARIABLE, "4711")
    assert agent.run(*sign) == 2
    text = told(capsys)
    assert "keeper-2 has no key here: nothing was decided" in text
    assert "or: tallyman people add keeper-2" in text
    agent.answers["dock-signers"] = {"keeper-2": True}
    monkeypatch.setenv(people.PIN_VARIABLE, "")
    assert agent.run(*sign) == 2
    assert "no PIN: nothing was decided next: type it, or leave out --sign" in told(capsys)
    assert "dock-close" not in verbs(agent)
    monkeypatch.setenv(people.PIN_VARIABLE, "4711")
    assert agent.run(*sign) == 0
    assert (agent.asked[-1]["verb"], agent.asked[-1]["pin"]) == ("dock-close", "4711")


def test_a_receipt_is_told_as_asked(agent, notice, capsys):
    decide = ["dock", str(notice), "--decide", "accepted"]
    assert agent.run(*decide) == 0
    plain = capsys.readouterr().out
    assert plain.startswith(f"receipt {NUMBER}: notice ASN1 accepted\n  3 of 3 pieces\n")
    assert "  signed: no\n" in plain
    assert "\N{FULL BLOCK}" not in plain
    assert agent.run(*decide, "--json") == 0
    assert json.loads(capsys.readouterr().out) == RECEIPT
    pytest.importorskip("segno")
    assert agent.run(*decide, "--qr") == 0
    assert capsys.readouterr().out.count("\N{FULL BLOCK}") > 100


def test_at_a_terminal_the_talk_begins(agent, notice, capsys, monkeypatch):
    keyboard = SimpleNamespace(isatty=lambda: True, readline=lambda: "q\n")
    monkeypatch.setattr(dock.sys, "stdin", keyboard)
    monkeypatch.setattr(dock.select, "select", lambda ready, *_: (ready, [], []))
    assert agent.run("dock", str(notice)) == 0
    assert told(capsys).endswith(
        f"check {NUMBER} stays open: tallyman dock {NUMBER} goes on with it"
    )
    assert agent.run("dock", str(notice), "--json") == 0
    assert json.loads(capsys.readouterr().out) == VIEW


@pytest.mark.parametrize(
    ("ready", "line", "typed"),
    [(True, " u 7 \n", "u 7"), (True, "", "q"), (True, "\n", ""), (False, "x\n", None)],
)
def test_what_is_typed(monkeypatch, ready, line, typed):
    asked = []

    def select(reading, writing, failing, seconds):
        asked.append(seconds)
        return (reading if ready else []), [], []

    monkeypatch.setattr(dock.sys, "stdin", SimpleNamespace(readline=lambda: line))
    monkeypatch.setattr(dock.select, "select", select)
    assert dock.typed(0.5) == typed
    assert asked == [0.5]


STAGES = {
    "opened_ms": AT, "first_ms": AT + 1500, "last_ms": AT + 4000, "decided_ms": AT + 61_000,
    "sources": {"tag": 90, "barcode": 2}, "signed": True,
}  # fmt: skip


def test_stages_stand_beside_each_other_the_newest_three(agent, capsys):
    unseen = STAGES | {"first_ms": None, "last_ms": None, "sources": {"manual": 4}, "signed": False}
    agent.answers["dock-find"] = [
        {"check": "R-0", "stages": STAGES, "receipt": {"found": 1}},
        {"check": "R-1", "stages": STAGES, "receipt": {"found": 92}},
        {"check": "R-open"},
        {"check": "R-2", "stages": unseen, "receipt": {"found": 4}},
        {"check": "R-3", "stages": STAGES, "receipt": {"found": 92}},
    ]
    assert agent.run("dock", "ASN1", "--stages") == 0
    assert agent.asked == [{"verb": "dock-find", "name": "ASN1"}]
    rows = [
        ("receipt", "1", "2", "3"),
        ("tags read", "90", "0", "90"),
        ("barcodes scanned", "2", "0", "2"),
        ("labels typed in", "0", "4", "0"),
        ("begin to first read", "1.5 s", "nothing seen", "1.5 s"),
        ("first read to last", "2.5 s", "nothing seen", "2.5 s"),
        ("last read to decision", "57.0 s", "nothing seen", "57.0 s"),
        ("begin to decision", "61.0 s", "61.0 s", "61.0 s"),
        ("signed", "yes", "no", "yes"),
        ("pieces found", "92", "4", "92"),
    ]
    wanted = [f"{name:<30}" + "".join(f"{each:>16}" for each in row) for name, *row in rows]
    assert capsys.readouterr().out.splitlines() == wanted
    assert agent.run("dock", "ASN1", "--stages", "--json") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown[2] == unseen | {"check": "R-2"}
    assert [each["check"] for each in shown] == ["R-0", "R-1", "R-2", "R-3"]


def test_stages_that_are_gone(agent, capsys):
    agent.answers["dock-find"] = [{"check": "R-1", "stages": None}]
    name = "R" * 70
    assert agent.run("dock", name, "--stages") == 2
    assert f"no receipt '{'R' * 64}' has its records here still" in told(capsys)


def test_a_paper_is_made_of_the_newest_receipt(agent, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(dock_paper, "receipt_of", lambda told: told["check"])
    monkeypatch.setattr(dock_paper, "PAPERS", PAPERS | {"csv": (".csv", str.encode)})
    agent.answers["dock-find"] = [DECIDED, DECIDED | {"check": "R-2"}, OPEN]
    out = tmp_path / "r.csv"
    paper = ["dock", "ASN1", "--as", "csv", "-o", str(out)]
    assert agent.run(*paper) == 0
    assert (agent.asked, out.read_bytes()) == ([{"verb": "dock-find", "name": "ASN1"}], b"R-2")
    assert capsys.readouterr().out == f"{out}: csv of receipt R-2, 3 bytes\n"
    assert agent.run(*paper, "--json") == 0
    written = {"file": str(out), "form": "csv", "check": "R-2", "bytes": 3}
    assert json.loads(capsys.readouterr().out) == written


@pytest.mark.parametrize(
    ("found", "said", "advice"),
    [
        ([], f"there is no receipt '{'x' * 64}'", "see it on the receipt: R-…"),
        ([OPEN], f"check {'x' * 70} is still open", "decide it first"),
        ([DECIDED | {"receipt": {}}], f"the records of receipt {NUMBER} are gone",
         "take the receipt as text: tallyman dock NUMBER"),
    ],
)  # fmt: skip
def test_where_no_paper_can_be_made(agent, capsys, tmp_path, found, said, advice):
    agent.answers["dock-find"] = found
    out = tmp_path / "r.csv"
    assert agent.run("dock", "x" * 70, "--as", "csv", "-o", str(out)) == 2
    text = told(capsys)
    assert said in text
    assert text.endswith(advice)
    assert not out.exists()


def test_a_paper_wants_a_file(agent, capsys):
    assert agent.run("dock", "R-7", "--as", "csv") == 2
    assert "into which file? next: name it: -o R-7.out" in told(capsys)
    assert agent.asked == []


def test_a_notice_is_shown_as_values_too(agent, notice, capsys):
    assert agent.run("dock", str(notice), "--preview", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["digest"] == hashlib.sha256(notice.read_bytes()).hexdigest()
    assert [unit["sscc"] for unit in shown["units"]] == [P1]
    assert agent.asked == []


@pytest.mark.parametrize("how", ["named", "known", "neither"])
def test_a_preview_looks_articles_up_where_a_gateway_is_set_up(tmp_path, monkeypatch, capsys, how):
    file = tmp_path / "shop.toml"
    file.write_text(f'[[article]]\ngtin = "{APPLE}"\nname = "apples, red"\n')
    notice = tmp_path / "n.json"
    notice.write_bytes(plan((P1, [item(APPLE, 2)])))
    known = file if how == "known" else tmp_path / "none.toml"
    monkeypatch.setenv("TALLYMAN_CONFIG", str(known))
    more = ["--config", str(file)] if how == "named" else []
    assert main(["dock", str(notice), "--preview", *more]) == 0
    assert ("apples, red" in capsys.readouterr().out) is (how != "neither")


def test_a_preview_by_a_configuration_that_is_not_there_is_none(tmp_path, capsys):
    notice = tmp_path / "n.json"
    notice.write_bytes(plan((P1, [item(APPLE, 2)])))
    assert main(["dock", str(notice), "--preview", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err
