"""Which copy of an agent a call goes to. No socket, no state may enter."""

from collections.abc import Sequence
from zlib import crc32

from common.contracts.registry import AgentRecord


def choose(records: Sequence[AgentRecord], correlation_id: str) -> AgentRecord:
    """Return the copy for a correlation id.

    Every agent picks alike, so a chain of calls stays on one copy; when a copy goes, only
    its own share moves (rendezvous hashing).
    """
    if len(records) == 1:
        return records[0]
    return max(records, key=lambda record: crc32(f"{correlation_id} {record.instance}".encode()))
