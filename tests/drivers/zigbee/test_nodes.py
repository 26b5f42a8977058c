"""Which nodes are silent, since when, and what may be the reason: hours pass in no time."""

from drivers.driver import State
from drivers.errors import CommandTimeout
from drivers.stack.host import StackHost
from drivers.zigbee import causes
from drivers.zigbee.host.book import Book, KnownNode
from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.nodes import Nodes
from drivers.zigbee.host.radio_port import Neighbour

NODE, SISTER, PLUG = "00158d0000000002", "00158d0000000003", "00158d0000000001"
ROUTER_DESC = "01408e5f115252000052000000"
INTERVAL = 300.0
NEVER = "00158d0000000007"  # a [[device]] names it, and it never joined


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now


class Air:
    """The radio as far as a silent node's parent is asked."""

    def __init__(self, answers=True, children=()):
        self.answers, self.children = answers, children
        self.interviewed = []

    def interview(self, ieee):
        self.interviewed.append(ieee)

    async def neighbours(self, ieee):
        if not self.answers:
            raise CommandTimeout("no answer")
        return [Neighbour(child, 0x1000, child=True, lqi=90) for child in self.children]


class Network:
    def __init__(self, tmp_path, air):
        self.clock, self.air = Clock(), air
        host = StackHost(tmp_path / "socket", "life", None)
        self.nodes = Nodes("radio-1", host, {NODE, SISTER, NEVER}, self.clock)
        known = {
            each: KnownNode(each, 0x1000, parent=PLUG, told_interval=INTERVAL)
            for each in (NODE, SISTER)
        }
        known[PLUG] = KnownNode(PLUG, 0x2000, ROUTER_DESC)
        self.nodes.take_over(Book({}, known))
        self.nodes.radio_back()
        self.tsn = 0

    def hears(self, ieee, cluster=0x0402, text="00 00 29 2c 01"):
        self.tsn = (self.tsn + 1) % 256
        data = bytes([0x18, self.tsn, 0x0A]) + bytes.fromhex(text)
        self.nodes.frame(Incoming(ieee, 1, cluster, data, 90, None, self.clock.now))

    async def passes(self, seconds, *heard, step=60.0):
        """Let time go by, in which some nodes are heard."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += step
            for ieee in heard:
                self.hears(ieee)
            work = []
            self.nodes.look(self.clock.now, work.append)
            for each in work:
                await each(self.air)

    def state(self, ieee=NODE):
        return self.nodes.feed(ieee).said


async def test_a_node_is_silent_after_two_and_a_half_intervals_whatever_its_make(tmp_path):
    network = Network(tmp_path, Air(children=[NODE]))
    await network.passes(600, NODE, SISTER)
    assert network.state()["state"] == State.RUNNING
    await network.passes(720, SISTER)
    assert network.state()["state"] == State.RUNNING
    await network.passes(60, SISTER)
    assert network.state()["state"] == State.MISSING
    assert network.state()["detail"].startswith("no report for 780 s, and one is due every 300 s")
    assert network.state()["cause"] == causes.NODE_SILENT.id
    assert network.state(SISTER)["state"] == State.RUNNING


async def test_the_parent_that_does_not_answer_is_the_cause_and_its_children_are_named(tmp_path):
    network = Network(tmp_path, Air(answers=False))
    await network.passes(300, NODE, SISTER)
    await network.passes(900)
    said = network.state()
    assert said["cause"] == causes.PARENT_DEAD.id
    assert (
        f"its parent {PLUG} does not answer, either; other children of it: {SISTER}"
        in said["detail"]
    )
    assert said["advice"].startswith(f"give the router {PLUG} power")


async def test_a_parent_that_has_it_as_a_child_no_more_says_so(tmp_path):
    network = Network(tmp_path, Air(children=[SISTER]))
    await network.passes(300, NODE, SISTER)
    await network.passes(900, SISTER)
    assert "answers, and has it as a child no more" in network.state()["detail"]


async def test_after_hours_without_a_coordinator_who_stays_away_may_need_to_be_paired(tmp_path):
    network = Network(tmp_path, Air(children=[SISTER]))
    await network.passes(300, NODE, SISTER)
    network.nodes.radio_lost("radio-1: the stick is gone", "plug it in again")
    assert network.state()["cause"] == causes.RADIO_DOWN.id
    assert network.state()["advice"] == "plug it in again"
    network.clock.now += 3 * 86400.0
    network.nodes.radio_back()
    assert network.state()["state"] == State.OPENING  # not heard is not silent
    await network.passes(900, SISTER)
    assert network.state(SISTER)["state"] == State.RUNNING
    said = network.state()
    assert said["cause"] == causes.AWAY.id
    assert "the coordinator was away for 72 h" in said["detail"]
    assert "tallyman zigbee permit" in said["advice"]


async def test_a_short_absence_blames_nobody_s_make(tmp_path):
    network = Network(tmp_path, Air(children=[NODE]))
    await network.passes(300, NODE)
    network.nodes.radio_lost("radio-1: the stick is gone", "plug it in again")
    network.clock.now += 600.0
    network.nodes.radio_back()
    await network.passes(900)
    assert network.state()["cause"] == causes.NODE_SILENT.id
    assert "away" not in network.state()["detail"]


async def test_a_battery_that_falls_is_told_with_its_days(tmp_path):
    network = Network(tmp_path, Air())
    for day in range(10):
        network.clock.now = day * 86400.0
        network.hears(NODE, 0x0001, f"20 00 20 {30 - day // 3:02x}")  # 3.0 to 2.7 V
    records = [each for _, each in network.nodes.feed(NODE)._waiting if each.kind == "zigbee-node"]
    days = [each.fields["battery_days"] for each in records]
    assert days[:2] == [None, None]
    assert 5 <= days[-1] <= 12  # 0.1 V in three days, 0.3 V left


async def test_who_was_let_in_and_tells_half_of_itself_is_on_record_once(tmp_path):
    network = Network(tmp_path, Air())
    half = "00158d0000000009"
    network.nodes.parent(half, PLUG)
    for _ in range(5):
        network.nodes.arrived(half)  # it comes again, as it was reset
        await network.passes(180, step=10.0)
    radio = network.nodes._host.feed("radio-1")
    told = [each for _, each in radio._waiting if each.fields.get("ieee") == half]
    assert [each.fields["state"] for each in told] == ["not-joined"] * len(told)
    assert told[0].fields["parent"] == PLUG
    assert network.air.interviewed.count(half) >= 2  # it was asked again before that
    assert "reset it" in told[0].fields["detail"]


async def test_a_node_that_never_joined_says_so_and_how_it_would(tmp_path):
    network = Network(tmp_path, Air())
    network.nodes.radio_lost("radio-1: the stick is gone", "plug it in again")
    assert network.state(NEVER)["cause"] == causes.RADIO_DOWN.id
    network.nodes.radio_back()
    await network.passes(60)
    assert network.state(NEVER)["detail"] == "the network has no such node"
    assert "tallyman zigbee permit" in network.state(NEVER)["advice"]


async def test_who_left_is_not_called_silent_and_is_heard_when_it_is_back(tmp_path):
    network = Network(tmp_path, Air(children=[NODE]))
    await network.passes(60, NODE)
    network.nodes.left(NODE)
    await network.passes(3600)
    assert network.state()["cause"] == causes.LEFT.id
    await network.passes(60, NODE)
    assert network.state()["state"] == State.RUNNING
