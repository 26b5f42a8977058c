"""A whole ledger as processes: one sequencer, three witnesses, one gateway."""

from __future__ import annotations

import asyncio
import random
import socket
import tomllib
from contextlib import AsyncExitStack, ExitStack

import cbor2

from evidence.checkpoint import parse_checkpoint
from evidence.policy import parse_policy
from evidence.receipt import parse_receipt
from evidence.statement import parse_statement
from evidence.wire import Label, Type
from ledger.base.node_files import NodeFiles
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import (
    Gateway,
    Process,
    asker,
    check_naively,
    command,
    free_endpoint,
    make_cluster,
    wait_for,
)


def done(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_init_run_register_cosigned_receipt(tmp_path):
    """From nothing to a checked receipt, with the commands an operator types."""
    names = ["bravo", "charlie", "delta"]
    for name in names:
        address = ["--listen", free_endpoint()]
        done(command("init", tmp_path / name, "--name", name, "--role", "witness", *address))
    publics = [tmp_path / name / "node.pub" for name in names]
    alpha = NodeFiles(tmp_path / "alpha")
    done(
        command(
            "init", alpha.folder, "--name", "alpha", "--role", "sequencer",
            "--listen", free_endpoint(), "--origin", "example.org/log", "--witness", *publics,
        )
    )  # fmt: skip
    assert "group quorum-group 3 alpha bravo charlie delta" in alpha.policy.read_text()
    for name in names:
        pinned = command(
            "pin", tmp_path / name, "--policy", alpha.policy, "--sequencer", alpha.public
        )
        assert "example.org/log" in done(pinned)
    gateway = Gateway()
    public = tmp_path / "truck-7.toml"
    public.write_text(gateway.public_toml())

    with ExitStack() as stack:
        nodes = [NodeFiles(tmp_path / name) for name in names] + [alpha]
        processes = [stack.enter_context(Process(files)) for files in nodes]
        done(command("admit", alpha.folder, public))
        stanza = tomllib.loads(done(command("show", alpha.folder)))
        assert stanza["ledger"]["node"][0]["name"] == "alpha"
        asyncio.run(register_and_check(alpha, gateway))
        text = done(command("status", alpha.folder))
        assert "0 of 4 entries" in text
        assert all(len(line) <= 80 for line in text.splitlines())
        for name in ["alpha", *names]:
            assert f"ask {name}" in text
        assert text.count("answers") == 4
        assert [process.terminate() for process in processes] == [0, 0, 0, 0]


async def register_and_check(alpha, gateway):
    policy = parse_policy(alpha.policy.read_text())
    async with asker(alpha, gateway) as node:
        for wanted in (1, 2, 3):
            answer = await node.register(gateway.extend())
            assert answer.type is Type.ACCEPTED
            assert answer.get(Label.INDEX) == wanted
        answer = await node.receipts(gateway, [0, 1, 2])
    note = answer.get(Label.NOTE)
    signed = parse_checkpoint(note)
    assert len(policy.check(signed)) >= 3
    for seq, receipt in answer.get(Label.RECEIPTS):
        statement = parse_statement(gateway.chain[seq][0])
        parsed = parse_receipt(receipt)
        root = parsed.root(statement.leaf)
        parsed.verify(root, policy.receipt_key)
        assert (parsed.size, root) == (signed.checkpoint.size, signed.checkpoint.root)
        index, _ = check_naively(policy, note, receipt, statement.encoded)
        assert index == seq + 1
        assert cbor2.loads(receipt).tag == 18


def make_processes(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=1)
    cluster.admit(gateway)
    return cluster


async def keep_registering(node, gateway, accepted):
    """Send the chain on for ever, each statement until it is accepted."""
    while True:
        gateway.extend()
        while len(accepted) < len(gateway.chain):
            try:
                answer = await node.ask(Type.REGISTER, {}, *gateway.chain[-1], wait=2.0)
            except TimeoutError:
                continue  # it was killed: the client connects anew
            assert answer.type is Type.ACCEPTED, answer
            accepted.append(answer.get(Label.INDEX))


async def test_kill_9_again_and_again_loses_and_doubles_nothing(tmp_path, gateway):
    """The sequencer is killed six times while a gateway sends; the witness twice."""
    cluster = make_processes(tmp_path, gateway)
    waits = random.Random(20261122)
    accepted = []
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(asker(cluster.sequencer, gateway))
        sending = asyncio.create_task(keep_registering(node, gateway, accepted))
        witness = stack.enter_context(Process(cluster.witnesses[0]))
        for life in range(6):
            with Process(cluster.sequencer) as sequencer:
                before = len(accepted)
                async with asyncio.timeout(30):
                    while len(accepted) < before + 3:
                        await asyncio.sleep(0.01)
                await asyncio.sleep(waits.uniform(0, 0.1))
                if life % 3 == 1:
                    witness.kill()
                    witness = stack.enter_context(Process(cluster.witnesses[0]))
                sequencer.kill()
        sending.cancel()
        await asyncio.wait([sending])
        stack.enter_context(Process(cluster.sequencer))
        hello = await node.ask(Type.HELLO, {Label.EPOCH: gateway.epoch})
        newest = hello.get(Label.SEQ)
        answer = await node.receipts(gateway, range(max(0, newest - 63), newest + 1))
    assert accepted == list(range(1, len(accepted) + 1))
    assert len(accepted) - 1 <= newest < len(gateway.chain)
    note = answer.get(Label.NOTE)
    cluster.policy.check(parse_checkpoint(note))
    for seq, receipt in answer.get(Label.RECEIPTS):
        assert check_naively(cluster.policy, note, receipt, gateway.chain[seq][0])[0] == seq + 1
    store = SqliteStore(cluster.sequencer.store, read_only=True)
    entries = [store.entry(index) for index in range(store.size())]
    store.close()
    assert entries[1:] == [statement for statement, _ in gateway.chain[: newest + 1]]
    for files in (cluster.sequencer, *cluster.witnesses):
        store = SqliteStore(files.store, read_only=True)
        assert store.evidence() == []
        store.close()


def test_second_instance_is_refused(tmp_path, gateway):
    cluster = make_processes(tmp_path, gateway)
    with Process(cluster.witnesses[0]) as first:
        wait_for(lambda: "listens on" in first.log.read_text())
        second = command("run", cluster.witnesses[0].folder)
        assert second.returncode == 1  # the other one may end
        assert f"process {first.pid} already runs" in second.stderr
        assert first.terminate() == 0


def test_systemd_hears_ready_status_watchdog_and_stopping(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        with Process(cluster.sequencer, environ) as node:
            heard = ""
            while not ("READY=1" in heard and "WATCHDOG=1" in heard and "size 1" in heard):
                heard += manager.recv(4096).decode() + "\n"
            assert node.terminate() == 0
            while "STOPPING=1" not in heard:
                heard += manager.recv(4096).decode() + "\n"


async def test_sigterm_in_the_midst_of_work_keeps_what_was_accepted(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=0)
    cluster.admit(gateway)
    accepted = 0
    async with asker(cluster.sequencer, gateway) as asking:
        with Process(cluster.sequencer) as node:
            while accepted < 20:
                answer = await asking.register(gateway.extend())
                assert answer.type is Type.ACCEPTED
                accepted += 1
            late = asyncio.create_task(asking.register(gateway.extend()))
            await asyncio.sleep(0)
            assert await asyncio.to_thread(node.terminate) == 0
            late.cancel()
        assert "Traceback" not in node.log.read_text()
    store = SqliteStore(cluster.sequencer.store, read_only=True)
    assert 1 + accepted <= store.size() <= 2 + accepted
    assert [store.entry(1 + seq) for seq in range(accepted)] == [
        text for text, _ in gateway.chain[:accepted]
    ]
    store.close()


def test_old_copy_of_the_store_stops_the_process(tmp_path, gateway):
    cluster = make_processes(tmp_path, gateway)
    old = cluster.sequencer.store.read_bytes()
    with Process(cluster.witnesses[0]):
        with Process(cluster.sequencer) as node:
            asyncio.run(register_some(cluster.sequencer, gateway, 3))
            assert node.terminate() == 0
        cluster.sequencer.store.write_bytes(old)
        with Process(cluster.sequencer) as node:
            assert node.wait() == 1
            log = node.log.read_text()
            assert "its store holds 1" in log
            assert "next: the store is an old copy" in log
            assert "Traceback" not in log


async def register_some(files, gateway, count):
    async with asker(files, gateway) as node:
        for _ in range(count):
            assert (await node.register(gateway.extend())).type is Type.ACCEPTED
        await node.receipts(gateway, range(count))
