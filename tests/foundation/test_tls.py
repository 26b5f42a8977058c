"""TLS as this side speaks it, whatever Python was built to allow."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from foundation import tls
from foundation.tls import client_context


def test_a_python_that_leaves_it_to_openssl_takes_no_more(monkeypatch):
    """As Debian's: key exchange by RSA, and versions below 1.2."""

    def debians(cafile):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT")
        return context

    monkeypatch.setattr(tls.ssl, "create_default_context", debians)
    context = client_context(None)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    by_rsa = [each for each in context.get_ciphers() if each["kea"] == "kx-rsa"]
    assert by_rsa == []
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_authorities_that_cannot_be_read_are_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        client_context(tmp_path / "none.pem")


@pytest.mark.parametrize("room", ["agent", "drivers", "evidence", "foundation", "ledger"])
def test_nobody_makes_a_context_of_their_own(room):
    root = Path(__file__).parents[2]
    made = [
        str(path.relative_to(root))
        for path in sorted((root / room).rglob("*.py"))
        if "create_default_context" in path.read_text() or "SSLContext(" in path.read_text()
    ]
    assert made == (["foundation/tls.py"] if room == "foundation" else [])
