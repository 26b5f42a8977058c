"""`tallyman dock`, `shelf` and `people` beside a running agent, killed in the middle of a check."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from agent.cli import dock_talk
from agent.cli.dock_notice import PART, parts
from agent.cli.dock_page import ROOM, page
from agent.cli.dock_receipt import code_text, with_code
from agent.cli.main import main
from agent.cli.qr import drawn
from agent.desks.control_client import Lost, NotRunning, Refused
from evidence.keys import ES256, PublicKey
from tests.agent.assembly.test_agent_process import Gateway, stop
from tests.agent.dock.goods import APPLE, P1, P2, item, plan
from tests.evidence.building import World, record

POINT = '\n[[read_point]]\nname = "door 2"\n'


class HereGateway(Gateway):
    """An agent as a process; the commands that ask it run here: starting Python costs the most."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        super().__init__(folder)
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def ask(self, verb: str, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        with self._monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            self._capsys.readouterr()
            argv = [verb, "--config", str(self.file), *args]
            code = main(argv)
            out = self._capsys.readouterr()
        return subprocess.CompletedProcess(argv, code, out.out, out.err)


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch, capsys):
    gateway = HereGateway(tmp_path, monkeypatch, capsys)
    gateway.file.write_text(gateway.file.read_text() + POINT)
    yield gateway
    gateway.kill_all()


def test_a_check_by_hand_through_a_kill_to_a_signed_receipt(gateway, tmp_path):
    notice = tmp_path / "ASN1099.json"
    notice.write_bytes(plan((P1, [item(APPLE, 2)]), (P2, [item(APPLE, 1)])))
    agent = gateway.started()

    def check(*args: str):
        return gateway.ask(
            "dock", str(notice), "--read-point", "door 2", "--operator", "keeper-2", *args,
            TALLYMAN_PIN="4711",
        )  # fmt: skip

    unsigned = gateway.ask(
        "dock", str(notice), "--read-point", "door 2", "--operator", "keeper-2", "--decide",
        "accepted", "--sign", TALLYMAN_PIN="",
    )  # fmt: skip
    assert (unsigned.returncode, "nothing was decided" in unsigned.stderr) == (2, True)
    assert gateway.ask("people").stdout == "nobody may sign yet: tallyman people add NAME\n"
    assert "who?" in gateway.ask("people", "add").stderr
    added = gateway.ask("people", "add", "keeper-2", TALLYMAN_PIN="4711")
    assert gateway.ask("people").stdout == "keeper-2 may sign as keeper\n"
    assert json.loads(gateway.ask("people", "--json").stdout)["role"] == "keeper"
    assert added.stdout == "keeper-2 may sign as keeper; the public key is on record\n"
    first = check("--label", P1, "--reason", "label torn")
    assert first.returncode == 0, first.stderr
    assert "door 2  [######....] 2/3 expected, 0 unexpected" in first.stdout
    assert f"  X34 missing: (00){P2}\n" in first.stdout
    assert max(map(len, first.stdout.splitlines())) < 80
    agent.kill()
    agent.wait()
    agent = gateway.started()
    view = json.loads(check("--label", P2, "--json").stdout)
    assert (view["state"], view["found"], view["manual"]) == ("complete", 3, 2)
    assert gateway.ask("dock").stdout.startswith("R-")
    done = check("--decide", "accepted", "--sign")
    assert done.returncode == 0, done.stderr
    assert "accepted\n  3 of 3 pieces\n" in done.stdout
    assert "signed: yes" in done.stdout
    receipt = [each for each in gateway.journal() if each["kind"] == "dock-check"]
    assert [each["signed"] for each in receipt] == ["yes"]
    assert gateway.ask("dock").stdout == "no check is open\n"
    shelf = gateway.ask("shelf")
    assert shelf.stdout.startswith("door 2 (gate), as of ")
    assert "no read point 'x'" in gateway.ask("shelf", "x").stderr
    stop(agent)


def test_a_delivery_signed_by_both_and_one_that_is_unilateral(gateway, tmp_path):
    agent = gateway.started()
    for name, role in (("driver-4", "driver"), ("receiver-2", "receiver")):
        added = gateway.ask("people", "add", name, "--role", role, TALLYMAN_PIN=f"{name}-pin")
        assert added.returncode == 0, added.stderr
    notice = tmp_path / "0.json"
    notice.write_bytes(plan(("", [item(APPLE, 1)]), notice="ASN0"))

    def hand_over(driver: str, receiver: str, **pins: str):
        return gateway.ask(
            "deliver", str(notice), "--read-point", "door 2", "--driver", driver, "--receiver",
            receiver, "--decide", "cancelled", **pins,
        )  # fmt: skip

    themselves = hand_over("driver-4", "driver-4")
    assert "driver-4 cannot hand over to themselves" in themselves.stderr
    slip = hand_over("driver-5", "receiver-2")
    assert "driver-5 has no key here: did you mean 'driver-4'?" in slip.stderr
    with_pin = hand_over("zzz", "receiver-2", TALLYMAN_DRIVER_PIN="4711")
    assert "zzz has no key here\n" in with_pin.stderr
    assert gateway.ask("dock").stdout == "no check is open\n"  # nothing was opened for them
    stranger = hand_over("zzz", "receiver-2", TALLYMAN_RECEIVER_PIN="receiver-2-pin")
    assert stranger.stdout.startswith("zzz has no key here: the driver will not sign\n")
    assert "UNILATERAL: one of the two did not sign" in stranger.stdout
    told = []
    for number, receiver_pin in ((1, "receiver-2-pin"), (2, "")):
        notice = tmp_path / f"{number}.json"
        notice.write_bytes(plan(((P1, P2)[number - 1], [item(APPLE, 2)]), notice=f"ASN{number}"))
        done = gateway.ask(
            "deliver", str(notice), "--read-point", "door 2", "--driver", "driver-4", "--receiver",
            "receiver-2", "--label", (P1, P2)[number - 1], "--decide", "accepted",
            TALLYMAN_DRIVER_PIN="driver-4-pin", TALLYMAN_RECEIVER_PIN=receiver_pin,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    assert "signed by driver and receiver" in told[0]
    assert "UNILATERAL: one of the two did not sign" in told[1]
    _, both, one = [each for each in gateway.journal() if each["kind"] == "delivery"]
    document = bytes.fromhex(both["document"])
    for role in ("driver", "receiver"):
        key = PublicKey.from_cose(bytes.fromhex(both[f"{role}_key"]))
        key.verify(ES256, document, bytes.fromhex(both[f"{role}_signature"]))
    assert (both["state"], one["state"]) == ("signed", "unilateral")
    assert "receiver_signature" not in one
    people = {each["name"]: each["key"] for each in gateway.journal() if each["kind"] == "person"}
    assert people == {"driver-4": both["driver_key"], "receiver-2": both["receiver_key"]}
    stop(agent)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["missing.json", "--read-point", "door 2"], "cannot read missing.json"),
        (["x.json"], "where do the goods pass?"),
        (["x.json", "--read-point", "p", "--sign"], "who signs?"),
        (["--read-point", "p", "--label", P1], "for which check?"),
        (
            ["x.json", "--read-point", "p", "--quantity", "0"],
            "'0' is not a whole number, 1 or more",
        ),
        (["/dev/zero", "--read-point", "p"], "more than 4194304 bytes"),
    ],
)
def test_what_cannot_be_meant(gateway, args, message):
    done = gateway.ask("dock", *args)
    assert done.returncode == 2
    assert message in done.stderr


def test_damage_has_a_number_a_reason_and_a_picture_on_record(gateway, tmp_path):
    notice, photo = tmp_path / "asn.json", tmp_path / "crushed.jpg"
    notice.write_bytes(plan((P1, [item(APPLE, 4)])))
    photo.write_bytes(b"\xff\xd8\xff a picture")
    agent = gateway.started()
    shown = gateway.ask(
        "dock", str(notice), "--label", P1, "--remark", "AF", f"(01){APPLE}", "--quantity", "2",
        "--rejected", "--reason", "crushed", "--photo", str(photo),
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert f"  AF  damaged: 2 x (01){APPLE}\n      crushed\n" in shown.stdout
    said = [each for each in gateway.journal() if each["kind"] == "dock-entry"][-1]
    (picture,) = [each for each in gateway.journal() if each["kind"] == "attachment"]
    assert said["photo"] == picture["digest"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert (said["quantity"], said["rejected"], picture["type"]) == (2, 1, "photo")
    undone = gateway.ask("dock", "ASN1099", "--undo")
    assert "taken back: remark AF" in undone.stdout
    unknown = gateway.ask(
        "dock", "ASN1099", "--decide", "accepted", "--sign", "--operator", "keeper-9",
        TALLYMAN_PIN="4711",
    )  # fmt: skip
    assert "keeper-9 has no key here: nothing was decided" in unknown.stderr
    done = gateway.ask("dock", "ASN1099", "--decide", "accepted")
    number = done.stdout.split()[1].rstrip(":")
    out = tmp_path / "advice.edi"
    made = gateway.ask("dock", number, "--as", "recadv", "-o", str(out))
    assert made.stdout.startswith(f"{out}: recadv of receipt {number}, ")
    assert b"QTY+194:4'" in out.read_bytes()
    again = gateway.ask("dock", number)
    assert f"receipt {number}: notice ASN1099 accepted\n  4 of 4 pieces" in again.stdout
    assert "last read to decision" in gateway.ask("dock", "ASN1099", "--stages").stdout
    missing = gateway.ask("dock", "R-9", "--as", "csv", "-o", str(out))
    assert (missing.returncode, "there is no receipt 'R-9'" in missing.stderr) == (2, True)
    stop(agent)


def test_a_notice_is_shown_without_an_agent(gateway, tmp_path):
    notice = tmp_path / "n.csv"
    notice.write_text(
        f"notice,sscc,gtin,quantity,lot,weight,price\nN1,{P1},{APPLE},12,L1,,9\nN1,,{APPLE},,,2.5,9\n"
    )
    shown = gateway.ask("dock", str(notice), "--preview")
    assert shown.stdout.splitlines() == [
        "notice N1 (csv)",
        "  the notice: columns that are not read: price",
        "  in no unit that is named",
        f"    2.5 kg x (01){APPLE}",
        f"  (00){P1}",
        f"    12 x (01){APPLE}, batch L1",
    ]
    notice.write_text("notice,number,weight\nN1,88,25\n")
    config = tmp_path / "office.toml"
    article = f'[[article]]\ngtin = "{APPLE}"\nnumber = "88"\nname = "Ham"\nweight = 2.5\n'
    config.write_text(article)
    shown = gateway.ask("dock", str(notice), "--preview", "--config", str(config))
    assert shown.stdout.splitlines()[-1] == f"    25 kg (about 10) x (01){APPLE} Ham"
    notice.write_text("notice,gtin,quantity\nN1,1,1\n")
    refused = gateway.ask("dock", str(notice), "--preview")
    assert (refused.returncode, "n.csv: line 2: a GTIN has" in refused.stderr) == (2, True)


def test_a_long_notice_travels_in_parts():
    data = bytes(range(256)) * 400
    found = list(parts(data))
    assert b"".join(part for _, part, _ in found) == data
    assert [offset for offset, _, _ in found] == list(range(0, len(data), PART))
    assert [last for _, _, last in found] == [False] * (len(found) - 1) + [True]
    assert list(parts(b"")) == [(0, b"", True)]


VIEW = {
    "check": "R-20261122-0001", "notice": "ASN1099", "digest": "5f1c", "read_point": "door 2",
    "read": 93, "by_hand": 1, "believed": 0, "together": {}, "remarks": [], "doubled": {},
    "names": {}, "repeats": 0, "weights": [], "entries": [{"number": 7, "said": "label (00)1"}],
    "state": "different", "disposition": "mismatch_class", "expected": 96, "found": 94,
    "unexpected": 1, "manual": 1, "doubtful": 2, "codes": ["AE", "X34"], "receipt_before": "", "last_ms": 1000,
    "now_ms": 13_400, "more": 0, "returns": False, "trip": "", "delivered_by": "",
    "not_reading": [], "put_away": [{"gtin": APPLE, "quantity": 3, "shelves": ["shelf A"]}], "differences": [
        {"code": "X34", "what": f"(01){APPLE}(21)0071", "quantity": 1, "text": "missing",
         "hint": "", "rejected": False, "batch": "", "weight_g": 0, "number": -1},
        {"code": "AE", "what": f"(01){APPLE}(21)0009", "quantity": 1, "text": "not advised",
         "hint": "belongs to ASN1101 (door 3); a stray? -71 dBm, 2 reads", "rejected": False,
         "batch": "batch L7", "weight_g": 0, "number": -1},
    ],
}  # fmt: skip


def test_the_page():
    assert list(page(VIEW)) == [
        "door 2  [#########.] 94/96 expected, 1 unexpected, 12 s since the last",
        "  93 read, 1 by hand, 0 believed",
        "1 entered by hand only",
        "2 doubtful scans: scan again, or type the label",
        f"  X34 missing: (01){APPLE}(21)0071",
        f"  AE  delivered, not advised: (01){APPLE}(21)0009, batch L7",
        "      hint: belongs to ASN1101 (door 3); a stray? -71 dBm, 2 reads",
        f"  put away: 3 x (01){APPLE} on shelf A",
    ]
    whole = VIEW["differences"][0] | {"code": "AF", "text": "damaged", "what": ""}
    said = list(page(VIEW | {"differences": [whole], "trip": "NOT PROVEN: " + "long words " * 8}))
    assert said[2].startswith("journey: NOT PROVEN: long words long")
    assert said[3].startswith("  long words")
    assert "  AF  damaged: the delivery as a whole" in said
    blind = list(page(VIEW | {"not_reading": ["gate-1", "scanner"]}))
    assert blind[2] == "NOT READING: gate-1, scanner; wait, or see: tallyman devices"
    many = VIEW | {"differences": VIEW["differences"] * 20, "receipt_before": "R-1", "more": 5}
    lines = list(page(many))
    assert lines[2] == "ALREADY RECEIVED: see receipt R-1"
    assert lines[0].startswith("door 2")
    shown = sum(line.startswith(("  X34", "  AE")) for line in lines)
    assert shown >= 5
    assert lines[-2] == f"  and {45 - shown} more"
    assert len(lines) <= ROOM
    assert all(len(line) < 80 for line in lines)
    assert len([*page(many, None)]) > 40  # all of them, for l
    pallet = VIEW["differences"][0] | {"what": f"(00){P1}", "quantity": 7}
    assert f"  X34 missing: (00){P1} with 7 pieces" in page(VIEW | {"differences": [pallet]})


def test_articles_have_their_names_on_the_page():
    told = page(VIEW | {"names": {APPLE: "Apples 1 kg"}})
    assert f"  X34 missing: (01){APPLE}(21)0071 Apples 1 kg" in told
    assert f"  put away: 3 x (01){APPLE} Apples 1 kg on shelf A" in told
    assert max(map(len, told)) < 80


def test_the_page_says_how_complete_a_complete_check_is():
    whole = VIEW | {"differences": [], "state": "complete", "found": 96}
    assert "  complete: all of it was seen" in page(whole)
    believed = page(whole | {"believed": 90, "read": 5})
    assert "  5 read, 1 by hand, 90 believed as a label of their unit was read" in believed
    assert "  complete, as far as labels of units tell: nobody saw 90 of it" in believed
    assert "  nothing came back yet" in page(whole | {"state": "nothing", "returns": True})


def test_the_page_says_what_became_of_scans_and_of_the_rest_of_the_notice():
    told = page(
        VIEW
        | {
            "doubled": {APPLE: 2},
            "repeats": 11,
            "remarks": ["segment 9 (CNT) counts 2 lines, 1 came"],
            "together": {
                "found": 96, "expected": 96, "order": "PO-7",
                "checks": [{"check": "R-1", "read_point": "door 3"}],
            },
            "weights": [{"gtin": APPLE, "weighed_g": 12_000, "weight_g": 25_500, "read": 1, "by_hand": 0}],
        }
    )  # fmt: skip
    assert f"2 scans of (01){APPLE} taken for tagged boxes; m LABEL counts one more" in told
    assert "11 scans ignored: the same code again within the pause" in told
    assert "the notice: segment 9 (CNT) counts 2 lines, 1 came" in told
    assert "of order PO-7: 96 of 96 with R-1 (door 3)" in told
    assert f"  (01){APPLE} by weight: 12 kg of 25.5 kg, on 1 label" in told
    assert max(map(len, told)) < 80


def test_a_conversation_on_a_dumb_terminal(monkeypatch, capsys):
    asked = []

    def answer(_, request):
        asked.append(request)
        if request["verb"] == "dock-label" and request["label"] == "bad":
            raise Refused("a GTIN has 8, 12, 13 or 14 digits", advice="type it again")
        if request["verb"] == "dock-close":
            return VIEW | {"decision": request["decision"], "signed": "no", "sha256": "5f" * 32}
        if request["verb"] == "dock-undo":
            return VIEW | {"withdrawn": f"label (00){P1}"}
        return VIEW

    monkeypatch.setattr(dock_talk, "ask_one", answer)
    args = argparse.Namespace(
        json=False, operator="keeper-2", sign=False, reason="", quantity=1, rejected=False, qr=False
    )
    typed = [
        None, "m bad", f"m {P1}", f"d AF {P1}", "l", "?", f"(00){P1}", "m 3 x 4012345111118", "u",
        "u 7", "A 42", "c foo", "d AF", "no",
        f"d AF 2 x (01){APPLE} rejected because crushed corner", "a", "no", "A", None, "y",
    ]  # fmt: skip
    lines = iter(typed)
    assert dock_talk.Desk(Path("x"), "R-1", args).talk(lambda _: next(lines)) == 0
    assert list(lines) == []
    told = capsys.readouterr().out
    assert told.count("94/96 expected") == 2  # once as it changed, once for "l"
    assert "  entry 7: label (00)1\n" in told
    assert f"taken back: label (00){P1}\n" in told
    assert "damaged: the delivery as a whole? y: yes" in told
    assert told.count("accept with 1 missing and 1 other difference? y: yes") == 2
    assert "nothing was decided\n" in told
    assert "error: a GTIN has" in told
    assert "receipt R-20261122-0001: notice ASN1099 accepted" in told
    verbs = [request["verb"] for request in asked if request["verb"] != "dock-look"]
    assert verbs == [
        "dock-label", "dock-label", "dock-remark", "dock-label", "dock-label", "dock-undo",
        "dock-undo", "dock-remark", "dock-close",
    ]  # fmt: skip
    labels = [each for each in asked if each["verb"] == "dock-label"]
    assert [(each["label"], each["quantity"]) for each in labels[2:]] == [
        (f"(00){P1}", 1), ("4012345111118", 3),
    ]  # fmt: skip
    remark = [each for each in asked if each["verb"] == "dock-remark"][-1]
    assert (remark["quantity"], remark["rejected"], remark["text"]) == (2, True, "crushed corner")
    assert [each.get("entry") for each in asked if each["verb"] == "dock-undo"] == [None, 7]


def test_a_conversation_outlives_a_restart_of_the_agent(monkeypatch, capsys):
    answers = iter([VIEW, NotRunning("nobody"), Lost("label?"), Lost("nobody"), VIEW])
    lines = iter([None, "m x", None])

    def answer(_, request):
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    def read_line(_):
        try:
            return next(lines)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(dock_talk, "ask_one", answer)
    args = argparse.Namespace(json=False, operator="keeper-2", reason="")
    with pytest.raises(KeyboardInterrupt):
        dock_talk.Desk(Path("x"), "R-1", args).talk(read_line)
    told = capsys.readouterr().out
    assert told.count("94/96 expected") == 2  # before and after
    assert told.count("error: nobody") == 1
    assert "error: label?\n" in told
    assert told.endswith("check R-1 stays open: tallyman dock R-1 goes on with it\n")


def test_a_receipt_is_a_qr_code_that_says_number_and_hash():
    segno = pytest.importorskip("segno")
    receipt = {"check": "R-20261122-0001", "sha256": "5f" * 32}
    text = code_text(receipt)
    assert text == "TALLYMAN:R-20261122-0001:" + "5F" * 32
    lines = list(drawn(text))
    assert {len(line) for line in lines} == {37}
    assert len(lines) == 19
    halves = {" ": (1, 1), "\u2588": (0, 0), "\u2580": (0, 1), "\u2584": (1, 0)}
    rows = [[halves[char][half] for char in line] for line in lines for half in (0, 1)]
    code = segno.make(text, error="m", boost_error=False)
    assert rows[:37] == [
        [int(bool(module)) for module in row] for row in code.matrix_iter(border=2)
    ]


def test_a_receipt_and_its_code_are_on_one_screen():
    pytest.importorskip("segno")
    receipt = {
        "check": "R-20261122-0001", "notice": "urn:epcglobal:cbv:bt:5412345000037:PO3352-DA349875",
        "decision": "accepted", "found": 4, "expected": 4, "read": 1, "by_hand": 1, "believed": 2,
        "codes": "AE X34", "digest": "5f" * 32, "sha256": "a1" * 32, "verdict_ms": 1200,
        "together": 4, "receipts": "R-20261121-0001", "order": "PO-7",
    }  # fmt: skip
    screen = list(with_code(receipt, "signed: yes"))
    assert len(screen) <= 23
    assert max(map(len, screen)) < 80
    assert screen[0].startswith("receipt R-20261122-0001: notice")
    assert any("1 read, 1 by hand, 2 believed" in line for line in screen)
    text = " ".join(" ".join(line[:40] for line in screen).split())
    assert "4 of 4 of order PO-7 with R-20261121-0001" in text
    assert sum("\u2588" in line for line in screen) == 19


def test_returns_are_held_against_what_went_out(gateway, tmp_path):
    notice = tmp_path / "out.json"
    notice.write_bytes(plan(("", [item(APPLE, serials=["1", "2", "3"])])))
    agent = gateway.started()

    def dock(*args: str):
        return gateway.ask("dock", str(notice), "--read-point", "door 2", *args)

    out = [word for n in (1, 2, 3) for word in ("--label", f"(01){APPLE}(21){n}")]
    accepted = dock(*out, "--decide", "accepted", "--qr")
    assert "3 of 3 pieces" in accepted.stdout
    assert max(map(len, accepted.stdout.splitlines())) < 80
    assert accepted.stdout.count("\u2588") > 100
    back = dock("--returns", "--label", f"(01){APPLE}(21)2", "--label", f"(01){APPLE}(21)9")
    number = accepted.stdout.split()[1].rstrip(":")
    assert f"returns, against receipt {number}" in back.stdout
    assert "1/3 expected, 1 unexpected" in back.stdout
    assert f"AE  delivered, not advised: (01){APPLE}(21)9\n" in back.stdout
    assert "was not handed over under this notice" in back.stdout
    assert "missing" not in back.stdout
    closed = json.loads(dock("--returns", "--decide", "accepted", "--json").stdout)
    assert (closed["purpose"], closed["state"]) == ("returns", "different")
    again = json.loads(dock("--json").stdout)
    assert again["receipt_before"] == number  # a return is no second receipt of the goods
    stop(agent)


def test_the_proof_of_the_journey_is_part_of_the_receipt(gateway, tmp_path):
    world = World()
    sealed = world.seal([record(0, "shock")])
    trip, policy = tmp_path / "trip.bundle", tmp_path / "policy.txt"
    trip.write_bytes(world.bundle((world.bundled(sealed),)).to_bytes())
    policy.write_text(world.policy_text())
    notice = tmp_path / "asn.json"
    notice.write_bytes(plan((P1, [item(APPLE, 2, lot="L7")]), supplier="4012345000009"))
    agent = gateway.started()
    check = ("dock", str(notice), "--read-point", "door 2", "--trip", str(trip))
    assert "whose signatures count?" in gateway.ask(*check).stderr
    shown = gateway.ask(*check, "--policy", str(policy), "--label", P1)
    assert "journey: proven, with 1 shock: inspect the goods concerned\n" in shown.stdout
    done = gateway.ask("dock", str(notice), "--read-point", "door 2", "--decide", "accepted")
    assert done.returncode == 0, done.stderr
    records = {each["kind"]: each for each in gateway.journal()}
    assert records["dock-check"]["trip"].startswith("proven, with 1 shock")
    goods = records["dock-goods"]
    assert (goods["lot"], goods["quantity"], goods["supplier"]) == ("L7", 2, "4012345000009")
    stop(agent)


def test_a_shipment_is_bound_shown_and_ended_through_a_restart(gateway, tmp_path):
    notice = tmp_path / "asn.json"
    notice.write_bytes(plan((P1, [item(APPLE, 2)]), due="2026-11-23"))
    agent = gateway.started()
    assert gateway.ask("shipment").stdout == "there is no shipment\n"
    started = gateway.ask(
        "shipment", "start", "WB-7", "--notice", str(notice), "--vehicle", "TO 123 XY",
        "--destination", "Novara", "--seal", "S1", "--seal", "S2", "--device", "cold-1",
    )  # fmt: skip
    assert started.returncode == 0, started.stderr
    lines = started.stdout.splitlines()
    assert lines[0].startswith("WB-7, since ")
    assert lines[1:7] == [
        "  goods       notice ASN1099",
        "  vehicle     TO 123 XY",
        "  destination Novara",
        "  seals       S1, S2",
        "  due         2026-11-23, by its notice",
        "  place       unknown: no position yet",
    ]
    assert lines[7] == "  cold-1      4.31 °C"
    anew = [
        "shipment",
        "start",
        "WB-7",
        "--notice",
        str(notice),
        "--vehicle",
        "MI 9",
        "--seal",
        "S3",
    ]
    assert gateway.ask(*anew).returncode == 0
    agent.kill()
    agent.wait()
    agent = gateway.started()
    shown = json.loads(gateway.ask("shipment", "show", "WB-7", "--json").stdout)
    assert (shown["vehicle"], shown["seals"], shown["bound"]) == ("MI 9", ["S3"], 2)
    assert shown["due"] == "2026-11-23"
    assert shown["started_ms"] > 0
    assert shown["ended_ms"] is None
    assert "ended" in gateway.ask("shipment", "end", "WB-7").stdout
    again = gateway.ask("shipment", "end", "WB-7")
    assert "no shipment 'WB-7' is under way" in again.stderr
    wrong = gateway.ask("shipment", "start", "X", "--device", "cold-2")
    assert "no device 'cold-2': did you mean 'cold-1'?" in wrong.stderr
    kinds = [each["state"] for each in gateway.journal() if each["kind"] == "shipment"]
    assert kinds == ["started", "started", "ended"]
    stop(agent)
