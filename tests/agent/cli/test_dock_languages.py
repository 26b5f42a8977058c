"""The talk and the receipt in each language: whole, on 80 columns, with the records' own facts."""

from __future__ import annotations

import argparse
import random
import re
from functools import cache
from pathlib import Path

import pytest

from agent.cli import dock_talk
from agent.cli.dock_language import (
    DIFFERENCE,
    ENGLISH,
    ENTRY,
    FOLDER,
    JOURNEY,
    NOTICE,
    REFUSED,
    Words,
)
from agent.cli.dock_page import ROOM, page
from agent.cli.dock_receipt import again, lines, signature, with_code
from agent.cli.dock_words import remark
from agent.cli.trip import INCIDENTS, NOT_PROVEN
from agent.config.dock import LANGUAGES
from agent.desks.control_client import Lost, NotRunning, Refused
from agent.dock.articles import Articles
from agent.dock.check import check
from agent.dock.differences import CODE_TEXTS, Known, Seen
from agent.dock.forms import read_notice
from agent.dock.goods_identity import Identity, IdentityError, of_text
from agent.dock.notice import Batch
from agent.dock.returns import Delivered, check_returns
from agent.dock.segments import AS_A_TEST
from foundation.columns import columns
from foundation.console import HEIGHT, WIDTH
from foundation.counting import counted
from tests.agent.cli.test_dock_command import VIEW
from tests.agent.dock.deliveries import MODES, make
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, PLUM, item, notice, piece, plan, unit
from tests.agent.dock.test_deliveries import notice_of, observations
from tests.foundation.catalogues import faults, languages

OTHERS = [each for each in LANGUAGES if each != "en"]
"""All but the language of the records."""


@pytest.fixture(params=LANGUAGES)
def words(request):
    return ENGLISH if request.param == "en" else Words(request.param)


@pytest.fixture(params=OTHERS)
def other(request):
    return Words(request.param)


def test_the_catalogues_are_complete():
    assert languages(FOLDER) == sorted(LANGUAGES)
    assert faults(FOLDER) == []


def said_of(verdict):
    for each in verdict.differences:
        yield from (each.text, each.hint, str(each.batch))


def simulated():
    """What `check` says of some of the review's deliveries."""
    for mode in MODES:
        for number in range(20):
            dice = random.Random(f"{mode}{number}")
            made = make(mode, dice)
            yield from said_of(check(notice_of(made), observations(made, dice)))


def odd():
    """What it says of each case that those do not have."""
    lots = notice(("", [item(APPLE, 2, lot="L1", expiry="2027-12-31", best_before="2027-06-30")]))
    label = Seen(Identity(gtin=APPLE), "barcode", "L2", "2027-11-30", best_before="2027-05-31")
    yield from said_of(check(lots, [label]))
    yield from said_of(check(lots, [Seen(piece(APPLE, "1"), "barcode", "L1", "2027-11-30")]))
    two = [Seen(piece(APPLE, "1"), "barcode", lot, day, best_before=best) for lot, day, best in (
        ("A", "2027-01-01", "2026-01-01"), ("B", "2027-01-02", "2026-01-02"))]  # fmt: skip
    yield from said_of(check(lots, two))
    in_unit = notice(
        (P1, [item(APPLE, 2, lot="L1", expiry="2027-12-31", best_before="2027-06-30")])
    )
    of_unit = Seen(unit(P1), "barcode", "X", "2027-11-30", best_before="2027-05-31")
    yield from said_of(check(in_unit, [of_unit]))
    yield from said_of(check(in_unit, [Seen(unit(P9)), Seen(Identity(epc="00" * 12))]))
    two_units = notice((P1, [item(APPLE, 1)]), (P2, [item(PEAR, 1)]), due="2026-01-01")
    late = Known({}, {unit(P9): "ASN1101 (door 3)"}, today="2026-02-01")
    strays = [
        Seen(unit(P9), rssi=-71.0, reads=2, elsewhere="door 3"),
        Seen(piece(PEAR, "7"), reads=1),
        Seen(piece(APPLE, "8")),
    ]
    yield from said_of(check(two_units, strays, known=late))
    yield from said_of(check(two_units, [Seen(piece(APPLE, "8"))], known=late))
    serials = notice(("", [item(APPLE, serials=["1", "2"])]), ordered=[PEAR])
    yield from said_of(check(serials, [Seen(piece(APPLE, "9")), Seen(piece(PEAR, "1"))]))
    yield from said_of(check(serials, [Seen(Identity(gtin=APPLE), "barcode")]))
    stranger = [Seen(piece(PLUM, "1"), reads=2)]
    yield from said_of(check(serials, stranger))
    again_ = notice(("", [item(APPLE, serials=["1"])]), (P1, [item(APPLE, serials=["1"])]))
    yield from said_of(check(again_, [Seen(piece(APPLE, "1"))]))
    weight = notice(("", [item(APPLE, weight=25.5)]))
    scales = [Seen(Identity(gtin=APPLE), "barcode", weight_g=12_000), Seen(Identity(gtin=APPLE))]
    yield from said_of(check(weight, scales))
    table = Articles(weights={APPLE: 2500})
    by_table = read_notice(plan(("", [item(APPLE, weight=25.5)])), articles=table)
    yield from said_of(check(by_table, scales))
    chip = piece(APPLE, "1")
    out = Delivered("R-1", {chip: "E280AA"})
    back = [Seen(chip), Seen(piece(PEAR, "3"))]
    yield from said_of(check_returns(serials, out, back, {chip: "E280BB"}))
    yield from said_of(check_returns(serials, out, [Seen(chip, elsewhere="door 3")], {}))
    yield from said_of(
        check_returns(
            notice(("", [item(APPLE, 1)])),
            Delivered(),
            [Seen(Identity(gtin=APPLE), "manual", pieces=3)],
            {},
        )
    )


@cache
def recorded():
    return sorted({text for text in (*simulated(), *odd(), *CODE_TEXTS.values()) if text})


def test_every_sentence_of_a_check_is_told(other):
    assert len(recorded()) > 35
    assert [text for text in recorded() if other.told(DIFFERENCE, text) == text] == []
    english = r"\b(advised|batch|best before|by hand|labels?|missing|not|read|reads|use by|which)\b"
    told = [other.told(DIFFERENCE, text) for text in recorded()]
    assert [each for each in told if re.search(english, each)] == []


def test_a_batch_and_its_dates_are_three_facts(other):
    whole = Batch("L1", "2027-12-31", "2027-06-30")
    parts = [Batch("L1"), Batch(expiry="2027-12-31"), Batch(best_before="2027-06-30")]
    told = ", ".join(other.told(DIFFERENCE, str(each)) for each in parts)
    assert other.told(DIFFERENCE, str(whole)) == told
    assert "L1, of Monday" in other.told(DIFFERENCE, str(Batch("L1, of Monday")))


def test_every_sentence_of_the_catalogue_is_one_that_a_check_says():
    """So none stays behind that the code has dropped or worded anew."""
    known = ENGLISH.patterns(DIFFERENCE)
    said = [key for key, pattern in known if any(pattern.search(text) for text in recorded())]
    assert {key for key, _ in known} - set(said) <= {"difference.box-differs"}


def test_a_fact_is_the_same_in_every_language(other):
    """Numbers, days, SSCCs and names come through as they are."""
    for text in recorded():
        facts = re.findall(r"\(0[01]\)[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}|-?[0-9]+|R-1", text)
        told = other.told(DIFFERENCE, text)
        assert all(fact in told for fact in facts), (text, told)


def test_a_persons_own_words_stay(other):
    assert other.told(DIFFERENCE, "der Karton ist nass") == "der Karton ist nass"
    own = VIEW["differences"][0] | {"code": "AF", "text": "missing, late", "number": 7}
    assert "      missing, late" in page(VIEW | {"differences": [own]}, words=other)


def test_what_proves_a_journey_is_told(other):
    incidents = [counted(n, *names) for names in INCIDENTS.values() for n in (1, 2)]
    said = [
        *(f"NOT PROVEN: {why}: inspect everything" for why in NOT_PROVEN.values()),
        "proven in part, the rest is lost or hidden: inspect everything",
        *(f"proven, with {each}: inspect the goods concerned" for each in incidents),
        f"proven, with {', '.join(incidents)}: inspect the goods concerned",
        "proven, 1 record without incident: spot checks will do",
        "proven, 400 records without incident: spot checks will do",
        "proven, but no sensor told anything of the journey: inspect everything",
        *(
            f"proven, but {each}: inspect everything"
            for each in (
                "its start is not shown",
                "the gateway was off for nobody knows how long",
                "cargo told nothing of the journey",
                "cargo told nothing for 6 min 30 s of 10 min",
            )
        ),
    ]
    for text in said:
        told = other.told(JOURNEY, text)
        assert told != text
        assert not re.search(
            r"proven|PROVEN|shock|suspect|inspect|altered|vouches|told|start|knows", told
        ), told


MISTYPED = (
    "1061", "10614141234567890", "00106141412345678907", "(00)106141412345678907", "(01)123", "(00)",
    "(01)04012345111118(17)261332", "(01)0401234511111X", "(21)7", "abc", "https://id.gs1.org/01/123",
)  # fmt: skip
"""Labels as a finger slips."""


def test_entries_remarks_of_the_notice_and_refusals_are_told(other):
    wrong = []
    for label in MISTYPED:
        with pytest.raises(IdentityError) as raised:
            of_text(label)
        wrong.append((REFUSED, str(raised.value)))
    said = [
        (ENTRY, f"label (00){P1}"), (ENTRY, f"remark AF (01){APPLE}"), (ENTRY, "passed"),
        (ENTRY, "the scan of record 7"),
        (NOTICE, "columns that are not read: price, sku"),
        (NOTICE, "segment 9 (CNT) counts 2 lines, 1 came: a part may be lost on the way"),
        *((NOTICE, f"this message {does} an earlier one of its number")
          for does in ("changes", "replaces", "repeats", "corrects")),
        (NOTICE, AS_A_TEST),
        (NOTICE, "line 1: 'PKG-7' is no SSCC: the unit has no label here"),
        (NOTICE, "segment 11 (QTY): 2 are told to be free goods; they count apart"),
        (NOTICE, "segment 9 (LIN): two articles in one line, 1, 2: the first counts"),
        (NOTICE, "line 2: nothing of 04012345111118 was sent"),
        (NOTICE, "line 2: 04012345111118 was good until 2026-01-31, before it was sent"),
        (NOTICE, "segment 9 (LIN): 04012345111118 lies in the goods of line 1"),
        (NOTICE, "line 2: 48 pieces are 4 x 12 (carton) by our table"),
        (NOTICE, "line 2: 4 x 12 (carton) are 48 pieces by our table, and 2 more lines so"),
        (NOTICE, "line 2: 4 x 12 are 48 pieces by our table"),
        (NOTICE, "line 2: 4.5 are 4.5 kg by our table, and 2 more lines so"),
        (NOTICE, "line 2: 04012345111118 weighs 55.1 kg (our table: 25 kg), and 1 more line so"),
        (REFUSED, "no agent answers at /run/x: Connection refused"),
        (REFUSED, "the agent ended the conversation"), (REFUSED, NotRunning.advice),
        (REFUSED, Lost.advice),
        (REFUSED, "type it as printed below the bars"), (REFUSED, "nothing to take back"),
        *wrong,
    ]  # fmt: skip
    assert [each for each in said if other.told(*each) == each[1]] == []
    assert P1 in other.told(*said[0])
    english = r"\b(table|more|weighs|digits?|check|calendar|characters?|empty|neither|not|where|belongs)\b"
    assert [each for each in said if re.search(english, other.told(*each))] == []


WORST = VIEW | {
    "read_point": "door 2 (north)", "expected": 19_996, "found": 19_994, "unexpected": 1234,
    "believed": 12_000, "receipt_before": "R-20261122-0001", "manual": 21, "doubtful": 22,
    "doubled": {APPLE: 25}, "repeats": 112, "not_reading": ["gate-1", "scanner"],
    "remarks": ["segment 9 (CNT) counts 2 lines, 1 came: a part may be lost on the way"],
    "trip": "proven, with 3 shocks, 1 gap: inspect the goods concerned", "returns": True,
    "together": {"found": 96, "expected": 19_996, "order": "PO-7",
                 "checks": [{"check": "R-20261122-0002", "read_point": "door 3"}]},
    "weights": [{"gtin": APPLE, "weighed_g": 12_000, "weight_g": 25_500, "read": 5, "by_hand": 0, "about": 10}],
    "differences": VIEW["differences"] * 20, "names": {APPLE: "苹果 1 公斤"},
}  # fmt: skip


def test_the_fullest_view_and_its_keys_fit_the_screen(words):
    shown = page(WORST, words=words)
    keys = words("talk.keys").split("\n")
    assert len(shown) <= ROOM
    assert len(shown) + len(keys) <= HEIGHT
    for line in (*shown, *page(WORST, None, words), *keys, *words("talk.more").split("\n")):
        assert columns(line) <= WIDTH, line
    assert "19994/19996" in shown[0]
    assert any("12000" in line for line in shown[:2])


@pytest.mark.parametrize("joint", ["; ", ", "])
def test_of_several_sentences_in_one_field_those_that_are_known_are_translated(joint):
    told = Words("de").told(DIFFERENCE, f"nobody knows this{joint}batch L2")
    assert told == f"nobody knows this{joint}Charge L2"


def test_the_keys_are_the_same_letters_in_every_language(words):
    assert set(re.findall(r"\[([a-z?])", words("talk.keys"))) == set("mdupl?qaxc")


RECEIPT = {
    "check": "R-20261122-0001", "notice": "urn:epcglobal:cbv:bt:5412345000037:PO3352-DA349875",
    "decision": "accepted", "found": 4, "expected": 5, "read": 1, "by_hand": 1, "believed": 2,
    "codes": "AE X34", "digest": "5f" * 32, "sha256": "a1" * 32, "verdict_ms": 1200,
    "together": 4, "receipts": "R-20261121-0001", "order": "PO-7", "signed": "yes",
    "read_point": "door 2", "photos": "0a" * 32 + "0b" * 32,
}  # fmt: skip


def test_a_receipt_and_its_code_stand_on_one_screen(words):
    pytest.importorskip("segno")
    screen = list(with_code(RECEIPT, signature(RECEIPT, {}, words), words))
    assert len(screen) <= HEIGHT
    assert max(map(columns, screen)) <= WIDTH
    code = [line for line in screen if "\u2588" in line]
    assert len(code) == 19
    assert len({columns(line) for line in code[:3]}) == 1  # the code stands upright beside Chinese
    told = " ".join(" ".join(lines(RECEIPT, "", words=words)).split())
    for fact in ("R-20261122-0001", "AE X34", "R-20261121-0001", "PO-7", "0b" * 32, "1.2"):
        assert fact in told, told
    assert words("decision.accepted") in told


def test_an_old_receipt_is_told_from_its_english_records(other):
    differences = [
        {"code": "X34", "text": "missing", "quantity": 3, "gtin": APPLE, "lot": "L7"},
        {"code": "AF", "text": "damaged", "quantity": 1, "sscc": P1, "photo": "0c" * 32},
        {"code": "AF", "text": "gebrochen", "quantity": 1},
    ]
    told = {
        "check": "R-1", "receipt": RECEIPT, "delivery": {}, "decided_ms": 1_000_000_000_000,
        "differences": differences,
    }  # fmt: skip
    shown = list(again(told, utc=True, words=other))
    text = " ".join(" ".join(shown).split())
    assert max(map(columns, shown)) <= WIDTH
    assert not re.search(r"\b(missing|damaged|receipt|signed|decided|batch|delivery)\b", text)
    assert all(fact in text for fact in (APPLE, "L7", P1, "0c" * 32, "gebrochen"))
    gone = list(again({"check": "R-1", "receipt": {}, "delivery": {}}, utc=True, words=other))
    assert "R-1" in gone[0]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("de", "AF 3 x (01)1 abgelehnt weil nass und kalt foto a b.jpg"),
        ("it", "AF 3 x (01)1 respinti perché nass und kalt foto a b.jpg"),
        ("pl", "AF 3 x (01)1 odrzucone bo nass und kalt zdjęcie a b.jpg"),
        ("zh", "AF 3 x (01)1 拒收 因为 nass und kalt 照片 a b.jpg"),
        ("zh", "AF 3 x (01)1 rejected because nass und kalt photo a b.jpg"),
    ],
)
def test_a_remark_is_typed_in_the_words_of_its_language(language, line):
    found = remark(line, Words(language))
    assert (found.code, found.label, found.quantity, found.rejected) == ("AF", "(01)1", 3, True)
    assert (found.reason, found.photo) == ("nass und kalt", Path("a b.jpg"))


@pytest.mark.parametrize(
    ("language", "yes", "said"),
    [
        ("de", "ja", "annehmen, obwohl 1 fehlt und 1 weitere Abweichung besteht? j: ja"),
        ("it", "s", "accettare con 1 mancante e 1 altra differenza? s: sì"),
        ("pl", "t", "przyjąć, choć brakuje 1 i jest 1 inna rozbieżność? t: tak"),
        ("zh", "是", "仍有缺 1 件和其他 1 处差异，要接收吗？ y：是"),
        ("de", "y", "annehmen, obwohl"),
    ],
)
def test_a_question_is_asked_and_answered_in_its_language(monkeypatch, capsys, language, yes, said):
    asked = []

    def answer(_, request):
        asked.append(request["verb"])
        if request["verb"] == "dock-label":
            raise Refused(
                "a GTIN has 8, 12, 13 or 14 digits, not '1'",
                advice="type it as printed below the bars",
            )
        return VIEW | RECEIPT if request["verb"] == "dock-close" else VIEW

    monkeypatch.setattr(dock_talk, "ask_one", answer)
    args = argparse.Namespace(
        json=False, operator="keeper-2", sign=False, reason="", quantity=1, rejected=False, qr=False
    )
    typed = iter([None, "m 1", "?", "a", "n", "a", yes])
    desk = dock_talk.Desk(Path("x"), "R-1", args, Words(language))
    assert desk.talk(lambda _: next(typed)) == 0
    assert asked.count("dock-close") == 1
    told = capsys.readouterr().out
    assert told.count(said) == 2
    assert max(map(columns, told.splitlines())) <= WIDTH
    english = r"\b(missing|digits|expected|read|receipt|signed|nothing|printed|error|next)\b"
    assert not re.search(english, told), told
