"""Tests of ModelManagerSuite: budget, choice by records, text, learning."""

from __future__ import annotations

from typing import Any

import pytest

from agents.core_services.model_manager_suite import ModelManagerSuite
from agents.core_services.model_records import MOST_METRICS, MOST_MODELS
from common.contracts.models import Engine, ModelPhase
from common.embedded_text import EMBEDDED_MODEL
from common.messages import ActionError, ErrorCode
from common.model_catalogue import ModelCatalogueConfiguration
from common.testing import AgentHarness
from common.testing.model_server import SmallModelServer

SERVED = ("small", "large", "coder")
MODELS = ("small=400:chat+summary", "large=800:chat+reasoning", "coder=300:code_generation")


def suite(server: SmallModelServer, **fields: Any) -> AgentHarness[ModelManagerSuite]:
    """Return the agent over a server."""
    told = {"budget_mb": 1_000.0, "models": MODELS} | fields
    configuration = server.configuration_of(ModelCatalogueConfiguration, **told)
    return AgentHarness(ModelManagerSuite, configuration=configuration)


async def test_models_are_held_within_the_budget() -> None:
    """Loading the large model lets the small one go; unloading frees its memory."""
    async with SmallModelServer(models=SERVED) as server, suite(server) as agent:
        await agent.call("load_model", model="small")
        await agent.clock.advance(1)
        await agent.call("load_model", model="large")
        loaded = await agent.call("get_loaded_models_status")
        gone = await agent.call("unload_model", model="large")
        stats = await agent.call("get_stats")

    assert [each.model for each in loaded.models] == [EMBEDDED_MODEL, "large"]
    assert (loaded.used_mb, loaded.free_mb) == (800.0, 200.0)
    assert gone.model.phase is ModelPhase.UNLOADED
    assert (stats.used_mb, stats.models, stats.loaded) == (0.0, 4, 1)


@pytest.mark.parametrize(
    ("action", "model", "code"),
    [
        ("load_model", "nobody", ErrorCode.NOT_FOUND),
        ("unload_model", "nobody", ErrorCode.NOT_FOUND),
        ("load_model", "gone", ErrorCode.UNAVAILABLE),
        ("load_model", "coder", ErrorCode.OVERLOADED),
        ("unload_model", EMBEDDED_MODEL, ErrorCode.CONFLICT),
    ],
)
async def test_what_cannot_be_done_is_refused(action: str, model: str, code: ErrorCode) -> None:
    """Unknown, missing and too large models are told apart."""
    async with (
        SmallModelServer(models=SERVED) as server,
        suite(server, models=("gone=5", "coder=2000")) as agent,
    ):
        with pytest.raises(ActionError) as caught:
            await agent.call(action, model=model)

    assert (caught.value.code, caught.value.field) == (code, "model")


async def test_evaluations_decide_the_choice() -> None:
    """The better judged model is selected; a limit of memory leaves the other; tasks count."""
    async with SmallModelServer(models=SERVED) as server, suite(server) as agent:
        first = await agent.call("select_model", task="chat")
        for score in (0.9, 0.8):
            await agent.call("log_model_evaluation", model="large", task="chat", score=score)
        await agent.call("log_model_evaluation", model="small", task="chat", score=0.6)
        best = await agent.call("select_model", task="chat")
        small = await agent.call("select_model", task="chat", max_memory_mb=500)
        code = await agent.call("select_model", task="code_generation")
        none = await agent.call("select_model", task="chat", max_memory_mb=0)

    assert (first.model.model, first.score) == ("small", None)
    assert (best.model.model, best.score) == ("large", pytest.approx(0.85))
    assert (small.model.model, code.model.model) == ("small", "coder")
    assert none.model.model == EMBEDDED_MODEL


async def test_generating_loads_and_records() -> None:
    """The selected model is loaded and asked; its tokens are recorded, its use is learned."""
    async with SmallModelServer(models=SERVED) as server, suite(server) as agent:
        text = await agent.call("generate", prompt="What is 6 * 7?", task="reasoning")
        named = await agent.call("generate_text", prompt="repeat: a b c", model="coder")
        records = await agent.call("get_performance_metrics", model="coder")
        stats = await agent.call("get_stats")

    assert (text.text, text.model, text.engine) == ("42", "large", Engine.SERVER)
    assert (named.text, named.model) == ("a b c", "coder")
    assert records.models[0].metrics["tokens"].mean == 3.0
    assert (stats.generations, stats.uses) == ({"server": 2}, 2)


async def test_without_a_server_the_embedded_engine_says_so() -> None:
    """There is a text, and a note how to get a better one."""
    async with AgentHarness(ModelManagerSuite) as agent:
        text = await agent.call("generate", prompt="What is 6 * 7?")
        stats = await agent.call("get_stats")

    assert (text.text, text.engine) == ("42", Engine.EMBEDDED)
    assert "MODEL_SERVER_URL" in text.note
    assert "MODEL_SERVER_URL" in stats.problem


async def test_a_named_model_that_is_away_is_replaced_honestly() -> None:
    """A model that the server has not is answered for by the embedded engine; none is a mistake."""
    async with SmallModelServer(models=("small",)) as server, suite(server) as agent:
        text = await agent.call("generate", prompt="What is 6 * 7?", model="large")
        with pytest.raises(ActionError) as caught:
            await agent.call("generate", prompt="What is 6 * 7?", model="nobody")

    assert (text.text, text.engine) == ("42", Engine.EMBEDDED)
    assert text.note.startswith("large cannot be used (the model server does not have it)")
    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_a_failing_server_is_in_the_note() -> None:
    """The embedded engine answers, and the record is of it."""
    async with SmallModelServer(models=SERVED) as server, suite(server) as agent:
        server.fail(500)
        text = await agent.call("generate", prompt="What is 6 * 7?")
        records = await agent.call("get_performance_metrics")

    assert "500" in text.note
    assert [each.model for each in records.models] == [EMBEDDED_MODEL]


async def test_likely_models_are_preloaded_where_they_fit() -> None:
    """What follows is loaded beside what is there; what does not fit is said."""
    async with SmallModelServer(models=SERVED) as server, suite(server) as agent:
        for model in ("small", "coder", "small", "large", "small", "coder", "small"):
            await agent.call("record_usage", model=model)
        forecasts = await agent.call("predict_models")
        await agent.call("load_model", model="small")
        done = await agent.call("preload_models", limit=2, minimum_probability=0.1)

    assert forecasts.models[0].model == "coder"
    assert done.loaded == ("coder",)
    assert "800 MB" in done.skipped["large"]


async def test_records_outlive_the_process_and_are_bounded() -> None:
    """Summaries are taken up again; of too many models the oldest goes."""
    async with AgentHarness(ModelManagerSuite) as agent:
        for value in (2.0, 4.0):
            await agent.call("log_performance_metric", model="m", metric="speed", value=value)
        store, clock = agent.store, agent.clock
    async with AgentHarness(ModelManagerSuite, store=store, clock=clock) as agent:
        (kept,) = (await agent.call("get_performance_metrics", model="m")).models
        await clock.advance(1)
        for number in range(MOST_MODELS):
            await agent.call("log_performance_metric", model=f"m{number}", metric="a", value=1)
        every = await agent.call("get_performance_metrics")

    speed = kept.metrics["speed"]
    assert (speed.count, speed.mean, speed.least, speed.most, speed.last) == (2, 3.0, 2.0, 4.0, 4.0)
    assert len(every.models) == MOST_MODELS
    assert "m" not in [each.model for each in every.models]


async def test_metrics_of_a_model_are_bounded() -> None:
    """One metric too many is refused."""
    async with AgentHarness(ModelManagerSuite) as agent:
        with pytest.raises(ActionError) as caught:
            for number in range(MOST_METRICS + 1):
                await agent.call("log_performance_metric", model="m", metric=f"x{number}", value=1)

    assert (caught.value.code, caught.value.field) == (ErrorCode.OVERLOADED, "metric")


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("log_performance_metric", {"model": "m", "metric": "a b", "value": 1}),
        ("log_performance_metric", {"model": "m", "metric": "a", "value": 1e300}),
        ("log_model_evaluation", {"model": "m", "task": "chat", "score": 1.5}),
        ("select_model", {"max_memory_mb": -1}),
        ("preload_models", {"limit": 0}),
        ("generate", {"prompt": " "}),
    ],
)
async def test_malformed_requests_are_invalid(action: str, fields: dict[str, Any]) -> None:
    """Names, numbers and prompts are checked."""
    async with AgentHarness(ModelManagerSuite) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

    assert caught.value.code is ErrorCode.INVALID
