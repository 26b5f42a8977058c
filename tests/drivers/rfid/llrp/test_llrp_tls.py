"""LLRP in TLS: certificates that are pinned, readers of old firmware, and handshakes that fail."""

import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from drivers.driver import State
from drivers.errors import DeviceMissing, WrongDevice
from drivers.links import tcp
from drivers.links.tcp import Address, TcpLink, tls_error
from hil.site.ports import HERE, free_port


def certificate(folder, key=None):
    """A reader's own certificate and key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SpeedwayR-11-25-D6")])
    now = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "reader.pem", folder / "reader.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture(scope="module")
def rsa_paths(tmp_path_factory):
    """Certificate and key of a reader that has an RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return certificate(tmp_path_factory.mktemp("rsa"), key)


async def test_the_readers_own_certificate_pinned(bench, tmp_path):
    pem, key = certificate(tmp_path)
    async with bench({"tls": True, "tls_ca": str(pem)}, certificate=pem, key=key) as b:
        await b.until(b.tags)


async def test_another_certificate_is_refused(bench, tmp_path):
    pem, key = certificate(tmp_path)
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    async with bench({"tls": True, "tls_ca": str(other)}, certificate=pem, key=key) as b:
        await b.until(lambda: b.health.state is State.WRONG_DEVICE)
        assert "not trusted" in b.health.detail


@pytest.mark.parametrize(
    "cipher", ["AES128-GCM-SHA256", "AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256"]
)
async def test_a_reader_of_old_firmware_is_reached_under_its_pinned_certificate(
    bench, rsa_paths, cipher
):
    """Octane 5.6 has key exchange by RSA only."""
    pem, key = rsa_paths
    options = {"tls": True, "tls_ca": str(pem)}
    async with bench(options, certificate=pem, key=key, ciphers=cipher) as b:
        await b.until(b.tags)


@pytest.mark.parametrize("cipher", ["AES256-SHA256", "AES128-SHA256"])
async def test_ciphers_that_nobody_asked_for_stay_off(bench, rsa_paths, cipher):
    pem, key = rsa_paths
    options = {"tls": True, "tls_ca": str(pem)}
    async with bench(options, certificate=pem, key=key, ciphers=cipher) as b:
        await b.until(lambda: b.health.state is not State.OPENING)
        assert "TLS" in b.health.detail


async def test_key_exchange_by_rsa_needs_a_pinned_certificate(bench, rsa_paths):
    pem, key = rsa_paths
    async with bench({"tls": True}, certificate=pem, key=key, ciphers="AES128-SHA") as b:
        await b.until(lambda: b.health.state is State.MISSING)
        assert b.health.detail == f"{b.emulator.where} broke the TLS handshake off without a reason"
        assert (
            "by RSA only where the configuration pins the device's certificate" in b.health.advice
        )


OPENSSL = ["openssl", "s_server", "-quiet", "-accept"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["-tls1_2", "-cipher", "AES256-SHA256"],
            "it accepts none of the ciphers that are offered",
        ),
        (
            ["-no_tls1_3", "-no_tls1_2", "-cipher", "ALL:@SECLEVEL=0"],
            "its TLS is older than 1.2 (TLSV1_ALERT_PROTOCOL_VERSION)",
        ),
    ],
)
async def test_openssl_s_reason_for_a_failed_handshake_is_told(bench, rsa_paths, options, said):
    pem, key = rsa_paths
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        *OPENSSL, str(port), "-cert", str(pem), "-key", str(key), *options,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    given = {"tls": True, "tls_ca": str(pem), "address": f"{HERE}:{port}"}
    async with bench(given) as b:
        await b.until(lambda: b.health.state is State.WRONG_DEVICE)
        assert said in b.health.detail
        assert "TLS 1.2" in b.health.advice
    server.kill()
    await server.communicate()


async def test_a_port_without_tls_is_told(bench, rsa_paths):
    async with bench({"tls": True, "tls_ca": str(rsa_paths[0])}) as b:
        await b.until(lambda: b.health.state is State.WRONG_DEVICE)
        assert "what it sends is not TLS (WRONG_VERSION_NUMBER)" in b.health.detail


async def test_a_handshake_that_does_not_go_on_is_told(monkeypatch):
    """The kernel takes the connection, and the program behind it hangs."""
    monkeypatch.setattr(tcp, "CONNECT_WITHIN", 0.3)
    with socket.create_server((HERE, free_port())) as hanging:
        address = Address(HERE, hanging.getsockname()[1])
        with pytest.raises(DeviceMissing, match=r"did not finish a TLS handshake within 0\.3 s"):
            await TcpLink.open(address, ssl.create_default_context())


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ConnectionRefusedError(111, "refused"), DeviceMissing, "nothing listens at reader:5085"),
        (OSError(113, "No route to host"), DeviceMissing, "reader:5085 does not answer"),
        (TimeoutError(110, "timed out"), DeviceMissing, "reader:5085 does not answer"),
    ],
)
def test_what_has_nothing_to_do_with_tls_is_told_as_without_it(error, kind, said):
    found = tls_error(Address("reader", 5085), error)
    assert (type(found), str(found)) == (kind, said)
    assert not isinstance(found, WrongDevice)
