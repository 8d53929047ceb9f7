"""The circuit breaker: when it opens, whom it lets try, when it closes."""

import asyncio

import pytest

from common.circuit import CircuitBreaker, CircuitState
from common.messages import ActionError, ErrorCode
from common.testing import FakeClock


async def succeed() -> str:
    """Answer."""
    return "done"


async def fail() -> str:
    """Be away."""
    raise ActionError(ErrorCode.TIMEOUT, "no reply")


async def refuse() -> str:
    """Judge the request."""
    raise ActionError(ErrorCode.INVALID, "wrong")


async def crash() -> str:
    """Have a fault."""
    raise ValueError("fault")


@pytest.fixture
def clock() -> FakeClock:
    """Give the clock of the breaker."""
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> CircuitBreaker:
    """Give a closed breaker."""
    return CircuitBreaker(failures=3, reset_seconds=30, clock=clock)


async def open_it(breaker: CircuitBreaker) -> None:
    """Fail until the breaker opens."""
    for _ in range(3):
        with pytest.raises(ActionError, match="no reply"):
            await breaker.call(fail)


async def test_opens_after_failures_in_a_row(breaker: CircuitBreaker) -> None:
    """The third failure in a row opens; then nothing is called."""
    await open_it(breaker)

    assert breaker.state == CircuitState.OPEN
    with pytest.raises(ActionError) as caught:
        await breaker.call(succeed)
    assert caught.value.code == ErrorCode.UNAVAILABLE


async def test_success_between_failures_keeps_it_closed(breaker: CircuitBreaker) -> None:
    """Failures count only in a row."""
    for function in (fail, fail, succeed, fail, fail):
        try:
            await breaker.call(function)
        except ActionError as error:
            assert error.code == ErrorCode.TIMEOUT

    assert breaker.state == CircuitState.CLOSED


async def test_refusals_are_answers(breaker: CircuitBreaker) -> None:
    """A peer that judges requests wrong is well."""
    for _ in range(5):
        with pytest.raises(ActionError, match="wrong"):
            await breaker.call(refuse)

    assert breaker.state == CircuitState.CLOSED


async def test_faults_count(breaker: CircuitBreaker) -> None:
    """Exceptions that are no ActionError pass through and count."""
    for _ in range(3):
        with pytest.raises(ValueError, match="fault"):
            await breaker.call(crash)

    assert breaker.state == CircuitState.OPEN


async def test_one_probe_decides(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """When the time is up one call is let through; its success closes the circuit."""
    await open_it(breaker)
    await clock.advance(30)
    assert breaker.state is CircuitState.HALF_OPEN
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "done"

    probe = asyncio.create_task(breaker.call(slow))
    await clock.settle()
    with pytest.raises(ActionError, match="circuit is open"):
        await breaker.call(succeed)
    gate.set()

    assert await probe == "done"
    assert breaker.state.value == "closed"


async def test_failed_probe_opens_again(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """A probe that fails starts the wait anew."""
    await open_it(breaker)
    await clock.advance(30)
    with pytest.raises(ActionError, match="no reply"):
        await breaker.call(fail)

    assert breaker.state == CircuitState.OPEN
    await clock.advance(29)
    assert breaker.state == CircuitState.OPEN


async def test_cancelled_probe_lets_another_try(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """A probe whose caller went away decides nothing."""
    await open_it(breaker)
    await clock.advance(30)
    probe = asyncio.create_task(breaker.call(asyncio.Event().wait))
    await clock.settle()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)

    assert await breaker.call(succeed) == "done"


async def test_opening_is_told_once(clock: FakeClock) -> None:
    """Whoever counts openings hears of each, not of the failed probes of one that is open."""
    opened: list[float] = []
    breaker = CircuitBreaker(3, 30, clock, lambda: opened.append(clock.monotonic()))
    await open_it(breaker)
    await clock.advance(30)
    with pytest.raises(ActionError, match="no reply"):
        await breaker.call(fail)
    await clock.advance(30)
    assert await breaker.call(succeed) == "done"
    await open_it(breaker)

    assert opened == [0, 60]


async def test_reset_forgets(breaker: CircuitBreaker) -> None:
    """An operator can close the circuit at once."""
    await open_it(breaker)
    breaker.reset()

    assert await breaker.call(succeed) == "done"
