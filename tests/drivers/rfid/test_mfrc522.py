import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import BadFrame, CommandTimeout, DeviceFault
from drivers.reading import Quality
from drivers.rfid import causes
from foundation.options import OptionError
from tests.drivers.rfid.nfc_bench import CLASSIC, NTAG, NTAG_UID, TRIPLE, NfcBench

UID = bytes.fromhex(NTAG_UID)
CLASSIC_UID = bytes.fromhex(CLASSIC["uid"])


@pytest.mark.parametrize(
    ("card", "kind", "sak", "atqa", "origin"),
    [
        (NTAG, "NTAG213", 0x00, 0x0044, "chip claims NXP origin"),
        ({"uid": NTAG_UID, "kind": "ntag215"}, "NTAG215", 0x00, 0x0044, "signature is not NXP's"),
        ({"uid": NTAG_UID, "kind": "ultralight"}, "MIFARE Ultralight", 0x00, 0x0044, None),
        (CLASSIC, "MIFARE Classic 1K", 0x08, 0x0004, None),
        ({"uid": "88010203", "kind": "classic1k"}, "MIFARE Classic 1K", 0x08, 0x0004, None),
        (TRIPLE, "card with SAK 00", 0x00, 0x0084, None),
        ({"uid": "04010203040506", "kind": "desfire"}, "MIFARE DESFire", 0x20, 0x0344, None),
        ({"uid": "08010203", "kind": "payment"}, "payment card", 0x20, 0x0344, None),
        ({"uid": "08010203", "kind": "passport"}, "electronic passport", 0x20, 0x0344, None),
        ({"uid": "04010203040506", "kind": "iso4"}, "ISO 14443-4 card", 0x20, 0x0344, None),
    ],
)
async def test_every_length_of_uid_and_what_the_card_says_it_is(card, kind, sak, atqa, origin):
    async with NfcBench(card) as bench:
        fields = await bench.seen(state="entered")
        assert fields == {
            "uid": card["uid"],
            "state": "entered",
            "type": kind,
            "sak": sak,
            "atqa": atqa,
            "origin": origin,
            "first_seen": 0.0,
        }
        assert bench.driver.health.state is State.RUNNING
        assert bench.driver.health.detail == "MFRC522 version 2.0"


async def test_a_card_is_reported_when_it_enters_and_when_it_left_and_not_between():
    async with NfcBench(NTAG | {"enter": 5.0, "leave": 25.0}) as bench:
        await bench.seen(state="entered")
        left = await bench.seen(state="left")
        assert left["uid"] == NTAG_UID
        assert left["first_seen"] == pytest.approx(20_000, abs=500)
        assert bench.driver.health.counters["readings"] == 2


async def test_a_card_that_flickers_for_less_than_leave_after_stays():
    async with NfcBench(NTAG, options={"leave_after": 2.0}) as bench:
        await bench.seen(state="entered")
        bench.card().unplug()
        gone_at = bench.timing.now
        await bench.until(lambda: bench.timing.now > gone_at + 1.2)
        bench.card().plug()
        await bench.until(lambda: bench.timing.now > gone_at + 10.0)
        assert bench.readings == []


@pytest.mark.parametrize(
    "uids",
    [
        ["DEADBEEF", "DEADBEEE"],  # the last byte collides
        ["DEADBEEF", "5EADBEEF"],  # bit 8
        ["00000000", "FFFFFFFF"],
        ["04112233445566", "04112233445567", "04112233445546"],  # at the second level only
        ["04112233445566778899", "04112233445566", "04112233", "88112233"],
        ["0411223344556677889A", "0411223344556677889B", "0411223344556677881B"],
    ],
)
async def test_cards_that_collide_are_all_found(uids):
    async with NfcBench(*({"uid": uid, "kind": "iso"} for uid in uids)) as bench:
        await bench.until(lambda: len(bench.readings) == len(uids))
        assert {reading.fields["uid"] for reading in bench.readings} == set(uids)
        bench.readings.clear()
        bench.card(2).unplug()
        assert (await bench.seen(state="left"))["uid"] == uids[1]
        later = bench.timing.now + 5.0
        await bench.until(lambda: bench.timing.now > later)
        assert bench.readings == []


async def test_every_bit_of_a_uid_may_be_the_one_that_collides():
    base = 0x5A3C96E1
    for bit in range(0, 32, 3):
        pair = [f"{value:08X}" for value in (base, base ^ 1 << bit)]
        async with NfcBench(*({"uid": uid, "kind": "iso"} for uid in pair)) as bench:
            await bench.until(lambda: len(bench.readings) == 2)
            assert sorted(r.fields["uid"] for r in bench.readings) == sorted(pair)


async def test_a_card_taken_away_in_the_middle_of_a_read():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        bench.card().fault("tear")
        with pytest.raises(CommandTimeout, match="did not stay") as caught:
            await bench.driver.read_pages(UID, 0, 4)
        assert "keep it there" in caught.value.advice
        assert (await bench.seen(state="left"))["uid"] == NTAG_UID
        assert bench.driver.health.state is State.RUNNING


async def test_a_card_taken_away_while_it_is_identified_is_known_by_its_sak():
    bench = NfcBench(NTAG)
    bench.card().fault("tear")
    async with bench:
        assert (await bench.seen(state="entered"))["type"] == "card with SAK 00"
        await bench.seen(state="left")


async def test_a_flipped_bit_never_becomes_data():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        clean = await bench.driver.read_pages(UID, 0, 8)
        for _ in range(5):
            bench.card().fault("flip")
            assert await bench.driver.read_pages(UID, 0, 8) == clean
        assert bench.driver.health.counters["disturbed reads"] >= 5


async def test_pages_are_written_and_read_back():
    async with NfcBench(NTAG, CLASSIC) as bench:
        await bench.seen(uid=NTAG_UID)
        await bench.driver.write_page(UID, 6, b"dock")
        assert await bench.driver.read_pages(UID, 4, 4) == bytes(8) + b"dock" + bytes(4)
        with pytest.raises(DeviceFault, match="page 3 holds"):
            await bench.driver.write_page(UID, 3, b"\xff\xff\xff\xff")
        with pytest.raises(DeviceFault, match="the page or argument is not allowed"):
            await bench.driver.read_pages(UID, 200, 1)
        with pytest.raises(DeviceFault, match="a page has 4 bytes"):
            await bench.driver.write_page(UID, 6, b"123")


async def test_a_page_that_does_not_hold_what_was_written_is_said():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        card = bench.card().card
        card._write = lambda page, data: type(card)._write(card, page, b"bad!")
        with pytest.raises(CommandTimeout, match="page 6 holds 62 61 64 21 after writing"):
            await bench.driver.write_page(UID, 6, b"good")


async def test_blocks_of_a_classic_are_opened_with_the_keys_there_are():
    keys = ["A0A1A2A3A4A5", "B0B1B2B3B4B5"]
    options = {"keys": "FFFFFFFFFFFF, A0A1A2A3A4A5"}
    async with NfcBench(CLASSIC | {"keys": keys}, NTAG, options=options) as bench:
        await bench.seen(uid="DEADBEEF")
        await bench.driver.write_block(CLASSIC_UID, 6, b"sixteen bytes ok")
        assert await bench.driver.read_block(CLASSIC_UID, 6) == b"sixteen bytes ok"
        assert (await bench.driver.read_block(CLASSIC_UID, 0))[:5] == bytes.fromhex("DEADBEEF22")
        trailer = await bench.driver.read_block(CLASSIC_UID, 7)
        assert trailer[:6] == bytes(6)  # key A never leaves the card
        for block in (0, 3, 63):
            with pytest.raises(DeviceFault, match="never written"):
                await bench.driver.write_block(CLASSIC_UID, block, bytes(16))
        later = bench.timing.now + 5.0
        await bench.until(lambda: bench.timing.now > later)
        assert not any(r.fields["state"] == "left" for r in bench.readings)


async def test_a_classic_whose_key_nobody_configured():
    async with NfcBench(CLASSIC | {"keys": ["0123456789AB"]}) as bench:
        await bench.seen(state="entered")
        with pytest.raises(DeviceFault, match="no configured key opens block 4") as caught:
            await bench.driver.read_block(CLASSIC_UID, 4)
        assert "option keys" in caught.value.advice


async def test_a_card_that_is_not_there_cannot_be_read():
    async with NfcBench() as bench:
        await bench.until(lambda: bench.driver.health.state is State.RUNNING)
        with pytest.raises(CommandTimeout, match="no card answers"):
            await bench.driver.read_pages(UID, 4, 1)


async def test_cards_are_read_without_a_running_session():
    bench = NfcBench(NTAG)
    assert len(await bench.driver.read_pages(UID, 0, 45)) == 180
    assert not bench.board.field.on


async def test_read_once():
    bench = NfcBench(NTAG)
    reading = await bench.driver.read_once()
    assert dict(reading.fields) == {
        "uid": NTAG_UID, "state": "present", "type": "NTAG213", "sak": 0x00, "atqa": 0x0044,
        "origin": "chip claims NXP origin", "first_seen": 0.0,
    }  # fmt: skip
    assert not bench.board.field.on
    bench.card().unplug()
    nobody = await bench.driver.read_once()  # who was there at the last look is forgotten
    assert (nobody.device, nobody.kind, nobody.quality) == ("desk", "tag", Quality.NO_ANSWER)
    assert dict(nobody.fields) == dict.fromkeys(reading.fields)
    assert nobody.monotonic == bench.timing.now
    bench.card().plug()
    async with bench:
        await bench.seen(state="entered")
        assert (await bench.driver.read_once()).fields["uid"] == NTAG_UID


async def test_a_board_that_is_pulled_and_comes_back():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        bench.board.unplug()
        assert (await bench.seen(state="left"))["uid"] == NTAG_UID
        await bench.until(lambda: bench.driver.health.detail.startswith("nothing answers"))
        assert bench.driver.health.state is State.MISSING
        assert "RST must be at 3.3 V" in bench.driver.health.advice
        bench.board.supply()
        assert (await bench.seen(state="entered"))["uid"] == NTAG_UID


async def test_a_board_that_is_lost_takes_sight_of_its_cards_along():
    async with NfcBench(NTAG) as bench:
        entered = await bench.seen(state="entered")
        began = bench.timing.now
        await bench.until(lambda: bench.timing.now > began + 5.0)
        bench.board.unplug()
        left = await bench.seen(state="left")
        assert dict(left) | {"state": "entered", "first_seen": 0.0} == dict(entered)
        assert left["first_seen"] == pytest.approx(5000, abs=500)  # to when it was seen last
        assert bench.driver.health.cause in {causes.BOARD_SILENT, causes.BOARD_RESET}


@pytest.mark.parametrize(("gone", "left"), [(0.6, False), (1.3, True)])
async def test_a_card_has_left_a_second_after_it_was_seen_last(gone, left):
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        looks = bench.driver.health.counters["reads"]
        began = bench.timing.now
        await bench.until(lambda: bench.timing.now > began + 5.0)
        assert bench.driver.health.counters["reads"] - looks in {18, 19, 20}  # one a look
        bench.card().unplug()
        pulled = bench.timing.now
        await bench.until(lambda: bench.timing.now > pulled + gone)
        bench.card().plug()
        await bench.until(lambda: bench.timing.now > pulled + 3.0)
        told = [each.fields["state"] for each in bench.readings]
        assert told == (["left", "entered"] if left else [])


async def test_a_card_that_is_disturbed_is_asked_three_times():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        tries, disturbed = [], bench.driver.health.counters.get("disturbed reads", 0)

        async def job(chip):
            tries.append(chip)
            if len(tries) < 3:
                raise BadFrame("noise")
            return "read"

        assert await bench.driver._on_card(UID, job) == "read"
        assert bench.driver.health.counters["disturbed reads"] - disturbed == 2

        async def never(_chip):
            tries.append("never")
            raise BadFrame("noise")

        with pytest.raises(CommandTimeout) as caught:
            await bench.driver._on_card(UID, never)
        assert str(caught.value) == f"card {NTAG_UID} did not stay on /dev/spidev0.0: noise"
        assert tries.count("never") == 3


async def test_a_dip_of_the_supply_is_noticed():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        bench.board.fault("reset")
        await bench.seen(state="left")
        await bench.seen(state="entered")
        assert bench.driver.health.counters["reopens"] == 1


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (0x91, "MFRC522 version 1.0"),
        (0x88, "FM17522 (clone)"),
        (0xB2, "FM17522 (clone, B2)"),
        (0x77, "unknown clone, version 0x77"),
    ],
)
async def test_clones_work_and_are_named(version, name):
    async with NfcBench(NTAG, version=version, options={"self_test": True}) as bench:
        await bench.seen(state="entered")
        assert bench.driver.health.detail == name


async def test_the_self_test_finds_a_defect():
    bench = NfcBench(NTAG, options={"self_test": True})
    bench.board.fault("self-test")
    async with bench:
        await bench.until(lambda: bench.driver.health.state is State.FAULTY)
        assert bench.driver.health.detail == "the reader at /dev/spidev0.0 fails its self test"
        assert bench.driver.health.cause is causes.BOARD_BROKEN


async def test_another_chip_at_the_chip_select_is_named():
    class Ram:
        """Any chip that keeps what is written."""

        def transfer(self, data):
            return bytes([0x42]) * len(data)

    bench = NfcBench()
    bench.board.chip = Ram()
    async with bench:
        await bench.until(lambda: bench.driver.health.state is State.WRONG_DEVICE)
        assert "is not an MFRC522" in bench.driver.health.detail


async def test_the_antenna_gain_is_set():
    async with NfcBench(NTAG, options={"gain_db": 48}) as bench:
        await bench.seen(state="entered")
        assert bench.board.chip.registers[0x26] == 0x70


async def test_leaving_turns_the_field_off():
    async with NfcBench(NTAG) as bench:
        await bench.seen(state="entered")
        assert bench.board.field.on
    assert not bench.board.field.on


async def test_looking_at_an_empty_field_costs_few_transfers():
    async with NfcBench() as bench:
        await bench.until(lambda: bench.driver.health.state is State.RUNNING)
        before = bench.bus.messages, bench.bus.accesses
        since = bench.timing.now
        await bench.until(lambda: bench.timing.now > since + 25.0)
        looks = 25.0 / 0.25
        messages = (bench.bus.messages - before[0]) / looks
        accesses = (bench.bus.accesses - before[1]) / looks
        print(f"an empty look: {messages:.1f} system calls, {accesses:.1f} accesses")
        assert messages <= 6
        assert accesses <= 20  # PyPI's mfrc522 takes 2,013


async def test_errands_of_several_callers_are_all_done():
    async with NfcBench(NTAG, CLASSIC) as bench:
        await bench.until(lambda: len(bench.readings) == 2)
        await asyncio.gather(*(bench.driver.write_page(UID, page, b"wxyz") for page in range(4, 9)))
        assert await bench.driver.read_pages(UID, 4, 5) == b"wxyz" * 5


@pytest.mark.parametrize(
    "given", [{"bus": "/dev/i2c-1"}, {"bus": "/dev/spidev0.0", "keys": "FFFFFFFFFFFF,A7"}]
)
def test_wrong_options_are_named(given):
    with pytest.raises(OptionError) as caught:
        catalog.build("rfid.mfrc522", "desk", given, Host())
    assert caught.value.option == list(given)[-1]
    assert "A7" not in str(caught.value)  # keys are secrets


@pytest.mark.parametrize(("given", "speed"), [({}, 1_000_000), ({"speed_hz": 400_000}, 400_000)])
def test_where_the_chip_is_and_how_fast(given, speed):
    asked, host = [], Host()
    host.spi = lambda *chip: asked.append(chip)
    catalog.build("rfid.mfrc522", "desk", {"bus": "/dev/spidev0.1"} | given, host)
    assert asked == [("/dev/spidev0.1", speed)]


def test_silence_means_nothing_to_a_reader():
    options = catalog.check_options("rfid.mfrc522", {"bus": "/dev/spidev0.0"})
    assert catalog.module("rfid.mfrc522").interval(options) is None


def test_bits_beyond_the_first_collision_are_cleared():
    """The emulated air itself: what mixes, and where."""
    from hil.emulators.nfc.field import Answer, mixed

    for first, second in itertools.product((0b1010, 0b1000, 0b0010), repeat=2):
        bits = [[value >> at & 1 for at in range(4)] for value in (first, second)]
        got = mixed([Answer(one) for one in bits])
        differ = first ^ second
        assert got.collision == (None if not differ else (differ & -differ).bit_length() - 1)


@given(st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_a_chip_that_answers_anything_never_gets_through_the_driver(rng):
    """Whatever bytes come back, the driver says what it thinks of them, and lives."""

    class Hostile:
        def transfer(self, data):
            return bytes(rng.choice((0, 0x20, 0x33, 0x92, 0xFF, rng.randrange(256))) for _ in data)

    async def listen():
        bench = NfcBench(NTAG)
        async with bench:
            await bench.seen(state="entered")
            real, hostile = bench.board.chip, Hostile()
            bench.board.chip = hostile
            later = bench.timing.now + 5.0
            await bench.until(lambda: bench.timing.now > later)
            bench.board.chip = real
            real.power_on()
            bench.readings.clear()
            await bench.until(lambda: bench.driver.health.state is State.RUNNING)
            await bench.until(lambda: NTAG_UID in {r.fields["uid"] for r in bench.readings})

    asyncio.run(listen())
