"""The control socket: rubbish, slow followers, stale sockets; the agent goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cli.journal import from_file
from agent.clock.belief import Stamp
from agent.desks.control import (
    LONGEST_REQUEST,
    MOST_CONNECTIONS,
    BadRequest,
    ControlServer,
    Request,
    device_of,
    listen,
    number,
    printable,
    text,
)
from agent.desks.control_client import Lost, NotAllowed, NotRunning, Refused, ask, ask_one
from agent.desks.records import RecordDesk
from agent.journal.async_journal import AsyncJournal
from agent.journal.follow import MOST_WAITING, TooSlow, follow
from agent.journal.ring_journal import RingJournal
from agent.records.convert import from_event
from drivers.errors import DeviceMissing
from evidence.leaf import Record
from foundation.errors import Fatal, Retry
from hil.site.control import ask_agent
from hil.site.processes import ProcessFailed

STAMP = Stamp(3, 100_000, 1_790_000_000_000, "gnss", 1000)


async def count_to(request: Request) -> AsyncGenerator[Any, None]:
    for value in range(number(request, "to", 3)):
        yield value


async def refuse(request: Request) -> AsyncGenerator[Any, None]:
    raise DeviceMissing(f"{text(request, 'device')} is not there", advice="plug it in")
    yield


async def flood(request: Request) -> AsyncGenerator[Any, None]:
    while True:
        yield "x" * 60_000


async def blunder(request: Request) -> AsyncGenerator[Any, None]:
    yield "so far"
    raise ZeroDivisionError


VERBS = {"count": count_to, "refuse": refuse, "flood": flood, "blunder": blunder}


@pytest.fixture
async def server(tmp_path):
    path = tmp_path / "run" / "control.sock"
    task = asyncio.create_task(ControlServer(path, VERBS).run())
    while not path.exists():
        await asyncio.sleep(0.001)
    yield path
    task.cancel()
    await asyncio.wait({task})
    assert not path.exists()


async def talk(path, *lines: bytes) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 20)
    writer.write(b"".join(lines))
    writer.write_eof()
    answers = [json.loads(line) async for line in reader]
    writer.close()
    return answers


async def test_several_requests_on_one_connection_even_if_half_closed(server):
    answers = await talk(server, b'{"verb":"count","to":2}\n', b'{"verb":"count","to":0}\n')
    assert answers == [
        {"result": 0, "more": True},
        {"result": 1, "more": True},
        {"result": None, "more": False},
        {"result": None, "more": False},
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"hello\n", "not JSON"),
        (b"[1,2]\n", 'not an object with a "verb"'),
        (b'{"verb":5}\n', 'not an object with a "verb"'),
        (b'{"verb":"dance"}\n', "unknown verb 'dance': choose from count, refuse, flood, blunder"),
        (b'{"verb":"count","to":-1}\n', "to must be a whole number"),
        (b'{"verb":"count","to":true}\n', "to must be a whole number"),
        (b'{"verb":"refuse"}\n', "device must be text"),
        (b"\xff\xfe\x00\n", "not JSON"),
        (b"[" * 60_000 + b"\n", "not JSON"),
        (b"x" * (LONGEST_REQUEST + 10) + b"\n", "too long"),
    ],
)
async def test_bad_input_gets_an_error_line(server, line, error):
    answers = await talk(server, line)
    assert len(answers) == 1
    assert error in answers[0]["error"]
    assert answers[0]["more"] is False
    assert answers[0]["advice"]
    assert (await talk(server, b'{"verb":"count","to":0}\n'))[0]["result"] is None


async def test_a_drivers_error_keeps_its_advice(server):
    answers = await talk(server, b'{"verb":"refuse","device":"cold-1"}\n')
    said = {"error": "cold-1 is not there", "advice": "plug it in", "exit": 1, "more": False}
    assert answers == [said]


async def test_a_mistake_of_ours_is_answered_and_logged(server, caplog):
    *_, last = await talk(server, b'{"verb":"blunder"}\n')
    assert (last["error"], last["more"]) == ("the agent ended the conversation", False)
    assert "journalctl" in last["advice"]
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(ProcessFailed, match="ended the conversation"):
        await asyncio.to_thread(ask_agent, server, {"verb": "blunder"})
    assert await asyncio.to_thread(ask_agent, server, {"verb": "count", "to": 2}) == [0, 1]


@pytest.mark.parametrize("half", [b"", b'{"result": 1, "mo'])
def test_the_bench_says_that_an_agent_died_before_it_answered(tmp_path, half):
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor() as pool:
        listener.bind(str(path))
        listener.listen()
        asked = pool.submit(ask_agent, path, {"verb": "status"})
        dying, _ = listener.accept()
        dying.recv(100)
        dying.sendall(half)
        dying.close()
        with pytest.raises(ProcessFailed, match="the agent does not answer"):
            asked.result()


async def test_half_a_line_and_a_vanished_client(server):
    assert await talk(server, b'{"verb":"cou') == []
    reader, writer = await asyncio.open_unix_connection(str(server))
    writer.write(b'{"verb":"flood"}\n')
    await reader.readline()
    writer.transport.abort()
    assert (await talk(server, b'{"verb":"count","to":0}\n'))[0]["result"] is None


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data):
    async def one() -> None:
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            task = asyncio.create_task(ControlServer(path, VERBS).run())
            while not path.exists():
                await asyncio.sleep(0)
            for answer in await talk(path, data.replace(b"flood", b"") + b"\n"):
                assert "error" in answer or "result" in answer
            assert (await talk(path, b'{"verb":"count","to":0}\n'))[-1]["result"] is None
            task.cancel()
            await asyncio.wait({task})

    asyncio.run(one())


async def test_only_so_many_connections(server):
    assert await talk(server) == []  # who is gone was silent, and makes no room
    open_ones = [await asyncio.open_unix_connection(str(server)) for _ in range(MOST_CONNECTIONS)]
    for _, writer in open_ones:
        writer.write(b'{"verb":"flood"}\n')
    for reader, _ in open_ones:
        await reader.readline()
    answers = await talk(server)
    assert "too many connections" in answers[0]["error"]
    for _, writer in open_ones:
        writer.close()
    async with asyncio.timeout(30):
        while not await counts(server):
            await asyncio.sleep(0.001)


async def counts(server) -> bool:
    """Whether one more is answered; who is sent away may not even get to ask."""
    with contextlib.suppress(ConnectionError):
        return "error" not in (await talk(server, b'{"verb":"count","to":0}\n'))[0]
    return False


@pytest.mark.parametrize("begun", [b"", b'{"verb":"cou', b'{"verb":"count","to":0}\n'])
async def test_who_is_silent_makes_room_for_who_asks(server, begun):
    silent = [await asyncio.open_unix_connection(str(server)) for _ in range(MOST_CONNECTIONS)]
    for _, writer in silent:
        writer.write(begun)
    async with asyncio.timeout(30):
        for _ in range(3 * MOST_CONNECTIONS):
            assert (await talk(server, b'{"verb":"count","to":0}\n'))[0]["result"] is None
        reader, _ = silent[0]
        await reader.read()  # the first of them was ended
    for _, writer in silent:
        writer.close()


async def test_the_socket_is_for_owner_and_group(server):
    assert server.stat().st_mode & 0o777 == 0o660


async def test_a_stale_socket_is_replaced(tmp_path):
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_unix_connection(str(path))
    task = asyncio.create_task(ControlServer(path, VERBS).run())
    answers: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not answers:
            with contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
                answers = await talk(path, b'{"verb":"count","to":0}\n')
            await asyncio.sleep(0)
    assert answers[0]["result"] is None
    task.cancel()
    await asyncio.wait({task})


async def test_a_file_in_the_way_is_not_removed(tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(Fatal, match="not a socket"):
        await ControlServer(path, VERBS).run()
    assert path.read_text() == "data"


@pytest.mark.skipif(os.getuid() != 0, reason="only root is let past the mode of a folder")
async def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Retry, match="cannot listen"):
        await ControlServer(tmp_path / "file" / "s", VERBS).run()


async def test_the_client(server):
    def use() -> None:
        assert list(ask(server, {"verb": "count", "to": 3})) == [0, 1, 2]
        assert ask_one(server, {"verb": "count", "to": 1}) == 0
        with pytest.raises(Refused, match="is not there") as caught:
            ask_one(server, {"verb": "refuse", "device": "cold-1"})
        assert caught.value.advice == "plug it in"
        with pytest.raises(Refused, match="no result"):
            ask_one(server, {"verb": "count", "to": 0})
        with pytest.raises(NotRunning):
            ask_one(server.with_name("nobody"), {"verb": "count"})

    await asyncio.to_thread(use)


@contextlib.contextmanager
def an_agent(path: Path, behave: Callable[[socket.socket], None]) -> Iterator[None]:
    """One that takes one connection, and is gone when `behave` returns."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


@pytest.mark.parametrize("rest", [b"", b'{"result":2,"mo'])
def test_an_agent_that_dies_in_mid_answer(tmp_path, rest):
    def behave(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b'{"result":1,"more":true}\n' + rest)

    with an_agent(tmp_path / "s", behave):
        answers = ask(tmp_path / "s", {"verb": "count"})
        assert next(answers) == 1
        with pytest.raises(Lost, match="ended the conversation"):
            next(answers)


def test_an_agent_that_leaves_while_it_is_asked(tmp_path):
    request = {"verb": "dock-notice", "part": "x" * (1 << 20)}
    with an_agent(tmp_path / "s", lambda connection: None):
        with pytest.raises(Lost, match="ended the conversation"):
            ask_one(tmp_path / "s", request)


class Listeners:
    """Stands for the recorder: hands records to whoever listens."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def listen(self, listener) -> None:
        self.listeners.append(listener)

    def unlisten(self, listener) -> None:
        self.listeners.remove(listener)

    def say(self, records) -> None:
        for listener in list(self.listeners):
            listener(records)


def numbered(first: int, count: int) -> list[Record]:
    return [from_event("boot", {"version": "0"}, n, STAMP) for n in range(first, first + count)]


@pytest.fixture
async def kept(tmp_path):
    journal = await AsyncJournal.open(RingJournal, tmp_path / "j", b"e" * 16)
    yield journal
    await journal.close()


def number_of(leaf: str) -> int:
    return Record.from_bytes(bytes.fromhex(leaf)).number


async def test_a_follower_gets_old_and_new_records_once_in_order(kept):
    recorder = Listeners()
    await kept.commit(numbered(0, 600))
    stream = RecordDesk(kept, recorder).follow({"since": 10})
    got = [number_of(await anext(stream))]
    await kept.commit(numbered(600, 5))  # while the old ones are read
    recorder.say(numbered(600, 5))
    got += [number_of(await anext(stream)) for _ in range(594)]
    recorder.say(numbered(605, 2))
    got += [number_of(await anext(stream)) for _ in range(2)]
    assert got == list(range(10, 607))
    await stream.aclose()
    assert recorder.listeners == []


@pytest.mark.parametrize("asked", [{}, {"since": 10}, {"last": 590}])
async def test_who_does_not_follow_gets_what_there_was_when_it_asked(kept, asked):
    await kept.commit(numbered(0, 600))
    answer = RecordDesk(kept, Listeners()).records(asked)
    got = []
    async for leaf in answer:
        got.append(number_of(leaf))
        await kept.commit(numbered(599 + len(got), 1))  # it grows as fast as it is read
    assert got == list(range(10 if asked else 0, 600))


def test_a_journal_that_grows_under_its_reader_ends_where_it_ended(tmp_path):
    journal = RingJournal(tmp_path / "j", b"e" * 16)
    journal.commit(numbered(0, 600))
    got = []
    for record in from_file(tmp_path / "j", 0, None):
        got.append(record.number)
        journal.commit(numbered(599 + len(got), 1))
    journal.close()
    assert got == list(range(600))


async def test_a_follower_without_since_gets_only_what_is_new(kept):
    recorder = Listeners()
    await kept.commit(numbered(0, 5))
    stream = RecordDesk(kept, recorder).follow({})
    pending = asyncio.ensure_future(anext(stream))
    while not recorder.listeners:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    recorder.say(numbered(5, 1))
    assert number_of(await pending) == 5
    await stream.aclose()


async def test_a_slow_follower_is_dropped_with_the_number_to_go_on_from(kept):
    recorder = Listeners()
    stream = follow(kept, recorder, 0)
    pending = asyncio.ensure_future(anext(stream))
    while not recorder.listeners:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    recorder.say(numbered(0, 1))
    await pending
    for first in range(1, MOST_WAITING + 600, 500):
        recorder.say(numbered(first, 500))
    with pytest.raises(TooSlow, match="from 1 on"):
        await anext(stream)
    assert recorder.listeners == []


def test_a_number_of_a_request_is_whole_and_has_63_bits():
    assert number({}, "n", 7) == 7
    assert [number({"n": each}, "n", 7) for each in (0, (1 << 63) - 1)] == [0, (1 << 63) - 1]
    for wrong in (1 << 63, -1, True, 1.0, "1", None):
        with pytest.raises(BadRequest, match="n must be a whole number, 0 or more"):
            number({"n": wrong}, "n", 0)


def test_a_text_of_a_request_is_text_and_one_for_people_fits_on_a_line():
    assert text({"t": ""}, "t") == ""
    for wrong in ({}, {"t": 7}, {"t": None}):
        with pytest.raises(BadRequest, match="t must be text"):
            text(wrong, "t")
    assert [printable({"t": "x" * n}, "t", 3) for n in (1, 3)] == ["x", "xxx"]
    for wrong in ("", "xxxx", "a\nb"):
        with pytest.raises(BadRequest, match="t must be 1 to 3 printable characters") as caught:
            printable({"t": wrong}, "t", 3)
        assert caught.value.advice == "shorten it, on one line"


def test_a_device_of_a_request_is_one_of_those_known():
    assert device_of({"device": "cold"}, ["cold", "gps"]) == "cold"
    with pytest.raises(BadRequest, match="no device 'cild': did you mean 'cold'") as caught:
        device_of({"device": "cild"}, ["cold", "gps"])
    assert caught.value.advice == "see the names: tallyman devices"
    with pytest.raises(BadRequest) as caught:
        device_of({"device": "x" * 65}, ["cold"])
    assert str(caught.value) == f"there is no device '{'x' * 64}'"


def test_where_nobody_may_listen_the_key_is_named_that_says_where(tmp_path):
    (tmp_path / "file").touch()
    for path, error, advice in (
        (tmp_path / "file", Fatal, "correct [notify] socket"),
        (tmp_path / "file" / "s", Retry, "give the tallyman user that folder, or correct [notify] socket"),
    ):  # fmt: skip
        with pytest.raises(error) as caught:
            listen(path, "[notify] socket")
        assert caught.value.advice == advice


class Answers:
    """An agent that sends these bytes to whoever asks, and keeps what it was asked."""

    def __init__(self, path, data):
        self.asked = b""

        def behave(connection: socket.socket) -> None:
            self.asked = connection.recv(1000)
            connection.sendall(data)

        self.running = an_agent(path, behave)


@pytest.mark.parametrize(
    ("data", "error", "advice", "code"),
    [
        (b'{"error":"no","advice":"go","exit":2}\n', "no", "go", 2),
        (b'{"error":"no"}\n', "no", "", 1),
        (b"hello\n", "what answers there is no agent", "correct [gateway] control", 1),
        (b"[]\n", "what answers there is no agent", "correct [gateway] control", 1),
        (b'{"result":1}\n', "what answers there is no agent", "correct [gateway] control", 1),
    ],
)
def test_what_an_agent_refuses_ends_a_command_as_it_says(tmp_path, data, error, advice, code):
    agent = Answers(tmp_path / "s", data)
    with agent.running, pytest.raises(Refused) as caught:
        ask_one(tmp_path / "s", {"verb": "count"})
    assert (str(caught.value), caught.value.advice, caught.value.exit_code) == (error, advice, code)
    assert agent.asked == b'{"verb": "count"}\n'


def test_an_agent_that_does_not_answer_in_time_is_told_with_that_time(tmp_path):
    over = threading.Event()
    with an_agent(tmp_path / "s", lambda connection: over.wait(60) and None):
        with pytest.raises(Lost, match=r"did not answer within 0\.05 s") as caught:
            ask_one(tmp_path / "s", {"verb": "count"}, within=0.05)
        over.set()
    assert caught.value.advice == "look at its log: journalctl -u tallyman"


def test_who_waits_without_end_waits_longer_than_for_an_answer(tmp_path):
    first = threading.Event()

    def behave(connection: socket.socket) -> None:
        connection.recv(100)
        first.wait(60)
        connection.sendall(b'{"result":1,"more":true}\n{"result":null,"more":false}\n')

    with an_agent(tmp_path / "s", behave):
        answers = ask(tmp_path / "s", {"verb": "follow"}, endless=True, within=0.05)
        threading.Timer(0.15, first.set).start()
        assert list(answers) == [1]


def test_a_socket_that_may_not_be_opened_says_what_to_do(tmp_path, monkeypatch):
    def refuse(self, path):
        raise PermissionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(NotAllowed, match="not allowed to open") as caught:
        ask_one(tmp_path / "s", {"verb": "count"})
    assert "usermod -aG tallyman" in caught.value.advice
