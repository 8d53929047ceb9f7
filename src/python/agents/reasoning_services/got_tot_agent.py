"""
GoTToTAgent: several lines of reasoning as a graph, and the best path through it.

Holds no problem and no search: those are search_problems and thought_search.
"""

from __future__ import annotations

import asyncio
from typing import Any

from agents.reasoning_services.proposals import MAX_LEVELS, Line, next_lines, prompt_for
from agents.reasoning_services.search_problems import ExactProblem, read_problem
from agents.reasoning_services.thought_search import search
from common.agent import Agent, action
from common.contracts.models import Engine, GenerateRequest, Generation, Task
from common.contracts.reasoning import (
    BestPath,
    ExploreRequest,
    Method,
    Reasoning,
    ReasonRequest,
    Thought,
)
from common.messages import ActionError

MODEL_SECONDS = 30.0
CHAIN_SECONDS = 10.0
WIDEST_FOR_A_MODEL = 3


class GoTToTAgent(Agent):
    """Explore thoughts, score them, and return the best path."""

    @action
    async def reason(self, request: ExploreRequest) -> BestPath:
        """Search exactly where the problem can be evaluated; ask for proposals otherwise."""
        problem = await asyncio.to_thread(read_problem, request.question)
        if problem is not None:
            return await asyncio.to_thread(_searched, problem, request)
        chained = await self._chain(request.question)
        if chained is not None and chained.verified:
            return _from_chain(chained)
        if not request.use_model:
            return _nothing(request.question, "no search fits, and no model was wanted")
        return await self._proposed(request)

    async def _chain(self, question: str) -> Reasoning | None:
        try:
            return await self.peers.call(
                "chain_of_thought_agent",
                "reason",
                ReasonRequest(question=question, use_model=False),
                Reasoning,
                timeout=CHAIN_SECONDS,
            )
        except ActionError as error:
            self.log.warning("chain of thought did not answer: %s", error)
            return None

    async def _proposed(self, request: ExploreRequest) -> BestPath:
        lines = [Line(())]
        explored = pruned = 0
        engine, note = Engine.EMBEDDED, ""
        width = min(request.beam_width, WIDEST_FOR_A_MODEL)
        for _ in range(min(request.max_depth or MAX_LEVELS, MAX_LEVELS)):
            found: list[Line] = []
            for line in lines:
                try:
                    generated = await self._generate(prompt_for(request.question, line))
                except ActionError as error:
                    note = f"model_manager_agent did not answer: {error.code.value}"
                    continue
                engine, note = generated.engine, generated.note or note
                found += next_lines(request.question, line, generated.text, explored + len(found))
            if not found:
                break
            explored += len(found)
            pruned += max(0, len(found) - width)
            lines = sorted(found, key=lambda line: -line.score)[:width]
            if engine is Engine.EMBEDDED:
                break  # its thoughts do not get better by asking again
        if not explored:
            return _nothing(request.question, note or "the model proposed nothing")
        return _from_line(request.question, lines[0], explored, pruned, engine, note)

    async def _generate(self, prompt: str) -> Generation:
        wanted = GenerateRequest(prompt=prompt, task=Task.REASONING, max_tokens=256)
        return await self.peers.call(
            "model_manager_agent", "generate", wanted, Generation, timeout=MODEL_SECONDS
        )


def _searched(problem: ExactProblem, request: ExploreRequest) -> BestPath:
    exact: Any = problem  # each kind has states of its own
    found = search(exact, request.beam_width, request.max_depth or problem.depth + 1)
    end = found.path[-1].state
    solved = found.is_solved and exact.check(end)
    if solved:
        answer, note = exact.answer(end), ""
    elif found.is_exhausted and request.max_depth is None:
        answer, note = "", "every possibility was tried: there is no way"
    else:
        answer, note = "", "no way was found within these limits"
    return BestPath(
        question=request.question,
        answer=answer,
        kind=problem.kind,
        path=tuple(
            Thought(thought_id=node.number, parent_id=node.parent, text=node.text,
                    score=min(node.score, 1.0), depth=node.depth)
            for node in found.path
        ),
        solved=solved,
        explored=found.explored,
        merged=found.merged,
        pruned=found.pruned,
        method=Method.SEARCH,
        engine=Engine.EMBEDDED,
        note=note,
    )  # fmt: skip


def _from_chain(chain: Reasoning) -> BestPath:
    path = tuple(
        Thought(thought_id=at, parent_id=at - 1 if at else None,
                text=f"{step.description}: {step.result}", score=1.0, depth=at)
        for at, step in enumerate(chain.steps)
    )  # fmt: skip
    return BestPath(
        question=chain.question, answer=chain.answer, kind="steps", path=path, solved=True,
        explored=len(path), method=chain.method, engine=chain.engine, note=chain.note,
    )  # fmt: skip


def _from_line(
    question: str, line: Line, explored: int, pruned: int, engine: Engine, note: str
) -> BestPath:
    path = tuple(
        Thought(thought_id=thought.number, parent_id=before.number if before else None,
                text=thought.text, score=thought.score, depth=at)
        for at, (before, thought) in enumerate(
            zip((None, *line.thoughts), line.thoughts, strict=False)
        )
    )  # fmt: skip
    return BestPath(
        question=question, answer=path[-1].text, kind="open", path=path, solved=False,
        explored=explored, pruned=pruned, method=Method.MODEL, engine=engine, note=note,
    )  # fmt: skip


def _nothing(question: str, note: str) -> BestPath:
    return BestPath(
        question=question, answer="", kind="open", path=(), solved=False, explored=0,
        method=Method.NONE, engine=Engine.EMBEDDED, note=note,
    )  # fmt: skip
