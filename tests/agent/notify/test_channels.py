"""Webhook and command: what counts as told, and what is said where it was not."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from hashlib import sha256

import pytest

from agent.config.notify import NotifySettings
from agent.notify.channel import Refusal, Undelivered
from agent.notify.channels import NoAuthorities, channels, trusting
from agent.notify.command import Command
from agent.notify.event import Event, Sender, event_of, trial
from agent.notify.secret import secret
from agent.notify.webhook import Webhook
from evidence.leaf import Record
from hil.site.ports import HERE

US = Sender("9f86", "truck-7")
CONTEXT = ssl.create_default_context()
EVENT = Event("5d41", US, "alarm", "cargo", "2026-11-22T06:30:00.000Z", "ALARM too warm", 250, 12)


def webhook(receiver, token=None):
    return Webhook(receiver.url, token, ssl.create_default_context())


def test_an_event_is_the_record_in_words_and_fields_under_its_own_hash():
    record = Record(12, "cargo", "alarm", 1, 5, 1_790_000_000_000, "ntp", 5, "ok",
                    {"rule": "too warm", "limit": "above 8 °C", "lowest": 812})  # fmt: skip
    event = event_of(record, US)
    assert event.id == sha256(record.to_bytes()).hexdigest()
    assert event.text.startswith("ALARM too warm: above 8 °C")
    assert event.fields == {"rule": "too warm", "limit": "above 8 °C", "lowest": 8.12}
    assert event.time == "2026-09-21T14:13:20.000Z"


def test_a_post_has_the_event_its_id_and_the_token_of_the_file(receiver, tmp_path):
    token = tmp_path / "token"
    token.write_text("hush\n")
    webhook(receiver, token).deliver(EVENT)
    path, headers = receiver.asked[0]
    assert path == "/alarms?site=7"
    assert headers["Authorization"] == "Bearer hush"
    assert headers["Idempotency-Key"] == "5d41"
    assert receiver.taken[0] == {
        "id": "5d41", "gateway": "9f86", "name": "truck-7", "record": 12, "kind": "alarm",
        "device": "cargo", "time": "2026-11-22T06:30:00.000Z", "clock_bound_ms": 250,
        "text": "ALARM too warm",
        "fields": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (301, Undelivered, "notify.failing"),
        (401, Undelivered, "notify.refused"),
        (404, Undelivered, "notify.failing"),
        (413, Refusal, "notify.failing"),
        (429, Undelivered, "notify.failing"),
        (503, Undelivered, "notify.failing"),
    ],
)
def test_only_2xx_counts_as_told(receiver, status, kind, cause):
    receiver.answers.append(status)
    with pytest.raises(Undelivered, match=str(status)) as caught:
        webhook(receiver).deliver(EVENT)
    assert type(caught.value) is kind
    assert caught.value.cause_id == cause


@pytest.mark.parametrize(
    ("asked", "wait"), [("90", 90.0), ("999999999", 3600.0), ("Wed, 21 Oct", 0.0), ("-1", 0.0)]
)
def test_a_receiver_may_ask_for_a_pause(receiver, asked, wait):
    receiver.answers.append(503)
    receiver.headers["Retry-After"] = asked
    with pytest.raises(Undelivered) as caught:
        webhook(receiver).deliver(EVENT)
    assert caught.value.wait == wait


def test_nobody_listens(receiver):
    receiver.down()
    with pytest.raises(Undelivered, match="Connection refused") as caught:
        webhook(receiver).deliver(EVENT)
    assert caught.value.cause_id == "notify.unreached"


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n", b"\xff" * 70_000, b"HTTP/1.1 abc\r\n\r\n"]
)
def test_whatever_else_answers_has_not_been_told(receiver, answer):
    receiver.down()
    listener = socket.create_server((HERE, receiver.port))

    def once():
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(answer)
        connection.close()

    threading.Thread(target=once, daemon=True).start()
    with pytest.raises(Undelivered):
        webhook(receiver).deliver(EVENT)
    listener.close()


def test_over_tls_a_certificate_must_be_vouched_for(receiver, certificate):
    receiver.down()
    receiver.context = certificate.server()
    receiver.up()
    url = receiver.url.replace("http:", "https:")
    with pytest.raises(Undelivered) as caught:
        Webhook(url, None, ssl.create_default_context()).deliver(EVENT)
    assert caught.value.cause_id == "notify.untrusted"
    assert receiver.taken == []
    settings = NotifySettings(webhook=url, authorities=certificate.file)
    (trusted,) = channels(settings)
    trusted.deliver(EVENT)
    assert receiver.taken[0]["id"] == EVENT.id
    with pytest.raises(Undelivered, match=r"IP address mismatch|localhost") as caught:
        Webhook(url.replace(HERE, "localhost"), None, trusting(settings)).deliver(EVENT)
    assert caught.value.cause_id == "notify.untrusted", "it is another's certificate"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "No such file"),
        (b"", "first line is empty"),
        (b"\n x", "empty"),
        (b"\xff\n", "ASCII"),
    ],
)
def test_a_token_that_cannot_be_had_is_named_with_its_file(tmp_path, data, said):
    path = tmp_path / "token"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(Undelivered, match=said) as caught:
        secret(path)
    assert str(path) in str(caught.value)
    assert caught.value.cause_id == "notify.secret"


def program(tmp_path, text, mode=0o755):
    path = tmp_path / "on-alarm"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return Command(path)


def test_a_program_reads_the_event_and_is_done_with_zero(tmp_path):
    program(tmp_path, f"cat > {tmp_path}/heard").deliver(EVENT)
    assert (tmp_path / "heard").read_bytes() == EVENT.to_json()


def test_a_program_that_reads_nothing_is_done_as_well(tmp_path):
    program(tmp_path, "exit 0").deliver(EVENT)


@pytest.mark.parametrize(
    ("text", "said"), [("exit 3", "ended with 3"), ("kill -9 $$", "signal 9 ended it")]
)
def test_a_program_that_fails_has_not_told(tmp_path, text, said):
    with pytest.raises(Undelivered, match=said):
        program(tmp_path, text).deliver(EVENT)


def test_a_program_that_cannot_run_is_said_before_the_first_alarm(tmp_path):
    with pytest.raises(Undelivered, match="no such file"):
        Command(tmp_path / "nothing").open(US)


def test_a_file_that_is_no_program_is_said_before_the_first_alarm(tmp_path):
    (tmp_path / "notes").write_text("call the driver")
    with pytest.raises(Undelivered, match="notes: it is not executable for this user") as caught:
        Command(tmp_path / "notes").open(US)
    assert caught.value.cause_id == "notify.command"


def test_a_post_goes_to_the_root_where_no_path_is_said(receiver):
    bare = receiver.url.partition("/alarms")[0]
    Webhook(bare, None, CONTEXT).deliver(EVENT)
    Webhook(f"{bare}?a=1", None, CONTEXT).deliver(EVENT)
    assert [path for path, _ in receiver.asked] == ["/", "/?a=1"]
    headers = receiver.asked[0][1]
    assert (headers["Content-Type"], headers["User-Agent"]) == (
        "application/json", "tallyman-notify",
    )  # fmt: skip
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (200, None, ""), (204, None, ""), (299, None, ""), (300, Undelivered, "failing"),
        (403, Undelivered, "refused"), (407, Undelivered, "refused"),
        *((status, Refusal, "failing") for status in (400, 405, 413, 414, 415, 422)),
    ],
)  # fmt: skip
def test_what_each_answer_says_of_the_event(receiver, status, kind, cause):
    receiver.answers.append(status)
    if kind is None:
        webhook(receiver).deliver(EVENT)
        return
    with pytest.raises(Undelivered) as caught:
        webhook(receiver).deliver(EVENT)
    assert (type(caught.value), caught.value.cause_id) == (kind, f"notify.{cause}")


def test_a_receiver_that_never_answers_is_given_up(receiver, monkeypatch):
    receiver.down()
    monkeypatch.setattr("agent.notify.webhook.WITHIN", 0.05)
    with socket.create_server((HERE, receiver.port)):
        with pytest.raises(Undelivered, match=r"no answer within 0\.05 s") as caught:
            webhook(receiver).deliver(EVENT)
    assert caught.value.cause_id == "notify.unreached"


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Undelivered, match=r"alarms\.example: no such name: Name or") as caught:
        Webhook("http://alarms.example/", None, CONTEXT).deliver(EVENT)
    assert caught.value.cause_id == "notify.unreached"


def test_a_program_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("agent.notify.command.WITHIN", 0.05)
    with pytest.raises(Undelivered, match=r"on-alarm: not done within 0\.05 s") as caught:
        program(tmp_path, "exec sleep 60").deliver(EVENT)
    assert caught.value.cause_id == "notify.command"


def test_a_program_that_may_not_be_run_is_said_too(tmp_path):
    with pytest.raises(Undelivered, match=r": Permission denied"):
        Command(tmp_path).deliver(EVENT)
    there = program(tmp_path, "exit 0")
    assert there.open(US) is False
    for channel in (there, Webhook("http://x/", None, CONTEXT)):
        assert (channel.kinds, channel.trouble(), channel.open(US)) == ((), None, False)


def test_the_ways_out_are_those_that_are_named(tmp_path):
    assert channels(NotifySettings()) == []
    both = channels(NotifySettings(webhook="http://x/", command=tmp_path / "on-alarm"))
    assert [each.name for each in both] == ["webhook", "command"]
    with pytest.raises(NoAuthorities, match=r"none\.pem: No such file"):
        channels(NotifySettings(webhook="http://x/", authorities=tmp_path / "none.pem"))


def test_a_test_event_is_no_record_and_another_each_time():
    first, other = (trial(US, token, 1_790_000_000_000) for token in ("a", "b"))
    assert first.id != other.id
    assert json.loads(first.to_json()) == {
        "id": sha256(b"a").hexdigest(), "gateway": "9f86", "name": "truck-7", "record": None,
        "kind": "test", "device": "gateway", "time": "2026-09-21T14:13:20.000Z",
        "clock_bound_ms": None, "text": "a test of truck-7: nothing has happened", "fields": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("gateway", "short"),
    [("urn:uuid:9f86d081-884c-4d65-9a2f-eaa0c55ad015", "9f86d081884c4d"), ("9f86", "9f86"),
     ("", "")],
)  # fmt: skip
def test_a_gateway_is_known_by_fourteen_digits(gateway, short):
    assert Sender(gateway, "truck-7").short == short


def test_a_secret_is_the_first_line_of_its_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("  hush \nsecond\n")
    assert secret(path) == "hush"
    path.write_text("x" * 5000)
    assert secret(path) == "x" * 4096
