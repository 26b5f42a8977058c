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


async def test_a_node_that_was_silent_or_had_left_may_fall_silent_again(tmp_path):
    network = Network(tmp_path, Air(children=[NODE]))
    await network.passes(60, NODE)
    await network.passes(780)
    assert network.state()["cause"] == causes.NODE_SILENT.id
    for happened in (lambda: None, lambda: network.nodes.left(NODE)):
        happened()
        await network.passes(60, NODE)
        assert network.state()["state"] == State.RUNNING
        await network.passes(720)
        assert network.state()["state"] == State.RUNNING
        await network.passes(60)
        assert network.state()["cause"] == causes.NODE_SILENT.id


async def test_who_joined_is_neither_asked_again_nor_called_unfinished(tmp_path):
    network, new = Network(tmp_path, Air()), "00158d0000000009"
    network.nodes.arrived(new)
    network.nodes.enter(Book({}, {}), KnownNode(new, 0x3000))
    network.nodes.joined(new, again=False)
    await network.passes(100, step=1.0)
    assert network.air.interviewed == []
    assert [state for state, _ in told_of(network)] == ["joined"]


def told_of(network, key="radio-1"):
    """What is on record at a feed: kinds of events with their detail."""
    waiting = network.nodes._host.feed(key)._waiting
    return [(each.fields.get("state"), each.fields.get("detail")) for _, each in waiting]


def test_who_is_of_the_network(tmp_path):
    network = Network(tmp_path, Air())
    nodes = network.nodes
    assert (NODE in nodes, NEVER in nodes, len(nodes)) == (True, False, 3)
    assert [each.known.ieee for each in nodes] == [NODE, SISTER, PLUG]
    known = KnownNode(NODE, 0x1234)
    nodes.take_over(Book({}, {NODE: known}))
    assert [each.known for each in nodes] == [known]  # and what was heard of it stays


def test_a_node_has_the_name_that_people_gave_it(tmp_path):
    network = Network(tmp_path, Air())
    nodes = network.nodes
    nodes.coordinator = "00124b0000000001"
    assert nodes.called("00124b0000000001") == "coordinator"
    assert nodes.called(NODE) == NODE
    book = Book({}, {NODE: KnownNode(NODE, 0x1000, label="attic")})
    nodes.take_over(book)
    assert nodes.called(NODE) == "attic"
    nodes.feed(NODE).follow({"name": "cold"}, lambda _: None)
    assert nodes.called(NODE) == "cold"
    assert nodes.called("0000000000000009") == "0000000000000009"


async def test_a_node_that_no_device_names_is_on_record_once_and_its_values_are_not_kept(tmp_path):
    network = Network(tmp_path, Air())
    for _ in range(3):
        network.hears(PLUG)
    detail = "no [[device]] names it: its values are not kept"
    assert told_of(network) == [("unconfigured", detail)]
    assert len(network.nodes.feed(PLUG)) == 0
    network.nodes.feed(PLUG).follow({}, lambda _: None)
    network.hears(PLUG)
    assert len(network.nodes.feed(PLUG)) == 1
    assert network.state(PLUG)["state"] == State.RUNNING
    network.hears("0000000000000009")  # nobody's frame says nothing
    assert len(told_of(network)) == 1


def test_how_often_a_node_is_to_report(tmp_path):
    network = Network(tmp_path, Air())
    assert network.nodes.interval(NODE) == 300.0  # as it acknowledged
    assert network.nodes.interval(PLUG) == 300.0  # it was told nothing
    for told, seconds in ((60, 60.0), (0, 300.0), (-1, 300.0), ("often", 300.0), (0.5, 0.5)):
        network.nodes.feed(NODE).follow({"interval": told}, lambda _: None)
        assert network.nodes.interval(NODE) == seconds


class Telling(Air):
    """A radio that is asked to set nodes up."""

    def __init__(self, *problems):
        super().__init__()
        self.problems, self.configured = list(problems), []

    async def zone_type(self, ieee):
        return 0x15

    async def configure(self, ieee, interval):
        self.configured.append((ieee, interval))
        return self.problems


async def test_a_node_that_is_awake_is_told_its_interval_and_again_after_ten_minutes(tmp_path):
    air = Telling("it says otherwise", "and more " + "x" * 500)
    network = Network(tmp_path, air)
    network.nodes.feed(NODE).follow({"interval": 60.0}, lambda _: None)
    await network.passes(30, step=10.0)
    assert air.configured == []  # it is not heard: it sleeps
    await network.passes(10, NODE, step=10.0)
    assert air.configured == [(NODE, 60.0)]
    (said,) = [each for state, each in told_of(network, f"radio-1/{NODE}") if state == "set-up"]
    assert said.startswith("it reports otherwise than it was told: it says otherwise; and more x")
    assert len(said) == 400
    await network.passes(590, NODE, step=10.0)
    assert len(air.configured) == 1
    air.problems.clear()
    await network.passes(10, NODE, step=10.0)
    assert len(air.configured) == 2
    watch = next(each for each in network.nodes if each.known.ieee == NODE)
    assert (watch.known.zone_type, watch.known.told_interval) == (0x15, 60.0)
    await network.passes(2000, NODE, step=10.0)
    assert len(air.configured) == 2


async def test_a_node_listens_for_two_seconds_after_a_frame(tmp_path):
    for late, times in ((1.9, 1), (2.0, 0)):
        air = Telling()
        network = Network(tmp_path, air)
        network.nodes.feed(NODE).follow({"interval": 60.0}, lambda _: None)
        network.hears(NODE)
        await network.passes(late, step=late)
        assert len(air.configured) == times


async def test_who_is_followed_by_nobody_or_routes_is_not_set_up(tmp_path):
    air, saved = Telling(), []
    network = Network(tmp_path, air)
    await network.passes(10, NODE, step=10.0)
    await network.nodes.set_up(PLUG, lambda: saved.append(1), air)
    await network.nodes.set_up("0000000000000009", lambda: saved.append(1), air)
    assert (air.configured, saved) == ([], [])
    await network.nodes.set_up(NODE, lambda: saved.append(1), air)
    assert (air.configured, saved) == ([(NODE, 300.0)], [1])


async def test_an_interview_is_asked_for_again_after_twenty_seconds_and_ends_after_sixty(tmp_path):
    network, new = Network(tmp_path, Air()), "00158d0000000009"
    network.nodes.arrived(new)
    network.nodes.arrived(NODE)  # who is of the network told all of itself before
    await network.passes(19, step=1.0)
    assert network.air.interviewed == []
    await network.passes(1, step=1.0)
    assert network.air.interviewed == [new]
    await network.passes(39, step=1.0)
    assert (network.air.interviewed, told_of(network)) == ([new, new], [])
    await network.passes(1, step=1.0)
    detail = (
        "60 s after it was let in it had not told all of itself: reset it and let it join again"
    )
    assert told_of(network) == [("not-joined", detail)]
    await network.passes(100, step=1.0)
    assert (len(network.air.interviewed), len(told_of(network))) == (2, 1)


def test_a_node_that_moves_is_on_record_and_one_that_comes_again_is_not(tmp_path):
    network = Network(tmp_path, Air())
    key = f"radio-1/{NODE}"
    network.nodes.parent(NODE, PLUG)
    assert told_of(network, key) == []
    network.clock.now = 5.0
    network.nodes.parent(NODE, SISTER)
    network.nodes.parent(NODE, "")
    assert told_of(network, key) == [("moved", f"its parent is {SISTER} now")]
    (_, record), *_ = network.nodes.feed(NODE)._waiting
    assert (record.fields["parent"], record.fields["parent_ms"]) == (SISTER, 0.0)
    assert network.nodes.moved(NODE, 0x1000) is False
    assert network.nodes.moved(NODE, 0x1001) is True
    assert network.nodes.moved("0000000000000009", 1) is False


def test_parents_of_strangers_cost_no_memory_without_bound(tmp_path):
    network = Network(tmp_path, Air())
    network.nodes.parent("the first", PLUG)
    for number in range(261):  # two for each node of ours, and 256
        network.nodes.parent(f"{number:016x}", PLUG)
    assert network.nodes.came_through("the first") == PLUG
    network.nodes.parent("one more", PLUG)
    assert network.nodes.came_through("the first") == ""
    assert network.nodes.came_through("one more") == PLUG


def test_a_node_that_joins_again_keeps_its_label_and_a_removed_one_is_new(tmp_path):
    network = Network(tmp_path, Air())
    book = Book({}, {NODE: KnownNode(NODE, 0x1000, label="attic", parent=PLUG)})
    network.nodes.take_over(book)
    network.nodes.enter(book, KnownNode(NODE, 0x2000))
    assert (book.nodes[NODE].label, book.nodes[NODE].parent) == ("attic", PLUG)
    network.nodes.joined(NODE, again=True)
    network.nodes.removed(NODE, "it was told to leave")
    states = [state for state, _ in told_of(network, f"radio-1/{NODE}")]
    assert states == ["rejoined", "removed"]
    network.nodes.forget(book, NODE)
    network.nodes.enter(book, KnownNode(NODE, 0x3000))
    assert (book.nodes[NODE].label, book.nodes[NODE].parent) == ("", "")
    network.nodes.restore(book, NODE, KnownNode(NODE, 0x1000, label="attic"))
    assert network.nodes.called(NODE) == "attic"
    network.nodes.restore(book, NODE, None)
    assert (NODE in book.nodes, NODE in network.nodes) == (False, False)


async def test_what_is_known_of_a_silent_node_is_said_with_its_hours(tmp_path):
    network = Network(tmp_path, Air(children=[SISTER, NODE]))
    await network.passes(300, NODE, SISTER)
    network.nodes.radio_lost("radio-1: gone", "plug it in")
    network.clock.now += 2 * 3600.0
    network.nodes.radio_back()
    await network.passes(780, SISTER)
    assert network.state()["detail"] == (
        "no report for 780 s, and one is due every 300 s; the coordinator was away for 2 h; "
        f"its parent {PLUG} answers"
    )
    assert network.state()["cause"] == causes.AWAY.id


async def test_an_absence_is_counted_from_the_first_word_of_it(tmp_path):
    network = Network(tmp_path, Air())
    network.nodes.radio_lost("radio-1: gone", "plug it in")
    network.clock.now += 7199.0
    network.nodes.radio_lost("radio-1: still gone", "plug it in")
    network.nodes.radio_back()
    await network.passes(780, SISTER)
    assert "away" not in network.state()["detail"]


async def test_a_node_that_spoke_while_all_started_is_heard(tmp_path):
    network = Network(tmp_path, Air())
    network.clock.now = 10.0
    network.nodes.radio_lost("radio-1: gone", "plug it in")
    network.clock.now = 11.0
    network.hears(NODE)
    network.nodes.radio_back()
    heard = {each.known.ieee: each.heard for each in network.nodes}
    assert heard == {NODE: 11.0, SISTER: None, PLUG: None}
    assert network.state()["state"] == State.RUNNING
    assert network.state(SISTER)["detail"] == "not heard since the network was started"
    network.nodes.radio_lost("radio-1: gone", "plug it in")
    assert network.state(SISTER)["detail"] == "radio-1: gone"


async def test_a_node_says_who_made_it(tmp_path):
    network = Network(tmp_path, Air())
    network.nodes.take_over(Book({}, {NODE: KnownNode(NODE, 1, maker="ACME", model="TH-1")}))
    network.hears(NODE)
    assert network.state()["detail"] == "ACME TH-1"


def test_readings_that_had_to_go_are_counted_once(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.stack.feed.MOST_WAITING", 2)
    network = Network(tmp_path, Air())
    for _ in range(5):
        network.hears(NODE)
        network.hears(SISTER)
    assert (network.nodes.dropped(), network.nodes.dropped()) == (6, 0)
