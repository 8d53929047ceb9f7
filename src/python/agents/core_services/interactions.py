"""What others are told of a request that was answered. Nothing that only its asker may know."""

from __future__ import annotations

from agents.core_services.worker_calls import Trace
from common.contracts.coordination import InteractionHappened, RequestResult, Submission


def interaction(request: Submission, trace: Trace, result: RequestResult) -> InteractionHappened:
    """Return the event of a request that has ended."""
    confidence = trace.facts.get("confidence", 0.0)
    return InteractionHappened(
        request_id=result.request_id,
        user_id=request.user_id,
        session_id=request.session_id,
        text=trace.said or request.data,
        answer=result.answer or "",
        intent=str(trace.facts.get("intent", "")),
        confidence=confidence if isinstance(confidence, float) else 0.0,
        degraded=tuple(dict.fromkeys(trace.missed)),
        failed=result.error is not None,
        at=result.finished_at or 0.0,
    )
