"""
Messages about models: which there are, what is loaded, and what they generate.

Only values live here. Whoever generates says honestly with which engine.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Event, Query, Reply, Request, Topic

ModelName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\w.:/@+-]+$")]
Prompt = Annotated[str, Field(min_length=1, max_length=50_000, pattern=r"\S")]


class Engine(StrEnum):
    """Name what made a text: a configured model server, or the rules that ship with the agent."""

    SERVER = "server"
    EMBEDDED = "embedded"


class Task(StrEnum):
    """Name what a text is wanted for; models say which of these they are good at."""

    CHAT = "chat"
    CODE = "code_generation"
    REASONING = "reasoning"
    TRANSLATION = "translation"
    SUMMARY = "summary"
    TOOL_USE = "tool_use"


class ModelPhase(StrEnum):
    """Name where a model is in its life."""

    UNLOADED = "unloaded"
    LOADING = "loading"
    LOADED = "loaded"
    FAILED = "failed"


class ModelPicture(BaseModel):
    """Describe one model; memory is what it takes while loaded, in MB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    backend: str  # slug of the agent that runs it
    phase: ModelPhase
    tasks: tuple[Task, ...] = ()
    memory_mb: float = Field(default=0.0, ge=0.0)
    last_used_at: float = 0.0
    uses: int = 0
    detail: str = ""


class ModelRequest(Request):
    """Ask for one model by name: load it, unload it."""

    is_idempotent: ClassVar[bool] = True

    model: ModelName


class ModelQuery(Query):
    """Ask about one model by name."""

    model: ModelName


class ListModelsRequest(Query):
    """Ask which models there are; loaded_only leaves out the others."""

    loaded_only: bool = False


class ModelReply(Reply):
    """Answer with the picture of one model."""

    model: ModelPicture


class ModelsReply(Reply):
    """Answer with the pictures of models, sorted by name."""

    models: tuple[ModelPicture, ...]


class ModelMemory(Reply):
    """Answer how full the memory of a device is, in MB; `device` is `cpu` without a GPU."""

    device: str
    total_mb: float
    used_mb: float
    free_mb: float
    models: tuple[ModelPicture, ...] = ()


class GenerateRequest(Request):
    """Ask model_manager_agent, model_manager_suite, remote_connector_agent ... `generate`."""

    prompt: Prompt
    system: str = Field(default="", max_length=10_000)
    model: ModelName | None = None  # None: whichever suits the task
    task: Task = Task.CHAT
    max_tokens: int = Field(default=256, ge=1, le=8_192)
    temperature: float = Field(default=0.7, ge=0.0, le=2.0)
    conversation_id: str | None = Field(default=None, min_length=1, max_length=200)


class Generation(Reply):
    """Answer `generate`; note says why the embedded engine answered, when it did."""

    text: str
    model: str = ""
    engine: Engine = Engine.SERVER
    note: str = ""
    tokens: int = 0
    cached: bool = False


class ModelChanged(Event):
    """Tell that a model went from one phase to another, and why."""

    model: str
    backend: str
    phase: ModelPhase
    reason: str = ""
    at: float


MODEL_CHANGES: Final = Topic("model_manager_agent", "model_changes", ModelChanged)


# ---- choice and use of models


class SelectModelRequest(Query):
    """Ask model_manager_suite `select_model`: the best one for a task within a limit of memory."""

    task: Task = Task.CHAT
    max_memory_mb: float | None = Field(default=None, ge=0.0, le=1e9)


class RecordUsageRequest(Request):
    """Ask predictive_loader and model_manager_suite `record_usage`: a model was used."""

    model: ModelName
    task: Task = Task.CHAT


class PredictModelsRequest(Query):
    """Ask predictive_loader and model_manager_suite `predict_models`."""

    limit: int = Field(default=3, ge=1, le=50)


class ModelForecast(BaseModel):
    """One model that will be wanted soon, with its probability and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    probability: float = Field(ge=0.0, le=1.0)
    reason: str = ""


class ModelForecasts(Reply):
    """Answer `predict_models`, likeliest first."""

    models: tuple[ModelForecast, ...]
    uses: int = 0  # how many uses they were learned from


class ModelUsed(Request):
    """Ask vram_optimizer_agent `track_model_usage`: a model was used, at its last."""

    model: ModelName
