from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing.file_key import FileKey
from tests.agent.log_world import LogWorld


@pytest.fixture
def world():
    """A consortium whose log holds its genesis only."""
    return LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
