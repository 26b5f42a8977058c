"""Reading, writing and locking tags beside a running inventory."""

import asyncio
import contextlib

import pytest

from drivers.errors import BadFrame, DeviceFault, LinkLost
from drivers.rfid import m100_tags, module_link
from drivers.rfid.m100_commands import Area, Bank, Lock, ModuleFault
from hil.emulators.serial.m100_module import M100Module
from tests.drivers.rfid.test_m100_on_a_pty import OTHER, SGTIN, Bench

OLD, NEW = bytes.fromhex(SGTIN), bytes.fromhex("3074257BF7194E4000001A86")
PASSWORD = 0x12345678
TAG = {"epc": SGTIN, "access": "12345678", "user": "00112233445566778899AABBCCDDEEFF"}


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    """The emulated module says all it has to say at once: no need to wait long for its silence."""
    monkeypatch.setattr(module_link, "QUIET", 0.04)


@contextlib.asynccontextmanager
async def scanning(tmp_path, **emulated):
    """A driver that reads on while the test writes; its newest readings are in `bench.seen`."""
    emulated = {"tags": [TAG, {"epc": OTHER}], "read_rate": 0.65} | emulated
    async with Bench(tmp_path, **emulated) as bench:
        bench.seen = [await bench.next()]

        async def read():
            while True:
                bench.seen.append(await anext(bench.stream))

        reading = asyncio.ensure_future(read())
        yield bench
        reading.cancel()
        await asyncio.wait([reading])


async def test_banks_are_read_and_written_while_the_inventory_goes_on(tmp_path):
    async with scanning(tmp_path) as bench:
        driver = bench.driver
        assert await driver.read_tag(OLD, Bank.USER, 1, 2) == bytes.fromhex("22334455")
        assert (await driver.read_tag(OLD, Bank.TID, 0, 2))[:1] == b"\xe2"
        await driver.write_tag(OLD, Bank.USER, 4, b"lot 17A ")
        assert await driver.read_tag(OLD, Bank.USER, 4, 4) == b"lot 17A "
        assert bytes(bench.emulator.tags[1].banks[Bank.USER]) == bytes(64)
        bench.seen.clear()
        deadline = asyncio.get_running_loop().time() + 5.0
        while not {SGTIN, OTHER} <= {reading.fields["epc"] for reading in bench.seen}:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)
        assert driver.health.counters.get("reopens", 0) == 0


async def test_an_epc_is_written_and_the_same_tag_answers_to_it(tmp_path):
    async with scanning(tmp_path) as bench:
        await bench.driver.write_epc(OLD, NEW)
        assert bench.emulator.tags[0].epc == NEW
        longer = bytes.fromhex("3614257BF7194E59B2C2BF10000000") + b"\x00"
        await bench.driver.write_epc(NEW, longer)
        assert bench.emulator.tags[0].epc == longer
        assert bench.emulator.tags[0].pc == 8 << 11


async def test_a_lost_answer_does_not_make_a_written_tag_a_failure(tmp_path):
    async with scanning(tmp_path, read_rate=1.0) as bench:
        access = bench.emulator._access
        lost = []

        def losing(command, payload):
            answer = access(command, payload)
            if command != 0x49 or lost:
                return answer
            lost.append(answer)
            return bytes.fromhex("BB01FF000110117E")

        bench.emulator._access = losing
        await bench.driver.write_epc(OLD, NEW)
        assert lost
        assert bench.emulator.tags[0].epc == NEW


async def test_another_tag_with_the_new_epc_is_no_success(tmp_path):
    twin = {"epc": NEW.hex(), "tid": "E28011052000AAAAAAAAAAAA"}
    async with scanning(tmp_path, tags=[twin, TAG]) as bench:
        with pytest.raises(DeviceFault, match="another tag in the field"):
            await bench.driver.write_epc(OLD, NEW)
        assert bench.emulator.tags[1].epc == OLD


async def test_the_tag_that_answers_must_be_the_one_that_was_written(tmp_path, monkeypatch):
    """A twin that was silent while the driver looked around: the TID gives it away."""
    assert m100_tags.LOOKS == 5, "rounds: two tags are both heard in one of them, 94 times in 100"
    monkeypatch.setattr(m100_tags, "LOOKS", 0)
    twin = {"epc": NEW.hex(), "tid": "E28011052000AAAAAAAAAAAA"}
    async with scanning(tmp_path, tags=[twin, TAG]) as bench:
        bench.emulator._rng.choice = lambda tags: tags[0]
        with pytest.raises(DeviceFault, match="another tag in the field"):
            await bench.driver.write_epc(OLD, NEW)


async def test_two_tags_with_one_epc_are_refused_before_anything_is_written(tmp_path):
    twins = [TAG, TAG | {"tid": "E28011052000AAAAAAAAAAAA"}]
    async with scanning(tmp_path, tags=twins) as bench:
        with pytest.raises(DeviceFault, match="two tags in the field have the EPC") as caught:
            await bench.driver.write_epc(OLD, NEW)
        assert "only the tag to be written" in caught.value.advice
        assert [tag.epc for tag in bench.emulator.tags] == [OLD, OLD]


async def test_a_tag_that_stores_something_else_is_found_out(tmp_path):
    async with scanning(tmp_path) as bench:
        tag = bench.emulator.tags[0]
        write = tag.write
        tag.write = lambda bank, first, data, password: write(
            bank, first, data[:-2] + b"\xff\xff", password
        )
        with pytest.raises(BadFrame, match="after writing"):
            await bench.driver.write_tag(OLD, Bank.USER, 0, b"1234")


async def test_locks_and_the_errors_that_name_them(tmp_path):
    async with scanning(tmp_path) as bench:
        driver = bench.driver
        await driver.lock_tag(OLD, Area.EPC, Lock.WITH_PASSWORD, PASSWORD)
        with pytest.raises(ModuleFault, match="this memory is locked") as caught:
            await driver.write_epc(OLD, NEW)
        assert caught.value.code == 0xB4
        await driver.write_epc(OLD, NEW, PASSWORD)
        assert bench.emulator.tags[0].epc == NEW
        await driver.lock_tag(NEW, Area.EPC, Lock.FOREVER, PASSWORD)
        with pytest.raises(ModuleFault, match="this memory is locked"):
            await driver.write_epc(NEW, OLD, PASSWORD)
        with pytest.raises(ModuleFault, match="refuses locking"):
            await driver.lock_tag(NEW, Area.EPC, Lock.OPEN, PASSWORD)


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (lambda d: d.read_tag(OLD, Bank.USER, 8, 1), "no such memory"),
        (lambda d: d.write_tag(OLD, Bank.TID, 0, b"12"), "this memory is locked"),
        (lambda d: d.read_tag(OLD, Bank.USER, 0, 1, 0xBAD), "refused the access password"),
        (lambda d: d.read_tag(NEW, Bank.USER, 0, 1), "did not answer to reading"),
        (lambda d: d.write_tag(NEW, Bank.USER, 0, b"12"), "did not answer to writing"),
        (lambda d: d.write_tag(OLD, Bank.USER, 0, b"123"), "3 bytes cannot be written"),
        (lambda d: d.lock_tag(NEW, Area.USER, Lock.OPEN, PASSWORD), "did not answer to locking"),
        (lambda d: d.lock_tag(OLD, Area.USER, Lock.OPEN, 0), "zero is none"),
    ],
)
async def test_each_fault_is_told_in_words_and_the_inventory_goes_on(tmp_path, job, text):
    async with scanning(tmp_path) as bench:
        with pytest.raises(DeviceFault, match=text):
            await job(bench.driver)
        assert bench.driver.health.counters.get("reopens", 0) == 0


async def test_a_tag_is_written_without_a_running_session(tmp_path):
    async with Bench(tmp_path, tags=[TAG]) as bench:
        await bench.driver.write_epc(OLD, NEW)
        assert bench.emulator.tags[0].epc == NEW
        assert not bench.emulator.scanning


async def test_an_unplugged_module_fails_the_errand_and_not_the_session(tmp_path):
    async with scanning(tmp_path) as bench:
        errand = asyncio.ensure_future(bench.driver.write_epc(OLD, NEW))
        bench.emulator.unplug()
        with pytest.raises(LinkLost, match="went away"):
            await errand


def test_tags_of_the_rig_may_have_memory():
    (tag,) = M100Module(tags=[TAG]).tags
    assert (tag.pc, tag.epc) == (0x3000, OLD)
