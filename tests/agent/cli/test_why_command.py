"""`tallyman why` as a technician meets it: on 80 columns, with nothing there, with rubbish."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agent.cli.why_page import page
from agent.desks.control_client import NotRunning, Refused, ask_one
from agent.desks.last_state import ENDED, STATE
from agent.why.answer import of_all, of_target
from agent.why.heard import WITHIN, Contact, Heard
from agent.why.question import PARTS
from foundation.console import WIDTH
from tests.agent.cli.test_command_line import answered
from tests.agent.cli.test_status_page import device, status
from tests.agent.why.test_targets import DOWN, known

ROOT = Path(__file__).parents[3]
DEVICES = ("cold-1", "gps")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tallyman.toml"
    path.write_text(
        '[gateway]\nname = "g"\nstate_dir = "state"\ncontrol = "control.sock"\n'
        '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
        '[[device]]\nname = "gps"\nkind = "gnss.nmea"\nport = "/nowhere/gps"\n'
    )
    return path


def why(config, *words):
    return answered("why", *words, "--config", str(config))


def fits(line):
    """A path alone on its line may be longer: it is to be copied whole."""
    return len(line) <= WIDTH or len(line.split()) == 1


def answer(config, *words):
    told = why(config, *words, "--json")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.parametrize("target", [*DEVICES, *PARTS])
def test_every_target_answers_with_no_state_folder_at_all(config, target):
    found = answer(config, target)
    assert (found["target"], found["asked"], found["age_s"]) == (target, "files", None)
    first = "store.no-folder" if target == "store" else "agent.down"
    assert found["causes"][0]["id"] == first
    for cause in found["causes"]:
        assert {"id", "likelihood", "for", "against", "next"} <= cause.keys()
        assert cause["likelihood"] in ("likely", "possible", "unknown")
    told = why(config, target)
    assert told.returncode == 0
    assert all(map(fits, told.stdout.splitlines()))
    assert "it left no last state" in " ".join(told.stdout.split())
    assert not config.with_name("state").exists(), "to ask changes nothing"


def test_without_a_target_the_worst_comes_first_and_says_whose_it_is(config):
    found = answer(config)
    assert found["target"] is None
    assert [each["target"] for each in found["causes"]][:2] == ["agent", "store"]
    assert {"cold-1", "gps"} <= {each["target"] for each in found["causes"]}
    assert all(each["likelihood"] != "unknown" for each in found["causes"])


def test_a_configuration_that_cannot_be_read_is_the_cause(config):
    config.write_text("[gateway\n")
    assert answer(config)["causes"][0]["id"] == "agent.config"
    assert answer(config, "uplink")["causes"]
    assert "agent.config" in why(config.with_name("none.toml")).stdout


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["cold-11"], "did you mean"),
        (["a\x1bb" * 50], "there is nothing called"),
        ([""], "there is nothing called"),
        (["cold-1", "--ignore", "i2c.no-answer"], "takes a target, its id, a reason and an end"),
        (["--ignore", "x.y", "--reason", "r", "--until", "3d"], "takes a target"),
        (["cold-1", "--ignore", "x.y", "--reason", "r", "--until", "3d"], "has no cause 'x.y'"),
        (["cold-1", "--ignore", "x.y", "--reason", "r", "--until", "soon"], "is not a time"),
        (["cold-1", "--ignore", "x.y", "--reason", "r", "--until", "0d"], "is not a time"),
        (["cold-1", "gps"], "unrecognized arguments"),
    ],
)
def test_wrong_words_are_refused_with_what_to_do(config, words, text):
    told = why(config, *words)
    assert told.returncode == 2
    assert text in told.stderr
    assert "next: " in told.stderr
    assert "\x1b" not in told.stderr
    assert "Traceback" not in told.stderr


def test_to_leave_a_cause_alone_takes_an_agent(config):
    words = ["cold-1", "--ignore", "i2c.no-answer", "--reason", "r", "--until", "3d"]
    told = why(config, *words)
    assert (told.returncode, "no agent answers" in told.stderr) == (1, True)
    config.write_text("[gateway\n")
    told = why(config, "agent", "--ignore", "agent.down", *words[3:])
    assert (told.returncode, "Traceback" in told.stderr) == (2, False)


def test_every_cause_can_be_listed_with_its_id(config):
    told = why(config, "--list").stdout
    assert {"i2c.no-answer", "gnss.frozen", "uplink.half-open", "store.full"} <= set(told.split())
    assert "gnss.frozen" not in why(config, "cold-1", "--list").stdout
    assert max(map(len, told.splitlines())) <= WIDTH


@pytest.fixture
def hanging(config):
    """A control socket that takes connections and says nothing, as a stopped agent's does."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(config.with_name("control.sock")))
    listener.listen(8)
    yield config
    listener.close()


def test_an_agent_that_hangs_is_found_out_in_time_and_its_last_state_helps(hanging):
    gone = device("cold-1", state="missing", detail="no chip answers", cause="i2c.no-answer")
    hanging.with_name(STATE).write_text(json.dumps(status(devices=[gone]).to_dict()))
    found = answer(hanging, "cold-1")
    assert WITHIN <= 1.0
    assert [each["id"] for each in found["causes"]][:2] == ["agent.hung", "i2c.no-answer"]
    assert (found["asked"], found["age_s"]) == ("files", 0)
    assert "what follows is its last state" in " ".join(why(hanging, "cold-1").stdout.split())


@pytest.mark.parametrize(("older_s", "counts"), [(-5, True), (5, False), (3600, False)])
def test_last_words_count_where_no_later_run_lived_after_them(config, older_s, counts):
    words = {"error": "no space", "advice": "free some", "cause": "store.full"}
    said, state = config.with_name(ENDED), config.with_name(STATE)
    config.with_name("state").mkdir()
    said.write_text(json.dumps(words))
    state.write_text(json.dumps(status().to_dict()))
    then = state.stat().st_mtime - 10
    os.utime(state, (then, then))
    os.utime(said, (then - older_s, then - older_s))
    first = answer(config, "store")["causes"][0]["id"]
    assert (first == "store.full") is counts


@pytest.mark.parametrize(
    "said", [b"", b"{}\n", b"\xff\n", b'{"more": true, "result": {}}\n', b"[]\n"]
)
def test_rubbish_from_the_socket_is_no_traceback(config, said):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(config.with_name("control.sock")))
        listener.listen(1)

        def speak():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=speak)
        thread.start()
        found = answer(config, "agent")
        thread.join()
    assert found["asked"] == "files"


WITH_ALL = {
    "devices": [
        device("cold-1", state="missing", detail="x" * 300, cause="i2c.no-answer"),
        device("gps", state="faulty", detail="repeats", cause="gnss.frozen", advice="off and on"),
    ]
}


@pytest.mark.parametrize("heard", [DOWN, Heard(Contact.ANSWERED, status(**WITH_ALL), 0.0)])
@pytest.mark.parametrize("target", ["cold-1", "gps", *PARTS, None])
def test_the_page_fits_a_console(heard, target):
    found = known(heard, there=True)
    told = of_all(found) if target is None else of_target(target, found)
    lines = list(page(told, found, str))
    assert all(map(fits, lines))
    assert not any(re.search(r"\{\w+\}", line) for line in lines), "a name was not filled in"


def test_a_word_to_leave_a_cause_alone_outlives_the_agent(config):
    config.write_text(
        '[gateway]\nname = "g"\nstate_dir = "state"\ncontrol = "control.sock"\n'
        '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
    )
    words = [
        "cold-1",
        "--ignore",
        "i2c.no-bus",
        "--reason",
        "the bus comes tomorrow",
        "--until",
        "2d",
    ]
    with running(config):
        assert answer(config, "cold-1")["causes"][0]["id"] == "i2c.no-bus"
        told = why(config, *words)
        assert "is left alone until" in told.stdout, told.stderr
        assert answer(config, "cold-1")["ignored"][0]["reason"] == "the bus comes tomorrow"
        kinds = answered("journal", "--json", "--config", str(config)).stdout
        assert '"cause-ignored"' in kinds
    with running(config):
        found = answer(config, "cold-1")
        assert [each["id"] for each in found["ignored"]] == ["i2c.no-bus"]
        assert "i2c.no-bus" not in {each["id"] for each in found["causes"]}
    assert answer(config, "cold-1")["asked"] == "files"


class running:  # noqa: N801  reads as a context
    """A real agent, until it has answered; ended in order."""

    def __init__(self, config):
        self.config = config

    def __enter__(self):
        argv = [sys.executable, "-m", "agent.cli.main", "run", "--config", str(self.config)]
        self.agent = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def _answers(self):
        try:
            found = ask_one(self.config.with_name("control.sock"), {"verb": "status"})
        except (NotRunning, Refused):  # not yet
            return False
        return found["devices"][0]["state"] == "missing"

    def __exit__(self, *_):
        self.agent.terminate()
        self.agent.wait(20)
