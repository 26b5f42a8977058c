import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.rfid import nxp_originality

CHECKOUT = Path(__file__).parents[3]
FILE = Path(os.environ.get("TALLYMAN_DATA", CHECKOUT.parent / "shared" / "data")) / "nxp"


@pytest.fixture(scope="module")
def published():
    """UIDs and signatures of real chips."""
    file = FILE / "originality.json"
    if not file.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs {file}: set TALLYMAN_DATA")
        pytest.skip(f"no reference data at {FILE}: set TALLYMAN_DATA")
    return [
        (v["chip"], bytes.fromhex(v["uid"]), bytes.fromhex(v["sig"]), bytes.fromhex(v["pubkey"]))
        for v in json.loads(file.read_text())["vectors"]
    ]


def test_published_signatures_verify_under_their_family(published):
    names = {"Mifare Ultralight EV1", "NTAG21x", "ICODE DNA / SLIX2 (UID byte-reversed)"}
    assert {chip for chip, *_ in published} == names
    for chip, uid, signature, key in published:
        family = nxp_originality.family(uid, signature)
        assert family is not None
        assert chip.upper().startswith(family.upper())
        assert bytes.fromhex(nxp_originality.KEYS[family]) == key
        assert nxp_originality.origin(uid, signature) == "chip claims NXP origin"


def test_a_flipped_bit_anywhere_fails(published):
    """One bit of each byte, so that the test stays quick; the bit moves from byte to byte."""
    for _, uid, signature, _ in published:
        whole = uid + signature
        for at in range(len(whole)):
            damaged = bytearray(whole)
            damaged[at] ^= 1 << at % 8
            uid_part, rest = bytes(damaged[: len(uid)]), bytes(damaged[len(uid) :])
            assert nxp_originality.family(uid_part, rest) is None
            if at % 8 == 0:
                assert nxp_originality.origin(uid_part, rest) == "signature is not NXP's"


@pytest.mark.parametrize("signature", [b"", bytes(31), bytes(32), b"\xff" * 32, bytes(33)])
def test_what_is_no_signature_is_not_nxps(signature):
    assert nxp_originality.family(bytes.fromhex("04E10CDA993C80"), signature) is None


def test_ecdsa_is_loaded_only_for_a_signature():
    script = "import sys; import drivers.rfid.mfrc522; print('ecdsa' in sys.modules)"
    out = subprocess.check_output([sys.executable, "-c", script], cwd=CHECKOUT, text=True)
    assert out == "False\n"
