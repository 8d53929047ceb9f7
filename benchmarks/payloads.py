"""What is sent, and how fast it is told: the same for every side that is measured."""

SIZES = {"100 B": 100, "10 kB": 10_000, "1 MB": 1_000_000}
SMALL = 1000
"""Payloads below so many bytes travel as text, larger ones as attachments."""
EVENTS_AT_ONCE = 16
"""Who publishes many events lets others run after so many."""
EVENT_BYTES = 32_000_000
MOST_EVENTS = 500
PACE_SECONDS = 0.002


def burst(size: int) -> int:
    """Return how many events of a size are told in one go; a subscriber has room for them."""
    return max(1, min(MOST_EVENTS, EVENT_BYTES // size))
