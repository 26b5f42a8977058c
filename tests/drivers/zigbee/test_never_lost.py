"""A network is never lost: other sticks, old copies, damaged books, pulled and frozen sticks."""

import asyncio
import json
import shutil

import pytest

from drivers.driver import State
from drivers.errors import DriverError
from hil.emulators.zigbee.nvram import CC2652, SECURITY
from tests.drivers.zigbee.conftest import CLIMATE, ROUTER, until

PLUG = {"ieee": ROUTER, "router": True, "measures": ["switch"]}
SENSOR = {"ieee": CLIMATE, "measures": ["temperature"], "every": 0.3}
OTHER_STICK = bytes.fromhex("00124b0000000099")


async def running(network):
    """A network of a router and a node that is heard."""
    node = network.follow(CLIMATE)
    await network.form()
    await network.let_in(ROUTER)
    await network.let_in(CLIMATE, via=ROUTER)
    await node.says("temperature")
    return node


async def heard_again(network, node):
    before = len(node.said("temperature"))
    await until(lambda: len(node.said("temperature")) > before + 2, "its reports")
    await network.radio.is_(State.RUNNING)


async def test_a_blank_stick_gets_the_network_and_nobody_joins_anew(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        node = await running(network)
        last = max(each.counter for each in network.stick.mesh.nodes.values())
        await network.swap(nvram=network.folder / "another", ieee=OTHER_STICK)
        await network.radio.is_(State.WRONG_DEVICE, "no network on the stick, but one in the book")
        with pytest.raises(DriverError, match="what is on the stick is lost"):
            await network.order("restore")
        await network.order("restore", yes=True)
        await heard_again(network, node)
        for name in (ROUTER, CLIMATE):
            assert network.node(name).network == network.stick.nvram.network
        await network.order("map")  # a frame to each router, which it must believe
        assert network.node(ROUTER).counter > last + 9000
        assert network.stick.nvram.ieee[::-1] != OTHER_STICK  # it is the coordinator that it was


async def test_a_stick_that_cannot_set_its_counter_is_found_out(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await running(network)
        await network.swap(nvram=network.folder / "another", ieee=OTHER_STICK)
        await network.radio.is_(State.WRONG_DEVICE)
        rows = {network.stick.nvram.row(SECURITY, index) for index in range(4)}
        network.stick._memory._items = Forgetful(rows, network.stick.nvram.items)
        with pytest.raises(DriverError, match="frame counter reads 0") as raised:
            await network.order("restore", yes=True)
        assert "firmware" in raised.value.advice


class Forgetful(dict):
    """Items of a stick that stores zeros for a counter."""

    def __init__(self, rows, items):
        super().__init__(items)
        self._rows, self._real = rows, items

    def __getitem__(self, name):
        return self._real[name]

    def get(self, name, default=None):
        return self._real.get(name, default)

    def pop(self, name, default=None):
        return self._real.pop(name, default)

    def __contains__(self, name):
        return name in self._real

    def __setitem__(self, name, value):
        self._real[name] = bytes(4) + value[4:] if name in self._rows else value


async def test_a_stick_with_another_network_is_not_touched(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        node = await running(network)
        foreign = network.another_stick(nvram=network.folder / "foreign", ieee=OTHER_STICK)
        foreign.nvram.form(0x4711, b"\x07" * 8, 20)
        foreign.nvram.save()
        before = json.loads((network.folder / "foreign").read_text())
        await network.swap(nvram=network.folder / "foreign")
        await network.radio.is_(State.WRONG_DEVICE, "another network on the stick")
        assert node.health.state is State.MISSING
        network.stick.nvram.save()
        assert json.loads((network.folder / "foreign").read_text()) == before


async def test_an_older_copy_of_the_stick_is_refused_and_written_ahead(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        network.stick.nvram.save()
        node = await running(network)
        network.stick.nvram.save()
        shutil.copy(network.folder / "nvram", network.folder / "copy")
        for _ in range(20):
            await network.order("map")
        await network.stop_process()
        book = network.folder / "state/radio-1.network"
        before = book.read_bytes()
        await network.start_process()
        await until(lambda: book.read_bytes() != before, "the counter of now in the book")
        await network.swap(nvram=network.folder / "copy")
        await network.radio.is_(State.WRONG_DEVICE, "frame counter is behind")
        await network.order("restore", yes=True)
        await heard_again(network, node)


async def test_a_pulled_stick_runs_again_under_another_name(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        node = await running(network)
        network.stick.unplug()
        await network.radio.was(State.MISSING, "is gone")
        await network.radio.is_(State.MISSING, "there is no stick at")
        assert node.health.state is State.MISSING
        runs = network.runs()
        network.stick.plug()  # the same link leads to another pty
        await heard_again(network, node)
        await until(lambda: network.runs() > runs, "its start")


async def test_a_second_process_says_who_holds_the_stick(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await running(network)
        first = network.process
        await network.start_process()
        _, err = await network.process.communicate()
        assert network.process.returncode == 1
        assert f"process {first.pid} already runs here" in err.decode()
        network.process = first


async def test_a_process_with_another_folder_is_told_who_holds_the_stick(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await running(network)
        first = network.process
        for name in ("state", "socket"):  # as a second gateway on the machine would have
            (network.folder / name).rename(network.folder / f"{name}-1")
        await network.start_process()
        await network.radio.end()
        other = network._follow("zigbee.radio", "radio-1", {"port": str(network.folder / "stick")})
        await other.is_(State.MISSING, f"process {first.pid} (python")
        assert "stick is held by process" in other.health.detail
        assert other.health.advice.startswith("find who holds it: sudo fuser -v ")
        first.terminate()
        await first.wait()


@pytest.mark.parametrize("harm", ["empty", "cut", "flipped", "gone"])
async def test_a_damaged_book_is_restored_from_the_one_before(site, harm):
    async with site(nodes=[PLUG, SENSOR]) as network:
        node = await running(network)
        await network.stop_process()
        book = network.folder / "state/radio-1.network"
        data = book.read_bytes()
        damaged = {
            "empty": b"",
            "cut": data[: len(data) // 2],
            "flipped": data[:500] + bytes([data[500] ^ 1]) + data[501:],
        }
        if harm == "gone":
            book.unlink()
        else:
            book.write_bytes(damaged[harm])
        runs = network.runs()
        await network.start_process()
        await until(lambda: network.runs() > runs, "its start")
        await heard_again(network, node)
        assert len(await network.order("list")) == 2
        if harm != "gone":
            note = await network.radio.says("zigbee-radio", state="damaged")
            assert "radio-1.network" in note.fields["detail"]
            assert book.with_name("radio-1.network.damaged").read_bytes() == damaged[harm]


async def test_two_damaged_generations_are_refused_and_the_stick_taken_over_by_order(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await running(network)
        await network.stop_process()
        for name in ("radio-1.network", "radio-1.network.before"):
            (network.folder / "state" / name).write_bytes(b"")
        await network.start_process()
        await network.radio.is_(State.FAULTY, "cannot be read")
        assert "adopt" in network.radio.health.advice
        await network.order("adopt", yes=True)
        await network.radio.is_(State.RUNNING)
        kept = network.folder / "state/radio-1.network.replaced"
        assert kept.exists()


async def test_a_full_disk_loses_no_join_in_silence(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await network.form()
        state = network.folder / "state"
        state.chmod(0o500)
        blocker = state / ".radio-1.network.tmp"
        if not _refuses_writes(state):  # root writes anywhere
            state.chmod(0o700)
            blocker.mkdir()
        await network.order("permit", seconds=60)
        assert network.stick.join(network.node(ROUTER), "")
        await network.radio.says("zigbee-radio", state="damaged")
        assert not network.radio.said("zigbee-node", state="joined")
        assert await network.order("list") == []
        state.chmod(0o700)
        if blocker.exists():
            blocker.rmdir()


def _refuses_writes(folder):
    try:
        (folder / "probe").write_bytes(b"")
    except OSError:
        return True
    (folder / "probe").unlink()
    return False


async def test_readings_wait_while_the_agent_is_away(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        node = await running(network)
        await node.end()
        before = len(node.said("temperature"))
        network.stick.story.tell(f"0 set {CLIMATE} temperature 21.21")
        sensor = network.node(CLIMATE)
        sent = sensor._tsn
        await until(lambda: (sensor._tsn - sent) % 256 >= 3, "three more reports")
        again = network.follow(CLIMATE)
        await again.says("temperature", temperature=21.21)

        def moments():
            all_seen = node.said("temperature") + again.said("temperature")
            return {each.monotonic for each in all_seen}

        await until(lambda: len(moments()) >= before + 3, "what waited")


async def test_a_frozen_stick_is_told(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        node = await running(network)
        network.stick.frozen = True
        async with asyncio.timeout(120):
            while network.radio.health.state is State.RUNNING:
                await asyncio.sleep(0.2)
        # It is opened anew. Where its network is being read just then, that gets no answer first.
        await network.radio.was(State.MISSING, "says nothing any more", "/stick: no answer")
        network.stick.frozen = False
        await heard_again(network, node)


async def test_a_new_network_on_a_stick_that_runs_lets_all_nodes_go_and_others_in(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await running(network)
        runs, old = network.runs(), network.stick.nvram.network
        with pytest.raises(DriverError, match="lets every node go"):
            await network.order("form")
        await network.order("form", yes=True)
        await until(lambda: network.runs() > runs, "its start")
        assert network.stick.nvram.network != old
        assert await network.order("list") == []
        network.node(ROUTER).network = None  # it was reset
        await network.let_in(ROUTER)


def test_a_stick_has_room_for_the_nodes_of_a_warehouse():
    assert CC2652.rows >= 45
