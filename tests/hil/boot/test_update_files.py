import ast
import filecmp
import re

from hil.boot.card_bench import ROOT
from hil.boot.update_files import ENTRY, FAULT, faulty_source


def shipped():
    """The packages that provisioning puts into an update."""
    text = (ROOT / "provisioning/contents.py").read_text()
    return ast.literal_eval(re.search(r"^OURS = (.*)$", text, re.MULTILINE)[1])


def test_the_faulty_update_is_this_source_but_for_its_fault(tmp_path):
    copy = faulty_source(tmp_path / "faulty")
    ours = [path for top in (*shipped(), "provisioning") for path in (ROOT / top).rglob("*")]
    files = [
        str(path.relative_to(ROOT))
        for path in ours
        if path.is_file() and "__pycache__" not in path.parts
    ]
    same, different, missing = filecmp.cmpfiles(ROOT, copy, files, shallow=False)
    assert (different, missing) == ([ENTRY], [])
    assert len(same) == len(files) - 1
    assert (copy / ENTRY).read_text() == FAULT
