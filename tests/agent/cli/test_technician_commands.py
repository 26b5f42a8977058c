"""A technician at a gateway: look, watch, note, visit; the agent is a process, its device made up."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.agent.assembly.test_agent_process import CONFIG, Gateway, stop, wait_for

TWO = """
[[device]]
name = "cold-2"
kind = "fake.thermometer"
port = "/dev/y"
interval = 0.5
fault = "{fault}"
"""


@pytest.fixture(autouse=True)
def ctrl_c_is_heard():
    """What a shell starts in the background is told to ignore Ctrl-C, and its children with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def gateway(tmp_path):
    gateway = Gateway(tmp_path)
    configure(gateway, "missing")
    yield gateway
    gateway.kill_all()


def configure(gateway, fault):
    # A machine that is held up misses readings of every 50 ms, and makes a gap of its own of them.
    calm = CONFIG.replace("interval = 0.05", "interval = 2")
    gateway.file.write_text(calm.format(more=TWO.format(fault=fault)))


def kinds(gateway, *names):
    return [each for each in gateway.journal() if each["kind"] in names]


def told(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@contextmanager
def terminal(argv, **environ):
    """A command on a terminal of its own; what it wrote is read with `seen`."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        argv, stdin=slave, stdout=slave, stderr=slave, env=os.environ | {"TERM": "xterm"} | environ
    )
    os.close(slave)
    try:
        yield process, master
    finally:
        process.kill()
        process.wait()
        os.close(master)


def seen(master, until, within=30.0):
    """Return what came on a terminal up to where `until` is found in it."""
    text, end = "", time.monotonic() + within
    while not re.search(until, text):
        assert time.monotonic() < end, text
        if select.select([master], [], [], 0.1)[0]:
            text += os.read(master, 65536).decode()
    return text


def silent(gateway):
    """Wait for the gap of cold-2, which is not there."""
    return wait_for(lambda: any(each["device"] == "cold-2" for each in kinds(gateway, "gap")))


def test_a_visit_from_findings_to_what_is_left_through_a_restart(gateway):
    agent = gateway.started()
    silent(gateway)
    sheet = told(gateway.ask("visit", "begin", "--as", "technician-1"))
    assert re.search(r"^before    \d findings?$", sheet, re.MULTILINE)
    assert "  cold-2: " in sheet
    assert max(map(len, sheet.splitlines())) < 80
    stop(agent)  # what was done may need it
    configure(gateway, "none")
    agent = gateway.started()
    told(gateway.ask("visit", "did", "plugged it in", "--device", "cold-2"))
    wait_for(lambda: "SILENT" not in gateway.ask("status").stdout)
    ended = json.loads(told(gateway.ask("visit", "end", "--json")))
    assert (ended["state"], ended["operator"]) == ("ended", "technician-1")
    assert "cold-2" in [each["about"] for each in ended["before"]]
    assert "cold-2" not in [each["about"] for each in ended["after"]]
    page = told(gateway.ask("visit", "show"))
    assert re.search(r"^mended    .*cold-2", page, re.MULTILINE)
    assert re.search(r"^  \d\d:\d\d  cold-2: plugged it in$", page, re.MULTILINE)
    visits = kinds(gateway, "visit")
    assert [each["state"] for each in visits] == ["begun", "ended"]
    assert {each["operator"] for each in visits} == {"technician-1"}
    (action,) = kinds(gateway, "visit-action")
    assert (action["about"], action["text"]) == ("cold-2", "plugged it in")
    moments = [each["moment"] for each in kinds(gateway, "visit-finding")]
    assert moments == ["before"] * len(ended["before"]) + ["after"] * len(ended["after"])
    wait_for(lambda: visits[-1]["n"] < sealed(gateway))  # signed at once, not in a minute
    stop(agent)


def sealed(gateway):
    status = json.loads(told(gateway.ask("status", "--json")))["journal"]
    return status["records"] - status["unsealed"]


def test_a_whole_visit_in_one_command(gateway):
    gateway.started()
    done = subprocess.run(
        gateway.argv("visit", "--as", "technician-1"),
        input="looked at the fuse\ncold-2: replaced the cable\n\nnot read any more\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    page = told(done)
    assert "looked at the fuse" in page
    assert "cold-2: replaced the cable" in page
    assert "not read" not in page
    assert re.search(r"^left      .*cold-2", page, re.MULTILINE)
    actions = kinds(gateway, "visit-action")
    assert [each.get("about") for each in actions] == [None, "cold-2"]


def test_a_visit_at_a_terminal_survives_a_slip_and_ctrl_c(gateway):
    gateway.started()
    with terminal(gateway.argv("visit", "--as", "technician-1")) as (process, master):
        assert "What did you do?" in seen(master, "> $")
        os.write(master, b"\x1b[A\n")  # an arrow key
        assert "printable characters" in seen(master, "> $")
        os.write(master, b"cold-2: replaced the cable\n")
        seen(master, "cable(?s:.)*> $")
        process.send_signal(signal.SIGINT)
        assert "tallyman visit end" in seen(master, "visit end")
        assert process.wait(timeout=30) == 130
    page = told(gateway.ask("visit", "end"))
    assert re.search(r"^  \d\d:\d\d  cold-2: replaced the cable$", page, re.MULTILINE)
    assert len(kinds(gateway, "visit-action")) == 1


def test_a_colleague_goes_on_with_a_visit_under_their_own_name(gateway):
    gateway.started()
    told(gateway.ask("visit", "begin", "--as", "technician-1"))
    told(gateway.ask("visit", "did", "looked around"))
    told(gateway.ask("visit", "did", "changed the fuse", "--as", "technician-2"))
    page = told(gateway.ask("visit", "end", "--as", "technician-2"))
    assert re.search(r"^visit .* by technician-1$", page, re.MULTILINE)
    assert re.search(r"changed the fuse, by technician-2$", page, re.MULTILINE)
    assert re.search(r"looked around$", page, re.MULTILINE)
    done = kinds(gateway, "visit-action", "visit")
    assert [each["operator"] for each in done] == [
        "technician-1",
        "technician-1",
        "technician-2",
        "technician-2",
    ]


def test_what_cannot_be_meant_of_a_visit(gateway):
    gateway.started()
    for words, said in (
        ((), "who are you?"),
        (("begin",), "who are you?"),
        (("did",), "what was done?"),
        (("end",), "no visit is under way"),
        (("show",), "there was no visit yet"),
        (("did", "x"), "no visit is under way"),
        (("end", "x"), "what is 'x'?"),
        (("begin", "--as", "\x1b[2J"), "printable"),
        (("begin", "--as", "t" * 100), "1 to 64"),
        (("dance",), "none of show, begin, did, end"),
    ):
        done = gateway.ask("visit", *words)
        assert done.returncode in (1, 2), words
        assert said in done.stderr, done.stderr
        assert "next: " in done.stderr
    told(gateway.ask("visit", "begin", "--as", "t"))
    done = gateway.ask("visit", "did", "x", "--device", "nowhere")
    assert "there is no device 'nowhere'" in done.stderr
    assert not kinds(gateway, "visit-action")


def test_a_note_on_a_gap_is_bound_to_the_gap_and_the_goods(gateway):
    gateway.started()
    told(gateway.ask("shipment", "start", "WB-7", "--device", "cold-2"))
    silent(gateway)
    listed = told(gateway.ask("gap", "cold-2"))
    assert "gap open" in listed
    page = told(
        gateway.ask("gap", "cold-2", "--note", "R3 plug loose, replugged", "--as", "technician-1")
    )
    assert "shipment  WB-7" in page
    assert max(map(len, page.splitlines())) < 80
    (note,) = kinds(gateway, "note")
    (gap,) = kinds(gateway, "gap")
    assert (note["gap"], note["shipment"], note["device"]) == (gap["n"], "WB-7", "cold-2")
    assert (note["text"], note["operator"]) == ("R3 plug loose, replugged", "technician-1")
    number = str(gap["n"])
    again = json.loads(
        told(gateway.ask("gap", "cold-2", "--record", number, "--note", "x", "--as", "t", "--json"))
    )
    assert again["gap"] == gap["n"]


def test_what_cannot_be_meant_of_a_gap(gateway):
    calm = gateway.file.read_text()
    gateway.file.write_text(calm.replace("interval = 2\n", "interval = 60\n"))
    gateway.started()
    for words, said in (
        (("cold-3",), "did you mean 'cold-"),
        (("cold-1", "--note", "x"), "who notes that?"),
        (("cold-1", "--note", "x", "--as", "t"), "have no gap of cold-1"),
        (("cold-1", "--note", "x", "--as", "t", "--record", "0"), "record 0 is no gap of cold-1"),
        (("cold-1", "--note", "x", "--as", "t", "--record", "99999"), "is no gap of cold-1"),
        (("cold-1", "--note", "x", "--as", "t", "--record", "-1"), "not a whole number"),
        (("cold-1", "--note", "", "--as", "t"), "1 to 400"),
        (("--note", "x"), "of which device?"),
        (("cold-1", "--declare"), "a device's gap is noted"),
    ):
        done = gateway.ask("gap", *words)
        assert done.returncode in (1, 2), words
        assert said in done.stderr, (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert told(gateway.ask("gap", "cold-1")) == "no gap of cold-1 is in the newest records\n"


def test_watch_on_a_terminal_is_drawn_again_and_ctrl_c_leaves_it(gateway):
    gateway.started()
    silent(gateway)
    with terminal(gateway.argv("watch")) as (process, master):
        first = seen(master, r"cold-1 +\x1b\[32mrunning\x1b\[0m")
        assert "\x1b[31mSILENT\x1b[0m" in first
        seen(master, r"(?s)\x1b\[H.*\x1b\[H.*cold-2")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert "Traceback" not in first


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(gateway, environ):
    gateway.started()
    with terminal(gateway.argv("status"), **environ) as (_, master):
        text = seen(master, r"cold-1 +running")
    assert "\x1b[3" not in text


def test_watch_in_a_pipe_prints_a_line_for_each_change(gateway):
    agent = gateway.started()
    silent(gateway)
    watch = subprocess.Popen(
        gateway.argv("watch"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        lines = [watch.stdout.readline()]
        assert "the agent answers" in lines[0]
        for wanted in ("cold-1  ", "cold-2  SILENT"):
            while not any(wanted in line for line in lines):
                lines.append(watch.stdout.readline())
                assert watch.poll() is None, lines
        agent.kill()
        while "no agent answers" not in watch.stdout.readline():
            assert watch.poll() is None
        watch.send_signal(signal.SIGINT)
        rest, errors = watch.communicate(timeout=30)
    finally:
        watch.kill()
        watch.wait()
    assert (watch.returncode, errors) == (0, "")
    assert "\x1b" not in "".join((*lines, rest))


def test_watching_one_device_tells_each_reading(gateway):
    gateway.started()
    watch = subprocess.Popen(gateway.argv("watch", "cold-1"), stdout=subprocess.PIPE, text=True)
    try:
        lines = [watch.stdout.readline() for _ in range(4)]
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=30)
    finally:
        watch.kill()
        watch.wait()
    assert [("cold-1" in line, "4.31 °C" in line) for line in lines[2:]] == [(True, True)] * 2
    assert not [line for line in lines if "cold-2" in line]


def test_watching_a_device_that_there_is_not(gateway):
    gateway.started()
    done = gateway.ask("watch", "cold-9")
    assert (done.returncode, "did you mean" in done.stderr) == (2, True)


def samples(text):
    return {
        (each.name, *sorted(each.labels.items())): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def test_metrics_have_all_three_groups_and_nothing_that_is_not_known(gateway):
    gateway.started()
    silent(gateway)

    def written():
        text = told(gateway.ask("metrics"))
        found = samples(text)
        sealed, kept = "tallyman_seal_cpu_seconds_count", "tallyman_journal_records"
        return found.get((sealed,), 0) >= 1 and found[kept,] > 3 and text

    text = wait_for(written)
    found = samples(text)
    assert found["tallyman_up",] == 1
    assert found["tallyman_commit_seconds_count",] > 0
    assert 0 < found["tallyman_commit_seconds_sum",] < 60
    assert found["tallyman_seal_cpu_seconds_count",] >= 1
    assert found["tallyman_sealed_bytes_total", ("part", "statement")] > 200
    assert found["tallyman_gap_records_total", ("state", "open")] == 1
    assert found["tallyman_open_gaps",] == 1
    assert found["tallyman_journal_records",] > 3
    assert found["tallyman_batches", ("state", "sealed")] >= 1
    assert found["tallyman_process_cpu_seconds_total",] > 0
    assert found["tallyman_process_resident_bytes",] > 10_000_000
    assert found["tallyman_machine_memory_bytes",] > found["tallyman_process_resident_bytes",]
    assert found["tallyman_machine_cpu_seconds_total", ("mode", "idle")] > 0
    assert found["tallyman_disk_bytes",] >= found["tallyman_disk_free_bytes",] > 0
    names = {key[0] for key in found}
    assert "tallyman_seal_joules_total" not in names, "nobody said what the board draws"
    assert not [name for name in names if name.startswith("tallyman_ledger_request")]
    assert ("tallyman_device_reading_age_seconds", ("device", "cold-2")) not in found
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2
    assert json.loads(told(gateway.ask("metrics", "--json")))[0]["name"] == "tallyman_up"


def test_metrics_in_a_file_with_joules_by_the_named_factor(gateway, tmp_path):
    gateway.file.write_text(gateway.file.read_text() + '[metrics]\nfolder = "prom"\nwatts = 1.75\n')
    agent = gateway.started()
    path = tmp_path / "prom" / "tallyman.prom"
    wait_for(path.exists)
    found = samples(path.read_text())
    assert found["tallyman_up",] == 1
    joules = found["tallyman_seal_joules_total", ("factor", "1.75 W")]
    assert joules == pytest.approx(1.75 * found["tallyman_seal_cpu_seconds_sum",])
    assert "tallyman_machine_memory_bytes" in path.read_text()
    stop(agent)
    assert not path.exists(), "an agent that stopped knows nothing of now"


def test_metrics_without_an_agent_say_so_and_tell_what_the_files_do(gateway):
    agent = gateway.started()
    wait_for(lambda: len(gateway.journal()) > 3)
    stop(agent)
    found = samples(told(gateway.ask("metrics")))
    assert found["tallyman_up",] == 0
    assert found["tallyman_journal_records",] > 3
    assert ("tallyman_commit_seconds_count",) not in found


def test_metrics_without_anything(tmp_path):
    gateway = Gateway(tmp_path)
    found = samples(told(gateway.ask("metrics")))
    assert found["tallyman_up",] == 0
    assert ("tallyman_journal_records",) not in found
