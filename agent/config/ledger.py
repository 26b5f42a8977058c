"""[ledger], [[ledger.node]] and [uplink]: whom to trust, where to send, and at what price."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.config.forms import ENDPOINT, Z85_KEY
from agent.config.ways import Way, read_ways, ways
from foundation.dataclass import dataclass
from foundation.names import NAME
from foundation.options import option, options_of, or_none, settings_of
from foundation.toml_file import TomlFile


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """[uplink]."""

    budget_bytes_per_day: int = option(
        int,
        "bytes to and from the ledger per UTC day, then only alarms; 0: no limit",
        default=0,
        minimum=0,
        maximum=10**12,
        unit="bytes",
    )
    interfaces: tuple[Way, ...] = option(
        str,
        "network interfaces to the ledger, the best first; empty: the machine's routes decide",
        default="",
        parse=ways,
    )
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerNode:
    """One [[ledger.node]]."""

    name: str = option(str, "what people call this node", form=NAME, example="node-1")
    endpoint: str = option(str, "where it listens", form=ENDPOINT, example="tcp://host:7701")
    server_key: str = option(
        str,
        "its public CURVE key, 40 characters of Z85",
        form=Z85_KEY,
        example="rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    )
    own: bool = option(bool, "our own firm runs it", default=False)
    witness: bool = option(
        bool,
        "a witness: its checkpoints are compared, it is sent nothing",
        default=False,
    )
    log: str = option(str, "origin of the log it serves, where the policy has several", default="")


NODE = options_of(LedgerNode)


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """[ledger]; without nodes the gateway only collects."""

    policy: Path | None = option(
        str, "file with the log, witnesses and quorum to trust", default="", parse=or_none(Path)
    )
    trusting_period_days: int = option(
        int,
        "how long an old checkpoint stays an anchor",
        default=14,
        minimum=1,
        maximum=365,
        unit="days",
    )
    compare_minutes: int = option(
        int,
        "how often the nodes' checkpoints are compared; never with fewer than two nodes",
        default=60,
        minimum=1,
        maximum=1440,
        unit="min",
    )
    nodes: tuple[LedgerNode, ...] = ()


def read_uplink(file: TomlFile) -> UplinkSettings:
    """Return what [uplink] says; its ways are those of `interfaces`, or each [[uplink.way]]."""
    given = file.section("uplink", options_of(UplinkSettings), subtables=("way",))
    tables = read_ways(file)
    if tables and given["interfaces"]:
        text = "name the ways in 'interfaces' or as [[uplink.way]], not in both"
        file.problem(("uplink", "interfaces"), text)
    found = settings_of(UplinkSettings, given)
    return replace(found, ways=tables or found.interfaces)


def read_ledger(file: TomlFile) -> LedgerSettings:
    """Return what [ledger] and its nodes say; the policy's path begins at the file's folder."""
    given = file.section("ledger", options_of(LedgerSettings), subtables=("node",))
    nodes: list[LedgerNode] = []
    for place, node in file.each("ledger", "node"):
        nodes.append(settings_of(LedgerNode, file.table(place, node, NODE, "[[ledger.node]]")))
        file.twice(place, nodes[-1].name, [other.name for other in nodes[:-1]])
    if nodes and not given["policy"]:
        text = "[ledger] needs the key 'policy': without it no node can be believed"
        file.problem(("ledger",), text)
    found = settings_of(LedgerSettings, given, nodes=tuple(nodes))
    if found.policy is None:
        return found
    return replace(found, policy=file.path.parent / found.policy)
