"""The registry of record kinds: all that is made, by name, and what docs/ tells of it."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from agent.records.published import document
from agent.records.registry import KINDS, kind_of
from drivers.kind import Durability, FieldType, Kind, by_name
from drivers.reading import Quality
from tests.agent.records.pages import KINDS_FILE, PROTOCOL, changed, page

ROOT = Path(__file__).parents[3]
RENEW = "python -m tests.agent.records.pages"


def kinds_of(path: Path) -> list[Kind]:
    """All that a file of kinds defines, alone or in tuples."""
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found = []
    for value in vars(module).values():
        several = isinstance(value, tuple) and not isinstance(value, Kind)
        found += [each for each in (value if several else (value,)) if isinstance(each, Kind)]
    return found


def test_no_kind_that_is_written_down_is_forgotten():
    files = [*ROOT.glob("drivers/*/kinds.py"), *ROOT.glob("agent/*/*kinds.py")]
    written = [kind for file in files for kind in kinds_of(file)]
    assert len(files) >= 8
    assert {kind.name for kind in written} == set(KINDS)
    assert len(written) == len(KINDS)


def test_two_makers_cannot_claim_one_name():
    one, other = Kind("pressure", "{hpa}", ()), Kind("pressure", "{bar}", ())
    with pytest.raises(ValueError, match="two makers claim the record kind 'pressure'"):
        by_name((one, other))


def test_every_sentence_names_only_fields_of_its_kind():
    for kind in KINDS.values():
        for name in re.findall(r"{(\w+)}", kind.sentence):
            assert kind.field(name), f"{kind.name} has no field {name}"
        assert len({field.name for field in kind.fields}) == len(kind.fields)


def test_what_must_not_wait_does_not():
    prompt = {name for name, kind in KINDS.items() if kind.durability is Durability.PROMPT}
    assert {"shock", "gap", "clock", "boot", "shutdown", "input", "power", "fork"} <= prompt
    assert not {"temperature", "position", "tag", "acceleration"} & prompt
    urgent = {name for name, kind in KINDS.items() if kind.urgent}
    assert urgent == {
        "shock",
        "alarm",
        "override",
        "assessment",
        "boot",
        "shutdown",
        "fork",
        "key-validity",
        "storage",
        "tag-suspect",
        "dock-check",
        "delivery",
        "shipment",
        "custody",
        "attachment",
        "zigbee-stranger",
        "note",
        "visit",
    }
    assert kind_of("unheard-of").durability is Durability.WINDOW


def test_each_function_of_a_warehouse_has_its_kinds():
    """docs/PROTOCOL.md lists them: supplier, inbound, shelves, outbound, storage, logistics."""
    table = PROTOCOL.read_text().split("| function | kinds |")[1].split("\n\n")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", table, re.MULTILINE))
    assert list(rows) == ["supplier", "inbound", "shelves", "outbound", "storage", "logistics"]
    for named in rows.values():
        kinds = re.findall(r"`([\w-]+)`", named)
        assert kinds
        assert all(KINDS[kind].fields for kind in kinds)


def test_no_scale_makes_a_number_coarser_than_its_unit():
    """docs/PROTOCOL.md prints -scale decimals."""
    fields = [field for kind in KINDS.values() for field in kind.fields]
    assert all(field.scale <= 0 for field in fields)
    assert not any(field.scale or field.unit for field in fields if field.type != FieldType.NUMBER)


def test_what_nothing_makes_yet_is_reserved():
    assert [kind.name for kind in KINDS.values() if kind.reserved] == []


def test_the_published_registry_is_this_one():
    assert KINDS_FILE.read_text(encoding="utf-8") == document(), RENEW
    assert PROTOCOL.read_text(encoding="utf-8") == page(PROTOCOL.read_text(encoding="utf-8")), RENEW


def test_a_published_field_cannot_be_published_otherwise():
    now = document()
    assert changed(now, now) == []
    rescaled = now.replace('"unit": "°C", "scale": -2', '"unit": "°C", "scale": -3')
    assert changed(now, rescaled) == ["temperature.temperature", "soc-temperature.temperature"]
    assert changed(now, now.replace('"name": "hdop"', '"name": "dop"')) == ["position.hdop"]


def test_the_published_registry_has_what_a_printer_needs():
    kinds = {kind["name"]: kind for kind in json.loads(KINDS_FILE.read_text())["kinds"]}
    assert kinds["shock"].keys() == {
        "name", "sentence", "durability", "urgent", "reserved", "fields"
    }  # fmt: skip
    assert (kinds["shock"]["durability"], kinds["shock"]["urgent"]) == ("prompt", True)
    assert not kinds["output"]["reserved"]
    assert kinds["acceleration"]["sentence"] == "acceleration x {x}, y {y}, z {z}"
    assert kinds["temperature"]["fields"][0] == {
        "name": "temperature",
        "type": "number",
        "doc": "air or product temperature",
        "unit": "°C",
        "scale": -2,
    }


def test_the_page_says_what_each_quality_means():
    text = PROTOCOL.read_text().split("### Qualities")[1].split("### ")[0]
    cells = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", " ".join(cells))) == set(Quality)
