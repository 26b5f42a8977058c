"""Other authors' MFRC522 libraries on our emulated chip: they read cards as on a real one.

Unmodified pi-rc522 and PyPI's mfrc522 with spidev's C extension, in an environment of their own
(`make nfc-peers`). Only RPi.GPIO is ours: it wants a Pi, and all they use it for is a reset line
that is high.
"""

import asyncio
import json
import os
import textwrap
from pathlib import Path

import pytest

from hil.emulators.nfc.mfrc522_board import Mfrc522Board
from tests.hil.conftest import ROOT

PYTHON = ROOT / "build" / "nfc-peers" / "bin" / "python"
GPIO = """
BOARD, BCM, IN, OUT, FALLING, PUD_UP = 10, 11, 1, 0, 32, 22
def getmode():
    return None
def nothing(*_, **__):
    pass
setmode = setwarnings = setup = output = add_event_detect = cleanup = nothing
"""
NTAG_UID = "04A1B2C3D4E580"
NTAG = {"name": "ntag", "uid": NTAG_UID, "kind": "ntag213"}
CLASSIC = {"name": "classic", "uid": "DEADBEEF", "kind": "classic1k"}


@pytest.fixture
async def peer(shim, tmp_path):
    """Runs a script of a peer library with cards before the antenna; returns what it printed."""
    if not PYTHON.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs the peer libraries: make nfc-peers")
        pytest.skip("needs two other MFRC522 libraries: make nfc-peers")
    stub = tmp_path / "stub" / "RPi"
    stub.mkdir(parents=True)
    (stub / "__init__.py").touch()
    (stub / "GPIO.py").write_text(GPIO)
    socket = tmp_path / "spi.sock"
    environment = os.environ | {
        "LD_PRELOAD": str(shim),
        "TALLYMAN_SHIM_SOCKETS": f"/dev/spidev0.0={socket}",
        "PYTHONPATH": str(stub.parent),
        "PYTHONWARNINGS": "ignore",  # ~ on a bool, deprecated in 3.12
    }

    async def run(script, *cards):
        board = Mfrc522Board(link=socket, cards=cards)
        running = asyncio.create_task(board.run())
        board.plug()
        try:
            process = await asyncio.create_subprocess_exec(
                PYTHON,
                "-c",
                textwrap.dedent(script),
                cwd=Path(tmp_path),
                env=environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            async with asyncio.timeout(60):
                out, err = await process.communicate()
            assert process.returncode == 0, err.decode()
        finally:
            running.cancel()
            await asyncio.wait([running])
        return json.loads(out), board

    return run


PI_RC522 = """
    import json
    from pirc522 import RFID
    reader = RFID()
"""


async def test_pi_rc522_reads_four_and_seven_byte_uids(peer):
    script = PI_RC522 + "    print(json.dumps(bytes(reader.read_id()).hex()))"
    assert (await peer(script, NTAG))[0] == NTAG_UID.lower()
    assert (await peer(script, CLASSIC))[0] == "deadbeef"


async def test_pi_rc522_reads_and_writes_a_classic(peer):
    script = (
        PI_RC522
        + """
    request, anticoll = reader.request(), reader.anticoll()
    uid = anticoll[1]
    selected = reader.select_tag(uid)
    wrong = reader.card_auth(reader.auth_a, 9, [0] * 6, uid)
    reader.request(0x52), reader.anticoll(), reader.select_tag(uid)
    opened = reader.card_auth(reader.auth_a, 9, [0xFF] * 6, uid)
    written = reader.write(9, list(b"written by a pi!"))
    error, data = reader.read(9)
    reader.stop_crypto()
    print(json.dumps([request, bytes(uid).hex(), selected, wrong, opened, bytes(data[:16]).hex()]))
    """
    )
    got, board = await peer(script, CLASSIC)
    request, uid, selected, wrong, opened, data = got
    assert (request, uid, selected, wrong) == ([False, 16], "deadbeef22", False, True)
    assert (opened, bytes.fromhex(data)) == (False, b"written by a pi!")
    assert board.parts["classic"].card.memory[144:160] == b"written by a pi!"


async def test_pi_rc522_sees_a_collision_as_an_error_as_it_has_no_answer_to_it(peer):
    script = PI_RC522 + "    print(json.dumps([reader.request()[0], reader.anticoll()[0]]))"
    other = {"name": "other", "uid": "DEADBEEE", "kind": "classic1k"}
    assert (await peer(script, CLASSIC, other))[0] == [False, True]


SIMPLE = """
    import json
    from mfrc522 import SimpleMFRC522
    reader = SimpleMFRC522()
"""


async def test_mfrc522_reads_and_writes_a_classic(peer):
    script = (
        SIMPLE
        + """
    number = reader.read_id_no_block()
    reader.READER.MFRC522_Init()
    written = reader.write_no_block("pallet 17")
    reader.READER.MFRC522_Init()
    print(json.dumps([number, written, reader.read_no_block()]))
    """
    )
    number, written, found = (await peer(script, CLASSIC))[0]
    assert number == 0xDEADBEEF22
    assert written == [0xDEADBEEF22, "pallet 17"]
    assert found == [0xDEADBEEF22, "pallet 17".ljust(48)]


async def test_mfrc522_makes_the_known_wrong_number_of_a_seven_byte_uid(peer):
    """Its fault on real cards: it stops at the first cascade level, and reading then fails."""
    script = SIMPLE + "    print(json.dumps(reader.read_no_block()))"
    number, text = (await peer(script, NTAG))[0]
    assert number == 0x8804A1B29F
    assert text == ""


async def test_mfrc522_spends_its_known_2013_transfers_on_an_empty_field(peer):
    """Its fault on real chips: the timer's interrupt never ends its loop."""
    script = """
        import json
        from mfrc522 import MFRC522
        reader = MFRC522()
        transfers, moved = [0], reader.spi.xfer2
        class Counting:
            def xfer2(self, data):
                transfers[0] += 1
                return moved(data)
        reader.spi = Counting()
        status, _ = reader.MFRC522_Request(reader.PICC_REQIDL)
        print(json.dumps([status, transfers[0]]))
    """
    (status, transfers), board = await peer(script)
    assert (status, transfers) == (2, 2013)
    assert board.node.messages >= transfers
