"""The bench of budgets: what it computes, and that it leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hil.budgets.counting_proxy import HEADER_BYTES, CountingProxy
from hil.budgets.fed_gateway import OF_THE_UNIT, SEED
from hil.budgets.pipeline import Fed, Slope
from hil.budgets.proof import proof_bytes
from hil.budgets.row import Row
from hil.budgets.sealed import ZERO_2_WATTS, sealed_rows
from hil.traces.records import truck_records

LIMIT_S = 60.0


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 3.0, 4), "met"),
        (Row("a", 4.0, 4), "met"),
        (Row("a", 5.0, 4), "MISSED by 25 %"),
        (Row("a", 3.0, 4, at_least=True), "MISSED by 25 %"),
        (Row("a", 5.0, 4, at_least=True), "met"),
        (Row("a", 5.0), ""),
        (Row("a", None, 4, why="no root"), "not measured"),
    ],
)
def test_a_row_says_by_how_much_its_budget_is_missed(row, verdict):
    assert row.verdict == verdict


def test_a_missed_row_shows_its_reason_and_a_met_one_does_not():
    assert Row("a", 5.0, 4, why="because").lines()[1].strip() == "because"
    assert len(Row("a", 3.0, 4, why="because").lines()) == 1


def test_the_median_of_the_runs_counts_and_their_spread_is_told():
    row = Row.of("a", [5.0, 3.0, 4.0, 9.0, 1.0], 4)
    assert (row.measured, row.verdict) == (4.0, "met")
    assert row.lines()[1].strip() == "1.00 to 9.00 in 5 runs"


def test_a_row_fits_a_terminal_of_80_columns():
    row = Row.of("a" * 46, [38_520.0, 1.0], 12_345, "word " * 40, "why " * 40, at_least=True)
    assert max(map(len, row.lines())) <= 80


def test_what_every_feed_takes_is_no_part_of_what_a_reading_costs():
    # by hand: 1 s and 0.5 s of CPU and 2,000 bytes go into each feed, 1 ms, 100 µs and 8 bytes a reading
    short = Fed(1_000, 2.0, 0.6, 10_000, 40.0, 0.5)
    long = Fed(11_000, 12.0, 1.6, 90_000, 40.0, 0.5)
    slope = Slope(short, long)
    assert slope.per_s == pytest.approx(1_000)
    assert slope.cpu_us == pytest.approx(100)
    assert slope.cpu_hashes == pytest.approx(200)
    assert slope.wire_bytes == pytest.approx(8)
    assert slope.fixed_s == pytest.approx(1)


def test_the_bench_runs_the_agent_in_the_environment_of_its_unit():
    unit = (Path(__file__).parents[3] / "systemd/tallyman.service").read_text()
    for name, value in OF_THE_UNIT.items():
        assert f"Environment={name}={value}\n" in unit


def test_the_proof_of_one_record_in_a_log_of_10_8_fits_a_qr_code():
    # `proof_bytes` verifies what it measures, and fails otherwise.
    assert 1504 < proof_bytes(truck_records(SEED)[:256], 1_800_000_000) <= 2400


def test_the_counting_proxy_counts_packets_with_their_headers():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as node:
        proxy = CountingProxy(node.getsockname()[1])
        with socket.create_connection(("127.0.0.1", proxy.port)) as client:
            inner, _ = node.accept()
            with inner:
                client.sendall(bytes(5000))
                received = 0
                while received < 5000:
                    received += len(inner.recv(5000))
                counted = proxy.up_bytes()
        proxy.close()
    # SYN and the last acknowledgement of the handshake, then four segments at least
    assert 5000 + 6 * HEADER_BYTES <= counted <= 5000 + 12 * HEADER_BYTES


def test_a_bench_that_is_terminated_leaves_no_process_behind(tmp_path):
    argv = [sys.executable, "-m", "hil", "bench", "--part", "day", "--readings", "512"]
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(root)}
    bench = subprocess.Popen(argv, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + LIMIT_S
    while len(mine := descendants(bench.pid)) < 3 or not any("ledger" in c for c in mine.values()):
        assert bench.poll() is None, "the bench ended by itself"
        assert time.monotonic() < deadline, mine
        time.sleep(0.05)
    bench.send_signal(signal.SIGTERM)
    assert bench.wait(LIMIT_S) == 128 + signal.SIGTERM
    while left := [pid for pid in mine if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline + LIMIT_S, left
        time.sleep(0.05)


def descendants(pid: int) -> dict[int, str]:
    """Return process ids below `pid`, each with its command line; some may end meanwhile."""
    found: dict[int, str] = {}
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            found |= {int(child): words, **descendants(int(child))}
    return found


def test_a_signed_batch_is_measured():
    cpu, size, joules = sealed_rows(truck_records(SEED)[:256])
    assert 1_000 < cpu.measured < 100_000, "more than its hashes alone, less than a second's"
    assert 200 < size.measured <= size.budget
    milliseconds = float(cpu.floor.split(" ms")[0])
    assert joules.measured == pytest.approx(milliseconds * ZERO_2_WATTS, rel=0.3)
    assert "1.75 W" in joules.what
