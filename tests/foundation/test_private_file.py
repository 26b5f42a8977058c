"""Secrets are read only where nobody else could, as ssh does; and what may be a name."""

from __future__ import annotations

import pytest

from foundation.names import is_name
from foundation.private_file import OpenToOthers, read_private_file


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_what_is_its_owner_s_alone_is_read(tmp_path, mode):
    (tmp_path / "key").write_bytes(b"secret")
    (tmp_path / "key").chmod(mode)
    assert read_private_file(tmp_path / "key") == b"secret"


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601])
def test_what_others_may_touch_is_not(tmp_path, mode):
    key = tmp_path / "key"
    key.write_bytes(b"secret")
    key.chmod(mode)
    with pytest.raises(OpenToOthers, match=f"others may read the key {key}") as caught:
        read_private_file(key)
    assert (caught.value.advice, caught.value.exit_code) == (f"chmod 600 {key}", 2)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a", True), ("truck-7.north_2", True), ("7", True), ("a" * 63, True), ("a" * 64, False),
        ("", False), (".a", False), ("-a", False), ("_a", False), ("a/b", False), ("a\n", False),
        ("ü", False),
    ],
)  # fmt: skip
def test_what_may_be_a_name(text, right):
    assert is_name(text) is right
