"""Where agents keep documents. No agent's schema may enter."""

from common.state.open import open_store
from common.state.store import (
    Document,
    Leases,
    OwnedStore,
    StateUrlError,
    Store,
    StoreUnavailableError,
)

__all__ = [
    "Document",
    "Leases",
    "OwnedStore",
    "StateUrlError",
    "Store",
    "StoreUnavailableError",
    "open_store",
]
