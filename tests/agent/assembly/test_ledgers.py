"""What is built for each log that the policy names, and what they share; nothing is reached."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.assembly.ledgers import Ledgers, addresses, build_light_client, tasks_of
from agent.desks.status import UplinkStatus
from agent.light_client.client import Offer
from agent.light_client.errors import Expired
from agent.light_client.pinned_policy import load_policy
from agent.light_client.trusted_store import TrustedStore
from agent.machine.supervisor import Restart
from agent.signing.file_key import FileKey
from agent.signing.keys import Keys
from agent.upstream.day_bytes import Carried
from agent.upstream.events import LedgerEvents
from agent.upstream.link import NodeAddress
from agent.upstream.log_books import OneLog, OneOfSeveral
from agent.upstream.outbox import Outbox
from agent.upstream.states import LinkState, Step
from evidence.note import KeyType
from tests.agent.assembly.joined import BARE, configured, started
from tests.agent.fakes import WALL_MS
from tests.agent.log_world import NOW, ORIGIN, LogWorld

NORTH = "north.example/log"
KEY = "-/?oT^UBJ#6gq$Wo!bu(2Q^gc@EMwKP2VcqIJa5n"
NODE = """
[[ledger.node]]
name = "{name}"
endpoint = "tcp://127.0.0.1:{port}"
server_key = "{key}"
log = "{log}"
{more}
"""
ONE = '[ledger]\npolicy = "policy.txt"\ntrusting_period_days = 7\ncompare_minutes = 10\n'


def node(name, port, log=ORIGIN, more=""):
    return NODE.format(name=name, port=port, key=KEY, log=log, more=more)


ALONE = BARE + ONE + node("harbour", 9, more="own = true") + node("watch", 8, more="witness = true")
BOTH = BARE + ONE + node("harbour", 9) + node("fjord", 7, NORTH)
WAYS = '[uplink]\n[[uplink.way]]\ninterface = "eth0"\n[[uplink.way]]\ninterface = "wwan0"\n'


@pytest.fixture(scope="module")
def policies() -> dict[str, str]:
    """One log alone, and two of which both must vouch."""
    east, north = (LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1()))) for _ in range(2))
    first, *rest = north.policy_text.splitlines()
    assert first.startswith("log ")
    named = f"log {north.log_key.note_key(NORTH, KeyType.NOTE).to_text()}"
    both = "logs 2\n" + east.policy_text + "\n".join([named, *rest]) + "\n"
    return {"one": east.policy_text, "both": both}


def pinned(folder: Path, policy: str) -> Path:
    (folder / "policy.txt").write_text(policy)
    return folder


def ledgers_of(rig, learnt=None):
    events = LedgerEvents(rig.core.recorder)
    learn = (lambda _: None) if learnt is None else learnt.append
    timing = rig.world.host.timing
    return Ledgers(rig.config, rig.core, rig.world.entropy, timing, events, learn)


async def test_a_log_has_its_tasks_and_its_nodes_theirs(tmp_path, policies):
    async with started(pinned(tmp_path, policies["one"]), ALONE) as rig:
        tasks = {each.name: each for each in rig.agent.upstream.tasks}
        assert list(tasks) == ["ledger events", "key", "forwarder", "comparer"]
        endless = [name for name, each in tasks.items() if each.restart is Restart.ALWAYS]
        assert endless == ["ledger events"]
        assert tasks["forwarder"].longest_delay == 4.0
        status = rig.agent.upstream.status()
        assert [each.name for each in status.nodes] == ["harbour"], "to a witness nothing is sent"
        assert status.trust.views == 2, "what a witness shows is compared as well"
        meters = rig.agent.upstream.meters()
        assert list(meters.nodes) == ["harbour", "watch"]
        assert list(meters.proven) == [ORIGIN]
        assert rig.world.host.budget_spent() is False


async def test_one_log_is_followed_in_the_journal_itself_and_takes_all_bodies(tmp_path, policies):
    async with started(pinned(tmp_path, policies["one"]), ALONE) as rig:
        ledgers = ledgers_of(rig)
        (parts,) = ledgers.parts.values()
        assert isinstance(parts.outbox._books, OneLog)
        assert parts.outbox.carries is True
        assert parts.serving is False
        await ledgers.begin()
        (batch,) = await parts.outbox.unsent(9)
        assert batch.seq == 0
        assert ledgers.budget.spent == 0
        assert ledgers.route.interface == ""
        assert ledgers.trusted() == [ORIGIN]
        ledgers.context.destroy(linger=0)


async def test_what_was_trusted_before_this_start_tells_the_time_for_so_many_days(
    tmp_path, monkeypatch
):
    world = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    world.seal()
    async with started(pinned(tmp_path, world.policy_text), BARE) as rig:
        config = configured(tmp_path, ALONE)
        client = build_light_client(config, load_policy(config), ORIGIN)
        assert stat.S_IMODE((config.gateway.state_dir / "trust").stat().st_mode) == 0o755
        offer = Offer({0: world.receipt(0)}, world.note(), None)
        client.confirm({0: world.statement(0)}, offer, NOW)
        client.check_age(NOW + 7 * 86_400)
        with pytest.raises(Expired):
            client.check_age(NOW + 7 * 86_400 + 1)
        rig.config = config
        learnt = []
        ledgers_of(rig, learnt).context.destroy(linger=0)
        assert [anchor.time for anchor in learnt] == [NOW]
        monkeypatch.setattr(TrustedStore, "frozen", lambda _: "two histories")
        ledgers_of(rig, learnt).context.destroy(linger=0)
        assert len(learnt) == 1, "who forked tells no time"


async def test_a_node_that_said_no_is_left_alone_and_its_log_compared_as_configured(
    tmp_path, policies
):
    async with started(pinned(tmp_path, policies["one"]), ALONE) as rig:
        ledgers = ledgers_of(rig)
        (parts,) = ledgers.parts.values()
        assert parts.comparer._every == 600.0
        patience = parts.comparer._patience["harbour"]
        patience.answered(LinkState.REPLACED)
        left = patience.left()
        await rig.world.host.timing.advance(100.0)
        assert patience.left() == pytest.approx(left - 100.0)
        ledgers.context.destroy(linger=0)


async def test_what_went_over_the_uplink_before_this_start_is_of_the_day_s_bytes(
    tmp_path, policies
):
    text = ALONE + "[uplink]\nbudget_bytes_per_day = 1000000\n"
    spent = tmp_path / "state" / "uplink-spent"
    spent.parent.mkdir()
    for bytes_, used_up in ((999_999, False), (1_000_000, True)):
        spent.write_text(f"{WALL_MS // 86_400_000} {bytes_}\n")
        async with started(pinned(tmp_path, policies["one"]), text) as rig:
            uplink = rig.agent.upstream.status().uplink
            assert uplink == UplinkStatus(bytes_, 1_000_000)
            assert rig.world.host.budget_spent() is used_up


async def test_each_of_several_logs_has_books_of_its_own_and_one_of_them_the_bodies(
    tmp_path, policies
):
    async with started(pinned(tmp_path, policies["both"]), BOTH) as rig:
        trust = rig.agent.upstream.status().trust
        assert ([each.origin for each in trust.logs], trust.wanted) == ([ORIGIN, NORTH], 2)
        ledgers = ledgers_of(rig)
        assert [each.name for each in ledgers.tasks()] == [
            f"forwarder {ORIGIN}",
            f"comparer {ORIGIN}",
            f"forwarder {NORTH}",
            f"comparer {NORTH}",
        ]
        east, north = ledgers.parts[ORIGIN], ledgers.parts[NORTH]
        assert isinstance(east.outbox._books, OneOfSeveral)
        await ledgers.begin()
        await ledgers.begin()  # may be repeated
        (batch,) = await east.outbox.unsent(9)
        assert [each.seq for each in await north.outbox.unsent(9)] == [batch.seq]
        carrying = [each.outbox.carries for each in (east, north)]
        assert carrying == [False, False], "no node serves yet"
        north.forwarder.views[0].state = LinkState.OK
        assert (east.serving, north.serving) == (False, True)
        assert (east.outbox.carries, north.outbox.carries) == (False, True)
        east.forwarder.views[0].state = LinkState.OK
        assert (east.outbox.carries, north.outbox.carries) == (True, False)
        east.client.frozen = "two histories"
        assert east.serving is False
        assert (east.outbox.carries, north.outbox.carries) == (False, True)
        assert ledgers.trusted() == [NORTH]
        ledgers._conflicts.known = object()
        east.outbox.sealed()
        assert await east.outbox.unsent(9) == [], "another history of ours is proven somewhere"
        ledgers.context.destroy(linger=0)


async def test_each_batch_that_is_sealed_is_told_to_what_sends_to_each_log(
    tmp_path, policies, monkeypatch
):
    told = []

    def sealed(outbox):
        told.append(outbox)

    monkeypatch.setattr(Outbox, "sealed", sealed)
    async with started(pinned(tmp_path, policies["both"]), BOTH) as rig:
        await rig.core.recorder.note("config", {"digest": b"", "devices": 1})
        await rig.core.recorder.commit()
        assert told == []
        await rig.core.batcher.seal_all()
        assert len({id(outbox) for outbox in told}) == len(told) == 2


async def test_a_link_goes_the_way_in_use_and_is_counted_for_its_node(
    tmp_path, policies, monkeypatch
):
    class Opened(Exception):
        pass

    def link(*args, **named):
        raise Opened(args, named)

    monkeypatch.setattr("agent.assembly.ledgers.Link", link)
    async with started(pinned(tmp_path, policies["one"]), ALONE) as rig:
        ledgers = ledgers_of(rig)
        forward, _ = ledgers.tasks()
        with pytest.raises(Opened) as caught:
            await forward.run()
        (context, node, curve, entropy, _), named = caught.value.args
        assert (context, node) == (
            ledgers.context,
            NodeAddress("harbour", "tcp://127.0.0.1:9", KEY),
        )
        assert entropy is rig.world.entropy
        assert curve.public == Keys.beside(tmp_path / "state", rig.core.succession).curve.public
        assert named == {
            "spend": ledgers.budget.spend,
            "route": ledgers.route,
            "traffic": ledgers.meters().nodes["harbour"],
        }
        (parts,) = ledgers.parts.values()
        session = parts.forwarder._converse(SimpleNamespace(), None)
        assert (session.step, session._outbox) == (Step.GREET, parts.outbox)
        ledgers.context.destroy(linger=0)


async def test_the_first_node_is_probed_over_each_way_and_what_that_takes_is_counted(
    tmp_path, policies, monkeypatch
):
    asked = []

    async def unreached(host, port, interface, within, *, names):
        asked.append((host, port, interface, within))
        return ""

    monkeypatch.setattr("agent.assembly.ledgers.unreached", unreached)
    metered = WAYS + "metered = true\n"
    async with started(pinned(tmp_path, policies["one"]), ALONE + metered) as rig:
        ledgers = ledgers_of(rig)
        running = asyncio.create_task(ledgers.ways.run())
        await rig.world.host.timing.advance(1.0)
        running.cancel()
        assert asked == [("127.0.0.1", 9, name, 5.0) for name in ("eth0", "wwan0")]
        assert [(line.way, line.carried, line.size) for line in ledgers.budget.lines()] == [
            ("wwan0", Carried.UPKEEP, 280)
        ]
        (cable, radio) = rig.agent.upstream.status().ways
        assert (cable.interface, cable.metered, radio.interface, radio.metered) == (
            *("eth0", False), *("wwan0", True),
        )  # fmt: skip
        ledgers.context.destroy(linger=0)


async def test_ways_are_kept_where_some_are_configured(tmp_path, policies):
    async with started(pinned(tmp_path, policies["one"]), ALONE + WAYS) as rig:
        ledgers = ledgers_of(rig)
        assert ledgers.route is ledgers.ways
        assert [each.name for each in ledgers.tasks()] == ["ways", "forwarder", "comparer"]
        first = rig.config.uplink.ways[0]
        ledgers.budget.spend(70, Carried.LIVE)
        assert ledgers.budget.spent_over(first) == 70, "the best way is in use until another is"
        ledgers.context.destroy(linger=0)
    async with started(pinned(tmp_path, policies["one"]), BARE + WAYS) as rig:
        assert rig.agent.upstream.tasks == [], "to no node there is no way"


def test_an_address_is_what_the_configuration_says_of_a_node():
    node = SimpleNamespace(name="harbour", endpoint="tcp://h:1", server_key=KEY)
    assert addresses([node]) == [NodeAddress("harbour", "tcp://h:1", KEY)]


async def test_a_rule_that_erases_has_its_task_and_its_line_in_the_status(tmp_path, policies):
    text = ALONE + "[privacy]\nposition_days = 30\n"
    earlier = tmp_path / "state" / "epochs" / ("0" * 32)
    async with started(pinned(tmp_path, policies["one"]), text) as rig:
        names = [each.name for each in rig.agent.tasks]
        assert names[names.index("wear") + 1] == "eraser"
        status = await rig.agent.snapshot.take()
        assert [(each.what, each.days, each.earlier) for each in status.privacy] == [
            ("position", 30, 0)
        ]
    earlier.mkdir(parents=True)
    (earlier / "journal.sqlite").touch()
    async with started(tmp_path, text) as rig:
        status = await rig.agent.snapshot.take()
        assert [each.earlier for each in status.privacy] == [1], "rules do not reach there"
    async with started(tmp_path, BARE) as rig:
        assert "eraser" not in [each.name for each in rig.agent.tasks]


@pytest.mark.parametrize(("views", "done"), [([], ["begun"]), (["a"], ["begun", "forwarded"])])
async def test_nothing_is_forwarded_before_the_journal_has_its_books(views, done):
    """To a log of witnesses alone nothing is sent at all."""
    seen = []

    async def note(what):
        seen.append(what)

    parts = SimpleNamespace(
        forwarder=SimpleNamespace(views=views, run=lambda: note("forwarded")),
        comparer=SimpleNamespace(run=lambda: note("compared")),
    )
    forward, compare = tasks_of(parts, lambda: note("begun"), " east")
    await forward.run()
    assert seen == done
    assert (forward.name, compare.name) == ("forwarder east", "comparer east")
