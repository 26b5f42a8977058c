"""Which store a node has: SQLite in its folder, or the PostgreSQL database of its configuration."""

from __future__ import annotations

from foundation.errors import Fatal
from ledger.base.config import NodeConfig
from ledger.base.node_files import NodeFiles
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Store

_EXTRA = "install it: pip install 'tallyman-gateway[postgres]'"


def create_store(files: NodeFiles, url: str | None, genesis: bytes | None = None) -> None:
    """Make the store; with `genesis`, that is the log's entry 0."""
    if url is None:
        SqliteStore.create(files.store, genesis)
        return
    try:
        from ledger.store.postgres_store import PostgresStore  # noqa: PLC0415  an extra
    except ImportError as error:
        raise Fatal(f"psycopg is missing: {error}", advice=_EXTRA) from error
    PostgresStore.create(url, genesis)


def open_store(files: NodeFiles, config: NodeConfig, *, read_only: bool = False) -> Store:
    """Open the store that `config` names."""
    if config.store is None:
        return SqliteStore(files.store, keep_bodies=config.keep_bodies, read_only=read_only)
    try:
        from ledger.store.postgres_store import PostgresStore  # noqa: PLC0415  an extra
    except ImportError as error:
        raise Fatal(f"psycopg is missing: {error}", advice=_EXTRA) from error
    return PostgresStore(config.store, keep_bodies=config.keep_bodies, read_only=read_only)
