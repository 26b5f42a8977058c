"""The snapshot as lines that fit an 80 × 24 console."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap

from agent.chain.key_watch import KeyState
from agent.cli.amounts import age, grouped, size
from agent.cli.device_text import device_text
from agent.cli.uplink_page import way_in_words
from agent.desks.status import (
    CardStatus,
    ChannelState,
    ChannelStatus,
    ClockStatus,
    ConditionStatus,
    DeviceStatus,
    DiskStatus,
    JournalStatus,
    KeyStatus,
    NodeStatus,
    RuleStatus,
    Status,
    StorageStatus,
    TaskStatus,
    UplinkStatus,
    WayStatus,
)
from agent.records.duration import duration
from agent.rules.conditions import WAITING
from agent.rules.rule import State
from agent.upstream.mode import TrustStatus
from agent.upstream.states import LinkState
from foundation.console import HEIGHT, WIDTH, cut
from foundation.counting import counted, plural
from foundation.words import one_line

ADVICE_ROWS = 3
TASK_ROWS = 2
DEVICE_ROWS = 3  # at least: how many there are, the worst of them, and how to see the others
ALL_DEVICES = "tallyman devices"

_UNKNOWN = "unknown, as it could not be read"

MOST_YEARS = 50
"""A card's data does not keep so long: a forecast beyond that says no more than that it is fine."""

GOODS_ROWS = 3  # more rules than these are counted
_ORDER = {State.ALARM: 0, State.EXCURSION: 1, State.UNKNOWN: 2, WAITING: 3}
_UNHEARD_OF = -1  # a state of a newer agent: first, as nobody here knows how bad it is

NOT_OUT = (ChannelState.FAILING, ChannelState.DOWN)
"""States of a channel by which alarms do not get out."""

NODE_ROWS = 4  # more nodes than these are counted; the rest of HEIGHT belongs to devices

ShowTime = Callable[[int], str]
"""Wall milliseconds → text for people: local time with offset, or UTC."""


def lines(status: Status, show: ShowTime) -> list[str]:
    """Return the snapshot for people, within WIDTH and HEIGHT, what needs attention first."""
    now = status.clock.wall_ms
    head = [
        f"{status.name}: Tallyman {status.version} has run for {age(now - status.started_ms)}",
        f"clock     {_clock(status.clock, show)}",
        *_disputes(status.clock),
        f"journal   {_journal(status.journal, now, show)}",
        *_storage(status.storage, now),
        *[_task(task) for task in status.tasks[:TASK_ROWS]],
        *_conditions(status.conditions, now),
        *_notify(status.notify, now),
        f"disk      {_disk(status.disk)}",
        f"card      {_card(status.card)}",
        f"batches   {_batches(status.journal)}",
        f"unsent    {_unsent(status.journal, now, show)}",
    ]
    head += _nodes(status, now)
    head += _trust(status.trust)
    head += _key(status.key, now)
    head += _uplink(status.uplink)
    head += map(_way, status.ways)
    head += _privacy(status.privacy)
    head += ["flight    mode is on: the modems' radios are to be off"] if status.flight else []
    advice = _advice(status)
    head = _most(head, HEIGHT - len(advice) - DEVICE_ROWS)
    room = HEIGHT - len(head) - len(advice)
    return [cut(line) for line in (*head, *_devices(status.devices, now, room), *advice)]


def _clock(clock: ClockStatus, show: ShowTime) -> str:
    if clock.bound_ms is None:
        return f"{show(clock.wall_ms)}, not synchronised (source {clock.source})"
    return f"{show(clock.wall_ms)}, by {clock.source}, correct within {clock.bound_ms / 1000:g} s"


def _disputes(clock: ClockStatus) -> list[str]:
    """Return who says another time, as long as somebody does."""
    return [
        f"          but {each.source} is {duration(abs(each.differs_ms))} "
        f"{'ahead' if each.differs_ms > 0 else 'behind'}, for {age(clock.wall_ms - each.since_ms)}"
        for each in clock.disputes
    ]


def _journal(journal: JournalStatus, now: int, show: ShowTime) -> str:
    if journal.failing_since_ms is not None:
        lasting = age(now - journal.failing_since_ms)
        return f"NOT DURABLE for {lasting}: {grouped(journal.waiting)} wait; {journal.error}"
    if journal.records is None or journal.disk_bytes is None:
        return f"{_UNKNOWN}: {journal.error}"
    records = f"{grouped(journal.records)} {plural(journal.records, 'record')}"
    known = f"{records}, {size(journal.disk_bytes)}"
    if journal.as_of_ms is None:
        return known
    return f"{known}, {_as_of(journal, now, show)}: {journal.error}"


def _as_of(journal: JournalStatus, now: int, show: ShowTime) -> str:
    """Return how old the numbers are; empty where they are of now."""
    if journal.as_of_ms is None:
        return ""
    return f"as of {show(journal.as_of_ms)} ({age(now - journal.as_of_ms)} ago)"


def _disk(disk: DiskStatus | None) -> str:
    if disk is None:
        return "unknown"
    return f"{grouped(disk.free)} of {grouped(disk.total)} MiB free"


def _storage(storage: StorageStatus, now: int) -> list[str]:
    """Return nothing while all is well."""
    if storage.state == "ok":
        return []
    title = f"storage   {storage.state.upper()} for {age(now - storage.since_ms)}"
    rows = [f"{title}: {storage.error}"]
    if storage.reserve:
        refused = f"{grouped(storage.refused)} {plural(storage.refused, 'reading')}"
        rows.append(f"          {refused} refused so far; alarms go into the reserve")
    return rows


def _card(card: CardStatus) -> str:
    if card.problem:
        return f"wear unknown: {card.problem}"
    if card.per_day is None:
        text = f"{size(card.written)} written; a forecast needs an hour of counting"
    else:
        text = f"{size(card.per_day)} a day"
        if card.years is not None:
            years = "over 50" if card.years > MOST_YEARS else f"about {card.years:.1f}"
            text += f", {years} years at {card.endurance_tb} TBW"
    return f"{text}; {card.own_words}" if card.own_words else text


def _batches(journal: JournalStatus) -> str:
    states = journal.sealed, journal.accepted, journal.confirmed, journal.refused
    known = [count for count in states if count is not None]
    if len(known) < len(states):
        return _UNKNOWN
    sealed, accepted, confirmed, refused = map(grouped, known)
    return (
        f"{grouped(sum(known))} sealed: {sealed} to send, {accepted} sent, "
        f"{confirmed} confirmed, {refused} refused"
    )


def _unsent(journal: JournalStatus, now: int, show: ShowTime) -> str:
    if journal.unsent_records is None:
        return _UNKNOWN
    if not journal.unsent_records or journal.oldest_unsent_ms is None:
        return f"nothing {_as_of(journal, now, show)}".rstrip()
    since = journal.oldest_unsent_ms
    records = f"{grouped(journal.unsent_records)} {plural(journal.unsent_records, 'record')}"
    told = f"{records}, since {show(since)} ({age(now - since)})"
    return f"{told}, {_as_of(journal, now, show)}" if journal.as_of_ms is not None else told


def _nodes(status: Status, now: int) -> list[str]:
    if not status.ledger:
        return ["ledger    no node configured: records are collected and kept here"]
    shown = sorted(status.nodes, key=lambda node: node.state == LinkState.OK)
    rows = [
        f"ledger    {node.name}: {node.state} for {age(now - node.since_ms)}"
        + _doing(node, status.journal.bodies_owed)
        for node in shown[:NODE_ROWS]
    ]
    return rows + _more(len(shown) - NODE_ROWS, "ledger    ", "node", "--json")


def _trust(trust: TrustStatus | None) -> list[str]:
    if trust is None:
        return []
    rows = [f"trust     {trust.mode}: {trust.meaning}", *_logs(trust)]
    if trust.unjoined:
        strange = counted(trust.unjoined, "checkpoint")
        rows.append(f"views     {strange} of the log that no node connects to ours")
    elif trust.views > 1 and not trust.frozen and not trust.logs:
        rows.append(f"views     {trust.agreeing} of {trust.views} nodes show the same log")
    return rows


def _logs(trust: TrustStatus) -> list[str]:
    """Return how many of several logs can vouch for us now, and which cannot."""
    if not trust.logs:
        return []
    serving = sum(log.serving for log in trust.logs)
    rows = [f"logs      {serving} of {len(trust.logs)} logs vouch, {trust.wanted} must"]
    for log in trust.logs:
        if log.frozen:
            rows.append(f"          {log.origin} no longer counts: it signed two histories")
        elif not log.serving:
            rows.append(f"          {log.origin}: none of its nodes serves us now")
    return rows


def _key(key: KeyStatus | None, now: int) -> list[str]:
    """Return nothing while its end is far."""
    if key is None or key.until_ms is None or key.state == KeyState.COUNTS:
        return []
    if key.state == KeyState.ENDS:
        return [f"key       counts for {age(key.until_ms - now)} more, by the policy"]
    past = age(now - key.until_ms)
    return [f"key       {key.state.upper()} {past} ago: what it signs no longer counts"]


def _uplink(uplink: UplinkStatus | None) -> list[str]:
    if uplink is None:
        return []
    held = ": only alarms until midnight UTC" if uplink.spent >= uplink.budget else ""
    return [f"uplink    {size(uplink.spent)} of {size(uplink.budget)} spent today{held}"]


def _privacy(rules: Sequence[RuleStatus]) -> list[str]:
    """Return how the rules there are do: what keeps them from being kept comes first."""
    if not rules:
        return []
    if error := next((rule.error for rule in rules if rule.error), ""):
        return [f"privacy   NOT ERASED: {error}"]
    waiting = sum(rule.overdue or 0 for rule in rules)
    if waiting:
        batches = counted(waiting, "due batch", "due batches")
        return [f"privacy   {batches} not erased: no node has signed since they were due"]
    kept = ", ".join(f"{rule.what} after {counted(rule.days, 'day')}" for rule in rules)
    looked = all(rule.overdue is not None for rule in rules)
    rows = [f"privacy   erased: {kept}" + ("" if looked else "; not looked yet")]
    if earlier := rules[0].earlier:
        epochs = counted(earlier, "earlier epoch")
        rows.append(f"          but not in {epochs}: delete their folders in epochs/")
    return rows


def _way(way: WayStatus) -> str:
    return f"uplink    {way.interface}: {way_in_words(way)}"


def _doing(node: NodeStatus, owed: int | None) -> str:
    if not node.detail or not owed or node.state != LinkState.OK:
        return f": {node.detail}" if node.detail else ""
    return f": {node.detail}, {grouped(owed)} {plural(owed, 'batch', 'batches')} to send"


def _most(rows: list[str], most: int) -> list[str]:
    """Return as many rows as there is room for."""
    if len(rows) <= most:
        return rows
    left = counted(len(rows) - most + 1, "more line")
    return [*rows[: most - 1], f"          … and {left}: see --json"]


def _more(count: int, indent: str, what: str, seen: str) -> list[str]:
    more = f"{count} more {plural(count, what)}"
    return [f"{indent}… and {more}: see {seen}"] if count > 0 else []


def _conditions(conditions: Sequence[ConditionStatus], now: int) -> list[str]:
    """Return what is not well with the goods, the worst first; one line where all is."""
    if not conditions:
        return []
    troubles = sorted(
        (each for each in conditions if each.state != State.OK),
        key=lambda each: _ORDER.get(each.state, _UNHEARD_OF),
    )
    if not troubles:
        return [f"goods     ok by {counted(len(conditions), 'rule')}"]
    rows = [
        f"goods     {each.device}: {each.state.upper()} for {age(now - each.since_ms)}: "
        f"{each.rule}: {each.text}"
        for each in troubles[:GOODS_ROWS]
    ]
    return rows + _more(len(troubles) - GOODS_ROWS, "goods     ", "rule", "--json")


def _notify(channels: Sequence[ChannelStatus], now: int) -> list[str]:
    """Return by which channels alarms do not get out, and the others together."""
    if not channels:
        return []
    rows = [
        f"alarms    {each.name}: {each.state.upper()} for {age(now - each.since_ms)}"
        f"{_waiting(each)}: {each.detail}"
        for each in channels
        if each.state in NOT_OUT
    ]
    others = [f"{each.name} {_told(each)}" for each in channels if each.state not in NOT_OUT]
    return rows + ([f"alarms    {'; '.join(others)}"] if others else [])


def _waiting(channel: ChannelStatus) -> str:
    return "" if channel.waiting_ms is None else ", an event waits"


def _told(channel: ChannelStatus) -> str:
    """Return how many events were told since it runs; what was never tried is not well."""
    lost = f", {grouped(channel.lost)} lost" if channel.lost else ""
    if channel.state != ChannelState.OK:
        return f"not tried yet{lost}"
    return f"ok, {counted(channel.delivered, 'event')} told{lost}"


def _task(task: TaskStatus) -> str:
    return f"task      {task.name}: {task.state}: {task.error}"


def _devices(devices: Sequence[DeviceStatus], now: int, room: int) -> list[str]:
    silent = sum(device.silent for device in devices)
    running = sum(device.state == "running" and not device.silent for device in devices)
    other = len(devices) - silent - running
    title = f"devices   {len(devices)}: {running} running, {silent} silent, {other} in trouble"
    shown = sorted(devices, key=lambda device: device.well)
    space = room - 1
    if len(shown) > space:
        shown = shown[: space - 1]
    width = max((len(device.name) for device in shown), default=0)
    rows = [f"  {device.name:{width}}  {device_text(device, now)}" for device in shown]
    return [title, *rows, *_more(len(devices) - len(shown), "  ", "device", ALL_DEVICES)]


def _goods_advice(alarm: ConditionStatus) -> str:
    return (
        f"see to the goods at {alarm.device}; once they are cared for, end the alarm: "
        f'tallyman override {alarm.device} "{alarm.rule}" --operator NAME --reason TEXT'
    )


def _advice(status: Status) -> list[str]:
    """Return the next step for the worst trouble: disk, tasks, goods, telling, clock and so on."""
    nodes = [node for node in status.nodes if node.state != LinkState.OK]
    devices = [device for device in status.devices if not device.well]
    found: Iterable[str] = (
        status.storage.advice,
        status.journal.advice,
        *(task.advice for task in status.tasks),
        *(_goods_advice(each) for each in status.conditions if each.state == State.ALARM),
        *(each.advice for each in status.notify),
        status.clock.advice,
        "" if status.key is None else status.key.advice,
        *(node.advice for node in nodes),
        *(device.advice for device in devices),
    )
    advice = next((advice for advice in found if advice), "")
    return wrap(
        one_line(advice),
        WIDTH,
        initial_indent="next      ",
        subsequent_indent=" " * 10,
        max_lines=ADVICE_ROWS,
        placeholder=" …",
    )
