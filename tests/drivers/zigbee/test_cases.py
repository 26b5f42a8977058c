"""Stories of Zigbee networks that went wrong elsewhere: each ends as its file says.

The files in cases/ are scenarios of the emulated sticks (drivers/zigbee/HARDWARE.md). Joining is
open for the steps of their first five seconds. A remark that begins with `!` says what must come of
it: a record (`WHO KIND QUALITY name=value …`), a state (`WHO is STATE CAUSE words …`), a value that
is recorded once, a router that the check names, or a node that must be nobody.
"""

import asyncio
from pathlib import Path

import pytest

from drivers.driver import State
from drivers.reading import Quality
from hil.emulators.zigbee.scenario import parse
from tests.drivers.zigbee.conftest import until

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
OPEN_FOR = 5.0  # s of each story


def expected(case):
    lines = case.read_text().splitlines()
    return [line.removeprefix("#!").split() for line in lines if line.startswith("#!")]


def said(heard, kind, words):
    """Readings of a kind whose fields have these texts: `name=value …`, `none` for no value."""
    pairs = [word.split("=", 1) for word in words]
    return [
        each
        for each in heard.said(kind)
        if all(
            str(each.fields.get(name)).removesuffix("None") == text.removesuffix("none")
            for name, text in pairs
        )
    ]


class Play:
    """All stories on one network, at the same time."""

    def __init__(self, network):
        self.network = network
        self.steps = sorted(
            (step for case in CASES for step in parse(case.read_text())), key=lambda step: step.at
        )
        self.nodes = {step.words[0]: step.settings for step in self.steps if step.verb == "node"}

    async def joined(self):
        early = [step for step in self.steps if step.at < OPEN_FOR]
        self.heard = {
            name: self.network.follow(name, float(settings.get("every", 600.0)))
            for name, settings in self.nodes.items()
            if not settings.get("router")
        }
        await self.network.form()
        for heard in self.heard.values():
            await until(lambda heard=heard: heard.driver._life, "its follower")
        for step in early:
            if step.verb == "join":  # again each time, for routers that are new
                await self.network.order("permit", seconds=600)
            self.network.stick.story.take(step)
            if step.verb == "join":
                (name,) = step.words
                heard = self.heard.get(name, self.network.radio)
                await heard.says("zigbee-node", state="joined", ieee=name)
        await self.network.order("close")

    async def played(self):
        now = OPEN_FOR
        for step in (step for step in self.steps if step.at >= OPEN_FOR):
            await asyncio.sleep(min(step.at - now, 1.0))
            now = step.at
            if step.verb == "unplug":
                return
            self.network.stick.story.take(step)

    def who(self, word):
        return self.network.radio if word == "radio" else self.heard[word]

    async def ends(self, who, verb, *words):
        """Wait until one expectation has come true."""
        if who == "check":
            assert words[0] in (await self.network.order("check"))["missing"]
        elif who == "nobody":
            assert verb not in [row["ieee"] for row in await self.network.order("list")]
        elif verb == "is":
            state, cause, detail = State(words[0]), words[1:2], " ".join(words[2:])
            await self.who(who).is_(state, detail)
            assert [self.who(who).health.cause.id] == list(cause) if cause else True
        elif verb == "once":
            await until(lambda: said(self.who(who), "temperature", words), lambda: f"{who} {words}")
            assert len(said(self.who(who), "temperature", words)) == 1
        else:
            quality, *fields = words
            await until(
                lambda: any(
                    each.quality is Quality(quality) for each in said(self.who(who), verb, fields)
                ),
                lambda: f"{verb} {words} of {who} in {self.who(who).seen[-4:]}",
            )


@pytest.mark.parametrize("type_", ["znp", "ezsp"])
async def test_each_story_ends_as_its_file_says(site, type_):
    async with site(type_=type_, pace=1.0) as network:
        play = Play(network)
        await play.joined()
        await play.played()
        for case in CASES:
            if case.stem != "stick_back":
                for who, verb, *words in expected(case):
                    await play.ends(who, verb, *words)
        network.stick.unplug()
        await network.radio.is_(State.MISSING, "there is no stick at")
        runs = network.runs()
        network.stick.plug()
        await until(lambda: network.runs() > runs, "its start")
        network.stick.tell(
            "reset"
        )  # which leaves it without a network, and it answers all the same
        await network.radio.was(State.MISSING, "started anew by itself")
        await until(lambda: network.runs() > runs + 1, "its next start")
        rows = {row["ieee"]: row["heard_s"] for row in await network.order("list")}
        assert (
            rows["00158d000000e011"] is None
        )  # heard before, and not since: that is not "just seen"
