"""Words that would steer a terminal or forge a line, and who says them: records, an agent, files."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.records.registry import KINDS
from drivers.kind import FieldType
from evidence.leaf import Record

C0 = "".join(map(chr, range(0x20)))
C1 = "".join(map(chr, range(0x7F, 0xA0)))
MARKS = "".join(map(chr, (0x061C, 0x200E, 0x200F, 0x2028, 0x2029)))
TURNS = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
STEERING = set(C0 + C1 + MARKS + TURNS) - {"\n"}

FORGED = "FORGED"
HOSTILE = f"a{C0}\x1b[2J\n{FORGED}\r\n{FORGED}{C1}\x9b2J{MARKS}{FORGED}{TURNS}z"
ARGUMENT = HOSTILE.replace("\0", "")
"""As a word of a command line or as a file's name, which have no NUL."""


def faults(text: str) -> list[str]:
    """What of a program's output steers a terminal, or passes for a line of its own."""
    raw = [f"U+{ord(char):04X}" for char in sorted(STEERING & set(text))]
    return raw + [line for line in text.split("\n") if line.lstrip().startswith(FORGED)]


class Own(str):
    """A word that is the program's own: no stranger can write another."""

    __slots__ = ()


def hostile(value: object, keep: tuple[str, ...] = ()) -> object:
    """Replace every text in a JSON value, but under keys whose words are the program's own."""
    if isinstance(value, Own):
        return str(value)
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, list | tuple):
        return [hostile(each, keep) for each in value]
    if isinstance(value, dict):
        return {k: v if k in keep else hostile(v, keep) for k, v in value.items()}
    return value


def hostile_records(first: int = 0, **changes: object) -> list[Record]:
    """One record of each kind, each of its texts hostile, and two that no registry has."""
    made = []
    for kind in (*KINDS, HOSTILE):
        fields = KINDS[kind].fields if kind in KINDS else ()
        values = {each.name: HOSTILE for each in fields if each.type is FieldType.TEXT}
        made.append((kind, values or {HOSTILE: HOSTILE}))
        made.append((kind, {**values, HOSTILE: HOSTILE}))
    return [
        Record(
            number=first + at,
            device=HOSTILE,
            kind=kind,
            boot=1,
            monotonic_ms=1000 * at,
            wall_ms=1_790_000_000_000 + at,
            clock_source=HOSTILE,
            clock_bound_ms=40,
            quality=HOSTILE,
            values=values,
        )._replace(**changes)
        for at, (kind, values) in enumerate(made)
    ]


LEAVES = [record.to_bytes().hex() for record in hostile_records()]

DEVICE = {
    "name": "", "kind": "", "read_point": "p", "state": "s", "since_ms": 0, "silent": False,
    "last_ms": 5, "last": "", "detail": "d", "advice": "a", "counters": {HOSTILE: 3},
}  # fmt: skip
JOURNAL = dict.fromkeys(
    ("records", "unsealed", "sealed", "accepted", "confirmed", "refused", "bodies_owed",
     "unsent_records", "oldest_unsent_ms", "confirmed_upto", "disk_bytes", "waiting"), 7,
)  # fmt: skip
STATUS = {
    "name": "", "gateway": "", "version": "", "config": "", "started_ms": 0,
    "clock": {"wall_ms": 9, "source": "", "bound_ms": None, "boot": 1, "advice": "",
              "disputes": [{"source": "", "differs_ms": 5, "since_ms": 1}]},
    "journal": {**JOURNAL, "as_of_ms": 3, "failing_since_ms": None, "error": "", "advice": ""},
    "disk": {"free": 1, "total": 2},
    "storage": {"state": "", "since_ms": 0, "error": "", "advice": "", "refused": 1,
                "reserve": True},
    "card": {"written": 1, "per_day": None, "years": None, "endurance_tb": 1, "own_words": "w",
             "problem": ""},
    "ledger": True,
    "nodes": [{"name": "", "endpoint": "", "state": "", "since_ms": 0, "detail": "", "advice": ""}],
    "uplink": None,
    "conditions": [
        {"device": "", "rule": "", "state": Own("alarm"), "since_ms": 1, "text": "",
         "severity": ""}
    ],
    "ways": [{"interface": "", "metered": True, "used": True, "trouble": "t", "there": "t",
              "others": ["o"], "sends": "", "spent": 5, "price_per_mb": 0.5,
              "manager": "m"}],
    "days": [{"day": "", "way": "w", "carried": {HOSTILE: 3}}],
    "names": "n",
    "devices": [DEVICE],
    "tasks": [{"name": "", "state": "", "error": "", "advice": ""}],
    "trust": {"mode": "", "meaning": "", "frozen": "", "views": 1, "agreeing": 1, "unjoined": 0,
              "wanted": 1, "logs": [{"origin": "", "size": 1, "frozen": False, "serving": False}]},
    "key": {"state": "", "until_ms": 1, "advice": ""},
    "power": {"under_voltage": True, "flags": 1, "celsius": 84.0},
    "dock": {"open": [{"check": "", "notice": "", "read_point": "", "last_ms": 1}],
             "refused": "r", "refused_ms": 1, "heard": 0, "unopened": 1},
    "ignored": [{"target": "", "cause": "", "reason": "", "until_ms": 2**50}],
}  # fmt: skip
SHIPMENT = {
    "name": "", "started_ms": 0, "bound": 2, "notice": "", "vehicle": "", "destination": "",
    "seals": [""], "ended_ms": None, "due": "d", "place": {"text": "", "device": "", "at_ms": 1},
    "sensors": [{"device": "", "text": ""}], "owner": "", "custodian": "", "papers": [""],
    "parents": [""],
}  # fmt: skip
VIEW = {
    "read_point": "", "found": 1, "expected": 2, "unexpected": 1, "last_ms": 1, "now_ms": 2,
    "not_reading": [""], "receipt_before": "r", "returns": True, "delivered_by": "d", "trip": "t",
    "manual": 1, "doubtful": 1, "more": 1, "disposition": "", "state": "",
    "differences": [{"code": "X34", "quantity": 2, "what": "w", "text": "t", "hint": "h",
                     "batch": "b", "weight_g": 0, "number": 1}],
    "read": 1, "by_hand": 0, "believed": 0, "remarks": ["r"], "doubled": {HOSTILE: 1},
    "repeats": 1, "names": {HOSTILE: "n"}, "entries": [{"number": 1, "said": "s"}],
    "together": {"order": "o", "found": 1, "expected": 2,
                 "checks": [{"check": "c", "read_point": "p"}]},
    "weights": [{"gtin": "", "weighed_g": 1, "weight_g": 2, "read": 1, "by_hand": 0}],
    "passed": {"first": 1, "tags": 1, "scans": 1, "from_ms": 1, "to_ms": 2},
    "put_away": [{"quantity": 1, "gtin": "", "shelves": [""]}],
}  # fmt: skip
RECEIPT = {
    "check": "", "notice": "", "decision": "", "found": 1, "expected": 2, "codes": "c",
    "verdict_ms": 5, "digest": "", "sha256": "", "signed": "", "state": "signed", "read": 1,
    "by_hand": 0, "believed": 0, "receipts": "r", "together": 2, "order": "o", "read_point": "p",
    "disposition": "d",
}  # fmt: skip
OPEN_CHECK = {
    "check": "", "notice": "", "read_point": "", "returns": True, "operator": "o", "opened_ms": 1,
    "now_ms": 2, "found": 1, "expected": 2,
}  # fmt: skip
OLD_RECEIPT = {
    "check": "", "receipt": RECEIPT, "delivery": {}, "decided_ms": 1, "number": 1, "goods": [],
    "differences": [{"code": "c", "text": "t", "quantity": 1, "gtin": "g", "lot": "l"}],
    "stages": {"opened_ms": 1, "first_ms": None, "last_ms": None, "decided_ms": 2, "signed": True,
               "sources": {}},
}  # fmt: skip
SHEET = {
    "visit": "", "gateway": "", "operator": "", "state": "", "begun_ms": 0, "ended_ms": None,
    "before": [{"about": "", "text": "", "advice": "a"}],
    "actions": [{"at_ms": 1, "about": "b", "text": "", "operator": "o"}],
    "after": [{"about": "", "text": "", "advice": "a"}],
}  # fmt: skip
FAMILY = {
    "name": "tallyman_x", "help": "h", "type": "gauge",
    "samples": [{"value": 1, "labels": {"device": ""}, "suffix": ""}],
}  # fmt: skip
ANSWERS = {
    "status": [STATUS],
    "devices": [{"devices": [DEVICE], "now_ms": 9}],
    "read": LEAVES[:1],
    "records": LEAVES,
    "follow": LEAVES,
    "people": [{"name": "", "role": ""}],
    "people-add": [{"name": "", "role": ""}],
    "shelf": [
        {"read_point": "", "kind": "", "as_of_ms": 1, "not_reading": [""]},
        {"read": "", "epc": "", "antenna": 1, "rssi": -50.0, "at_ms": 1},
        {"uri": "", "epc": "", "since_ms": 1, "belongs": [""]},
    ],
    "shipments": [SHIPMENT],
    "shipment-start": [SHIPMENT],
    "shipment-bind": [SHIPMENT],
    "shipment-unbind": [SHIPMENT],
    "shipment-split": [SHIPMENT, SHIPMENT],
    "shipment-merge": [SHIPMENT],
    "shipment-end": [{**SHIPMENT, "ended_ms": 5}],
    "shipment-check": [
        {"name": "", "ready": False, "papers": [""], "faults": [{"what": "", "text": ""}]},
        {"name": "", "ready": True, "papers": [""], "faults": []},
    ],
    "shipment-custody": [{"taker": "", "shipment": "", "state": "unsigned", "sha256": ""}],
    "people-remove": [{"name": "", "change": ""}],
    "people-pin": [{"name": "", "change": ""}],
    "people-unlock": [{"name": "", "change": ""}],
    "dock-list": [OPEN_CHECK],
    "dock-points": [{"read_point": ""}, {"read_point": ""}],
    "dock-find": [OLD_RECEIPT],
    "dock-signers": [{ARGUMENT: True}],
    "dock-undo": [VIEW | {"withdrawn": ""}],
    "label-new": [{"sscc": [HOSTILE]}],
    "label-again": [{"sscc": ["106141412345678908"]}],
    "dock-pass": [VIEW],
    "dock-notice": [{"notice": "", "form": "", "units": 1}],
    "dock-open": [
        {"check": "", "resumed": True, "elsewhere": [{"check": "", "read_point": ""}]},
    ],
    "dock-look": [VIEW],
    "dock-label": [VIEW],
    "dock-remark": [VIEW],
    "dock-trip": [VIEW],
    "dock-close": [RECEIPT],
    "dock-deliver": [RECEIPT],
    "attach": [{"taken": 1}],
    "flight": [{"state": "", "operator": ""}],
    "notarize": [{"number": 4, "kid": ""}],
    "commission": [{"epc": "", "before": "", "tid": "", "locked": "", "uri": ""}],
    "zigbee": [
        [
            {"ieee": "", "name": "", "configured": False, "router": False, "model": "",
             "parent": "x", "lqi": 9, "battery": 2.9, "heard_s": 3},
        ],
    ],
    "salvage": [{"new": 1, "known": 1}],
    "disclosed": [{}],
    "override": [{"device": "", "state": "", "rule": ""}],
    "assessable": [{"n": 3, "at_ms": 1, "device": "", "text": ""}],
    "assess": [{"device": "", "state": "", "rule": "", "record": 3, "decision": "",
                "operator": ""}],
    "why-ignore": [{}],
    "metrics": [[FAMILY]],
    "visit": [{**SHEET, "state": "ended", "ended_ms": 5}],
    "visit-begin": [SHEET],
    "visit-action": [SHEET],
    "visit-end": [SHEET],
    "erasures": [
        {"id": 1, "what": "", "days": 30, "at_ms": 1, "count": 1, "first": 0, "last": 0,
         "behind": 2, "told": True},
    ],
    "gaps": [{"n": 3, "at_ms": 1, "text": ""}],
    "gap-note": [
        {"device": "", "gap": 3, "state": "", "from_ms": 1, "to_ms": 2, "duration_ms": 1,
         "text": "", "operator": "", "shipment": "s"},
    ],
}  # fmt: skip
"""What an agent answers to each verb; its texts are made hostile, but records and these words."""

OWN_WORDS = ("code", "state")
METRIC_WORDS = ("name", "help", "type", "suffix")


def said(verb: str) -> list[object]:
    if verb in ("read", "records", "follow"):
        return list(ANSWERS[verb])
    keep = OWN_WORDS if verb.startswith(("dock", "visit")) else ()
    keep = METRIC_WORDS if verb == "metrics" else keep
    return [hostile(each, keep) for each in ANSWERS[verb]]


class HostileAgent:
    """Answers at a control socket in hostile words; `refuses` with an error in such words."""

    def __init__(self, path: Path) -> None:
        self.refuses = False
        self.asked: set[str] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with suppress(ConnectionError), connection:
                for line in connection.makefile("rb"):
                    answers = self._answers(json.loads(line)["verb"])
                    said = "".join(json.dumps(answer) + "\n" for answer in answers)
                    connection.sendall(said.encode())

    def _answers(self, verb: str) -> Iterator[dict[str, object]]:
        self.asked.add(verb)
        if self.refuses or verb not in ANSWERS:
            yield {"error": HOSTILE, "advice": HOSTILE, "more": False}
            return
        for result in said(verb):
            yield {"result": result, "more": True}
        yield {"result": None, "more": False}


@contextmanager
def hostile_agent(path: Path) -> Iterator[HostileAgent]:
    agent = HostileAgent(path)
    try:
        yield agent
    finally:
        agent.close()
        path.unlink()
