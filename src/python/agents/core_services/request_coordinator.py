"""
The front door: takes in requests, lets them wait by priority and has worker agents answer them.

What was accepted survives a restart and runs at least once. Which agent is asked for what is in
the routes and may not enter here.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Final

from agents.core_services.interactions import interaction
from agents.core_services.request_queue import RequestQueue, Ticket, priority_of
from agents.core_services.request_store import RequestStore
from agents.core_services.routes import Answer, Routes
from agents.core_services.waiting import wait_at_most
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.agent import Agent, AgentContext, action
from common.call_context import CallContext, correlated, current_call, new_correlation_id
from common.contracts import coordination as c
from common.messages import ActionError, ErrorCode, Query

CAPACITY: Final = 100
WORKERS: Final = 4
ATTEMPTS: Final = 3  # a request that was cut off this often may be what stops the process
FILES: Final = 16  # requests with sound or a picture that may wait


class RequestCoordinator(Agent):
    """Queue requests by priority and answer them by several workers."""

    topics = (c.INTERACTIONS,)

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._calls = WorkerCalls(context.peers, context.clock)
        self._routes = Routes(self._calls)
        self._queue = RequestQueue(CAPACITY)
        self._kept = RequestStore(context.store)
        self._open: dict[str, Ticket] = {}
        self._running: set[str] = set()
        self._finished: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        """Take up what was not finished, then let the workers begin."""
        for ticket in await self._kept.open_tickets():
            self._enter(ticket)
        for number in range(WORKERS):
            self.spawn(self._work(), f"worker-{number}")

    async def state_cleared(self) -> None:
        """Forget what waits; what runs is finished."""
        for ticket in self._queue.waiting():
            self._queue.remove(ticket.request_id)
            self._close(ticket.request_id)

    @action
    async def submit_request(self, request: c.SubmitRequest) -> c.RequestAccepted:
        """Accept a request; ask `get_result` for the answer."""
        self._routes.expect_agents(request.type)
        call = current_call() or CallContext(new_correlation_id(), "", None)
        ticket = Ticket(
            request_id=uuid.uuid4().hex,
            request=c.Submission.model_validate(request.model_dump(exclude={"attachment"})),
            has_file=request.attachment is not None,
            priority=priority_of(request),
            submitted_at=self.clock.now(),
            correlation_id=call.correlation_id,
            span=call.span,
        )
        with self._queue.reservation():
            await self._accept(ticket, request.attachment)
        position = self._enter(ticket)
        return c.RequestAccepted(
            request_id=ticket.request_id, priority=ticket.priority, position=position
        )

    @action
    async def get_result(self, request: c.GetResultRequest) -> c.RequestResult:
        """Return how far a request is; wait for its end if asked to."""
        ticket = self._open.get(request.request_id)
        if ticket is not None and request.wait_seconds > 0:
            finished = self._finished[ticket.request_id]
            await wait_at_most(self.clock, finished, request.wait_seconds)
        result = await self._kept.result(request.request_id)
        if result is not None:
            return result
        if ticket is None:
            message = f"there is no request {request.request_id!r}; results are kept for an hour"
            raise ActionError(ErrorCode.NOT_FOUND, message, "request_id")
        return c.RequestResult(
            request_id=ticket.request_id,
            status=self._status(ticket),
            submitted_at=ticket.submitted_at,
        )

    @action
    async def get_queue(self, request: Query) -> c.QueuePicture:
        """Show what runs, what waits in which order, and the circuit breakers."""
        return c.QueuePicture(
            running=tuple(
                self._open[key].shown(c.RequestStatus.RUNNING) for key in sorted(self._running)
            ),
            waiting=tuple(ticket.shown(c.RequestStatus.QUEUED) for ticket in self._queue.waiting()),
            capacity=self._queue.capacity,
            breakers=self._calls.breakers(),
        )

    @action
    async def cancel_request(self, request: c.CancelRequest) -> c.RequestResult:
        """Take back a request that still waits."""
        ticket = self._queue.remove(request.request_id)
        if ticket is None:
            await self.get_result(c.GetResultRequest(request_id=request.request_id))
            raise ActionError(ErrorCode.CONFLICT, "it runs already, or is finished", "request_id")
        failure = c.RequestFailure(code="cancelled", message="cancelled before it began")
        return await self._finish(ticket, Trace(), None, failure)

    def _enter(self, ticket: Ticket) -> int:
        self._open[ticket.request_id] = ticket
        self._finished[ticket.request_id] = asyncio.Event()
        return self._queue.add(ticket)

    def _close(self, request_id: str) -> None:
        self._open.pop(request_id, None)
        self._finished.pop(request_id).set()

    async def _accept(self, ticket: Ticket, file: bytes | None) -> None:
        if file is not None:
            if sum(known.has_file for known in self._open.values()) >= FILES:
                message = f"{FILES} requests with sound or pictures are open already; try later"
                raise ActionError(ErrorCode.OVERLOADED, message)
            await self._kept.attach(ticket.request_id, file)
        await self._kept.keep(ticket)

    async def _work(self) -> None:
        while True:
            ticket = await self._queue.take()
            self._running.add(ticket.request_id)
            begun = ticket.model_copy(update={"attempts": ticket.attempts + 1})
            try:
                with correlated(ticket.correlation_id, span=ticket.span):
                    await self._run(begun)
            finally:
                self._running.discard(ticket.request_id)

    async def _run(self, ticket: Ticket) -> None:
        trace = Trace()
        answer: Answer | None = None
        failure: c.RequestFailure | None = None
        await self._kept.keep(ticket)
        try:
            answer = await self._answer(ticket, trace)
        except ActionError as error:
            failure = c.RequestFailure(code=error.code.value, message=error.message)
        except Exception:  # one request that meets a fault must not take the worker from the others
            self.log.exception("request failed", extra={"request_id": ticket.request_id})
            failure = c.RequestFailure(
                code="internal", message="a fault of this agent; see its log"
            )
        result = await self._finish(ticket, trace, answer, failure)
        self.events.publish(c.INTERACTIONS, interaction(ticket.request, trace, result))

    async def _answer(self, ticket: Ticket, trace: Trace) -> Answer:
        if ticket.attempts > ATTEMPTS:
            message = f"cut off {ATTEMPTS} times by a stop of this agent"
            raise ActionError(ErrorCode.INTERNAL, message)
        file = await self._kept.attached(ticket.request_id) if ticket.has_file else None
        return await self._routes.answer(ticket.request, file, trace)

    async def _finish(
        self,
        ticket: Ticket,
        trace: Trace,
        answer: Answer | None,
        failure: c.RequestFailure | None,
    ) -> c.RequestResult:
        now = self.clock.now()
        result = c.RequestResult(
            request_id=ticket.request_id,
            status=c.RequestStatus.DONE if failure is None else c.RequestStatus.FAILED,
            answer=answer.text if answer is not None else None,
            audio=answer.audio if answer is not None else None,
            error=failure,
            metadata={**trace.metadata(), "attempts": ticket.attempts},
            submitted_at=ticket.submitted_at,
            finished_at=now,
        )
        await self._kept.finish(result, now)
        self._close(ticket.request_id)
        return result

    def _status(self, ticket: Ticket) -> c.RequestStatus:
        is_running = ticket.request_id in self._running
        return c.RequestStatus.RUNNING if is_running else c.RequestStatus.QUEUED
