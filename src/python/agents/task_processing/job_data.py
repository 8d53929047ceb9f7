"""What a job of each type works on, and the refusal of anything else. No peer may enter."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from agents.task_processing.figures_of_data import AnalysisData
from common.contracts.jobs import JobType
from common.contracts.memory import AddMemoryRequest
from common.contracts.performance import LogMetricRequest
from common.messages import ActionError, ErrorCode

M = TypeVar("M", bound=BaseModel)

KINDS: dict[JobType, type[BaseModel]] = {
    JobType.LOGGING: LogMetricRequest,
    JobType.ANALYSIS: AnalysisData,
    JobType.MEMORY: AddMemoryRequest,
}


def check(kind: JobType, data: dict[str, JsonValue]) -> None:
    """Refuse data that a job of this type cannot work on."""
    found = read(KINDS[kind], data)
    if isinstance(found, AnalysisData) and not (found.text.strip() or found.numbers):
        raise ActionError(ErrorCode.INVALID, "expected a text or numbers, found neither", "data")


def read(kind: type[M], data: dict[str, Any]) -> M:
    """Make the data of a job into what its type works on."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(("data", *(str(step) for step in problem["loc"])))
        raise ActionError(ErrorCode.INVALID, f"{place}: {problem['msg']}", place) from None
