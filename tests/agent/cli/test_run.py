"""`tallyman run`: what it prepares, how it ends, and what it leaves behind; the agent is a double."""

from __future__ import annotations

import logging
import os
from types import SimpleNamespace

import pytest

from agent.cli import lean_start, run
from agent.cli.errors import Mistake
from agent.desks.last_state import last_words
from foundation.errors import Fatal
from tests.agent.cli.asked import Agent


@pytest.fixture
def agent(tmp_path, monkeypatch):
    umask, level = os.umask(0o022), logging.getLogger("asyncio").level
    monkeypatch.setattr(lean_start, "prepare", lambda argv: None)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    yield Agent(tmp_path, monkeypatch)
    logging.getLogger("asyncio").setLevel(level)
    os.umask(umask)


@pytest.fixture
def logged(monkeypatch):
    made = []
    monkeypatch.setattr(run, "log_to_stderr", lambda form, level: made.append((form, level)))
    return made


class Lives:
    """The agent's life, which ends as `end` says: returned, or raised."""

    def __init__(self, monkeypatch, end=None, raises=False) -> None:
        self.end, self.raises, self.config = end, raises, None
        monkeypatch.setattr(run, "live", self._live)

    async def _live(self, config, world, arm):
        self.config, self.umask, self.arm = config, os.umask(0o077), arm
        if self.raises:
            raise self.end
        return self.end


def test_an_orderly_stop(agent, logged, monkeypatch):
    life = Lives(monkeypatch)
    assert agent.run("run") == 0
    assert (life.config.gateway.name, life.umask, life.arm) == ("g", 0o077, run.arm_last_exit)
    assert logged == [("%(asctime)s %(levelname)s %(message)s", logging.INFO)]
    assert last_words(life.config.gateway.control) is None


@pytest.mark.parametrize("raises", [True, False])
def test_a_failure_is_told_and_kept_for_whoever_asks_later(
    agent, logged, monkeypatch, capsys, raises
):
    life = Lives(monkeypatch, Fatal("the disk is full", advice="make room"), raises)
    told = []
    notify = SimpleNamespace(status=told.append)
    monkeypatch.setattr(run, "from_environment", lambda _: notify)
    assert agent.run("run") == Fatal.exit_code
    assert capsys.readouterr().err == "error: the disk is full\nnext: make room\n"
    words, _ = last_words(life.config.gateway.control)
    assert (words.error, words.advice) == ("the disk is full", "make room")
    assert told == ([] if raises else ["the disk is full"])


def test_systemd_adds_the_time_itself_and_verbose_says_more(agent, logged, monkeypatch):
    Lives(monkeypatch)
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    assert agent.run("run") == 0
    assert logging.getLogger("asyncio").level == logging.WARNING
    assert agent.run("run", "--verbose") == 0
    assert logged == [("%(message)s", logging.INFO), ("%(message)s", logging.DEBUG)]
    assert logging.getLogger("asyncio").level == logging.INFO


def test_root_does_not_run_it_in_the_folder_of_another(agent, logged, monkeypatch, tmp_path):
    (tmp_path / "state").mkdir()
    life = Lives(monkeypatch)

    def refuse(folder):
        raise Mistake(f"{folder} is another's")

    monkeypatch.setattr(run, "may_write", refuse)
    assert agent.run("run") == 2
    assert life.config is None


def test_the_last_exit_waits_for_nobody(monkeypatch):
    made = []

    class Timer:
        daemon = False

        def __init__(self, *what) -> None:
            made.append((self, what))

        def start(self):
            assert self.daemon, "it must not keep the process by itself"
            made.append("started")

    monkeypatch.setattr(run.threading, "Timer", Timer)
    run.arm_last_exit()
    (_, what), started = made
    assert (what, started) == ((4.5, os._exit, (1,)), "started")


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("[x]\ntls = true\n", ["--config", "FILE"], True),
        ("[x]\ntls = true\n", ["--config=FILE"], True),
        ("[x]\ntls = true\n", ["--verbose"], True),
        ("[x]\n", ["--config", "FILE"], False),
        (None, ["--config", "FILE"], False),
        ("tls", ["--config"], True),
        ("tls", ["--config", "none.toml", "--config", "FILE"], True),
        ("tls", ["--config", "FILE", "--config=none.toml"], False),
    ],
)
def test_whether_a_configuration_speaks_of_tls(tmp_path, monkeypatch, text, words, found):
    file = tmp_path / "odd=name.toml"
    monkeypatch.setenv("TALLYMAN_CONFIG", str(file))
    if text is not None:
        file.write_text(text)
    assert lean_start.names_tls([word.replace("FILE", str(file)) for word in words]) is found


def test_a_start_spares_openssl_only_where_nobody_speaks_tls(monkeypatch):
    done = []
    monkeypatch.setattr(lean_start.gc, "disable", lambda: done.append("gc"))
    monkeypatch.setattr(lean_start, "spare_openssl", lambda: done.append("spared"))
    for tls in (True, False):
        monkeypatch.setattr(lean_start, "names_tls", lambda _, tls=tls: tls)
        lean_start.prepare([])
    assert done == ["gc", "gc", "spared"]


@pytest.mark.parametrize("own", [True, False])
def test_openssl_is_spared_where_python_has_its_own_hashes(monkeypatch, own):
    modules, asked = {}, []
    monkeypatch.setattr(lean_start.sys, "modules", modules)
    monkeypatch.setattr(lean_start, "find_spec", lambda name: asked.append(name) or own or None)
    lean_start.spare_openssl()
    monkeypatch.undo()
    assert modules == {"ssl": None} | ({"_hashlib": None} if own else {})
    assert asked in (["_sha2"], ["_sha256"])
