"""Where agents keep documents. No agent's schema may enter."""

from common.state.open import open_store
from common.state.store import Document, OwnedStore, StateUrlError, Store

__all__ = ["Document", "OwnedStore", "StateUrlError", "Store", "open_store"]
