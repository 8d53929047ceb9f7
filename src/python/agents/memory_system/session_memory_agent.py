"""
The short-term history of each session, kept as memories through memory_client.

A session is one memory, each interaction a child of it, so a restart loses nothing. No storage of
its own and no wording of answers may enter.
"""

from __future__ import annotations

import uuid
from typing import Final

from common.agent import Agent, action
from common.contracts import memory as m
from common.contracts import session as s
from common.messages import ActionError, ErrorCode
from common.token_cost import token_cost

CLIENT: Final = "memory_client"
SESSION: Final = "session"
INTERACTION: Final = "interaction"


def key_of(session_id: str) -> str:
    """Return the id of the memory that is the session."""
    return f"session:{session_id}"


def interaction_of(memory: m.Memory) -> s.Interaction:
    """Read an interaction from the memory that holds it."""
    role: s.Role = "assistant" if memory.metadata.get("role") == "assistant" else "user"
    return s.Interaction(
        interaction_id=memory.memory_id, role=role, text=memory.content, at=memory.created_at
    )


def within_budget(
    newest_first: tuple[s.Interaction, ...], budget: int
) -> tuple[tuple[s.Interaction, ...], int]:
    """Return the newest interactions that fit, oldest first, and the tokens they cost."""
    kept: list[s.Interaction] = []
    spent = 0
    for interaction in newest_first:
        cost = token_cost(interaction.text)
        if spent + cost > budget:
            break  # a gap in the middle would mislead more than a shorter history
        kept.append(interaction)
        spent += cost
    return tuple(reversed(kept)), spent


class SessionMemoryAgent(Agent):
    """Keep who said what, and hand back the context for the next answer."""

    @action
    async def create_session(self, request: s.CreateSessionRequest) -> s.SessionCreated:
        """Begin a session; an id that is taken conflicts."""
        session_id = request.session_id or uuid.uuid4().hex
        memory = m.AddMemoryRequest(
            memory_id=key_of(session_id),
            content=f"session {session_id} of {request.user_id}",
            memory_type=SESSION,
            tier=m.Tier.MEDIUM,
            metadata={"user_id": request.user_id},
        )
        try:
            await self.peers.call(CLIENT, "add_memory", memory, m.MemoryAdded)
        except ActionError as error:
            if error.code is not ErrorCode.CONFLICT:
                raise
            message = f"there is a session {session_id!r} already"
            raise ActionError(ErrorCode.CONFLICT, message, "session_id") from error
        return s.SessionCreated(session_id=session_id, user_id=request.user_id)

    @action
    async def delete_session(self, request: s.SessionRequest) -> s.SessionDeleted:
        """Delete a session with everything said in it."""
        gone = m.DeleteMemoryRequest(
            memory_id=key_of(request.session_id), children=m.ChildrenPolicy.CASCADE
        )
        try:
            deleted = await self.peers.call(CLIENT, "delete_memory", gone, m.MemoriesDeleted)
        except ActionError as error:
            raise _told(error, request.session_id) from None
        count = len(deleted.memory_ids) - 1
        return s.SessionDeleted(session_id=request.session_id, interactions=count)

    @action
    async def add_interaction(self, request: s.AddInteractionRequest) -> s.InteractionAdded:
        """Add one thing said to a session."""
        memory = m.AddMemoryRequest(
            content=request.text,
            memory_type=INTERACTION,
            parent_id=key_of(request.session_id),
            metadata={"role": request.role, "session_id": request.session_id},
        )
        try:
            added = await self.peers.call(CLIENT, "add_memory", memory, m.MemoryAdded)
        except ActionError as error:
            raise _told(error, request.session_id) from None
        return s.InteractionAdded(interaction_id=added.memory_id)

    @action
    async def get_context(self, request: s.GetContextRequest) -> s.SessionContext:
        """Return the last interactions that fit in the token budget."""
        session = await self._session(request.session_id)
        query = m.GetChildrenRequest(
            memory_id=session.memory_id, newest_first=True, limit=request.limit
        )
        found = await self.peers.call(CLIENT, "get_children", query, m.Memories)
        newest = tuple(interaction_of(memory) for memory in found.memories)
        kept, spent = within_budget(newest, request.token_budget)
        return s.SessionContext(
            session_id=request.session_id,
            user_id=str(session.metadata.get("user_id", "anonymous")),
            interactions=kept,
            tokens=spent,
            dropped=max(found.total, len(newest)) - len(kept),
        )

    @action
    async def search_interactions(
        self, request: s.SearchInteractionsRequest
    ) -> s.InteractionsFound:
        """Find what was said, in one session or in all."""
        parent = None
        if request.session_id is not None:
            parent = (await self._session(request.session_id)).memory_id
        where = m.MemoryFilter(memory_type=INTERACTION, parent_id=parent)
        query = m.SearchMemoryRequest(query=request.query[:2_000], where=where, limit=request.limit)
        found = await self.peers.call(CLIENT, "search_memory", query, m.MemoryHits)
        matches = tuple(
            s.ScoredInteraction(
                interaction=interaction_of(hit.memory),
                session_id=str(hit.memory.metadata.get("session_id", "")),
                score=hit.score,
            )
            for hit in found.hits
        )
        return s.InteractionsFound(matches=matches)

    async def _session(self, session_id: str) -> m.Memory:
        request = m.GetMemoryRequest(memory_id=key_of(session_id))
        try:
            found = await self.peers.call(CLIENT, "get_memory", request, m.MemoryFound)
        except ActionError as error:
            raise _told(error, session_id) from None
        return found.memory


def _told(error: ActionError, session_id: str) -> ActionError:
    if error.code is not ErrorCode.NOT_FOUND:
        return error
    message = f"there is no session {session_id!r}"
    return ActionError(ErrorCode.NOT_FOUND, message, "session_id")
