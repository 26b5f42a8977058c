"""Who vouches for a timestamp, certificate by certificate; the tokens are put together by hand."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.timestamps.authority import check_token
from agent.timestamps.token import Forged, Signer, Token, Unvouched

DATA, CONTENT, ATTRIBUTES = b"what was stamped", b"what the token says", b"what is signed"
BEGIN, END = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
EC_KEY = ec.derive_private_key(11, ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def key_usage(named):
    words = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{each: each == named for each in words})


def certificate(
    name, key, issuer=None, by=None, *, ca=None, below=None, for_=None, uses=(), critical=True, serial=7
):  # fmt: skip
    """Return a certificate of `key`, signed by `by`, or by itself; `below` is its path length."""
    builder = x509.CertificateBuilder(
        issuer_name=named(issuer or name), subject_name=named(name), public_key=key.public_key(),
        serial_number=serial, not_valid_before=BEGIN, not_valid_after=END,
    )  # fmt: skip
    if ca is not None:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=ca, path_length=below), critical=True
        )
    if for_:
        builder = builder.add_extension(key_usage(for_), critical=True)
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical)
    signs = by or key
    return builder.sign(signs, None if signs is ED_KEY else hashes.SHA256())


ROOT_KEY = ec.derive_private_key(12, ec.SECP256R1())
ROOT = certificate("root", ROOT_KEY, ca=True)
SERVER = certificate("tsa", EC_KEY, "root", ROOT_KEY, ca=False, uses=[STAMPING])


def der(of):
    return of.public_bytes(Encoding.DER)


def token(server=SERVER, key=EC_KEY, *, carried=None, time=BEGIN, **changes):
    if key is ED_KEY:
        algorithm, signature = "ed25519", key.sign(ATTRIBUTES)
    else:
        algorithm, signature = "ecdsa", key.sign(ATTRIBUTES, ec.ECDSA(hashes.SHA256()))
    said = {
        "attributes": ATTRIBUTES,
        "content_type": "tst_info",
        "message_digest": hashlib.sha256(CONTENT).digest(),
        "certificate_hashes": [("sha256", hashlib.sha256(der(server)).digest())],
        "digest": "sha256",
        "algorithm": algorithm,
        "signature": signature,
    }
    certificates = [der(each) for each in (server, *(carried or ()))]
    imprint = hashlib.sha256(DATA).digest()
    return Token(
        b"", "sha256", imprint, time, 1, "1.2.3", CONTENT, certificates, Signer(**said | changes)
    )


@pytest.mark.parametrize("key", [EC_KEY, ED_KEY], ids=["ecdsa", "ed25519"])
def test_a_token_under_the_pinned_root(key):
    server = certificate("tsa", key, "root", ROOT_KEY, ca=False, uses=[STAMPING])
    vouched = check_token(token(server, key), DATA, [ROOT])
    assert (vouched.time, vouched.signer, vouched.authority) == (BEGIN, "CN=tsa", "CN=root")
    with pytest.raises(Forged, match="signature is wrong"):
        check_token(token(server, key, attributes=ATTRIBUTES + b"."), DATA, [ROOT])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"content_type": "data"}, "those of no timestamp"),
        ({"digest": "sha1"}, "those of no timestamp"),
        ({"digest": "sha512"}, "not what was signed"),
        ({"message_digest": bytes(32)}, "not what was signed"),
        ({"signature": b""}, "signature is wrong"),
        ({"certificate_hashes": []}, "does not sign which certificate is its own"),
    ],
)
def test_what_was_changed_is_forged(changes, said):
    with pytest.raises(Forged, match=said) as caught:
        check_token(token(**changes), DATA, [ROOT])
    assert not caught.value.nobody_vouches


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(EC_KEY, "ed25519"), (EC_KEY, "rsassa_pkcs1v15"), (ED_KEY, "ecdsa"), (ED_KEY, "x" * 41)],
)
def test_a_signature_of_another_kind_than_the_key_s_does_not_count(key, algorithm):
    server = certificate("tsa", key, "root", ROOT_KEY, ca=False, uses=[STAMPING])
    with pytest.raises(
        Unvouched, match=f"^signatures of {algorithm[:40]} do not count here$"
    ) as caught:
        check_token(token(server, key, algorithm=algorithm), DATA, [ROOT])
    assert caught.value.nobody_vouches


def test_the_certificate_is_the_one_that_all_hashes_name():
    right = ("sha256", hashlib.sha256(der(SERVER)).digest())
    first_form = ("sha1", hashlib.sha1(der(SERVER), usedforsecurity=False).digest())
    check_token(token(certificate_hashes=[right, first_form]), DATA, [ROOT])
    check_token(token(certificate_hashes=[first_form]), DATA, [ROOT])
    for wrong in (("sha256", bytes(32)), ("md5", right[1]), ("sha512", right[1])):
        with pytest.raises(Unvouched, match="neither in it nor pinned"):
            check_token(token(certificate_hashes=[right, wrong]), DATA, [ROOT])


@pytest.mark.parametrize(
    ("uses", "critical", "said"),
    [
        ([], True, "is not for timestamps$"),
        ([STAMPING], False, "is not for timestamps alone"),
        ([STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH], True, "is not for timestamps alone"),
        ([ExtendedKeyUsageOID.CLIENT_AUTH], True, "is not for timestamps alone"),
    ],
)
def test_a_certificate_is_for_timestamps_and_nothing_else(uses, critical, said):
    server = certificate("tsa", EC_KEY, "root", ROOT_KEY, ca=False, uses=uses, critical=critical)
    with pytest.raises(Unvouched, match=said):
        check_token(token(server), DATA, [ROOT])


@pytest.mark.parametrize(
    ("time", "valid"),
    [(BEGIN - SECOND, False), (BEGIN, True), (END, True), (END + SECOND, False)],
)
def test_it_counts_from_its_first_to_its_last_second(time, valid):
    if valid:
        assert check_token(token(time=time), DATA, [ROOT]).time == time
        return
    with pytest.raises(Unvouched, match=f"of CN=tsa was not valid at {time:%Y-%m-%d}"):
        check_token(token(time=time), DATA, [ROOT])


def chain(between, below=None):
    """Return a server's certificate with so many authorities between it and the root, and those.

    `below` is the path length of the highest of them.
    """
    issuer, key, found = "root", ROOT_KEY, []
    for number in range(between):
        own = ec.derive_private_key(20 + number, ec.SECP256R1())
        limit = below if number == 0 else None
        found.append(certificate(f"ca-{number}", own, issuer, key, ca=True, below=limit))
        issuer, key = f"ca-{number}", own
    return certificate("tsa", EC_KEY, issuer, key, ca=False, uses=[STAMPING]), found


@pytest.mark.parametrize("between", [0, 1, 4, 9])
def test_issuers_lead_to_the_pinned_one_however_many_they_are(between):
    server, issuers = chain(between)
    made = token(server, carried=issuers)
    assert check_token(made, DATA, [ROOT]).authority == "CN=root"
    nearest = issuers[-1] if issuers else ROOT
    assert check_token(made, DATA, [ROOT, *issuers]).authority == nearest.subject.rfc4514_string()
    with pytest.raises(Unvouched, match="no pinned authority vouches for CN=tsa"):
        check_token(token(server, carried=issuers[:-1]), DATA, [ROOT] if issuers else [])


@pytest.mark.parametrize(
    ("between", "below", "found"),
    [(1, 0, True), (2, 0, False), (2, 1, True), (3, 1, False), (3, 2, True), (4, 2, False)],
)
def test_an_authority_limits_how_many_others_stand_below_it(between, below, found):
    """RFC 5280, §4.2.1.9: the last certificate, the server's own, does not count."""
    server, issuers = chain(between, below)
    if found:
        assert check_token(token(server, carried=issuers), DATA, [ROOT]).authority == "CN=root"
        return
    with pytest.raises(Unvouched, match="no pinned authority vouches for CN=tsa"):
        check_token(token(server, carried=issuers), DATA, [ROOT])


def test_an_authority_that_issued_itself_a_new_key_does_not_count_as_below_itself():
    """RFC 5280, §4.2.1.9: what is self-issued is not counted."""
    old, new = (ec.derive_private_key(number, ec.SECP256R1()) for number in (50, 51))
    first = certificate("ca", old, "root", ROOT_KEY, ca=True, below=0)
    second = certificate("ca", new, "ca", old, ca=True)
    server = certificate("tsa", EC_KEY, "ca", new, ca=False, uses=[STAMPING])
    assert check_token(token(server, carried=[first, second]), DATA, [ROOT]).signer == "CN=tsa"


@pytest.mark.parametrize("signs", [True, False])
def test_a_key_that_is_not_for_certificates_issues_none(signs):
    key = ec.derive_private_key(30, ec.SECP256R1())
    use = "key_cert_sign" if signs else "crl_sign"
    middle = certificate("middle", key, "root", ROOT_KEY, ca=True, for_=use)
    server = certificate("tsa", EC_KEY, "middle", key, ca=False, uses=[STAMPING])
    made = token(server, carried=[middle])
    if signs:
        assert check_token(made, DATA, [ROOT]).authority == "CN=root"
        return
    with pytest.raises(Unvouched, match="no pinned authority vouches"):
        check_token(made, DATA, [ROOT])


def test_two_that_issued_each_other_lead_nowhere():
    keys = [ec.derive_private_key(number, ec.SECP256R1()) for number in (60, 61)]
    one = certificate("one", keys[0], "two", keys[1], ca=True)
    two = certificate("two", keys[1], "one", keys[0], ca=True)
    server = certificate("tsa", EC_KEY, "one", keys[0], ca=False, uses=[STAMPING])
    with pytest.raises(Unvouched, match="no pinned authority vouches for CN=tsa"):
        check_token(token(server, carried=[one, two]), DATA, [ROOT])


@pytest.mark.parametrize("ca", [None, False])
def test_only_an_authority_can_issue(ca):
    key = ec.derive_private_key(30, ec.SECP256R1())
    middle = certificate("middle", key, "root", ROOT_KEY, ca=ca)
    server = certificate("tsa", EC_KEY, "middle", key, ca=False, uses=[STAMPING])
    with pytest.raises(Unvouched, match="no pinned authority vouches"):
        check_token(token(server, carried=[middle]), DATA, [ROOT])


def test_one_that_vouches_for_itself_vouches_for_nothing():
    own = certificate("tsa", EC_KEY, ca=True, uses=[STAMPING])
    with pytest.raises(Unvouched, match="no pinned authority vouches for CN=tsa"):
        check_token(token(own), DATA, [ROOT])
    assert check_token(token(own), DATA, [own]).authority == "CN=tsa"


def test_an_authority_of_the_same_name_with_another_key_is_another():
    other = certificate("root", ec.derive_private_key(40, ec.SECP256R1()), ca=True)
    with pytest.raises(Unvouched):
        check_token(token(), DATA, [other])
    assert check_token(token(), DATA, [other, ROOT]).authority == "CN=root"


def test_one_without_a_name_goes_by_its_number():
    server = certificate("", EC_KEY, "root", ROOT_KEY, ca=False, uses=[STAMPING], serial=0xABC)
    assert check_token(token(server), DATA, [ROOT]).signer == "certificate abc"


def test_other_bytes_and_certificates_that_are_none():
    with pytest.raises(Forged, match="over other bytes: their sha256 is "):
        check_token(token(), DATA + b".", [ROOT])
    broken = replace(token(), certificates=[b"rubbish"])
    with pytest.raises(Forged, match="a certificate in the token cannot be read"):
        check_token(broken, DATA, [ROOT])
