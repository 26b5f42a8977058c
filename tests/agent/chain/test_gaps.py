"""Declared losses in their files: what is not one is told, and never counts as one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.gaps import FOLDER, GapDamaged, Gaps
from agent.signing.file_key import FileKey
from tests.agent.log_world import EPOCH, LogWorld

STATEMENT = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1()))).seal().statement
WHOLE = f'statement = "{STATEMENT.hex()}"\naccepted = false\nreceipt = ""\nsize = 0\nindex = 0\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE, "holds no gap statement"),
        (WHOLE.replace(STATEMENT.hex(), STATEMENT.hex()[:-2]), "cannot read"),
        (WHOLE.replace("size = 0\n", ""), "cannot read"),
        (WHOLE.replace('receipt = ""', 'receipt = "x"'), "cannot read"),
        ("", "cannot read"),
    ],
    ids=["a batch", "cut", "without size", "no hex", "empty"],
)
def test_a_file_that_is_no_gap_is_told_by_its_name(tmp_path, text, said):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "0.toml").write_text(text)
    with pytest.raises(GapDamaged, match=said) as caught:
        Gaps(tmp_path, EPOCH)
    assert "0.toml" in str(caught.value)
    assert "do not delete it" in caught.value.advice
