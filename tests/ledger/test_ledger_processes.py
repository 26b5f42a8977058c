"""A whole ledger as processes: one sequencer, three witnesses, one gateway."""

from __future__ import annotations

import tomllib
from contextlib import ExitStack

import cbor2

from agent.evidence.checkpoint import parse_checkpoint
from agent.evidence.receipt import parse_receipt
from agent.evidence.statement import parse_statement
from agent.evidence.wire import Label, Type
from tests.ledger.support import (
    Gateway,
    NodeFiles,
    Process,
    asker,
    check_naively,
    command,
    free_endpoint,
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
        import asyncio

        asyncio.run(register_and_check(alpha, gateway))
        text = done(command("status", alpha.folder))
        assert "0 of 4 entries" in text
        assert all(len(line) <= 80 for line in text.splitlines())
        for name in ["alpha", *names]:
            assert f"ask {name}" in text
        assert text.count("answers") == 4
        assert [process.terminate() for process in processes] == [0, 0, 0, 0]


async def register_and_check(alpha, gateway):
    from agent.evidence.policy import parse_policy

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
