"""Modules that are loaded once they are used."""

import sys

from drivers.zigbee.host.later import LaterFinder


def test_a_module_is_loaded_with_the_first_use_and_not_with_its_import(tmp_path, monkeypatch):
    (tmp_path / "heavy_part.py").write_text("import sys\nsys.heavy_parts = 1\nWEIGHT = 12\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [LaterFinder(frozenset({"heavy_part"})), *sys.meta_path])
    monkeypatch.delattr(sys, "heavy_parts", raising=False)
    import heavy_part

    assert not hasattr(sys, "heavy_parts")
    assert heavy_part.WEIGHT == 12
    assert sys.heavy_parts == 1
    del sys.heavy_parts, sys.modules["heavy_part"]


def test_other_modules_are_none_of_its_business():
    assert LaterFinder(frozenset({"heavy_part"})).find_spec("json", None) is None
