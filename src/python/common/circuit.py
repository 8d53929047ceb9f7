"""A circuit breaker around calls of one peer. No retry may enter."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

from common.clock import Clock, SystemClock
from common.messages import ActionError, ErrorCode

T = TypeVar("T")

# The peer works and has judged the request: no reason to stop asking it.
_ANSWERS = frozenset(
    {
        ErrorCode.INVALID,
        ErrorCode.UNKNOWN_ACTION,
        ErrorCode.NOT_FOUND,
        ErrorCode.CONFLICT,
        ErrorCode.DENIED,
    }
)


class CircuitState(StrEnum):
    """Say whether calls are let through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Stop calling after `failures` in a row; let one call try again after `reset_seconds`."""

    def __init__(
        self,
        failures: int = 3,
        reset_seconds: float = 30.0,
        clock: Clock | None = None,
        on_open: Callable[[], None] | None = None,
    ) -> None:
        self._limit = failures
        self._reset_seconds = reset_seconds
        self._clock: Clock = clock or SystemClock()
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False
        self._on_open = on_open

    @property
    def state(self) -> CircuitState:
        """Return what the next call would meet."""
        if self._opened_at is None:
            return CircuitState.CLOSED
        waited = self._clock.monotonic() - self._opened_at
        return CircuitState.HALF_OPEN if waited >= self._reset_seconds else CircuitState.OPEN

    def reset(self) -> None:
        """Forget every failure."""
        self._failures = 0
        self._opened_at = None
        self._is_probing = False

    async def call(self, coroutine_function: Callable[[], Awaitable[T]]) -> T:
        """Await the function; while the circuit is open raise ActionError(UNAVAILABLE) at once."""
        self._admit()
        try:
            result = await coroutine_function()
        except ActionError as error:
            self._failed() if error.code not in _ANSWERS else self.reset()
            raise
        except Exception:
            self._failed()
            raise
        except BaseException:
            self._is_probing = False
            raise
        self.reset()
        return result

    def _admit(self) -> None:
        state = self.state
        if state is CircuitState.CLOSED:
            return
        if state is CircuitState.OPEN or self._is_probing:
            raise ActionError(
                ErrorCode.UNAVAILABLE,
                f"circuit is open after {self._failures} failures in a row",
            )
        self._is_probing = True

    def _failed(self) -> None:
        self._failures += 1
        if self._is_probing or self._failures >= self._limit:
            if self._opened_at is None and self._on_open is not None:
                self._on_open()
            self._opened_at = self._clock.monotonic()
        self._is_probing = False
