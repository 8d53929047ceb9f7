"""
Soft links: whether a peer that an agent can do without is there now.

Only questions to the directory live here; calls are made by the agents.
"""

from __future__ import annotations

from common.peers import Peers


def is_serving(peers: Peers, slug: str) -> bool:
    """Tell whether the directory has a copy of the agent that answers."""
    return any(record.slug == slug and record.phase.is_serving for record in peers.directory())
