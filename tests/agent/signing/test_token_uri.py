from __future__ import annotations

from pathlib import Path

import pytest

from agent.signing.token_uri import EXAMPLE, BadTokenUri, TokenUri


def test_the_example_is_read():
    uri = TokenUri.parse(EXAMPLE)
    assert uri == TokenUri(
        "truck-7", Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/etc/tallyman/token-pin")
    )


def test_percent_signs_serials_and_file_uris_are_understood():
    text = "pkcs11:token=truck%207;serial=0A1B?pin-source=file:/run/pin&module-path=/lib/t.so"
    uri = TokenUri.parse(text)
    assert (uri.label, uri.serial, uri.pin_source) == ("truck 7", "0A1B", Path("/run/pin"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begin with pkcs11:"),
        ("https://token", "begin with pkcs11:"),
        ("pkcs11:", "is unknown or there twice: it takes"),
        ("pkcs11:token=a", "lacks module-path, pin-source"),
        ("pkcs11:token=a?module-path=/m", "lacks pin-source"),
        ("pkcs11:token=a?module-path=m&pin-source=/p", "module-path must be an absolute path"),
        ("pkcs11:token=a?module-path=/m&pin-source=p", "pin-source must be an absolute path"),
        (
            "pkcs11:token=a;token=b?module-path=/m&pin-source=/p",
            "'token=b' is unknown or there twice",
        ),
        (
            "pkcs11:token=a;object=b?module-path=/m&pin-source=/p",
            "'object=b' is unknown or there twice",
        ),
        ("pkcs11:token=a?module-path=/m&pin-value=1234", "a PIN may not stand in it"),
    ],
)
def test_what_finds_no_token_is_refused_with_what_it_lacks(text, said):
    with pytest.raises(BadTokenUri, match=said):
        TokenUri.parse(text)
