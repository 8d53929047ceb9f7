"""
GoalManager: long-term goals, the tasks they are split into, and how far they are.

Splitting is goal_plans, keeping goal_book, asking others goal_calls.
"""

from __future__ import annotations

import asyncio

from agents.language_processing.goal_book import MAX_GOALS, OVER, GoalBook
from agents.language_processing.goal_calls import remember, run_task, tasks_from_model
from agents.language_processing.goal_plans import split_goal, tasks_of, with_task
from common.agent import Agent, AgentContext, action
from common.contracts import goals as g
from common.messages import ActionError, ErrorCode

WAITING = 2 * MAX_GOALS


class GoalManager(Agent):
    """Keep goals, run their tasks in order, and tell memory how far they are."""

    topics = (g.GOAL_CHANGES,)

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._book = GoalBook(context.store)

    async def start(self) -> None:
        """Take up the goals, and go on with those that are not over."""
        self._writing = asyncio.Lock()
        self._queue: asyncio.PriorityQueue[tuple[int, str]] = asyncio.PriorityQueue(WAITING)
        await self._book.load()
        for goal in self._book.all():
            self._enqueue(goal)
        self.spawn(self._work(), "work on goals")

    async def state_cleared(self) -> None:
        """Forget every goal."""
        await self._book.load()

    @action
    async def set_goal(self, request: g.SetGoalRequest) -> g.GoalReply:
        """Keep a goal, split it into tasks, and begin with them."""
        await self._book.make_room()
        tasks, split_by = await self._split(request)
        planned = tasks_of(tasks)
        if not request.run:
            planned = tuple(task.model_copy(update={"by": "person"}) for task in planned)
        now = self.clock.now()
        goal = g.Goal(
            goal_id=self._book.next_id(),
            description=request.description.strip(),
            user_id=request.user_id,
            priority=request.priority,
            tasks=planned,
            split_by=split_by,
            created_at=now,
            updated_at=now,
            deadline=request.deadline,
        )
        remembered = await remember(self.peers, goal)
        goal = goal.model_copy(update={"remembered": remembered})
        await self._keep(goal)
        self._enqueue(goal)
        return g.GoalReply(goal=goal)

    @action
    async def get_goal_status(self, request: g.GoalStatusRequest) -> g.GoalReply:
        """Return a goal and its tasks."""
        return g.GoalReply(goal=self._book.get(request.goal_id))

    @action
    async def update_goal_task(self, request: g.UpdateGoalTaskRequest) -> g.GoalReply:
        """Take in how a task went that a person did."""
        goal = self._book.get(request.goal_id)
        task = next((each for each in goal.tasks if each.task_id == request.task_id), None)
        if task is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"no task {request.task_id}", "task_id")
        if goal.status is g.GoalStatus.CANCELLED:
            raise ActionError(ErrorCode.CONFLICT, f"{goal.goal_id} is cancelled", "goal_id")
        told = task.model_copy(update={"status": request.status, "result": request.result})
        goal = await self._change(goal.goal_id, told)
        self._enqueue(goal)
        return g.GoalReply(goal=goal)

    @action
    async def cancel_goal(self, request: g.CancelGoalRequest) -> g.GoalReply:
        """Give a goal up; a task that runs is finished, but none begins."""
        goal = self._book.get(request.goal_id)
        if goal.status in OVER:
            raise ActionError(ErrorCode.CONFLICT, f"the goal is {goal.status.value}", "goal_id")
        changed = {"status": g.GoalStatus.CANCELLED, "updated_at": self.clock.now()}
        goal = goal.model_copy(update=changed)
        await self._keep(goal)
        await self._tell_memory(goal)
        return g.GoalReply(goal=self._book.get(goal.goal_id))

    @action
    async def list_goals(self, request: g.ListGoalsRequest) -> g.GoalList:
        """Return goals, the most urgent first."""
        found = self._book.listed(request)
        return g.GoalList(goals=tuple(found[: request.limit]), total=len(found))

    @action
    async def search_goals(self, request: g.SearchGoalsRequest) -> g.GoalsFound:
        """Return the goals that fit best."""
        return g.GoalsFound(goals=self._book.search(request.query, request.limit))

    async def _split(self, request: g.SetGoalRequest) -> tuple[tuple[str, ...], str]:
        if request.tasks:
            return request.tasks, "request"
        tasks = split_goal(request.description)
        if tasks is not None:
            return tasks, "rules"
        return await tasks_from_model(self.peers, request.description)

    def _enqueue(self, goal: g.Goal) -> None:
        # What does not fit waits for the next start or for the next word about its goal.
        if next_task(goal) is not None and not self._queue.full():
            self._queue.put_nowait((goal.priority, goal.goal_id))

    async def _work(self) -> None:
        while True:
            _, goal_id = await self._queue.get()
            while goal_id in self._book:
                goal = self._book.get(goal_id)
                task = next_task(goal)
                if task is None:
                    break
                running = task.model_copy(update={"status": g.TaskStatus.RUNNING})
                await self._change(goal_id, running)
                ended = await run_task(self.peers, goal, task)
                if goal_id in self._book:
                    await self._change(goal_id, ended)

    async def _change(self, goal_id: str, task: g.GoalTask) -> g.Goal:
        async with self._writing:
            before = self._book.get(goal_id)
            goal = with_task(before, task, self.clock.now())
            if before.status is g.GoalStatus.CANCELLED:
                goal = goal.model_copy(update={"status": before.status})
            await self._keep(goal)
        if task.status is not g.TaskStatus.RUNNING:
            await self._tell_memory(goal)
        return goal

    async def _tell_memory(self, goal: g.Goal) -> None:
        remembered = await remember(self.peers, goal)
        async with self._writing:
            if goal.goal_id in self._book and remembered != goal.remembered:
                now = self._book.get(goal.goal_id)
                await self._book.put(now.model_copy(update={"remembered": remembered}))

    async def _keep(self, goal: g.Goal) -> None:
        await self._book.put(goal)
        changed = g.GoalChanged(
            goal_id=goal.goal_id,
            status=goal.status,
            progress=goal.progress,
            at=goal.updated_at,
        )
        self.events.publish(g.GOAL_CHANGES, changed)


def next_task(goal: g.Goal) -> g.GoalTask | None:
    """Return the task to run now, None when the goal is over or waits for a person."""
    if goal.status is not g.GoalStatus.ACTIVE:
        return None
    open_ones = (g.TaskStatus.PENDING, g.TaskStatus.RUNNING)
    waiting = next((task for task in goal.tasks if task.status in open_ones), None)
    return waiting if waiting is not None and waiting.by == "orchestrator" else None
