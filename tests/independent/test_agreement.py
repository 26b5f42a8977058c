"""The second verifier says of every published case what the page says."""

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
