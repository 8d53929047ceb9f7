"""Scenario 6: a risky command is refused; an allowed one runs and is reported."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from common.contracts.execution import (
    EXECUTIONS,
    Executed,
    ExecuteRequest,
    ExecutionHistory,
    ExecutionHistoryRequest,
    ExecutionReported,
)
from common.contracts.language import (
    CommandKind,
    CommandOutcome,
    CommandRegistered,
    CommandVerdict,
    CustomCommand,
    Decision,
    ExecuteCommandRequest,
    RegisterCommandRequest,
    ValidateCommandRequest,
)
from common.messages import ActionError, ErrorCode
from fleet.testing.household import Household, household

HANDLER, VALIDATOR, EXECUTOR = (
    "advanced_command_handler",
    "intention_validator_agent",
    "executor",
)
AGENTS = (HANDLER, VALIDATOR, EXECUTOR, "nlu_agent")


async def run_script(home: Household, name: str, script: str) -> CommandOutcome:
    """Register a script as a command, and carry it out with the user's yes."""
    command = CustomCommand(name=name, kind=CommandKind.SCRIPT, script=script)
    order = RegisterCommandRequest(definition=command)
    await home.call(HANDLER, "register_command", order, CommandRegistered)
    request = ExecuteCommandRequest(command=name, user_id="anna", confirmed=True)
    return await home.call(HANDLER, "execute_command", request, CommandOutcome)


async def test_an_allowed_command_runs_and_is_reported(tmp_path: Path) -> None:
    """What a script of allowed commands says comes back, and whoever listens hears of it."""
    heard: list[ExecutionReported] = []
    arrived = asyncio.Event()

    async def listen(home: Household) -> None:
        async for delivery in home.peers.subscribe(EXECUTIONS):
            heard.append(delivery.event)
            arrived.set()

    async with household(tmp_path, *AGENTS) as home:
        listening = asyncio.create_task(listen(home))
        try:
            outcome = await run_script(home, "greet the house", "echo hello from the house")
            # A subscription takes a moment; what is told before it stands is not heard.
            async with asyncio.timeout(10):
                while not arrived.is_set():
                    order = ExecuteRequest(command="echo again", user_id="anna")
                    await home.call(EXECUTOR, "execute", order, Executed)
            wanted = ExecutionHistoryRequest(user_id="anna")
            history = await home.call(EXECUTOR, "get_history", wanted, ExecutionHistory)
        finally:
            listening.cancel()

    assert outcome.succeeded, outcome.message
    assert "hello from the house" in outcome.message
    assert history.executions[-1].command == "echo hello from the house"
    assert heard[0].allowed and heard[0].exit_code == 0


async def test_a_risky_command_is_refused_at_every_door(tmp_path: Path) -> None:
    """Validator, handler and executor each refuse it, and the executor reports it."""
    risky = "rm -rf /"
    async with household(tmp_path, *AGENTS) as home:
        asked = ValidateCommandRequest(command=risky)
        verdict = await home.call(VALIDATOR, "validate_command", asked, CommandVerdict)
        outcome = await run_script(home, "clean up", risky)
        with pytest.raises(ActionError) as caught:
            await home.call(EXECUTOR, "execute", ExecuteRequest(command=risky), Executed)
        history = await home.call(
            EXECUTOR, "get_history", ExecutionHistoryRequest(), ExecutionHistory
        )

    assert verdict.decision is Decision.DENY
    assert not outcome.succeeded and outcome.error is ErrorCode.DENIED
    assert caught.value.code is ErrorCode.DENIED
    assert [(each.command, each.allowed) for each in history.executions] == [(risky, False)]
