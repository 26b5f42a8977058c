"""Statements, receipts and hash envelopes of ours before two other COSE libraries, and theirs before us.

cwt and pycose want an older cbor2 than we test with, so they live in a venv of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from evidence import cbor, cose
from evidence.errors import SignatureError
from evidence.hash_envelope import sign_envelope
from evidence.receipt import parse_receipt
from evidence.statement import parse_statement, sign_statement
from tests.evidence.building import EcdsaSigner, EdSigner, seeded, small_world
from tests.vectors.objects import BATCH, NEXT

HERE = Path(__file__).parent
VENV = Path(__file__).parents[2] / "build" / "interop"
INSTALL_SECONDS = 300

KEYS = {
    "ES256": EcdsaSigner("gateway"),
    "ES384": EcdsaSigner("w", ec.SECP384R1()),
    "EdDSA": EdSigner("e"),
}
IDS = {"ES256": -7, "ES384": -35, "EdDSA": -8}
FULLY_SPECIFIED = {"ES256": -9, "ES384": -51, "EdDSA": -19}
TOOLS = ("cwt", "pycose")


class Oracle:
    """The other libraries, in their process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **request: str) -> dict[str, str]:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="module")
def oracle():
    installed()
    command = [str(VENV / "bin" / "python"), str(HERE / "oracle.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield Oracle(process)
        process.stdin.close()


def installed() -> None:
    """Make the venv once; without a network skip, and in CI fail."""
    ready = VENV / ".ready"
    wanted = (HERE / "requirements.txt").read_text()
    if ready.is_file() and ready.read_text() == wanted:
        return
    pip = [
        str(VENV / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
    ]
    pip += ["--retries", "1", "-r", str(HERE / "requirements.txt")]
    made = [subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True)]
    if made[0].returncode == 0:
        made.append(subprocess.run(pip, check=False, capture_output=True, timeout=INSTALL_SECONDS))
    if made[-1].returncode:
        why = f"cwt and pycose could not be installed: {made[-1].stderr.decode()[-200:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    ready.write_text(wanted)


def their_key(signer: EcdsaSigner | EdSigner, alg: int, *, private: bool = False) -> str:
    """Return the key as cwt wants it: with kid and algorithm in it."""
    fields = {**cbor.decode(signer.public.to_cose()), 2: signer.public.kid, 3: alg}
    if private:
        fields[-4] = private_bytes(signer)
    return cbor.encode(fields).hex()


def private_bytes(signer: EcdsaSigner | EdSigner) -> bytes:
    if isinstance(signer, EdSigner):
        return signer.private.private_bytes_raw()
    return signer.private.private_numbers().private_value.to_bytes(signer.size, "big")


def envelope(signer: EcdsaSigner | EdSigner, algorithm: int) -> bytes:
    """Return a hash envelope (RFC 9995) of a file."""
    digest, kid = seeded("a file's digest"), signer.public.kid
    return sign_envelope("urn:uuid:x", 0, digest, "application/pdf", kid, algorithm, signer)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", KEYS)
def test_they_verify_ours(oracle, tool, name):
    signer, alg = KEYS[name], IDS[name]
    key = their_key(signer, alg)
    statement = sign_statement(NEXT, BATCH, signer.public.kid, alg, signer)
    for ours in (statement, envelope(signer, alg)):
        payload = cose.parse(ours).payload
        told = oracle.ask(tool=tool, do="verify", key=key, data=ours.hex())
        assert told == {"payload": payload.hex()}
        spoilt = ours.replace(payload, payload[:-1] + bytes([payload[-1] ^ 1]))
        told = oracle.ask(tool=tool, do="verify", key=key, data=spoilt.hex())
        assert "verify" in told["error"]


@pytest.mark.parametrize("name", KEYS)
def test_cwt_knows_the_fully_specified_ids(oracle, name):
    signer, alg = KEYS[name], FULLY_SPECIFIED[name]
    statement = sign_statement(NEXT, BATCH, signer.public.kid, alg, signer)
    key = their_key(signer, alg)
    told = oracle.ask(tool="cwt", do="verify", key=key, data=statement.hex())
    assert told == {"payload": BATCH.to_bytes().hex()}


@pytest.mark.parametrize("tool", TOOLS)
def test_they_verify_our_receipts(oracle, tool):
    world = small_world()
    receipt = world.receipt(world.sealed[0])
    key, root = their_key(world.receipts, -8), world.tree.root().hex()
    told = oracle.ask(tool=tool, do="verify", key=key, data=receipt.hex(), detached=root)
    assert told == {"payload": root}
    told = oracle.ask(tool=tool, do="verify", key=key, data=receipt.hex(), detached=bytes(32).hex())
    assert "verify" in told["error"]
    assert parse_receipt(receipt).size == world.tree.size


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", KEYS)
def test_we_verify_theirs(oracle, tool, name):
    signer, alg = KEYS[name], IDS[name]
    header = {
        cose.ALG: alg,
        cose.KID: signer.public.kid,
        cose.CWT_CLAIMS: NEXT.to_map("batch"),
        cose.TYP: 277,
    }
    key = their_key(signer, alg, private=True)
    payload = BATCH.to_bytes()
    told = oracle.ask(
        tool=tool, do="sign", key=key, header=cbor.encode(header).hex(), payload=payload.hex()
    )
    theirs = bytes.fromhex(told["signed"])
    statement = parse_statement(theirs)
    statement.verify(signer.public)
    assert (statement.claims, statement.batch) == (NEXT, BATCH)
    broken = parse_statement(theirs[:-1] + bytes([theirs[-1] ^ 1]))
    with pytest.raises(SignatureError):
        broken.verify(signer.public)
