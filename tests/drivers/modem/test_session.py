"""What is asked of a modem, word for word and in order, and for how long somebody waits."""

import pytest

from drivers.errors import BadFrame, CommandTimeout
from drivers.modem.answer import Model, Operator, Registration, Signal, Sim
from drivers.modem.exchange import Command, Refused
from drivers.modem.models import model_of
from tests.drivers.modem.scripted_modem import OK, SILENT, Scripted

REGISTERED = [["+CREG: 2,1", OK]]
NO_ANSWER = "no answer to AT+CSQ"


async def test_an_answer_is_its_lines_without_echo_and_result():
    run = Scripted({"AT+CSQ": [["AT+CSQ", "+CSQ: 18,99", OK]]})
    heard = []
    run.exchange.heard = lambda line, command: heard.append((line, command))
    assert await run.exchange.ask(Command("AT+CSQ")) == ["+CSQ: 18,99"]
    assert heard == [("+CSQ: 18,99", "AT+CSQ")]
    assert run.link.sent == [(b"AT+CSQ\r", 2.0)]
    assert run.health.counters["answers"] == 1


@pytest.mark.parametrize("said", ["ERROR", "+CME ERROR: 3", "+CMS ERROR: 1"])
async def test_a_refusal_is_heard_and_raised(said):
    run = Scripted({"AT+CSQ": [[said]]})
    heard = []
    run.exchange.heard = lambda line, command: heard.append((line, command))
    with pytest.raises(Refused) as raised:
        await run.exchange.ask(Command("AT+CSQ"))
    assert (raised.value.line, str(raised.value)) == (said, f"the modem refuses AT+CSQ: {said}")
    assert heard == [(said, "AT+CSQ")]


@pytest.mark.parametrize(("within", "waits"), [({}, 2.0), ({"within": 7.0}, 7.0)])
async def test_who_does_not_answer_is_waited_for_as_long_as_the_command_may_take(within, waits):
    run = Scripted({"AT+CSQ": [SILENT]})
    with pytest.raises(CommandTimeout, match=r"no answer to AT\+CSQ$"):
        await run.exchange.ask(Command("AT+CSQ", **within))
    assert run.waited == waits
    assert run.link.sent == [(b"AT+CSQ\r", waits)]


async def test_a_text_goes_out_once_the_modem_asks_for_it():
    run = Scripted({'AT+CMGS="1"': [["> "]], "hello\x1a": [["+CMGS: 4", OK]]})
    run.link.answers['AT+CMGS="1"'][0] = b"\r\n> "
    command = Command('AT+CMGS="1"', 9.0, secret=True, then=b"hello\x1a")
    assert await run.exchange.ask(command) == ["+CMGS: 4"]
    assert run.link.sent == [(b'AT+CMGS="1"\r', 9.0), (b"hello\x1a", 9.0)]


async def test_a_modem_that_asks_for_no_text_is_told_to_give_up():
    run = Scripted({'AT+CMGS="1"': [SILENT]})
    command = Command('AT+CMGS="1"', 9.0, secret=True, then=b"hello\x1a")
    with pytest.raises(CommandTimeout, match=r"no answer to AT\+CMGS=…"):
        await run.exchange.ask(command)
    assert run.link.sent[1:] == [(b"\x1b", 2.0)]


@pytest.mark.parametrize(
    ("noise", "said"),
    [
        (b"\r\n$GPRMC,,V,,,,,,,,,,N*53\r\n", "$GPRMC,,V,,,,,,,,,,N*53"),
        (b"+CREG: 1\xff\r\n", "b'+CREG: 1\\xff\\r\\n'"),
        (bytes.fromhex("7eff03c021090100080d0a3c5e517e"), "frames of PPP"),
        (b"\r\n" + b"x" * 99 + b"\r\n", "x" * 60),
    ],
)
async def test_what_no_modem_says_is_shown_where_none_ever_answered(noise, said):
    run = Scripted({"AT+CSQ": [noise, SILENT, noise]})
    with pytest.raises(BadFrame) as raised:
        await run.exchange.ask(Command("AT+CSQ"))
    assert str(raised.value) == f"no answer to AT+CSQ, but {said}"
    assert raised.value.cause.id == "modem.other-port"
    with pytest.raises(CommandTimeout):  # this time nothing came
        await run.exchange.ask(Command("AT+CSQ"))
    await run.exchange.ask(Command("AT"))
    with pytest.raises(CommandTimeout):  # there is a modem, and this is its trouble
        await run.exchange.ask(Command("AT+CSQ"))


async def test_damage_and_frames_are_counted():
    run = Scripted({"AT": [b"+CREG: 1\xff\r\n+CSQ: 1\xff\r\nOK\r\n"]})
    await run.exchange.ask(Command("AT"))
    assert run.health.counters == {"answers": 1, "damaged": 2}
    frame = bytes.fromhex("7eff03c021090100080d0a3c5e517e")
    run = Scripted({"AT": [frame + b"\r\nOK\r\n"]})
    await run.exchange.ask(Command("AT"))
    assert run.health.counters == {"answers": 1, "frames of PPP": 1}


async def test_what_a_modem_says_by_itself_is_heard_and_its_rest_is_kept():
    run = Scripted()
    heard = []
    run.exchange.heard = lambda line, command: heard.append((line, command))
    run.link.says += [b"\r\n+CREG: 5\r\nOK\r\nAT\r\n> +CGRE", b"G: 1\r\n"]
    await run.exchange.listen(1.0)
    assert heard == [("+CREG: 5", "")]
    await run.exchange.listen(1.0)
    assert heard[1:] == [("+CGREG: 1", "")]
    await run.exchange.listen(1.5)
    assert run.waited == 1.5


async def test_a_modem_is_greeted_five_times():
    run = Scripted({"AT": [SILENT, SILENT, SILENT, SILENT, [OK]]})
    await run.modem.greet()
    assert run.commands == ["AT"] * 5
    assert run.waited == 4.0
    run = Scripted({"AT": [SILENT] * 9})
    with pytest.raises(CommandTimeout):
        await run.modem.greet()
    assert run.commands == ["AT"] * 5
    run = Scripted({"AT": [["ERROR"]]})
    await run.modem.greet()
    assert run.commands == ["AT"]


async def test_a_modem_says_who_it_is():
    run = Scripted({
        "AT+CGMM": [["Quectel", "EC25", "SIM7600", OK]],
        "AT+CGSN": [["490154203237517", "+CGSN: 490154203237518", OK]],
        "AT+CMEE=2": [["ERROR"]],
    })  # fmt: skip
    await run.modem.identify()
    assert run.commands == ["ATE0", "AT+CMEE=2", "AT+CGMM", "AT+CGSN"]
    assert (run.modem.model, run.modem.imei) == (Model.EC25, "490154203237518")
    assert [within for _, within in run.link.sent] == [2.0, 2.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("model", "card", "tell_time", "signal", "gnss_on", "gnss", "tries"),
    [
        (None, "AT+CCID", "AT+CTZU=1", "AT+CESQ", "", "", 'AT+CPINR="SIM PIN"'),
        ("SIM7600", "AT+CICCID", "AT+CTZU=1", "AT+CPSI?", "AT+CGPS=1", "AT+CGPSINFO", "AT+SPIC"),
        ("SIM800", "AT+CCID", "AT+CLTS=1", "AT+CSQ", "", "", "AT+SPIC"),
        ("SIM7070", "AT+CCID", "AT+CLTS=1", "AT+CPSI?", "AT+CGNSPWR=1", "AT+CGNSINF", "AT+SPIC"),
        *((model, "AT+QCCID", "AT+CTZU=3", "AT+QCSQ", "AT+QGPS=1", "AT+QGPSLOC=2", 'AT+QPINC="SC"')
          for model in ("EC25", "EG25", "BG96")),
    ],
)  # fmt: skip
async def test_each_model_is_asked_in_its_own_words(
    model, card, tell_time, signal, gnss_on, gnss, tries
):
    run = Scripted(model=model and Model(model))
    modem = run.modem
    await modem.look_at_card()
    await modem.set_up(gnss=True)
    await modem.look(3)
    await modem.look_for_place()
    assert modem.profile.tries == tries
    registrations = ["AT+CREG?", "AT+CGREG?", "AT+CEREG?"]
    assert run.commands == [
        "AT+CPIN?", card, "AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2", tell_time,
        *filter(None, [gnss_on]), "AT+CPIN?", *registrations, signal, "AT+COPS=3,2", "AT+COPS?",
        "AT+COPS=3,0", "AT+COPS?", "AT+CGDCONT?", "AT+CGPADDR=3", "AT+CCLK?",
        *filter(None, [gnss]),
    ]  # fmt: skip


async def test_without_a_gnss_that_is_wanted_none_is_switched_on():
    run = Scripted(model=Model.EC25)
    await run.modem.set_up(gnss=False)
    assert run.commands == ["AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2", "AT+CTZU=3"]


@pytest.mark.parametrize(("told", "asked"), [([OK], True), (["ERROR"], False)])
async def test_a_clock_that_may_show_anything_is_not_asked(told, asked):
    run = Scripted({"AT+CTZU=1": [told], "AT+CREG=2": [["ERROR"]]})
    await run.modem.set_up(gnss=False)
    assert run.modem.local_time is asked
    await run.modem.look(1)
    assert ("AT+CCLK?" in run.commands) is asked


@pytest.mark.parametrize(
    ("address", "stat", "asks"),
    [("0.0.0.0", 1, True), ("10.64.1.2", 1, False), ("0.0.0.0", 2, False)],
)
async def test_why_there_is_no_call_is_asked_in_the_network_only(address, stat, asks):
    run = Scripted({
        "AT+CREG?": [[f"+CREG: 2,{stat}", OK]], "AT+CGPADDR=1": [[f"+CGPADDR: 1,{address}", OK]],
        "AT+CEER": [["+CEER: 5,33", OK]],
    })  # fmt: skip
    await run.modem.look(1)
    assert (run.commands[-1] == "AT+CEER") is asks
    assert run.modem.known.cause == (33 if asks else None)


async def test_what_is_not_said_any_more_is_not_known():
    run = Scripted({"AT+CREG?": [["+CREG: 2,1", OK], ["ERROR"]]})
    await run.modem.look(1)
    assert run.modem.known.registered
    await run.modem.look(1)
    assert run.modem.known.registration is None


@pytest.mark.parametrize(
    ("lines", "radio"),
    [
        (["+CFUN: 1", OK], True), (["+CFUN: 0", OK], False), (["+CFUN: 4", OK], False),
        (["+CFUN: 1,0", OK], True), (["+CFUN: 4,0", OK], False), (["+CREG: 4", OK], None),
        (["ERROR"], None), (["+CFUN: 0", "+CFUN: 1", OK], True), (["hello", OK], None),
    ],
)  # fmt: skip
async def test_whether_its_radio_is_on(lines, radio):
    """3GPP TS 27.007 §8.2: 0 and 4 are off."""
    run = Scripted({"AT+CFUN?": [lines]})
    await run.modem.look_at_radio()
    assert run.modem.known.radio is radio


@pytest.mark.parametrize(("on", "command"), [(True, b"AT+CFUN=1\r"), (False, b"AT+CFUN=4\r")])
async def test_its_radio_is_switched_with_the_time_that_it_takes(on, command):
    run = Scripted({"AT+CFUN?": [["ERROR"]]})
    await run.modem.switch_radio(on=on)
    assert run.link.sent == [(command, 15.0)]
    assert run.modem.known.radio is on
    run = Scripted({command.decode().strip(): [["ERROR"]]})
    await run.modem.switch_radio(on=on)
    assert run.modem.known.radio is None


async def test_the_steps_of_the_ladder_are_commands():
    run = Scripted({"AT+CFUN=1,1": [["ERROR"]]})
    await run.modem.restart_radio()
    await run.modem.reset()  # a modem may refuse, as it is gone
    assert run.link.sent == [
        (b"AT+CFUN=0\r", 15.0),
        (b"AT+CFUN=1\r", 15.0),
        (b"AT+CFUN=1,1\r", 15.0),
    ]


@pytest.mark.parametrize("answer", [[OK], ["ERROR"], SILENT])
async def test_a_card_is_changed_with_the_radio_off_and_the_radio_comes_back(answer):
    run = Scripted({"AT+QDSIM=1": [answer]})
    try:
        await run.modem.choose_card("AT+QDSIM=1")
        done = True
    except (Refused, CommandTimeout):
        done = False
    assert done is (answer == [OK])
    assert run.link.sent == [
        (b"AT+CFUN=0\r", 15.0),
        (b"AT+QDSIM=1\r", 15.0),
        (b"AT+CFUN=1\r", 15.0),
    ]


@pytest.mark.parametrize(
    ("text", "charset", "coding", "number", "body"),
    [
        ("cargo: too warm", "GSM", 0, "+393331234567", b"cargo: too warm\x1a"),
        ("9 °C", "UCS2", 8, "002B003300390033003300330031003200330034003500360037",
         b"0039002000B00043\x1a"),
    ],
)  # fmt: skip
async def test_a_message_goes_out_in_its_alphabet(text, charset, coding, number, body):
    """TS 23.040 §9.2.3: SMS-SUBMIT with a relative validity of 24 hours."""
    run = Scripted({f'AT+CMGS="{number}"': [b"\r\n> "]})
    await run.modem.send_message("+393331234567", text)
    assert run.link.sent == [
        (b"AT+CMGF=1\r", 2.0), (f'AT+CSCS="{charset}"\r'.encode(), 2.0),
        (f"AT+CSMP=17,167,0,{coding}\r".encode(), 2.0),
        (f'AT+CMGS="{number}"\r'.encode(), 60.0), (body, 60.0),
    ]  # fmt: skip


def test_its_technology_is_what_the_first_says_that_knows():
    modem = Scripted(model=Model.SIM800).modem
    assert modem.technology == "gsm"  # it knows no other
    modem.known.take(Operator("TIM", None, "lte"))
    assert modem.technology == "lte"
    modem.known.take(Signal("umts"))
    assert modem.technology == "umts"
    modem.known.take(Registration("cs", "home"))
    assert modem.technology == "umts"
    modem.known.take(Registration("ps", "home", "nr"))
    assert modem.technology == "nr"
    assert Scripted().modem.technology is None


async def test_a_refused_command_says_what_it_says_of_the_card():
    run = Scripted({"AT+CPIN?": [["ERROR"]]})
    assert await run.modem.ask("AT+CPIN?") == []
    assert run.modem.known.sim == Sim("absent").state


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("SIMCOM_SIM7600E-H", "SIM7600"), ("SIM7500A", "SIM7600"), ("SIM8202G", "SIM7600"),
        ("A7670E", "SIM7600"), ("SIM800L", "SIM800"), ("SIM900", "SIM800"),
        ("sim7080g", "SIM7070"), ("SIM7000E", "SIM7070"), ("EC21", "EC25"), ("EC25-E", "EC25"),
        ("EG25-G", "EG25"), ("EG91", "EG25"), ("BG95-M3", "BG96"), ("BG77", "BG96"),
        ("Quectel BG96", "BG96"), ("SIM", None), ("XEC25", None), ("EC2", None), ("", None),
    ],
)  # fmt: skip
def test_a_model_by_the_name_that_it_gives(text, model):
    assert model_of(text) == model
