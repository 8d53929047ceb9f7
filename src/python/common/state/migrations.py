"""The law of every engine's migrations: numbered from 1, in order, never backwards. No engine."""

from common.state.store import StateUrlError


def check_version(found: int, newest: int, place: str) -> None:
    """Refuse a store that a newer release has migrated: its documents may mean other things."""
    if found > newest:
        raise StateUrlError(
            f"{place}: expected a store of version {newest} or older, found version {found}\n\n"
            "hint: Start the release that migrated it, or set STATE_URL to another place"
        )
