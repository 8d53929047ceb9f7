"""
Messages to bring agents back, which observability_hub carries out for whoever may ask.

Only values live here: no order and no waiting.
"""

from __future__ import annotations

from common.contracts.twin import AgentName
from common.messages import Reply, Request


class AgentOrder(Request):
    """Ask `restart_agent`, `restart_dependencies` and `clear_agent_state`: slug or name."""

    agent: AgentName


class RestartStarted(Reply):
    """Answer the restart actions: groups in the order in which they are restarted."""

    restart_id: str
    order: tuple[tuple[str, ...], ...]


class StateCleared(Reply):
    """Answer `clear_agent_state`: how many documents the agent wiped."""

    agent: str
    documents: int
