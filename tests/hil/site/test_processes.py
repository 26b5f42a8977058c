import os
import signal
import subprocess
import sys
import time

BENCH = """
import sys, time
from pathlib import Path
from hil.site.processes import Processes, ends_orderly

with ends_orderly(), Processes(Path(sys.argv[1])) as processes:
    processes.start("part", ["sleep", "600"])
    print(processes.running["part"].pid, flush=True)
    time.sleep(600)
"""
GONE_S = 60.0


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_termination_stops_what_was_started(tmp_path):
    bench = subprocess.Popen(
        [sys.executable, "-c", BENCH, tmp_path], stdout=subprocess.PIPE, text=True
    )
    with bench:
        assert bench.stdout is not None
        part = int(bench.stdout.readline())
        bench.send_signal(signal.SIGTERM)
        assert bench.wait() == 128 + signal.SIGTERM
    deadline = time.monotonic() + GONE_S
    while is_there(part):
        assert time.monotonic() < deadline, "a part outlived its bench"
        time.sleep(0.05)
