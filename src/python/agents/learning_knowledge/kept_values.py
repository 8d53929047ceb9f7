"""Reading a whole collection at once as values. What the values mean may not enter."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from common.state.store import Store

V = TypeVar("V", bound=BaseModel)


async def values_of(store: Store, collection: str, kind: type[V]) -> list[V]:
    """Return what a collection holds, by key; fields for book-keeping begin with `_`."""
    rows = await store.scan(collection)
    return [
        kind.model_validate({name: value for name, value in row.items() if name[0] != "_"})
        for _, row in rows
    ]
