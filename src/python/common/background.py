"""Supervised background tasks of one agent. No scheduling policy may enter."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from common.call_context import context_without_deadline
from common.messages import ActionError


class BackgroundTasks:
    """Run coroutines beside the actions, and say aloud when one fails."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: set[str] = set()
        self.on_failure: Callable[[], None] | None = None

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the names of tasks that died of a fault, sorted."""
        return tuple(sorted(self._failed))

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        """Start a coroutine that lives until it returns or the agent stops."""
        loop = asyncio.get_running_loop()
        context = context_without_deadline()
        task = loop.create_task(self._watch(coroutine, name), name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never awaits its coroutine.
        task.add_done_callback(lambda _: coroutine.close())

    async def close(self) -> None:
        """Cancel what still runs and wait for it."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await coroutine
        except ActionError as error:
            self._log.warning("background task gave up", extra={"task": name, "error": str(error)})
        except Exception:
            self._log.exception("background task failed", extra={"task": name})
            self._failed.add(name)
            if self.on_failure is not None:
                self.on_failure()
