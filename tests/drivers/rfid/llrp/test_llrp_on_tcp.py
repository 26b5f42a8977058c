"""The driver against an emulated R420: inventory, events, and everything that goes wrong."""

import asyncio
import socket

import pytest

from drivers.driver import State
from drivers.errors import DeviceMissing, DriverError
from drivers.reading import Quality


async def test_tags_are_read_with_all_their_fields(bench):
    tags = [
        {"epc": "3074257BF7194E4000001A85", "antenna": 3, "rssi": -50.0, "tid": "E280116020001234"}
    ]
    options = {"antennas": "1-2: door 1, 3: door 2", "tid": True, "phase": True}
    async with bench(options, tags=tags, noise=0.0) as b:
        await b.until(lambda: len(b.tags()) >= 2)
        first = b.tags()[1]
        assert dict(first.fields) | {"count": 0, "first_seen": 0, "phase": 0} == {
            "epc": "3074257BF7194E4000001A85",
            "uri": "urn:epc:id:sgtin:0614141.812345.6789",
            "tid": "E280116020001234",
            "pc": 0x3000,
            "antenna": 3,
            "read_point": "door 2",
            "rssi": -50.0,
            "count": 0,
            "first_seen": 0,
            "phase": 0,
        }
        assert first.fields["count"] > 1
        assert 0 < first.fields["first_seen"] < 200
        assert 0 <= first.fields["phase"] < 360
        assert first.quality is Quality.OK
        assert b.health.state is State.RUNNING
        assert "Impinj Speedway R420, firmware 5.14.0.240" in b.health.detail


async def test_an_epc_that_is_sent_as_its_own_text_is_read_as_what_it_is(bench):
    """Zebra firmware encodes twice; a real EPC of that length is left alone."""
    plain = "3074257BF7194E4000001A85"
    text = {"epc": plain.encode().hex(), "antenna": 1}
    no_text = {"epc": "F0" * 24, "antenna": 2}
    async with bench(tags=[text, no_text]) as b:
        await b.until(lambda: len({one.fields["antenna"] for one in b.tags()}) == 2)
        found = {one.fields["antenna"]: one.fields for one in b.tags()}
        assert found[1]["epc"] == plain
        assert found[1]["uri"] == "urn:epc:id:sgtin:0614141.812345.6789"
        assert found[2]["epc"] == "F0" * 24
        assert b.health.counters["double-encoded EPCs"] >= 1


async def test_thirty_two_antennas_give_thirty_two_read_points(bench):
    options = {"antennas": ", ".join(f"{n}: shelf {n}" for n in range(1, 33))}
    async with bench(options, tags=32) as b:
        await b.until(lambda: len({one.fields["antenna"] for one in b.tags()}) == 32)
        places = {(one.fields["antenna"], one.fields["read_point"]) for one in b.tags()}
        assert places == {(n, f"shelf {n}") for n in range(1, 33)}


async def test_an_array_of_fifty_two_antennas(bench):
    options = {
        "antennas": ", ".join(f"{n}: bay {n}" for n in range(1, 53)),
        "antenna_power": "52: 20",
    }
    async with bench(options, antennas=52, tags=52) as b:
        await b.until(lambda: len({one.fields["antenna"] for one in b.tags()}) == 52)
        places = {(one.fields["antenna"], one.fields["read_point"]) for one in b.tags()}
        assert places == {(n, f"bay {n}") for n in range(1, 53)}
        assert "not effective" not in b.health.detail


async def test_hop_table_and_sensitivity_are_those_that_the_reader_names(bench):
    """It refuses what it has not named."""
    async with bench(
        {"antennas": "1-2: door", "antenna_power": "2: 20"}, hop_table=3, sensitivity=7
    ) as b:
        await b.until(b.tags)
        assert b.emulator.desk.inventory.rospec.hop_tables == (3, 3)
        assert b.emulator.desk.inventory.rospec.sensitivities == (7, 7)
        assert b.health.state is State.RUNNING


async def test_only_configured_antennas_read(bench):
    async with bench({"antennas": "2: door"}, tags=8) as b:
        await b.until(lambda: len(b.tags()) >= 3)
        assert {one.fields["antenna"] for one in b.tags()} == {2}


async def test_nothing_that_the_reader_reported_is_missing(bench):
    async with bench(tags=40) as b:
        await b.until(lambda: len(b.tags()) >= 100)
        b.emulator.drop()
        await b.until(lambda: b.health.counters.get("reopens"))
        await b.until(lambda: b.health.state is State.RUNNING)
        await b.until(lambda: b.health.counters["reads"] >= 400)
        b.emulator.unplug()
        await b.until(lambda: b.health.state is State.MISSING)
        heard = sum(one.fields["count"] for one in b.tags())
        assert heard == b.health.counters["reads"]
        lost_with_the_socket = b.emulator.reads - heard
        assert 0 <= lost_with_the_socket < 40


@pytest.mark.parametrize("harm", ["drop", "cut", "reboot"])
async def test_the_connection_comes_back_after(bench, harm):
    async with bench() as b:
        await b.until(b.tags)
        if harm == "reboot":
            b.emulator.unplug()
            await b.until(lambda: b.health.state is State.MISSING)
            assert "the driver connects again" in b.health.advice or "a minute" in b.health.advice
            b.emulator.plug()
        else:
            b.emulator.fault(harm)
            await b.until(lambda: b.health.counters.get("reopens"))
        before = len(b.tags())
        await b.until(lambda: len(b.tags()) > before and b.health.state is State.RUNNING)


async def test_a_reader_with_another_client_is_named_and_tried_again(bench):
    async with bench(busy=1) as b:
        await b.until(lambda: b.health.state is State.FAULTY)
        assert "another program is connected" in b.health.detail
        assert "one client" in b.health.advice
        await b.until(b.tags)


async def test_another_client_that_knocks_is_told_of(bench):
    async with bench() as b:
        await b.until(b.tags)
        host, _, port = b.emulator.where.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        greeting = await reader.read(4096)
        assert greeting.endswith(bytes.fromhex("0100 0006 0002"))
        writer.close()
        await b.until(lambda: b.health.counters.get("other clients") == 1)
        assert "tried to take the reader over" in b.health.detail


@pytest.mark.parametrize("settings", [{"clock": "2000-01-01T00:10:00"}, {"uptime": True}])
async def test_only_the_host_s_time_counts(bench, settings):
    async with bench({"reader_utc": True}, **settings) as b:
        await b.until(lambda: len(b.tags()) > 4)
        now = asyncio.get_running_loop().time()
        assert all(now - 5 < one.monotonic <= now for one in b.tags())
        assert all(one.fields["first_seen"] < 300 for one in b.tags())
        said = b.tags()[-1].fields["reader_utc"]
        if "clock" in settings:
            assert said.year == 2000
            await b.until(lambda: "its clock says 2000-01-01" in b.health.detail)
            assert "NTP" in b.health.advice
        else:
            assert said is None


async def test_a_clock_that_is_set_back_while_reading_marks_the_reads_of_that_moment(bench):
    async with bench() as b:
        await b.until(lambda: len(b.tags()) > 4)
        b.emulator._ahead += 3600.0
        await b.until(lambda: any(one.quality is Quality.SUSPECT for one in b.tags()))
        count = len(b.tags())
        await b.until(lambda: len(b.tags()) > count + 4)
        now = asyncio.get_running_loop().time()
        assert all(now - 10 < one.monotonic <= now for one in b.tags())
        assert b.tags()[-1].quality is Quality.OK


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ("power", "transmit power of all antennas is 10 dBm, not 24.5 dBm"),
        ("keepalive", "keepalive in ms is 0, not 10000"),
        ("rospec", "ROSpec is missing"),
    ],
)
async def test_a_reader_that_lies_about_its_configuration_is_found_out(bench, lie, said):
    async with bench({"power_dbm": 24.6}, lies=[lie]) as b:
        await b.until(b.tags)
        assert "not effective: " in b.health.detail
        assert said in b.health.detail
        assert "reboot the reader" in b.health.advice


async def test_an_honest_reader_is_not_suspected(bench):
    options = {
        "antennas": "1-4: door",
        "antenna_power": "2: 20",
        "antenna_mode": "3: 1002",
        "channels": "3, 7",
        "low_duty_cycle": True,
        "session": 2,
        "tid": True,
    }
    async with bench(options) as b:
        await b.until(b.tags)
        assert "not effective" not in b.health.detail
        assert b.health.advice == ""


async def test_a_pulled_antenna_is_named_until_it_is_back(bench):
    async with bench({"antennas": "3: door 2, 4: door 3"}, tags=8) as b:
        await b.until(b.tags)
        b.emulator.fault("antenna-off", "3")
        await b.until(lambda: b.health.state is State.FAULTY)
        assert b.health.detail == "antenna 3 (door 2) is disconnected"
        b.emulator.fault("antenna-on", "3")
        await b.until(lambda: b.health.state is State.RUNNING)


async def test_an_antenna_that_was_never_there_is_named(bench):
    options = {"antennas": "1-2: door 2"}
    async with bench(options, antennas=4, missing=[2]) as b:
        await b.until(lambda: b.health.state is State.FAULTY)
        assert b.health.detail == "antenna 2 (door 2) is disconnected"


async def test_trouble_the_reader_reports_goes_into_its_health(bench):
    async with bench() as b:
        await b.until(b.tags)
        b.emulator.exception("PA temperature\n too high")
        await b.until(lambda: b.health.state is State.FAULTY)
        assert b.health.detail == "the reader reports: PA temperature? too high"
        assert b.health.counters["exceptions"] == 1


async def test_inputs_are_readings(bench):
    async with bench({"inputs": True}, tags=0) as b:
        await b.until(lambda: b.health.state is State.RUNNING)
        b.emulator.set_input(2, 1)
        b.emulator.set_input(2, 0)
        await b.until(lambda: len(b.seen) == 2)
        levels = [(one.kind, one.fields["port"], one.fields["state"]) for one in b.seen]
        assert levels == [("input", 2, "on"), ("input", 2, "off")]


async def test_a_beam_starts_a_round(bench):
    options = {"trigger": "gpi", "gpi_port": 3, "duration": 0.3}
    async with bench(options) as b:
        await b.until(lambda: b.health.state is State.RUNNING)
        await asyncio.sleep(0.1)
        assert b.tags() == []
        b.emulator.set_input(3, 1)
        await b.until(b.tags)
        reads = 0
        while reads != b.emulator.reads:
            reads = b.emulator.reads
            await asyncio.sleep(0.4)
        await b.until(lambda: sum(one.fields["count"] for one in b.tags()) == reads)


async def test_periodic_rounds(bench):
    async with bench({"trigger": "periodic", "period": 1.0, "duration": 0.2}) as b:
        await b.until(lambda: b.emulator.reads > 0)
        await asyncio.sleep(0.3)
        after_one = b.emulator.reads
        await asyncio.sleep(0.2)
        assert b.emulator.reads == after_one
        await b.until(lambda: b.emulator.reads > after_one)


async def test_a_foreign_reader_gets_no_extensions_and_an_accessspec(bench, monkeypatch):
    monkeypatch.setattr("hil.emulators.llrp.answers.IMPINJ", 10642)
    async with bench({"tid": True}) as b:
        await b.until(lambda: any(one.fields["tid"] for one in b.tags()))
        assert "Zebra" in b.health.detail
        assert "not effective" not in b.health.detail
        expected = {one.epc.hex().upper(): one.tid.hex().upper() for one in b.emulator.tags}
        assert {one.fields["epc"]: one.fields["tid"] for one in b.tags()} == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"antennas": "1-5: door"}, "has 4 antennas, but antenna 5 is configured"),
        ({"mode": 7}, "no RF mode 7"),
        ({"region": "etsi-302-208"}, "set to the region fcc, not etsi-302-208"),
    ],
)
async def test_what_the_reader_cannot_do_is_said(bench, options, said):
    async with bench(options, antennas=4) as b:
        await b.until(lambda: b.health.state is State.FAULTY)
        assert said in b.health.detail
        assert b.health.advice


async def test_messages_in_pieces_do_no_harm(bench):
    async with bench(antennas=1, rate=20.0, faults={"split": True}) as b:
        await b.until(lambda: len(b.tags()) >= 2)
        assert "bad frames" not in b.health.counters


async def test_damaged_messages_are_counted_and_passed_over(bench):
    async with bench() as b:
        await b.until(b.tags)
        b.emulator.send_raw(bytes.fromhex("043d 0000000e 00000001 00f00003"))
        await b.until(lambda: b.health.counters.get("bad frames"))
        before = len(b.tags())
        await b.until(lambda: len(b.tags()) > before)
        assert "reopens" not in b.health.counters


async def test_something_else_that_listens_there_is_a_wrong_device(bench):
    async def ssh(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(ssh, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with bench({"address": f"127.0.0.1:{port}"}) as b:
        await b.until(lambda: b.health.state is State.WRONG_DEVICE)
        assert "not an LLRP reader" in b.health.detail
    server.close()


async def test_one_read_without_and_beside_a_running_session(bench):
    b = bench(tags=1, antennas=1)
    async with b:
        once = await b.driver.read_once()
        assert once.fields["epc"] == b.emulator.tags[0].epc.hex().upper()
    b = bench(tags=0)
    async with b:
        b.reading.cancel()
        await asyncio.wait([b.reading])
        once = await b.driver.read_once()
        assert (once.quality, once.fields["epc"]) == (Quality.NO_ANSWER, None)


async def test_ipv6(bench):
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    async with bench(listen="[::1]:0") as b:
        assert b.emulator.where.startswith("[::1]:")
        await b.until(b.tags)


async def test_two_readers_at_once(bench):
    async with bench(seed=1) as one, bench(seed=2, tags=6) as two:
        await one.until(lambda: len(one.tags()) > 8)
        await two.until(lambda: len(two.tags()) > 8)


async def test_nobody_there(bench):
    b = bench()
    async with b:
        b.emulator.unplug()
        with pytest.raises(DriverError) as raised:
            while True:
                await b.driver.read_once()
        assert isinstance(raised.value, DeviceMissing) or "closed the connection" in str(
            raised.value
        )
