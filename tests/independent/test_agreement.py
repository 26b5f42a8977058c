"""The second verifier says of every published case what the page says."""

import ast
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
COUNT = re.compile(r"(verdicts|reasons|values|exit codes|findings) (\d+)/(\d+)")


def test_it_agrees_on_every_vector():
    argv = [sys.executable, "-m", "tests.independent.check", str(HERE.parent / "vectors")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    counts = COUNT.findall(done.stdout)
    assert done.returncode == 0, done.stderr
    assert len(counts) > 40
    assert [count for count in counts if count[1] != count[2]] == [], done.stdout
    assert sum(int(total) for _, _, total in counts) > 1300


def test_it_shares_nothing_with_ours():
    ours = {"agent", "ledger", "drivers", "hil", "cbor2", "cryptography"}
    for file in HERE.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
        names += [alias.name for node in imports for alias in node.names]
        roots = {name.split(".")[0] for name in names}
        assert not roots & ours, file.name
        assert all(n.startswith("tests.independent") for n in names if n.startswith("tests")), file
