"""What a node's parts stand on: headers with bounds, files that may be wrong, limits and clocks."""

from __future__ import annotations

import base64
import errno
import resource
import time
import tomllib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.errors import (
    EvidenceError,
    MalformedError,
    ProofError,
    SignatureError,
    UntrustedError,
)
from evidence.wire import Code, Envelope, Label, Type, labels
from foundation.errors import Fatal
from foundation.toml_file import WrongFile
from ledger.base import descriptors, header, times
from ledger.base.clock import SystemClock
from ledger.base.config import NodeConfig, read_config
from ledger.base.errors import RETRY_MS, Refused, busy, code_of, unreadable
from ledger.base.key_files import (
    load_curve_key,
    load_signing_key,
    make_curve_key,
    make_signing_key,
)
from ledger.base.key_text import cose_key, cosigner_key, log_key
from ledger.base.public_node import Role, read_public_node
from ledger.base.rate import BURST, MAX_PEERS, PAUSE_S, PER_SECOND, RateLimit
from ledger.base.text_file import read_text
from ledger.base.toml_text import to_tables, to_toml
from ledger.base.watched_file import WatchedFile
from tests.evidence.building import World
from tests.ledger.support import curve_key

LARGEST = 2**63 - 1


def message(**fields):
    return Envelope(Type.STATUS, bytes(8), labels({Label[name]: v for name, v in fields.items()}))


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (lambda m: header.number(m, Label.SEQ), [("SEQ", 0, 0), ("SEQ", LARGEST, LARGEST)], [{"SEQ": LARGEST + 1}, {"SEQ": "1"}, {}]),
        (lambda m: header.number_or(m, Label.SIZE, 7), [("SIZE", 0, 0), ("SEQ", 1, 7)], [{"SIZE": -1}]),
        (header.epoch, [("EPOCH", bytes(16), bytes(16))], [{"EPOCH": bytes(15)}, {"EPOCH": bytes(17)}, {}]),
        (
            header.seqs,
            [("SEQS", (5, 3, 5), [5, 3]), ("SEQS", tuple(range(64)), list(range(64)))],
            [{"SEQS": ()}, {"SEQS": tuple(range(65))}, {"SEQS": (1, "2")}, {"SEQS": (LARGEST + 1,)}, {}],
        ),
        (header.batches, [("SEQS", (1, 1, 1), 3), ("SEQS", 4, 0), ("SEQ", 4, 0)], []),
        (
            header.path,
            [("PATH", (), []), ("PATH", (bytes(32),) * 126, [bytes(32)] * 126)],
            [{"PATH": (bytes(32),) * 127}, {"PATH": (bytes(31),)}, {}],
        ),
        (header.root, [("ROOT", bytes(32), bytes(32))], [{"ROOT": bytes(33)}, {}]),
        (header.digest, [("DIGEST", bytes(32), bytes(32))], [{"DIGEST": bytes(31)}, {}]),
        (header.note, [("NOTE", b"n", b"n")], [{"NOTE": "n"}, {}]),
        (
            lambda m: header.notes(m, 2),
            [("NOTES", (b"a",), (b"a",)), ("NOTES", (b"a", b"b"), (b"a", b"b"))],
            [{"NOTES": ()}, {"NOTES": (b"a",) * 3}, {"NOTES": ("a",)}, {}],
        ),
        (header.origin, [("ORIGIN", "o", "o"), ("SEQ", 1, None)], [{"ORIGIN": b"o"}]),
    ],
    ids=["number", "number or", "epoch", "seqs", "batches", "path", "root", "digest", "note", "notes", "origin"],
)  # fmt: skip
def test_headers_are_read_within_bounds(read, good, bad):
    for name, value, found in good:
        assert read(message(**{name: value})) == found
    for fields in bad:
        with pytest.raises(MalformedError):
            read(message(**fields))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MalformedError("wire-size", ""), Code.TOO_LARGE),
        (MalformedError("statement-size", ""), Code.TOO_LARGE),
        (MalformedError("cbor-order", ""), Code.MALFORMED),
        (SignatureError("kid", ""), Code.BAD_SIGNATURE),
        (ProofError("proof-length", ""), Code.BAD_PROOF),
        (UntrustedError("origin", ""), Code.NOT_ADMITTED),
    ],
)
def test_what_was_not_accepted_has_the_wire_s_code(error: EvidenceError, code):
    assert code_of(error) == code


def test_who_is_refused_hears_when_to_come_again():
    refused = busy("the store could not write")
    assert (str(refused), refused.code, refused.statement) == (
        "the store could not write",
        "busy",
        b"",
    )
    assert refused.extra == {Label.RETRY_MS: RETRY_MS} == {Label.RETRY_MS: 1000}
    assert Refused(Code.GAP, "x").extra == {}


@pytest.mark.parametrize(
    ("error", "code", "said", "advice"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), 1, "x: Permission denied", "sudo -u tallyman-ledger"),
        (OSError(errno.EIO, "Input/output error"), 1, "x: Input/output error", "replace it soon"),
        (IsADirectoryError(errno.EISDIR, "Is a directory"), 2, "x cannot be read: Is a directory", "make it"),
    ],
)  # fmt: skip
def test_why_a_file_cannot_be_read_says_whether_another_try_may_help(error, code, said, advice):
    fatal = unreadable("x", error, "make it")
    assert (fatal.exit_code, str(fatal)) == (code, said)
    assert advice in fatal.advice


def test_text_files_are_read_with_what_is_wrong(tmp_path):
    path = tmp_path / "policy.txt"
    with pytest.raises(Fatal, match=f"^{path} is not there$") as caught:
        read_text(path, advice="restore it")
    assert caught.value.advice == "restore it"
    path.write_bytes(b"\xff")
    with pytest.raises(Fatal, match=f"^{path} is not a text file$"):
        read_text(path, advice="restore it")
    path.write_bytes(b"\xef\xbb\xbfa\n")
    assert read_text(path, advice="") == "a\n"
    with pytest.raises(Fatal, match=f"^{tmp_path} cannot be read: Is a directory$"):
        read_text(tmp_path, advice="restore it")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1_800_000_000, "2027-01-15T08:00:00Z")],
)
def test_times_are_utc(seconds, text):
    assert times.to_text(seconds) == text
    assert times.from_text(text) == seconds


@pytest.mark.parametrize("text", ["", "2027-01-15", "2027-01-15T08:00:00", "2027-02-30T08:00:00Z"])
def test_other_forms_of_time_are_none(text):
    with pytest.raises(ValueError, match="is no time like 2026-01-31T12:00:00Z"):
        times.from_text(text)


def test_toml_is_written_as_toml():
    values = {"name": 'a "b"\\ü\n\x7f', "n": 3, "yes": True, "no": False}
    text = 'name = "a \\"b\\"\\\\ü\\n\\u007f"\nn = 3\nyes = true\nno = false\n'
    assert to_toml(values) == text
    assert to_tables("t", [{"n": 1}, {}]) == "\n[[t]]\nn = 1\n\n[[t]]\n"


def test_keys_stand_in_files_as_what_they_are():
    world = World()
    witness, log = world.witness_key("amber"), world.log_key
    assert (cosigner_key(witness.to_text()), log_key(log.to_text())) == (witness, log)
    with pytest.raises(ValueError, match=r"^not a verifier key of type 0x04$"):
        cosigner_key(log.to_text())
    with pytest.raises(ValueError, match=r"^not a verifier key of type 0x01$"):
        log_key(witness.to_text())
    with pytest.raises(ValueError, match=r"^no verifier key: "):
        log_key("x")
    for wrong in ("?", "AAAA"):
        with pytest.raises(ValueError, match=r"^no COSE_Key in base64: "):
            cose_key(wrong)


def test_private_keys_come_back_from_files_of_their_owner(tmp_path):
    curve, signing = tmp_path / "curve.z85", tmp_path / "log.pem"
    made, key = make_curve_key(curve), make_signing_key(signing)
    assert load_curve_key(curve) == made
    assert load_signing_key(signing).public == key.public
    assert {path.stat().st_mode & 0o777 for path in (curve, signing)} == {0o600}
    other = ec.generate_private_key(ec.SECP256R1())
    signing.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Fatal, match=f"^{signing} is not an Ed25519 key$"):
        load_signing_key(signing)
    for size in (39, 41):
        curve.write_bytes(b"a" * size)
        with pytest.raises(Fatal, match=f"^{curve} is no CURVE key$"):
            load_curve_key(curve)
    curve.unlink()
    with pytest.raises(Fatal, match=f"^the key {curve} is not there$"):
        load_curve_key(curve)
    curve.mkdir()
    with pytest.raises(Fatal, match=f"^the key {curve} cannot be read: Is a directory$"):
        load_curve_key(curve)


class Watched:
    def __init__(self, path):
        self.path, self.reads = path, 0

    def __call__(self, path):
        self.reads += 1
        if path.exists() and path.read_text() == "bad":
            raise Fatal("line 1 is wrong", advice="mend it")
        return path.read_text() if path.exists() else None


def replaced(path, text):
    new = path.with_name("new")
    new.write_text(text)
    new.replace(path)


def test_a_file_is_read_again_when_it_is_another(tmp_path, caplog):
    path = tmp_path / "list"
    read = Watched(path)
    watched = WatchedFile(path, read)
    assert [watched.current(), watched.current(), read.reads] == [None, None, 1]
    replaced(path, "one")
    assert [watched.current(), watched.current(), read.reads] == ["one", "one", 2]
    replaced(path, "bad")
    assert [watched.current(), watched.current(), read.reads] == ["one", "one", 3]
    assert watched.fault == "line 1 is wrong"
    assert caplog.text.count("line 1 is wrong; going on with the last good list (mend it)") == 1
    replaced(path, "two")
    assert [watched.current(), watched.fault] == ["two", ""]
    path.unlink()
    assert watched.current() is None


@pytest.mark.parametrize(
    ("soft", "known", "strangers"),
    [
        # (descriptors - 64) / 3 in all; a quarter of them, 256 at most, strangers at either port
        (16_384, 5440 - 512, 256),
        (1024, 320 - 160, 80),
        (3136, 1024 - 512, 256),
        (3133, 1023 - 510, 255),
        (64, 2, 1),
        (resource.RLIM_INFINITY, 5440 - 512, 256),
    ],
)
def test_how_many_connections_there_is_room_for(soft, known, strangers, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
    assert descriptors.connections() == (known, strangers)


@pytest.mark.parametrize(
    ("soft", "hard", "wanted"),
    [
        (1024, 524_288, (16_384, 524_288)),
        (1024, resource.RLIM_INFINITY, (16_384, resource.RLIM_INFINITY)),
        (1024, 4096, (4096, 4096)),
        (4096, 4096, None),
        (16_384, 524_288, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None),
    ],
)
def test_the_limit_is_raised_as_far_as_it_is_in_our_hands(soft, hard, wanted, monkeypatch):
    calls = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: calls.append(limit))
    descriptors.raise_limit()
    assert calls == ([wanted] if wanted else [])

    def refused(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(resource, "setrlimit", refused)
    descriptors.raise_limit()


def test_a_gateway_may_send_a_burst_and_then_so_many_a_second():
    now = [0.0]
    rate = RateLimit(lambda: now[0])
    assert (BURST, PER_SECOND, MAX_PEERS) == (1000, 500, 4096)
    assert [rate.wait("a") for _ in range(BURST)] == [0.0] * BURST
    assert rate.wait("a") == PAUSE_S == 64 / PER_SECOND
    now[0] = PAUSE_S
    assert [rate.wait("a") for _ in range(64)] == [0.0] * 64, "all that is under way at once"
    assert rate.wait("a") > 0
    assert rate.wait("b", BURST) == 0.0
    assert rate.wait("c", BURST + PER_SECOND) == 1.0


def test_so_many_peers_are_remembered_the_fullest_go_first():
    now = [0.0]
    rate = RateLimit(lambda: now[0], per_second=1, burst=10, pause=0)
    assert rate.wait("busy", 10) == 0.0
    for peer in range(MAX_PEERS):
        assert rate.wait(str(peer), 1) == 0.0
    assert rate.wait("busy") > 0, "who spent all is not forgotten for others"


NODE = 'name = "alpha"\nrole = "sequencer"\nlisten = "tcp://0.0.0.0:7411"\n'


def config_of(path, more):
    path.write_text(NODE + more + "\n")
    return read_config(path)


def test_a_node_that_says_no_more_makes_a_checkpoint_each_second(tmp_path):
    found = config_of(tmp_path / "node.toml", "")
    assert (found.checkpoint_every_ms, found.cosign_timeout_ms) == (1000, 2000)
    assert (found.messages_per_second, found.keep_bodies, found.witnesses) == (500, True, ())
    assert (found.store, found.publish, found.enrol_listen) == (None, None, None)


@pytest.mark.parametrize("key", ["checkpoint_every_ms", "cosign_timeout_ms"])
@pytest.mark.parametrize(
    ("value", "good"), [(9, False), (10, True), (60_000, True), (60_001, False)]
)
def test_times_of_a_node_are_from_a_hundredth_of_a_second_to_a_minute(tmp_path, key, value, good):
    path = tmp_path / "node.toml"
    if good:
        assert getattr(config_of(path, f"{key} = {value}"), key) == value
        return
    with pytest.raises(WrongFile, match=key):
        config_of(path, f"{key} = {value}")


@pytest.mark.parametrize(
    ("value", "good"), [(0, False), (1, True), (100_000, True), (100_001, False)]
)
def test_somebody_may_ask_at_least_once_a_second(tmp_path, value, good):
    path = tmp_path / "node.toml"
    if good:
        found = config_of(path, f"messages_per_second = {value}")
        assert found.messages_per_second == value
        return
    with pytest.raises(WrongFile, match="messages_per_second"):
        config_of(path, f"messages_per_second = {value}")


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("tcp://0.0.0.0:1", True),
        ("tcp://[::]:7412", True),
        ("tcp://ledger.example:65535", True),
        ("tcp://ledger.example:65536", False),
        ("tcp://ledger.example:0", False),
        ("tcp://ledger.example", False),
        ("ipc://ledger:7412", False),
    ],
)
def test_a_socket_is_bound_where_there_can_be_one(tmp_path, address, good):
    path = tmp_path / "node.toml"
    if good:
        assert config_of(path, f'enrol_listen = "{address}"').enrol_listen == address
        return
    with pytest.raises(WrongFile, match="enrol_listen"):
        config_of(path, f'enrol_listen = "{address}"')


def test_a_witness_admits_no_gateways(tmp_path):
    path = tmp_path / "node.toml"
    witness = NODE.replace("sequencer", "witness")
    path.write_text(witness)
    assert read_config(path).role == "witness"
    path.write_text(witness + 'enrol_listen = "tcp://0.0.0.0:7412"\n')
    with pytest.raises(WrongFile, match="enrol_listen is for a sequencer"):
        read_config(path)


def test_what_a_node_is_made_with_reads_back(tmp_path):
    path = tmp_path / "node.toml"
    address = "tcp://127.0.0.1:7411"
    plain = NodeConfig("alpha", Role.SEQUENCER, address)
    for more in (
        {},
        {"store": "postgresql://db.example/ledger"},
        {"publish": "public"},
        {"enrol_listen": "tcp://0.0.0.0:7412"},
    ):
        config = replace(plain, **more)
        path.write_text(config.to_toml())
        assert read_config(path) == config
        told = tomllib.loads(config.to_toml())
        assert told == {"name": "alpha", "role": "sequencer", "listen": address, **more}


def public_node(role, **more):
    """The text of a node.pub."""
    world = World()
    values = {
        "name": "bravo",
        "role": role,
        "endpoint": "tcp://192.0.2.7:7411",
        "curve": curve_key().public.decode(),
        "cosigner": world.witness_key("amber").to_text(),
    }
    keys = {
        "log": world.log_key.to_text(),
        "receipt": base64.b64encode(world.receipts.public.to_cose()).decode(),
    }
    return {**values, **{name: keys[name] for name in more.get("keys", ())}}


@pytest.mark.parametrize(
    ("role", "keys", "said"),
    [
        ("sequencer", ["log", "receipt"], None),
        ("sequencer", ["receipt"], "log"),
        ("sequencer", ["log"], "receipt"),
        ("witness", [], None),
        ("witness", ["log"], "unknown key 'log'"),
        ("witness", ["receipt"], "unknown key 'receipt'"),
    ],
)
def test_a_sequencer_has_the_keys_of_a_log_and_a_witness_none(tmp_path, role, keys, said):
    path = tmp_path / "node.pub"
    values = public_node(role, keys=keys)
    path.write_text(to_toml(values))
    if said is None:
        node = read_public_node(path)
        assert tomllib.loads(node.to_toml()) == values
        assert (node.log is not None, node.receipt is not None) == (
            "log" in keys,
            "receipt" in keys,
        )
        return
    with pytest.raises(WrongFile, match=said):
        read_public_node(path)


def test_the_witnesses_of_a_sequencer_are_witnesses(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text(NODE + to_tables("witness", [public_node("witness")]))
    assert [each.name for each in read_config(path).witnesses] == ["bravo"]
    other = public_node("sequencer", keys=["log", "receipt"])
    path.write_text(NODE + to_tables("witness", [other]))
    with pytest.raises(WrongFile, match="role must be witness here"):
        read_config(path)


async def test_the_machine_s_clocks_are_utc_and_one_that_never_goes_back(monkeypatch):
    clock, started = SystemClock(), time.monotonic()
    await clock.sleep(0.01)
    assert started + 0.01 <= clock.monotonic() <= time.monotonic()
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_REALTIME: 1_770_000_000.9}.get)
    assert clock.wall() == 1_770_000_000
