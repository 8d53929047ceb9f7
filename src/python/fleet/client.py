"""Talk to the fleet's agents as a client: the common library's wire, no directory of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from common.clock import SystemClock
from common.contracts.coordination import (
    GetResultRequest,
    RequestAccepted,
    RequestResult,
    RequestStatus,
    SubmitRequest,
)
from common.contracts.registry import (
    AgentChanges,
    AgentList,
    AgentRecord,
    ListAgents,
    WatchAgents,
)
from common.messages import ActionError, ErrorCode, Reply, Request
from common.transport.client import Client
from fleet.errors import FleetError, NotRunningError
from fleet.keys import operator_credentials
from fleet.model import FRONT_DOOR, REGISTRY

R = TypeVar("R", bound=Reply)

SOURCE = "fleet"
WATCH_SECONDS = 5.0
ANSWER_SECONDS = 1.0
PAUSE_SECONDS = 0.05
RESULT_SECONDS = 20.0


class Caller:
    """Call actions of one endpoint."""

    def __init__(self, agent: str, endpoint: str, keys: Path | None = None) -> None:
        """Call with the operator's credentials when `keys`, all keys of a fleet, has them."""
        self._agent = agent
        self._endpoint = endpoint
        self._clock = SystemClock()
        self._client = Client(SOURCE, self._clock, credentials=operator_credentials(keys))

    async def call(self, action: str, request: Request, reply: type[R], seconds: float) -> R:
        """Call an action and give its reply; raise ActionError when there is none in time."""
        deadline = self._clock.now() + seconds
        name = f"{self._agent}.{action}"
        return await self._client.call(self._endpoint, name, request, reply, deadline=deadline)

    def refresh(self, keys: Path | None) -> None:
        """Use the operator's credentials as they are now, for connections made from here on."""
        found = operator_credentials(keys)
        if found != self._client.credentials:
            self._client.credentials = found
            lost = ActionError(ErrorCode.UNAVAILABLE, "the operator has other keys")
            self._client.forget(self._endpoint, lost)

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()


async def watch(registry: str, keys: Path | None = None) -> AsyncIterator[AgentRecord]:
    """Give the record of every agent, and again whenever one changes, for ever."""
    caller, version, table = Caller(REGISTRY, registry, keys), 0, ""
    try:
        while True:
            question = WatchAgents(since=version, registry=table, timeout_seconds=WATCH_SECONDS)
            seconds = WATCH_SECONDS + ANSWER_SECONDS
            try:
                changes = await caller.call("watch_agents", question, AgentChanges, seconds)
            except ActionError:  # it is starting, or gone for a moment, or has new keys
                await asyncio.sleep(PAUSE_SECONDS)
                caller.refresh(keys)
                continue
            version, table = changes.version, changes.registry
            for record in changes.agents:
                yield record
    finally:
        caller.close()


def list_agents(registry: str, seconds: float, keys: Path | None = None) -> tuple[AgentRecord, ...]:
    """Give what the registry knows; nothing when it does not answer in time."""
    return asyncio.run(_list_agents(registry, seconds, keys))


async def _list_agents(registry: str, seconds: float, keys: Path | None) -> tuple[AgentRecord, ...]:
    caller = Caller(REGISTRY, registry, keys)
    try:
        return (await caller.call("list_agents", ListAgents(), AgentList, seconds)).agents
    except ActionError:
        return ()
    finally:
        caller.close()


def ask(
    endpoint: str, question: SubmitRequest, seconds: float, keys: Path | None = None
) -> RequestResult:
    """Put a question to the front door and wait for the answer."""
    return asyncio.run(_ask(endpoint, question, seconds, keys))


async def _ask(
    endpoint: str, question: SubmitRequest, seconds: float, keys: Path | None
) -> RequestResult:
    caller = Caller(FRONT_DOOR, endpoint, keys)
    try:
        result = await _result(caller, question, seconds)
    except ActionError as error:
        if error.code in (ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE):
            message = f"{endpoint}: {FRONT_DOOR} does not answer: {error.message}"
            raise NotRunningError(message, "Look at `status`") from error
        raise FleetError(f"{FRONT_DOOR}: {error}") from error
    finally:
        caller.close()
    if result.status is RequestStatus.FAILED:
        found = result.error
        reason = f"{found.code}: {found.message}" if found else "no reason was given"
        raise FleetError(f"the request failed: {reason}", f"Look at `logs {FRONT_DOOR}`")
    return result


async def _result(caller: Caller, submission: SubmitRequest, seconds: float) -> RequestResult:
    clock = SystemClock()
    until = clock.now() + seconds
    accepted = await caller.call("submit_request", submission, RequestAccepted, seconds)
    while True:
        left = max(0.0, until - clock.now())
        wait = min(RESULT_SECONDS, left)
        question = GetResultRequest(request_id=accepted.request_id, wait_seconds=wait)
        result = await caller.call("get_result", question, RequestResult, wait + ANSWER_SECONDS)
        if result.status in (RequestStatus.DONE, RequestStatus.FAILED):
            return result
        if left <= wait:
            message = f"no answer in {seconds:.0f} s, the request is {result.status.value}"
            raise ActionError(ErrorCode.TIMEOUT, message)
