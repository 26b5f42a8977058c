"""`tallyman zigbee ORDER`: let nodes join, see the network, restore it onto another stick."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agent.cli.arguments import add_config, whole
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.desks.control_client import Lost, ask
from foundation.parser import PlainFormatter
from foundation.printing import say_each, say_json

HELP = "the Zigbee network: let nodes join, list, map, restore it"
WINDOW = 120  # s; a node needs some seconds, a person the way to it

Answer = Any


ORDERS = {
    "permit": "let nodes join for a while; NODE --code CODE: this one alone",
    "close": "let none join any more",
    "list": "the nodes: when each was heard, its parent, its battery",
    "rename": "NODE NAME: call a node without a [[device]] something",
    "remove": "NODE: tell it to leave, and forget it",
    "map": "who is whose child, and how well each is heard",
    "check": "does the coordinator know its routers?",
    "form": "make a new network; every node must join anew (--yes)",
    "restore": "write the kept network onto the stick that is plugged in (--yes)",
    "adopt": "take the network of the stick that is plugged in (--yes)",
}
WORDS = {"rename": ("node", "label"), "remove": ("node",)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the orders and what they need."""
    add_config(parser)
    parser.formatter_class = PlainFormatter
    parser.epilog = "orders:\n" + "\n".join(f"  {name:8} {about}" for name, about in ORDERS.items())
    parser.add_argument("do", metavar="ORDER", choices=ORDERS, help="what to do, see below")
    parser.add_argument("words", metavar="NODE", nargs="*", help="a node's name or address")
    parser.add_argument(
        "--for",
        dest="seconds",
        type=whole,
        default=WINDOW,
        metavar="SECONDS",
        help="permit: how long",
    )
    parser.add_argument("--via", metavar="ROUTER", default="", help="permit: through this one only")
    parser.add_argument(
        "--code", metavar="CODE", default="", help="permit: the install code on the node's label"
    )
    parser.add_argument("--yes", action="store_true", help="form, restore, adopt: do it")
    parser.add_argument(
        "--burn",
        action="store_true",
        help="restore: even where the stick takes the address for ever",
    )
    parser.add_argument(
        "--radio", metavar="NAME", default="", help="which, where there are several"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: argparse.Namespace) -> int:
    """Ask the running agent, whose Zigbee process does it."""
    request = {"verb": "zigbee", "radio": args.radio, "order": order_of(args)}
    answers = list(ask(gateway(args).control, request, endless=True))
    if not answers:
        raise Lost("the agent ended the conversation")
    answer = answers[0]
    if args.json:
        say_json(answer)
    else:
        say_each(PAGES[args.do](answer))
    return 0


def order_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the order that the arguments give; Mistake where a word lacks or is too many."""
    wanted = ("node",) if args.do == "permit" and args.code else WORDS.get(args.do, ())
    if len(args.words) != len(wanted):
        words = " ".join(["NODE", "NAME"][: len(wanted)])
        words += " --code CODE" if args.code else ""
        raise Mistake(
            f"{args.do} takes {len(wanted) or 'no'} word{'' if len(wanted) == 1 else 's'} more, "
            f"not {len(args.words)}",
            advice=f"say: tallyman zigbee {args.do} {words}".rstrip(),
        )
    order: dict[str, Any] = {"do": args.do, **dict(zip(wanted, args.words, strict=True))}
    if args.do == "permit":
        order |= {"seconds": args.seconds, "via": args.via, "code": args.code}
    if args.do == "restore":
        order |= {"burn": args.burn}
    return order | {"yes": args.yes}


def _permit(answer: Answer) -> Iterator[str]:
    through = f" through {answer['via']}" if answer["via"] else ""
    if only := answer.get("only"):
        yield f"{only} may join for {answer['seconds']} s{through}, by its install code"
    else:
        yield f"nodes may join for {answer['seconds']} s{through}; each one is on record"
    yield "  next: switch the node to pairing, then see it: tallyman zigbee list"


def _close(_: Answer) -> Iterator[str]:
    yield "no node may join any more"


def _list(answer: Answer) -> Iterator[str]:
    if not answer:
        yield "no nodes yet: tallyman zigbee permit lets them join"
    for row in answer:
        yield f"{row['name']}: {row['model'] or 'unknown model'}, {_place(row)}"
        yield f"  {_heard(row)}"
        if row["name"] != row["ieee"]:
            yield f"  {row['ieee']}"
        if not row["configured"] and not row["router"]:
            yield "  next: no [[device]] names it, so its values are not kept"


def _place(row: Mapping[str, Any]) -> str:
    kind = "router" if row["router"] else "node"
    return f"{kind} under {row['parent']}" if row["parent"] else kind


def _heard(row: Mapping[str, Any]) -> str:
    if row["heard_s"] is None:
        return "not heard since the network was started"
    said = [f"heard {row['heard_s']} s ago"]
    if row["lqi"] is not None:
        said.append(f"LQI {row['lqi']}")
    if row["battery"] is not None:
        said.append(f"battery {row['battery']:.1f} V")
    return ", ".join(said)


def _rename(answer: Answer) -> Iterator[str]:
    yield f"{answer['ieee']} is called {answer['label'] or answer['ieee']}"


def _remove(answer: Answer) -> Iterator[str]:
    if answer["heard"]:
        yield f"{answer['ieee']} was told to leave, and is forgotten"
    else:
        yield f"{answer['ieee']} is forgotten, but did not hear that it is to leave"
        yield "  next: reset it by hand, or it comes back as a stranger"


def _map(answer: Answer) -> Iterator[str]:
    for row in answer:
        yield row["name"]
        if row["silent"]:
            yield "  does not answer"
        for each in sorted(row["neighbours"], key=lambda each: (not each["child"], -each["lqi"])):
            relation = "child" if each["child"] else "hears"
            yield f"  {relation} {each['name']}, LQI {each['lqi']}"


def _check(answer: Answer) -> Iterator[str]:
    if not answer["missing"]:
        yield f"the coordinator knows all {answer['routers']} routers"
        return
    yield f"the coordinator's table lacks {len(answer['missing'])} of {answer['routers']} routers:"
    yield from (f"  {name}" for name in answer["missing"])
    yield "  next: joins through these fail; take their power for a moment, then check again"


def _network(done: str) -> Callable[[Answer], Iterator[str]]:
    def page(answer: Answer) -> Iterator[str]:
        yield f"{done}: PAN {answer['pan']}, channel {answer['channel']}"
        yield "  next: it starts within seconds: tallyman status"

    return page


PAGES: Mapping[str, Callable[[Answer], Iterator[str]]] = {
    "permit": _permit,
    "close": _close,
    "list": _list,
    "rename": _rename,
    "remove": _remove,
    "map": _map,
    "check": _check,
    "form": _network("a new network is on the stick"),
    "restore": _network("the kept network is on the stick"),
    "adopt": _network("the stick's network is kept from now on"),
}
