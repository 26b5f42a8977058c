"""What people order of a network: to open it, to look at it, to make it anew."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from drivers.errors import BadFrame, DeviceFault, DeviceMissing, DriverError
from drivers.zigbee.host.book import Book, Network
from drivers.zigbee.host.identity import facts_of
from drivers.zigbee.host.keeper import Keeper
from drivers.zigbee.host.radio_port import Radio
from drivers.zigbee.install_code import install_code
from drivers.zigbee.service import IEEE_FORM, ieee

Order = Mapping[str, Any]
LONGEST_OPEN = 3600  # s; a network that is open longer has been forgotten
MOST_LABEL = 60  # characters
FOR_GOOD = {"form", "restore", "adopt"}  # orders that change what is on the stick, or in the book


class Orders:
    """Obeys orders for one network; DriverError says what was not done."""

    def __init__(self, keeper: Keeper, monotonic: Callable[[], float]) -> None:
        self._keeper = keeper
        self._network = keeper.network
        self._monotonic = monotonic
        self._known: dict[str, Callable[[Order], Awaitable[Any]]] = {
            "list": self._list,
            "permit": self._permit,
            "close": self._close,
            "rename": self._rename,
            "remove": self._remove,
            "map": self._map,
            "check": self._check,
            "form": self._form,
            "restore": self._restore,
            "adopt": self._adopt,
        }

    async def obey(self, order: Order) -> Any:
        """Do what an order says."""
        name = order.get("do")
        if not isinstance(name, str) or name not in self._known:
            raise DeviceFault(
                f"no order {str(name)[:40]!r}", advice=f"choose from {', '.join(self._known)}"
            )
        if name not in FOR_GOOD:
            return await self._known[name](order)
        async with self._keeper.at_work:
            return await self._known[name](order)

    async def _list(self, _: Order) -> Any:
        """Return a row for each node of the book."""
        now, nodes = self._monotonic(), self._network.nodes
        return [
            {
                "ieee": watch.known.ieee,
                "name": nodes.called(watch.known.ieee),
                "configured": nodes.feed(watch.known.ieee).followed,
                "router": watch.known.router,
                "model": f"{watch.known.maker} {watch.known.model}".strip(),
                "parent": nodes.called(watch.known.parent) if watch.known.parent else "",
                "lqi": watch.lqi,
                "battery": watch.battery,
                "heard_s": None if watch.heard is None else round(now - watch.heard),
            }
            for watch in nodes
        ]

    async def _permit(self, order: Order) -> Any:
        radio = self._radio()
        seconds, via = order.get("seconds"), order.get("via") or None
        if type(seconds) is not int or not 0 < seconds <= LONGEST_OPEN:
            raise DeviceFault(
                f"a network is opened for 1 to {LONGEST_OPEN} s, not {str(seconds)[:20]}",
                advice="give --for the seconds, 120 if unsure",
            )
        only, code = self._code(order)
        router = None if via is None else self._named(via)
        if router is not None and not self._is_router(router, radio):
            raise DeviceFault(f"{via} is no router", advice="see the routers: tallyman zigbee list")
        await (radio.anyone() if only is None else radio.only(only, code))
        now = self._monotonic()
        self._network.joins.open(seconds, router, now, only)
        await self._keeper.tell_routers(radio, now)
        through = f" through {via}" if via else ""
        who = "nodes" if only is None else f"{only}, by its install code,"
        self._network.note("open", f"{who} may join for {seconds} s{through}")
        return {"seconds": seconds, "via": via, "only": only}

    def _code(self, order: Order) -> tuple[str | None, bytes]:
        """Return who may join by an install code, and the code; None where it needs none."""
        code, node = order.get("code") or None, order.get("node") or None
        if code is None and node is None:
            return None, b""
        if not isinstance(code, str) or not isinstance(node, str):
            raise DeviceFault(
                "an install code is that of one node",
                advice="say both, as they stand on its label: permit IEEE --code CODE",
            )
        if not re.fullmatch(IEEE_FORM, node):
            raise DeviceFault(
                f"{node[:60]!r} is no IEEE address: it has sixteen digits",
                advice="read it off the node's label, where the install code is",
            )
        try:
            return ieee(node), install_code(code)
        except BadFrame as error:
            raise DeviceFault(str(error), advice="read the label once more") from error

    def _is_router(self, name: str, radio: Radio) -> bool:
        return name == radio.own or any(
            watch.known.ieee == name and watch.known.router for watch in self._network.nodes
        )

    async def _close(self, _: Order) -> Any:
        radio, now = self._radio(), self._monotonic()
        self._network.joins.close()
        await self._keeper.tell_routers(radio, now)
        return {}

    async def _rename(self, order: Order) -> Any:
        book, name = self._book(), self._node(order)
        label = order.get("label")
        if not isinstance(label, str) or not label.isprintable() or len(label) > MOST_LABEL:
            raise DeviceFault(f"a label is at most {MOST_LABEL} printable characters")
        book.nodes[name].label = label
        self._written()
        return {"ieee": name, "label": label}

    async def _remove(self, order: Order) -> Any:
        radio, book, name = self._radio(), self._book(), self._node(order)
        heard = await radio.remove(name)
        detail = "it was told to leave" if heard else "it did not hear that it is to leave"
        self._network.nodes.removed(name, detail)
        self._network.nodes.forget(book, name)
        self._written()
        return {"ieee": name, "heard": heard}

    async def _map(self, _: Order) -> Any:
        """Return a line for each link of the tree: who hears whom, how well, whose child it is."""
        radio = self._radio()
        routers = [watch.known.ieee for watch in self._network.nodes if watch.known.router]
        links = []
        for router in (radio.own, *routers):
            row: dict[str, Any] = {"ieee": router, "name": self._network.nodes.called(router)}
            try:
                heard = await radio.neighbours(router)
            except DriverError as error:
                links.append({**row, "silent": str(error), "neighbours": []})
                continue
            for each in heard:
                if each.child:
                    self._network.nodes.parent(each.ieee, router)
            neighbours = [
                {
                    "ieee": each.ieee,
                    "name": self._network.nodes.called(each.ieee),
                    "child": each.child,
                    "lqi": each.lqi,
                }
                for each in heard
            ]
            links.append({**row, "silent": "", "neighbours": neighbours})
        return links

    async def _check(self, _: Order) -> Any:
        """Return which routers the coordinator's own table lacks: joins through them fail."""
        radio = self._radio()
        heard = {each.ieee for each in await radio.neighbours(radio.own)}
        routers = [watch.known.ieee for watch in self._network.nodes if watch.known.router]
        missing = [self._network.nodes.called(each) for each in routers if each not in heard]
        return {"routers": len(routers), "neighbours": len(heard), "missing": missing}

    async def _form(self, order: Order) -> Any:
        radio = self._stick(order, "making a new network lets every node go that there is")
        try:
            if self._keeper.running:
                radio = await self._keeper.at_rest()
            await radio.form()
            network = await self._there(radio)
        finally:
            self._keeper.changed()
        self._network.file.set_aside(".replaced")
        self._take(Book(network), "formed", "a new network, without nodes")
        return _summary(network)

    async def _adopt(self, order: Order) -> Any:
        radio = self._stick(order, "the stick's network takes the place of the one in the book")
        network = await self._there(radio)
        old, known = self._network.book, facts_of(network)
        self._keeper.refuse_copy(known)
        before = None if old is None else facts_of(old.network)
        same = (
            before is not None
            and known is not None
            and ((before.key, before.extended_pan) == (known.key, known.extended_pan))
        )
        nodes = old.nodes if old is not None and same else {}
        if not same:
            self._network.file.set_aside(".replaced")
        self._take(Book(network, nodes), "adopted", "the stick's network as it was")
        return _summary(network)

    async def _restore(self, order: Order) -> Any:
        """Write the book's network onto the stick, and believe only what is read back."""
        radio = self._stick(order, "what is on the stick is lost")
        book = self._book()
        wanted = facts_of(book.network)
        self._keeper.refuse_copy(wanted)
        await radio.write(book.network, burn=order.get("burn") is True)
        network = await self._there(radio)
        found = facts_of(network)
        assert wanted is not None and found is not None, "both are networks"
        if (found.ieee, found.extended_pan, found.key) != (
            wanted.ieee,
            wanted.extended_pan,
            wanted.key,
        ):
            raise DeviceFault(
                "the stick does not hold what was written",
                advice="give it newer firmware, or use another stick",
            )
        if found.counter <= wanted.counter:
            raise DeviceFault(
                f"the stick's frame counter reads {found.counter}, and nodes have heard "
                f"{wanted.counter}: they would not believe it",
                advice="this firmware cannot set it: give it newer firmware, or use another stick",
            )
        self._take(Book(network, book.nodes), "restored", "the network was written onto the stick")
        return _summary(network)

    def _take(self, book: Book, state: str, detail: str) -> None:
        self._network.book = book
        self._written()
        self._network.note(state, detail)
        self._keeper.changed()

    def _written(self) -> None:
        if not self._network.write_book():
            raise DeviceFault(
                "the network's book could not be written",
                advice="free space on the disk, then do it again",
            )

    async def _there(self, radio: Radio) -> Network:
        network = await radio.network()
        if network is None:
            raise DeviceFault(
                "there is no network on the stick", advice="tallyman zigbee form --yes"
            )
        return network

    def _stick(self, order: Order, danger: str) -> Radio:
        """Return the stick for an order that changes it for good; DeviceFault without a yes."""
        if order.get("yes") is not True:
            raise DeviceFault(f"not done: {danger}", advice="say --yes if that is meant")
        if self._keeper.running and order.get("do") != "form":
            raise DeviceFault(
                "not done: the network runs, and its stick is the right one",
                advice="nothing needs to be done",
            )
        if self._keeper.radio is None:
            raise self._no_stick()
        return self._keeper.radio

    def _radio(self) -> Radio:
        if self._keeper.radio is None or not self._keeper.running:
            raise self._no_stick()
        return self._keeper.radio

    def _no_stick(self) -> DriverError:
        said = self._network.feed.said
        text = said["detail"] or "the network does not run yet"
        return DeviceMissing(text, advice=said.get("advice"))

    def _book(self) -> Book:
        if self._network.book is None:
            raise DeviceFault("there is no network", advice="make one: tallyman zigbee form --yes")
        return self._network.book

    def _node(self, order: Order) -> str:
        """Return the address of the node that an order names."""
        name = self._named(order.get("node"))
        if name not in self._network.nodes:
            raise DeviceFault(f"the network has no node {name}", advice="see: tallyman zigbee list")
        return name

    def _named(self, text: object) -> str:
        """Return the address of the node that people call so."""
        if not isinstance(text, str):
            raise DeviceFault(
                "name a node by its address or name", advice="see: tallyman zigbee list"
            )
        if re.fullmatch(IEEE_FORM, text):
            return ieee(text)
        radio = self._keeper.radio
        if text == "coordinator" and radio is not None:
            return radio.own
        names = {
            self._network.nodes.called(watch.known.ieee): watch.known.ieee
            for watch in self._network.nodes
        }
        if text not in names:
            raise DeviceFault(
                f"the network has no node {text[:60]!r}", advice="see: tallyman zigbee list"
            )
        return names[text]


def _summary(network: Network) -> dict[str, Any]:
    facts = facts_of(network)
    assert facts is not None, "it is a network"
    return {"pan": facts.extended_pan, "channel": facts.channel}
