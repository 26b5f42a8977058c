"""What nothing can be cheaper than: measured in the run that the budgets are measured in."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROUNDS = 15
NODE_BYTES = 65
"""An inner node of the Merkle tree: a byte and two hashes."""

HASHES, SIGNATURES = 20_000, 200
LOOK_HASHES, LOOK_EVERY_S = 1_000, 0.1
"""A look takes under 1 ms: a hundredth of one core."""

PAGE, PAGES = 4096, 64


def cpu_us(call: Callable[[], object], times: int) -> float:
    """Return the CPU time of one call in µs: the median of several rounds of `times` calls."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(times):
            call()
        rounds.append(time.process_time() - started)
    return median(rounds) / times * 1e6


def hash_us() -> float:
    """Return what SHA-256 of an inner node costs."""
    node, sha256 = bytes(NODE_BYTES), hashlib.sha256
    return cpu_us(lambda: sha256(node).digest(), HASHES)


class HashFloor:
    """The same hash, timed in short looks while something else runs on the same cores."""

    def __init__(self) -> None:
        self._spent: list[float] = []
        self._due = 0.0

    def look(self) -> None:
        """Time LOOK_HASHES of it, if it is LOOK_EVERY_S since the last time."""
        if time.monotonic() < self._due:
            return
        node, sha256 = bytes(NODE_BYTES), hashlib.sha256
        started = time.process_time()
        for _ in range(LOOK_HASHES):
            sha256(node).digest()
        self._spent.append(time.process_time() - started)
        self._due = time.monotonic() + LOOK_EVERY_S

    @property
    def us(self) -> float:
        """Return the CPU time of one hash in µs, the median of all looks."""
        return median(self._spent) / LOOK_HASHES * 1e6


def ecdsa_verify_us() -> float:
    """Return what one ECDSA check on P-256 costs: that of a statement."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    public, message = key.public_key(), bytes(300)
    signature = key.sign(message, algorithm)
    return cpu_us(lambda: public.verify(signature, message, algorithm), SIGNATURES)


def ed25519_verify_us() -> float:
    """Return what one Ed25519 check costs: that of a receipt, a log signature, a cosignature."""
    key = Ed25519PrivateKey.generate()
    public, message = key.public_key(), bytes(200)
    signature = key.sign(message)
    return cpu_us(lambda: public.verify(signature, message), SIGNATURES)


def bare_start_s() -> float:
    """Return how long one `python -c pass` takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


def bare_rss_mb() -> float:
    """Return the resident memory of a Python that has imported nothing."""
    code = "print(open('/proc/self/statm').read().split()[1])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # noqa: S603  this very Python
    return int(done.stdout) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def written_pages(folder: Path) -> Iterator[int]:
    """Lend a file of PAGES pages whose bytes and size are on the disk already."""
    path = folder / "floor"
    path.write_bytes(bytes(PAGE * PAGES))
    fd = os.open(path, os.O_WRONLY)
    try:
        os.fsync(fd)
        yield fd
    finally:
        os.close(fd)
        path.unlink()


def rewrite_pages(fd: int, commits: int) -> None:
    """Write a page over another and flush it, so many times: the cheapest commit there is."""
    for at in range(commits):
        os.pwrite(fd, bytes([at % 256]) * PAGE, at % PAGES * PAGE)
        os.fdatasync(fd)
