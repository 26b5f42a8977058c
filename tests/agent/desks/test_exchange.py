"""Folders that partners share with a dock: each file once, faults beside the file, papers out."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from agent.desks.exchange import Exchange, put_aside, read_at_most, waiting
from tests.agent.desks.test_dock_desk import NOTICE, Rig
from tests.agent.dock.goods import APPLE, P1, item, plan


class Rounds:
    """The exchange's own time: it sleeps until a test lets it look again."""

    def __init__(self) -> None:
        self.asleep, self._go, self.pauses = asyncio.Event(), asyncio.Event(), []

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        self.asleep.set()
        await self._go.wait()
        self._go.clear()

    def go_on(self):
        self.asleep.clear()
        self._go.set()


class Partner(Rig):
    """A rig with both folders."""

    async def start(self) -> None:
        await super().start()
        self.desk._decisions._papers = "recadv csv"
        self.inbox, self.outbox = self.folder / "in", self.folder / "out"
        self.inbox.mkdir(exist_ok=True)
        self.outbox.mkdir(exist_ok=True)
        self.rounds = Rounds()
        exchange = Exchange(
            self.inbox, self.outbox, self.desk._notices, self.desk._checks, self.recorder, self.rounds
        )  # fmt: skip
        self.tasks.append(asyncio.create_task(exchange.run()))

    async def look(self, check: str = ""):
        if check:
            return await super().look(check)
        await self.go_round(3)
        return sorted(path.name for path in self.inbox.iterdir())

    async def go_round(self, times: int) -> None:
        """Have it look so many times, and each time until it has done what it found."""
        for _ in range(times):
            await self._asleep()
            self.rounds.go_on()
        await self._asleep()
        assert set(self.rounds.pauses) == {5.0}
        assert self.recorder.state.waiting == 0, "a file was done with before that was durable"

    async def _asleep(self) -> None:
        async with asyncio.timeout(30):
            while not self.rounds.asleep.is_set():
                await self.timing.advance(0.05)


def test_what_waits_is_a_file_with_no_problem_beside_it(tmp_path):
    for name in ("a.json", "b.csv", "b.csv.problem.txt", ".hidden"):
        (tmp_path / name).write_text("12")
    (tmp_path / "taken").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    assert waiting(tmp_path) == {"a.json": 2}
    assert waiting(tmp_path / "none") == {}


def test_no_more_is_read_of_a_file_than_a_notice_may_have(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert [read_at_most(path, most) for most in (4, 5, 6)] == [b"1234", b"12345", b"12345"]


def test_a_file_of_a_name_that_was_taken_before_has_its_digest_in_it(tmp_path):
    digest = "0123456789abcdef" * 4
    names = []
    for text in ("one", "two"):
        (tmp_path / "a.b.json").write_text(text)
        put_aside(tmp_path / "a.b.json", digest)
        assert not (tmp_path / "a.b.json").exists()
        names.append(sorted(path.name for path in (tmp_path / "taken").iterdir()))
    assert names == [["a.b.json"], ["a.b-0123456789ab.json", "a.b.json"]]
    assert (tmp_path / "taken" / "a.b.json").read_text() == "one"


@pytest.fixture
async def partner(tmp_path):
    partner = Partner(tmp_path)
    await partner.start()
    yield partner
    await partner.kill()


async def test_a_notice_that_was_dropped_is_checked_by_its_number(partner):
    (partner.inbox / "a.json").write_bytes(NOTICE)
    (partner.inbox / ".half.json").write_bytes(NOTICE)
    assert await partner.look() == [".half.json", "taken"]
    assert (partner.inbox / "taken" / "a.json").read_bytes() == NOTICE
    (record,) = await partner.records("dock-notice")
    assert record.values == {
        "notice": "ASN1099", "digest": hashlib.sha256(NOTICE).digest(), "form": "json",
        "file": "a.json",
    }  # fmt: skip
    await partner.kill()
    await partner.start()
    found = await partner.ask("dock-find", name="ASN1099")
    assert found == {"notice": "ASN1099", "digest": hashlib.sha256(NOTICE).hexdigest()}
    opened = await partner.ask(
        "dock-open", digest=found["digest"], read_point="door 2", number="ASN1099"
    )
    assert (await partner.look(opened["check"]))["expected"] == 3
    (partner.inbox / "a.json").write_bytes(NOTICE)  # once more: no second record
    await partner.look()
    assert len(await partner.records("dock-notice")) == 1
    assert len(list((partner.inbox / "taken").iterdir())) == 2


async def test_a_file_that_still_grows_is_left_until_it_is_whole(partner):
    path = partner.inbox / "a.json"
    for end in range(0, len(NOTICE), len(NOTICE) // 4 + 1):
        path.write_bytes(NOTICE[: end + 1])
        await partner.go_round(1)
        assert [each.name for each in partner.inbox.iterdir()] == ["a.json"]
    path.write_bytes(NOTICE)
    await partner.go_round(1)
    assert [each.name for each in partner.inbox.iterdir()] == ["a.json"]
    await partner.go_round(1)
    assert [each.name for each in partner.inbox.iterdir()] == ["taken"]


async def test_several_notices_of_a_file_are_each_on_record(partner):
    rows = f"notice,gtin,quantity\nN1,{APPLE},1\nN2,{APPLE},2\n"
    (partner.inbox / "two.csv").write_text(rows)
    await partner.look()
    assert [each.values["notice"] for each in await partner.records("dock-notice")] == ["N1", "N2"]


async def test_what_cannot_be_read_stays_with_the_reason_beside_it(partner):
    (partner.inbox / "b.csv").write_text("notice,gtin,quantity\nN1,123,1\n")
    assert await partner.look() == ["b.csv", "b.csv.problem.txt"]
    said = (partner.inbox / "b.csv.problem.txt").read_text()
    assert said.startswith("b.csv: line 2: a GTIN has 8, 12, 13 or 14 digits")
    assert "next: correct it" in said
    (partner.inbox / "b.csv").write_text(f"notice,gtin,quantity\nN1,{APPLE},1\n")
    (partner.inbox / "b.csv.problem.txt").unlink()
    assert await partner.look() == ["taken"]


async def test_papers_of_a_receipt_go_out_once_through_a_kill(partner):
    data = plan((P1, [item(APPLE, 2)]), supplier="4012345000009")
    check = (await partner.begin(data))["check"]
    await partner.ask("dock-label", check=check, label=P1)
    await partner.ask("dock-close", check=check, decision="accepted")
    await partner.kill()
    await partner.start()
    await partner.look()
    names = sorted(path.name for path in partner.outbox.iterdir())
    assert names == [f"{check}.csv", f"{check}.edi"]
    assert b"QTY+194:2'" in (partner.outbox / f"{check}.edi").read_bytes()
    papers = await partner.records("dock-paper")
    assert [each.values for each in papers] == [
        {"check": check, "form": form, "file": f"{check}{ending}",
         "digest": hashlib.sha256((partner.outbox / f"{check}{ending}").read_bytes()).digest()}
        for form, ending in (("recadv", ".edi"), ("csv", ".csv"))
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in partner.outbox.iterdir()} == {0o644}
    for path in partner.outbox.iterdir():
        path.unlink()  # picked up
    await partner.kill()
    await partner.start()
    await partner.look()
    assert list(partner.outbox.iterdir()) == []


async def test_a_paper_that_cannot_be_made_is_on_record_with_the_reason_and_tried_no_more(partner):
    partner.desk._decisions._papers = "epcis csv"
    check = (await partner.begin())["check"]
    await partner.ask("dock-close", check=check, decision="rejected")
    await partner.go_round(2)
    first, other = await partner.records("dock-paper")
    reason = f"nothing came on receipt {check}, and an event names what did"
    assert first.values == {"check": check, "form": "epcis", "problem": reason}
    assert other.values["file"] == f"{check}.csv"
    await partner.go_round(2)
    assert len(await partner.records("dock-paper")) == 2


async def test_a_folder_that_is_away_is_waited_for(partner):
    check = (await partner.begin())["check"]
    partner.outbox.rmdir()
    partner.inbox.rmdir()
    await partner.ask("dock-close", check=check, decision="rejected")
    await partner.go_round(2)
    assert await partner.records("dock-paper") == []
    partner.outbox.mkdir()
    partner.inbox.mkdir()
    await partner.look()
    assert (partner.outbox / f"{check}.edi").exists()
