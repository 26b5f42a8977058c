"""Which key signs the next statement: the present one, until a stored statement names the next.

`tallyman keys rotate` makes the next key beside the present one. The next statement names it, by
the old key. Once that statement is durable the next key takes the old one's file name: the old key
is gone. What is durable says at every moment which key is whose turn, so a power cut anywhere
between leaves either the old key and a next one to be named, or a named one to be moved.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from agent.signing.key_store import KeyStore, public_of
from agent.signing.signer import Signer, SignerAway
from evidence.keys import PublicKey
from evidence.statement import parse_statement
from foundation.durable import lock_file, move_file
from foundation.errors import Fatal

FOLDER = "keys"
STATEMENT_KEY, NEXT_KEY = "statement.pem", "statement-next.pem"
_LOCK = "rotate.lock"


class WrongKey(Fatal):
    """The key in the file is not the one that the gateway's own chain goes on with."""

    advice = (
        "restore keys/ from the same backup as the journal; where the key is lost, stop the agent "
        "and run: tallyman keys new-epoch --reason lost-key"
    )


class Succession:
    """The statement keys in a folder. One process uses it, `prepare_next` may run beside it."""

    def __init__(self, folder: Path, store: KeyStore) -> None:
        """Load the present key."""
        self._folder = folder
        self._store = store
        self.present: Signer = store.load_or_make(folder / STATEMENT_KEY)
        self._checked = False

    @classmethod
    def of(cls, state_dir: Path, store: KeyStore) -> Succession:
        """Return the keys kept in `state_dir`, made by `store` at the first call."""
        folder = state_dir / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        return cls(folder, store)

    def after(self, newest: bytes | None) -> tuple[Signer, PublicKey | None]:
        """Return who signs behind the stored statement `newest`, and the key to name, if any.

        WrongKey when the chain waits for a key that is not here.
        """
        path = self._folder / NEXT_KEY
        waits = path.exists()
        if waits or not self._checked:
            named = None if newest is None else _named(newest)
            self._checked = False
            if waits and self._moved(path, named):
                waits = False
            if named is not None and self.present.public.kid != named:
                self._look_again(named)
            self._checked = True
        return self.present, public_of(path) if waits else None

    def _moved(self, path: Path, named: bytes | None) -> bool:
        """Put the next key in the present one's place where it is its turn; tell whether it was."""
        if public_of(path).kid != named:
            return False
        following = self._store.load(path)
        move_file(path, self._folder / STATEMENT_KEY)
        # Only now: a disk that refused would have us forget the new key at the next try.
        old, self.present = self.present, following
        # A token that is away keeps a key that nothing refers to and the log no longer takes.
        with suppress(SignerAway):
            old.forget()
        return True

    def _look_again(self, named: bytes) -> None:
        """Take the key that is in the present one's place: a move before may have failed half-way.

        Where its folder could not be flushed, a power cut may undo it, and `_moved` does it again.
        """
        path = self._folder / STATEMENT_KEY
        found = self._store.load(path)
        if found.public.kid != named:
            raise WrongKey(
                f"the newest batch names key {named.hex()} as the next, and {path} holds "
                f"{found.public.kid.hex()}"
            )
        self.present = found


def _named(newest: bytes) -> bytes:
    """Return the kid of the key that signs behind a statement."""
    statement = parse_statement(newest)
    successor = statement.claims.successor
    return statement.kid if successor is None else successor.kid


def prepare_next(folder: Path, store: KeyStore) -> tuple[PublicKey, bool]:
    """Make the key that the next statement will name; return it, and whether it is new.

    One that waits already stays: a statement may name it at this moment.
    """
    path = folder / NEXT_KEY
    with lock_file(folder / _LOCK):
        if path.exists():
            return public_of(path), False
        return store.make(path).public, True
