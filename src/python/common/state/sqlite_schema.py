"""A SQLite file from its first moment to its newest version. No document may enter."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from common.state.migrations import check_version

BUSY_SECONDS = 4.0
WAL_ATTEMPTS = 20

_DOCUMENTS = (
    # Files of releases before 1.1 have both, and version 0.
    """
    CREATE TABLE IF NOT EXISTS documents (
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        document BLOB NOT NULL,
        expires_at REAL,
        PRIMARY KEY (collection, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX IF NOT EXISTS documents_expiry ON documents (expires_at)
    WHERE expires_at IS NOT NULL
    """,
)
_LEASES = (
    """
    CREATE TABLE leases (
        name TEXT NOT NULL PRIMARY KEY,
        holder TEXT NOT NULL,
        token INTEGER NOT NULL,
        until REAL NOT NULL
    ) WITHOUT ROWID
    """,
)
MIGRATIONS: tuple[Sequence[str], ...] = (_DOCUMENTS, _LEASES)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, made when it is missing, and bring it to the newest version."""
    is_new = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        if is_new:
            path.chmod(0o600)  # not by opening it: closing that would drop SQLite's locks
        _enter_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    for _ in range(WAL_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # Another process does the same, and SQLite does not wait for it here; here it does.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode = WAL")


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS
) -> None:
    """Run the migrations that the file has not seen, once, whoever else opens it."""
    if _version(connection) == len(migrations):
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        found = _version(connection)  # another process may have been faster
        check_version(found, len(migrations), str(path))
        for statements in migrations[found:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
