"""The tables of a namespace in PostgreSQL, from nothing to the newest version. No document."""

import hashlib
from collections.abc import Sequence
from typing import Any

from common.state.migrations import check_version

# Keys are bytes: they sort by code point whatever the database's collation is, and may hold NUL.
_DOCUMENTS = """
CREATE TABLE documents (
    collection bytea NOT NULL,
    key bytea NOT NULL,
    document bytea NOT NULL,
    expires_at double precision,
    PRIMARY KEY (collection, key)
);
CREATE INDEX documents_expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;
"""
_LEASES = """
CREATE TABLE leases (
    name bytea PRIMARY KEY,
    holder bytea NOT NULL,
    token bigint NOT NULL,
    until timestamptz NOT NULL
);
"""
MIGRATIONS: tuple[str, ...] = (_DOCUMENTS, _LEASES)

_NAME_BYTES = 63


def schema_name(namespace: str) -> str:
    """Return the schema of a namespace; a long one is told from others by its hash."""
    name = f"fleet_{namespace}"
    if len(name) <= _NAME_BYTES:
        return name
    return f"{name[:46]}_{hashlib.sha256(namespace.encode()).hexdigest()[:16]}"


async def migrate(
    connection: Any, schema: str, place: str, migrations: Sequence[str] = MIGRATIONS
) -> None:
    """Run the migrations that the schema has not seen, once, whoever else opens it."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", schema)
        if await connection.fetchval("SELECT to_regnamespace($1)", schema) is None:
            await connection.execute(f"CREATE SCHEMA {schema}")
        await connection.execute(f"SET LOCAL search_path TO {schema}")
        if await connection.fetchval("SELECT to_regclass($1)", f"{schema}.migrations") is None:
            await connection.execute(
                "CREATE TABLE migrations ("
                "version integer PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())"
            )
        found = await connection.fetchval("SELECT coalesce(max(version), 0) FROM migrations")
        check_version(found, len(migrations), place)
        for number, statements in enumerate(migrations[found:], found + 1):
            await connection.execute(statements)
            await connection.execute("INSERT INTO migrations (version) VALUES ($1)", number)
