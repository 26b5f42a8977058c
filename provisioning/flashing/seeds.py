"""Where a row's seed comes from: a node's folder on this computer, or seeds made there before."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flashing.errors import SeedWrong
from flashing.plan import Row

SEED_NAME = "tallyman-seed.toml"
SEED_MODE = 0o600
MAX_BYTES = 64 * 1024  # docs/operate/cards.md, "Seed"
ENROLMENT_DIGITS = 12
"""As many digits of a token's SHA-256 as `tallyman-ledger token list` shows."""

KEYS = {
    "": {"version", "label", "site", "profile", "apn", "enrol", "ledger", "continues"},
    "enrol": {"endpoint", "server_key", "token"},
    "ledger": {"policy", "node"},
    "continues": {"gateway", "epoch", "seq", "digest", "reason"},
}
NEEDED = {
    "": {"version", "label", "site", "profile", "enrol", "ledger"},
    "enrol": KEYS["enrol"],
    "ledger": {"policy"},
}
_PRIVATE = re.compile(rb"PRIVATE KEY", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seed:
    """What goes onto the card; `enrolment` names its token without giving it away."""

    text: bytes
    enrolment: str


class Seeds(Protocol):
    """Gives each row its seed."""

    def take(self, row: Row) -> Seed:
        """Return the seed; SeedWrong says why there is none."""
        ...

    def spoilt(self, enrolment: str) -> None:
        """A card with this seed was not finished: it must admit nobody, or be given out again."""
        ...

    def used(self, row: Row) -> None:
        """The card is finished: this computer needs the seed no longer."""
        ...


class FromNode:
    """Makes a token for each row, by `tallyman-ledger` and the node's folder on this computer."""

    def __init__(
        self, command: Sequence[str], folder: Path, expires: str, profiles: Sequence[Path] = ()
    ) -> None:
        """Have further `profiles`, in these folders, taken for such."""
        self._command = command
        self._folder = folder
        self._expires = expires
        self._profiles = [word for each in profiles for word in ("--profiles", str(each))]

    def take(self, row: Row) -> Seed:
        """Make a token that admits this label once."""
        options = ["--label", row.label, "--site", row.site, "--profile", row.profile]
        options += ["--expires", self._expires, *(["--apn", row.apn] if row.apn else [])]
        return check_seed(row, self._run("new", *options, *self._profiles))

    def spoilt(self, enrolment: str) -> None:
        """Make the token worthless; one that is gone already is as good."""
        try:
            self._run("withdraw", enrolment)
        except SeedWrong as error:
            if "0 tokens" not in str(error):
                raise

    def used(self, row: Row) -> None:
        """Nothing of it was kept."""

    def _run(self, verb: str, *options: str) -> bytes:
        command = [*self._command, "token", verb, str(self._folder), *options]
        try:
            said = subprocess.run(command, capture_output=True, check=False)
        except OSError as error:
            raise SeedWrong(
                f"{command[0]} cannot be run: {error.strerror}",
                advice="name the program with --tallyman-ledger",
            ) from error
        if said.returncode != 0:
            error, _, advice = said.stderr.decode(errors="replace").partition("next: ")
            text = " ".join(error.removeprefix("error: ").split())
            raise SeedWrong(text, advice=" ".join(advice.split()) or None)
        return said.stdout


class FromFolder:
    """Seeds that were made on the node by `flash seeds`: LABEL.toml each, erased once used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, row: Row) -> Seed:
        """Read the row's seed."""
        path = self._folder / f"{row.label}.toml"
        try:
            return check_seed(row, path.read_bytes())
        except OSError as error:
            raise SeedWrong(f"{path}: {error.strerror}") from error

    def spoilt(self, enrolment: str) -> None:
        """It lies here still, and is used again."""

    def used(self, row: Row) -> None:
        """Remove the seed from this computer: the card has it."""
        (self._folder / f"{row.label}.toml").unlink(missing_ok=True)


def check_seed(row: Row, text: bytes) -> Seed:
    """Return the seed where it is this row's and holds what a seed must hold, nothing else."""
    said, seed = read_seed(text)
    for name in ("label", "site", "profile", "apn"):
        ours, wanted = getattr(said, name), getattr(row, name)
        if ours != wanted:
            differs = f"{name} {ours!r}, the plan {wanted!r}"
            raise SeedWrong(f"the seed says {differs}: it belongs to another row or plan")
    return seed


def read_seed(text: bytes) -> tuple[Row, Seed]:
    """Return what a seed makes of a card, as a row of no plan, and the seed itself."""
    if len(text) > MAX_BYTES or _PRIVATE.search(text):
        raise SeedWrong("what came for a seed is none, or holds a private key: it is not used")
    try:
        tree = tomllib.loads(text.decode())
        for name, known in KEYS.items():
            _check_keys(name, tree if not name else tree.get(name, {}), known)
        head = {key: str(tree.get(key, "")) for key in ("label", "site", "profile", "apn")}
        token = str(tree["enrol"]["token"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SeedWrong(f"the seed cannot be read: {error!r}") from error
    enrolment = hashlib.sha256(token.encode()).hexdigest()[:ENROLMENT_DIGITS]
    return Row(0, **head), Seed(text, enrolment)


def _check_keys(name: str, table: Collection[str], known: set[str]) -> None:
    if more := sorted(set(table) - known):
        raise SeedWrong(f"the seed has a key that no seed has: {more[0]}")
    if fewer := sorted(NEEDED.get(name, set()) - set(table)):
        where = f"[{name}] " if name else ""
        raise SeedWrong(f"the seed does not say {where}{fewer[0]}")
