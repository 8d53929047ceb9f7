"""Who holds a lease, decided without a server: for engines inside the process. No IO."""

from typing import NamedTuple


class Lease(NamedTuple):
    """A name's holder, its fencing token and until when it is held (unix seconds)."""

    holder: str
    token: int
    until: float


def taken(lease: Lease | None, holder: str, seconds: float, now: float) -> Lease | None:
    """Return the lease as it is after `holder` asked for it; None when another holds it."""
    if lease is None:
        return Lease(holder, 1, now + seconds)
    is_held = lease.until > now
    if is_held and lease.holder != holder:
        return None
    return Lease(holder, lease.token + (not is_held), now + seconds)


def given_back(lease: Lease | None, holder: str) -> Lease | None:
    """Return the lease as it is after `holder` gave it back; its token must not be forgotten."""
    if lease is None or lease.holder != holder:
        return lease
    return lease._replace(until=0.0)
