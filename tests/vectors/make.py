"""Make every vector anew; the same bytes come out wherever it runs.

python -m tests.vectors.make
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from evidence.dictionary import COLUMNS_DICTIONARY
from tests.vectors.bundles import bundle_cases
from tests.vectors.case import Format
from tests.vectors.columns import column_cases
from tests.vectors.custodies import custody_cases
from tests.vectors.disclosures import disclosure_cases, envelope_cases, sealed_cases
from tests.vectors.epochs import epoch_cases
from tests.vectors.erasures import erasure_cases
from tests.vectors.forms import form_cases
from tests.vectors.logs import (
    checkpoint_cases,
    fork_cases,
    policy_cases,
    receipt_cases,
    update_cases,
)
from tests.vectors.objects import (
    body_cases,
    cbor_cases,
    key_cases,
    leaf_cases,
    merkle_cases,
    statement_cases,
)
from tests.vectors.several import log_set_cases, several_cases
from tests.vectors.trust import trust_cases
from tests.vectors.whole import whole_cases
from tests.vectors.wires import enrolment_cases, frame_cases

FOLDER = Path(__file__).parent


def formats() -> Iterator[Format]:
    """Yield every family of vectors."""
    yield Format("cbor", "cbor", list(cbor_cases()))
    yield Format("leaf", "cbor", list(leaf_cases()))
    yield Format("merkle", "cbor", list(merkle_cases()))
    yield Format("body", "bin", [*body_cases(), *column_cases()])
    yield Format("key", "cbor", list(key_cases()))
    yield Format("statement", "cbor", list(statement_cases()))
    yield Format("receipt", "cbor", list(receipt_cases()))
    yield Format("custody", "cbor", list(custody_cases()))
    yield Format("checkpoint", "note", list(checkpoint_cases()))
    yield Format("policy", "policy", list(policy_cases()))
    yield Format("update", "cbor", list(update_cases()))
    yield Format("fork", "cbor", list(fork_cases()))
    bundles = [
        *bundle_cases(),
        *whole_cases(),
        *disclosure_cases(),
        *form_cases(),
        *epoch_cases(),
        *trust_cases(),
        *erasure_cases(),
    ]
    yield Format("bundle", "cbor", bundles)
    yield Format("logset", "policy", list(log_set_cases()))
    yield Format("several", "cbor", list(several_cases()))
    yield Format("envelope", "cbor", list(envelope_cases()))
    yield Format("sealed", "cbor", list(sealed_cases()))
    yield Format("frame", "cbor", list(frame_cases()))
    yield Format("enrolment", "cbor", list(enrolment_cases()))


def made() -> dict[str, bytes]:
    """Return all files by their names below this folder."""
    files = {"dictionary.bin": COLUMNS_DICTIONARY}
    for each in formats():
        files |= each.files()
    return files


def main() -> None:
    """Write all files, and remove those of cases that are no more."""
    files = made()
    for folder in {FOLDER / Path(name).parent for name in files} - {FOLDER}:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
