"""
What a job of each type does.

Queues, retries and shares of the host may not enter.
"""

from __future__ import annotations

from pydantic import JsonValue

from agents.task_processing.figures_of_data import AnalysisData, analyse
from agents.task_processing.job_data import read
from common.contracts.jobs import Job, JobType
from common.contracts.memory import AddMemoryRequest, MemoryAdded
from common.contracts.performance import LogMetricRequest, MetricLogged
from common.messages import ActionError, ErrorCode
from common.peers import Peers

CALL_SECONDS = 10.0


async def carry_out(job: Job, peers: Peers) -> dict[str, JsonValue]:
    """Do what the job says and return what came of it."""
    match job.type:
        case JobType.LOGGING:
            metric = read(LogMetricRequest, job.data)
            logged = await peers.call(
                "performance_logger_agent",
                "log_metric",
                metric,
                MetricLogged,
                timeout=CALL_SECONDS,
            )
            return {"at": logged.at}
        case JobType.MEMORY:
            return await _remember(job, peers)
        case JobType.ANALYSIS:
            return analyse(read(AnalysisData, job.data))


async def _remember(job: Job, peers: Peers) -> dict[str, JsonValue]:
    wanted = read(AddMemoryRequest, job.data)
    # Named after the job, so that an attempt whose reply was lost is not remembered twice.
    memory_id = wanted.memory_id or f"job-{job.job_id}"
    request = wanted.model_copy(update={"memory_id": memory_id})
    try:
        added = await peers.call(
            "memory_orchestrator_service", "add_memory", request, MemoryAdded, timeout=CALL_SECONDS
        )
    except ActionError as error:
        if error.code is ErrorCode.CONFLICT and wanted.memory_id is None and job.attempts > 1:
            return {"memory_id": memory_id}
        raise
    return {"memory_id": added.memory_id}
