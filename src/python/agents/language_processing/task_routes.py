"""
Who answers a part of a task: the agent that suits its class, or a model.

Each route gives None when its agent has no answer, so that a model is asked instead. Choosing the
class may not enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from common.contracts import language, memory_reasoning
from common.contracts.code import GenerateCodeRequest, GeneratedCode
from common.contracts.models import Engine, GenerateRequest, Generation, Task
from common.contracts.orchestration import TaskClass, TaskStep
from common.contracts.reasoning import Reasoning, ReasonRequest
from common.messages import ActionError
from common.peers import Peers

AGENT_SECONDS: Final = 30.0
MODEL_SECONDS: Final = 60.0
MEMORY_SECONDS: Final = 2.0
MAX_OUTPUT: Final = 20_000
MAX_TOLD: Final = 6_000
_TASKS: Final = {
    TaskClass.CODE_GENERATION: Task.CODE,
    TaskClass.TOOL_USE: Task.TOOL_USE,
    TaskClass.REASONING: Task.REASONING,
    TaskClass.CHAT: Task.CHAT,
}


@dataclass(frozen=True)
class Part:
    """Hold a part of a task, its class, and what was said and found before it."""

    text: str
    task_class: TaskClass
    told: str
    max_tokens: int


async def run_part(peers: Peers, part: Part) -> TaskStep:
    """Answer one part; that nobody could is an answer, too."""
    note = ""
    try:
        found = await _by_agent(peers, part)
        if found is not None:
            return found
    except ActionError as error:
        note = f"{_agent_of(part.task_class)} did not answer: {error.code.value}"
    try:
        return await _by_model(peers, part, note)
    except ActionError as error:
        notes = (note, f"model_manager_agent did not answer: {error.code.value}")
        return _step(part, "model_manager_agent", "", note="; ".join(filter(None, notes)))


def _agent_of(task_class: TaskClass) -> str:
    if task_class is TaskClass.CODE_GENERATION:
        return "code_generator"
    if task_class is TaskClass.REASONING:
        return "chain_of_thought_agent"
    return "advanced_command_handler"


async def _by_agent(peers: Peers, part: Part) -> TaskStep | None:
    if part.task_class is TaskClass.CODE_GENERATION:
        return await _code(peers, part)
    if part.task_class is TaskClass.REASONING:
        return await _reasoned(peers, part)
    return await _tool(peers, part) if part.task_class is TaskClass.TOOL_USE else None


async def _code(peers: Peers, part: Part) -> TaskStep | None:
    wanted = GenerateCodeRequest(description=part.text, max_tokens=part.max_tokens)
    found = await peers.call(
        "code_generator", "generate_code", wanted, GeneratedCode, timeout=AGENT_SECONDS
    )
    if not found.code.strip():
        return None
    return _step(part, "code_generator", found.code, found.engine, found.note)


async def _reasoned(peers: Peers, part: Part) -> TaskStep | None:
    wanted = ReasonRequest(question=part.text[:4_000], use_model=False)
    found = await peers.call(
        "chain_of_thought_agent", "reason", wanted, Reasoning, timeout=AGENT_SECONDS
    )
    if not found.answer or found.unanswered:
        return None
    return _step(part, "chain_of_thought_agent", found.answer, found.engine, found.note)


async def _tool(peers: Peers, part: Part) -> TaskStep | None:
    if len(part.text) > language.MAX_COMMAND:
        return None
    wanted = language.ExecuteCommandRequest(command=part.text)
    found = await peers.call(
        "advanced_command_handler", "execute_command", wanted, language.CommandOutcome,
        timeout=AGENT_SECONDS,
    )  # fmt: skip
    if found.kind is None:  # nobody knows such a command
        return None
    note = "" if found.succeeded else found.message
    return _step(
        part, "advanced_command_handler", found.message, note=note, succeeded=found.succeeded
    )


async def _by_model(peers: Peers, part: Part, note: str) -> TaskStep:
    told = part.told[-MAX_TOLD:] or await _remembered(peers, part)
    prompt = f"{told}\n\n{part.text}" if told.strip() else part.text
    wanted = GenerateRequest(
        prompt=prompt, task=_TASKS[part.task_class], max_tokens=part.max_tokens
    )
    found = await peers.call(
        "model_manager_agent", "generate", wanted, Generation, timeout=MODEL_SECONDS
    )
    notes = "; ".join(text for text in (note, found.note) if text)
    return _step(part, "model_manager_agent", found.text, found.engine, notes)


async def _remembered(peers: Peers, part: Part) -> str:
    if part.task_class is not TaskClass.CHAT:
        return ""
    wanted = memory_reasoning.CombinedContextRequest(query=part.text, limit=3)
    try:
        found = await peers.call(
            "unified_memory_reasoning_agent", "get_context", wanted,
            memory_reasoning.CombinedContext, timeout=MEMORY_SECONDS,
        )  # fmt: skip
    except ActionError:
        return ""  # a soft link: the task does not need it
    return "\n".join(f"(known) {piece.text[:500]}" for piece in found.pieces)


def _step(
    part: Part,
    agent: str,
    output: str,
    engine: Engine = Engine.EMBEDDED,
    note: str = "",
    succeeded: bool | None = None,
) -> TaskStep:
    text = output.strip()[:MAX_OUTPUT]
    return TaskStep(
        task=part.text, task_class=part.task_class, agent=agent, output=text, engine=engine,
        note=note[:1_000], succeeded=bool(text) if succeeded is None else succeeded,
    )  # fmt: skip
