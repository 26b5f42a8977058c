"""Alarms as text messages: the two alphabets, the limit, and what a network refuses."""

import asyncio

import pytest

from drivers.modem.messages import encode
from tests.drivers.modem.test_modem_on_a_pty import bench, keeping

__all__ = ["bench"]
HOME = "+393331234567"


@pytest.mark.parametrize(
    ("text", "charset", "sent"),
    [
        ("truck-7: cargo: too warm", "GSM", b"truck-7: cargo: too warm"),
        ("Kühlgut zu warm", "GSM", b"K\x7ehlgut zu warm"),
        ("two\nlines\t here", "GSM", b"two lines here"),
        ("x" * 161, "GSM", b"x" * 157 + b"..."),
        ("9.1 °C", "UCS2", b"0039002E0031002000B00043"),
        ("perché", "UCS2", b"0070006500720063006800E9"),  # 05 in the alphabet: a control
        ("a@b", "UCS2", b"006100400062"),  # 00 in it
        ("5€", "UCS2", b"003520AC"),  # ESC and 65 in it
        ("冷", "UCS2", b"51B7"),
        ("🚚", "UCS2", b"D83DDE9A"),
    ],
)  # fmt: skip
def test_the_alphabet_follows_the_content(text, charset, sent):
    found = encode(HOME, text)
    assert (found.charset, found.coding) == (charset, {"GSM": 0, "UCS2": 8}[charset])
    assert found.text == sent
    assert found.number == (HOME if charset == "GSM" else HOME.encode("utf-16-be").hex().upper())


@pytest.mark.parametrize("text", ["°" * 71, "🚚" * 40, "a" * 69 + "🚚" * 2])
def test_a_long_one_is_cut_between_characters(text):
    said = bytes.fromhex(encode(HOME, text).text.decode()).decode("utf-16-be")
    assert len(said.encode("utf-16-be")) <= 140
    assert said.endswith("...")
    assert text.startswith(said.removesuffix("..."))


def test_nothing_in_a_text_ends_it_or_breaks_it_off():
    every = "".join(map(chr, range(0x250)))
    for letter in every:
        assert not set(encode(HOME, f"x{letter}y").text) & {*range(0x20), 0x7F}


async def told(run, count):
    found = []
    while len(found) < count:
        reading = await run.next()
        found += [reading.fields] if reading.kind == "text-message" else []
    return found


async def test_an_alarm_is_sent_to_each_and_is_a_record(bench, tmp_path):
    host = keeping(tmp_path)
    options = {"interval": 60, "alarm_numbers": f"{HOME}, 112"}
    async with bench(options, host) as run:
        await run.next()
        host.alarms.append("truck-7: cargo: 9.1 °C")
        found = await told(run, 2)
        assert [each["state"] for each in found] == ["sent", "sent"]
        assert [each["number"] for each in found] == ["…567", "…112"]
        assert run.emulator.messages == [
            (HOME, "truck-7: cargo: 9.1 °C"), ("112", "truck-7: cargo: 9.1 °C")
        ]  # fmt: skip
        host.alarms.append("plain")
        await told(run, 2)
        assert run.emulator.messages[2:] == [(HOME, "plain"), ("112", "plain")]


async def test_more_than_a_days_are_held_back_and_said(bench, tmp_path):
    host = keeping(tmp_path)
    host.alarms.extend(f"alarm {number}" for number in range(5))
    async with bench({"alarm_numbers": HOME, "alarms_per_day": 3}, host) as run:
        states = [each["state"] for each in await told(run, 5)]
        assert states == ["sent"] * 3 + ["held back"] * 2
        assert len(run.emulator.messages) == 3


async def test_what_the_network_refuses_is_said_and_the_modem_goes_on(bench, tmp_path):
    host = keeping(tmp_path)
    host.alarms.append("x")
    async with bench({"alarm_numbers": f"000, {HOME}"}, host) as run:
        first, second = await told(run, 2)
        assert (first["state"], first["problem"]) == ("refused", "+CMS ERROR: 1")
        assert second["state"] == "sent"


async def test_without_a_network_they_wait_and_without_a_number_none_is_sent(bench, tmp_path):
    host = keeping(tmp_path)
    host.alarms.append("x")
    async with bench({"alarm_numbers": HOME}, host, stat=2) as run:
        await run.next()
        await run.next()
        assert len(host.alarms) == 1
        run.emulator.network.stat = 1
        assert (await told(run, 1))[0]["state"] == "sent"
    host.alarms.append("y")
    async with bench({}, host) as run:
        for _ in range(3):
            assert (await run.next()).kind == "mobile-network"
        assert run.emulator.messages == []


async def test_a_modem_that_asks_for_no_text_is_not_left_waiting(bench, tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.modem.session.OF_NETWORK", 0.3)
    host = keeping(tmp_path)
    host.alarms.append("x")
    scenario = "hang AT+CMGS*\n"
    async with bench({"alarm_numbers": HOME}, host, scenario=scenario) as run:
        (found,) = await told(run, 1)
        assert found["state"] == "unanswered"
        assert HOME not in found["problem"]
        assert (await run.next()).fields["state"] == "home"
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        # 3GPP TS 23.038 §6.2.1
        ("@£$¥", None), ("AZaz09", b"AZaz09"), ("a !\"#%&'()*+,-./:;<=>?", b"a !\"#%&'()*+,-./:;<=>?"),
        ("¤¡ÄÖÑÜ§", bytes([0x24, 0x40, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F])),
        ("¿äöñü", bytes([0x60, 0x7B, 0x7C, 0x7D, 0x7E])),
        ("a" * 160, b"a" * 160), ("a" * 161, b"a" * 157 + b"..."),
    ],
)  # fmt: skip
def test_the_standard_s_alphabet(text, sent):
    found = encode(HOME, text)
    assert found.charset == ("UCS2" if sent is None else "GSM")
    assert sent is None or found.text == sent


@pytest.mark.parametrize(("letters", "kept"), [(70, "°" * 70), (71, "°" * 67 + "...")])
def test_of_other_letters_a_message_takes_seventy(letters, kept):
    assert bytes.fromhex(encode(HOME, "°" * letters).text.decode()).decode("utf-16-be") == kept
