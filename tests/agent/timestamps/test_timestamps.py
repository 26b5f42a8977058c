"""Timestamps by an authority that openssl made: offline, against a pinned certificate, byte by byte."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace

import pytest
from asn1crypto import cms, tsp

from agent.timestamps.authority import _check_use, check_token, read_authorities
from agent.timestamps.stamped import MAX_TOKEN_BYTES, apart, with_token
from agent.timestamps.token import Forged, NoToken, TimestampError, Unvouched, read_token
from tests.agent.exports.days import bundled, truck
from tests.agent.timestamps.authorities import Authority

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
DATA = b"what was stamped"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authorities")
    return (
        Authority(folder / "ours"),
        Authority(folder / "rsa", "rsa"),
        Authority(folder / "others"),
    )


def pinned(authority):
    return read_authorities(authority.root.read_bytes())


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_a_token_under_a_pinned_root(made, which, digest):
    authority = made[which]
    token = read_token(authority.response(DATA, digest=digest))
    vouched = check_token(token, DATA, pinned(authority))
    assert (vouched.signer, vouched.authority) == ("CN=tsa,O=Test", "CN=root,O=Test")
    assert vouched.time > dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    assert read_token(token.der) == token  # from the answer, and by itself


def test_a_token_that_names_its_certificate_in_the_first_form(made):
    token = read_token(made[0].response(DATA, section="first_form"))
    ((name, _),) = token.signer.certificate_hashes
    assert name == "sha1"
    assert check_token(token, DATA, pinned(made[0])).signer == "CN=tsa,O=Test"
    changed = replace(token.signer, certificate_hashes=[("sha1", bytes(20))])
    with pytest.raises((Forged, Unvouched)):
        check_token(replace(token, signer=changed), DATA, pinned(made[0]))


def test_the_server_s_own_certificate_may_be_pinned_too(made):
    authority = made[0]
    own = read_authorities((authority.folder / "tsa.pem").read_bytes())
    bare = read_token(authority.response(DATA, cert=False))
    assert bare.certificates == []
    assert check_token(bare, DATA, own).authority == "CN=tsa,O=Test"
    with pytest.raises(Unvouched, match="neither in it nor pinned"):
        check_token(bare, DATA, pinned(authority))


def test_another_authority_of_the_same_name_vouches_for_nothing(made):
    token = read_token(made[0].response(DATA))
    with pytest.raises(Unvouched, match="no pinned authority vouches for CN=tsa"):
        check_token(token, DATA, pinned(made[2]))


def test_an_rsa_signature_is_held_against_the_key(made):
    token = read_token(made[1].response(DATA))
    assert token.signer.algorithm == "rsassa_pkcs1v15"
    changed = replace(token.signer, attributes=token.signer.attributes + b".")
    with pytest.raises(Forged, match="the token's signature is wrong"):
        check_token(replace(token, signer=changed), DATA, pinned(made[1]))


def test_what_is_signed_otherwise_or_is_no_timestamp_is_told(made):
    answer = tsp.TimeStampResp.load(made[0].response(DATA))
    plain = cms.ContentInfo({"content_type": "data", "content": DATA})
    other = tsp.TimeStampResp({"status": answer["status"], "time_stamp_token": plain})
    with pytest.raises(NoToken, match=r"^it is signed in no form of RFC 5652$"):
        read_token(other.dump())
    token = answer["time_stamp_token"]
    signed = token["content"].copy()
    signed["encap_content_info"] = {"content_type": "data", "content": DATA}
    with pytest.raises(NoToken, match=r"^what is signed is no timestamp$"):
        read_token(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


@pytest.mark.parametrize(
    ("number", "status"),
    [(2, "rejection"), (3, "waiting"), (4, "revocation_warning"), (5, "revocation_notification")],
)
def test_an_authority_that_does_not_stamp_is_told_with_its_word(number, status):
    """RFC 3161 §2.4.2: then there is no token in its answer."""
    with pytest.raises(NoToken, match=rf"^the authority refused to stamp: {status}$"):
        read_token(bytes([0x30, 5, 0x30, 3, 0x02, 1, number]))


def test_a_real_authority_refuses_a_digest_that_it_does_not_take(made):
    with pytest.raises(NoToken, match=r"^the authority refused to stamp: rejection$"):
        read_token(made[0].response(DATA, digest="sha224"))


@pytest.mark.parametrize("number", [0, 1])
def test_a_stamp_that_is_said_to_be_granted_and_is_not_there_is_none(number):
    with pytest.raises(NoToken, match="no timestamp token"):
        read_token(bytes([0x30, 5, 0x30, 3, 0x02, 1, number]))


def test_a_stamp_that_was_granted_otherwise_than_asked_is_one(made):
    answer = tsp.TimeStampResp.load(made[0].response(DATA))
    granted = tsp.PKIStatusInfo({"status": "granted_with_mods"})
    other = tsp.TimeStampResp({"status": granted, "time_stamp_token": answer["time_stamp_token"]})
    assert read_token(other.dump()) == read_token(answer.dump())


def test_other_bytes_are_not_stamped(made):
    token = read_token(made[0].response(DATA))
    with pytest.raises(Forged, match="over other bytes"):
        check_token(token, DATA + b".", pinned(made[0]))


def test_a_weak_digest_does_not_count(made):
    with pytest.raises(NoToken, match="its digest is sha1"):
        read_token(made[0].response(DATA, digest="sha1"))


def test_a_certificate_for_more_than_timestamps_does_not_count(made):
    (other,) = read_authorities((made[0].folder / "other.pem").read_bytes())
    with pytest.raises(Unvouched, match="not for timestamps alone"):
        _check_use(other)


def test_a_token_from_after_its_certificate_ended(made):
    token = read_token(made[0].response(DATA))
    with pytest.raises(Unvouched, match="was not valid at 2200"):
        check_token(replace(token, time=token.time.replace(year=2200)), DATA, pinned(made[0]))


def test_no_changed_byte_of_a_token_holds(made):
    """Each byte in turn: refused, or what is told of it is what was told before."""
    good = read_token(made[0].response(DATA))
    roots = pinned(made[0])
    said = check_token(good, DATA, roots)
    for at in range(len(good.der)):
        changed = bytearray(good.der)
        changed[at] ^= 1 << at % 8
        try:
            told = check_token(read_token(bytes(changed)), DATA, roots)
        except TimestampError:
            continue
        assert told == said, f"byte {at}"


@pytest.mark.parametrize(
    "data", [b"", b"0", b"rubbish", b"\x30\x80", b"\x30\x03\x02\x01\x00", b"0" * 70000]
)
def test_what_is_no_token(data):
    with pytest.raises(NoToken):
        read_token(data)


def test_no_prefix_of_a_token_is_one(made):
    response = made[0].response(DATA)
    for end in range(0, len(response), 7):
        with pytest.raises(NoToken):
            read_token(response[:end])


def test_a_token_stands_behind_its_bundle():
    _, bundle = bundled(truck())
    file = with_token(bundle, b"token")
    assert apart(file) == (bundle, b"token")
    assert apart(bundle) == (bundle, None)
    for data in (b"", b"\x83", file[:-1], file + b"x", b"\x83" + bundle[1:], b"\x83" * 40):
        assert apart(data) == (data, None)
    assert apart(with_token(bundle, bytes(MAX_TOKEN_BYTES + 1)))[1] is None
