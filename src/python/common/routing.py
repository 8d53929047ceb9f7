"""Which copy of an agent a call goes to. No socket, no state may enter."""

from collections.abc import Sequence
from itertools import accumulate
from zlib import crc32

from common.contracts.registry import ALL_PERCENT, AgentRecord, Weights

BUCKETS = 10_000


def choose(
    records: Sequence[AgentRecord], correlation_id: str, weights: Weights = ()
) -> AgentRecord:
    """Return the copy for a correlation id, of the release that the weights give it.

    Every agent picks alike, so a chain of calls stays on one release and on one copy of each
    agent. When a copy goes, only its own share moves (rendezvous hashing); when a release gains
    weight, only what it gains moves. Copies of a release without weight serve when no other can.
    """
    if len(records) == 1:
        return records[0]
    if weights:
        records = _weighted(records, correlation_id, weights)
    return max(records, key=lambda record: _rank(correlation_id, record.instance))


def release_of(correlation_id: str, weights: Weights) -> str:
    """Return the release of a correlation id, whichever agent is called."""
    bucket = _hash(correlation_id) % BUCKETS
    shares = sorted(weights)
    ends = accumulate(percent * BUCKETS // ALL_PERCENT for _, percent in shares)
    return next(
        (release for (release, _), end in zip(shares, ends, strict=True) if bucket < end), ""
    )


def _weighted(
    records: Sequence[AgentRecord], correlation_id: str, weights: Weights
) -> Sequence[AgentRecord]:
    wanted = release_of(correlation_id, weights)
    of_wanted = [record for record in records if record.release == wanted]
    if of_wanted:
        return of_wanted
    has_weight = {release for release, percent in weights if percent}
    return [record for record in records if record.release in has_weight] or records


def _rank(correlation_id: str, instance: str) -> tuple[int, str]:
    return _hash(f"{correlation_id} {instance}"), instance


def _hash(text: str) -> int:
    # The checksums of texts that differ in one place differ by the same bits, whatever the rest
    # says; multiplying breaks that up (the last steps of MurmurHash3).
    mixed = crc32(text.encode("utf-8", "surrogatepass"))
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return mixed ^ mixed >> 16
