"""The table of phases: what it allows, and that nothing else happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import SystemClock
from common.lifecycle import TRANSITIONS, Event, LifecycleError, Phase, advance
from common.status import Status


@given(st.sampled_from(Phase), st.sampled_from(Event))
def test_only_rows_of_the_table_advance(phase: Phase, event: Event) -> None:
    """An event without a row raises and says what the phase expects."""
    if (phase, event) in TRANSITIONS:
        assert TRANSITIONS[phase, event] == advance(phase, event)
        return
    with pytest.raises(LifecycleError) as caught:
        advance(phase, event)

    assert str(caught.value).startswith(f"{phase.value}: expected one of ")
    assert str(caught.value).endswith(f"found {event.value}")


def test_refused_event_changes_nothing() -> None:
    """A status that refused an event is in the phase it was in."""
    status = Status("alpha", "alpha", SystemClock())
    with pytest.raises(LifecycleError):
        status.handle(Event.RECOVERED)

    assert status.phase == Phase.STARTING


@pytest.mark.parametrize("phase", [found for found in Phase if found is not Phase.STOPPED])
def test_every_phase_but_the_last_can_end(phase: Phase) -> None:
    """From every phase a way leads to stopped, and from stopped none leads on."""
    reached = {phase}
    for _ in Phase:
        reached |= {to for (at, _), to in TRANSITIONS.items() if at in reached}

    assert Phase.STOPPED in reached
    assert not [at for at, _ in TRANSITIONS if at is Phase.STOPPED]


def test_only_ready_and_degraded_serve() -> None:
    """Calls are answered in exactly two phases."""
    assert {Phase.READY, Phase.DEGRADED} == {phase for phase in Phase if phase.is_serving}


def test_status_follows_dependencies() -> None:
    """Missing, found, lost and recovered dependencies move the phase, and listeners hear of it."""
    status = Status("alpha", "alpha", SystemClock())
    heard: list[Phase] = []
    status.on_phase = heard.append
    status.set_waiting(("beta",))
    status.set_waiting(())
    status.handle(Event.STARTED)
    status.set_lost(("beta",))
    status.set_lost(("beta", "gamma"))
    report = status.report(inflight=0)
    status.set_lost(())

    assert heard == [Phase.WAITING, Phase.STARTING, Phase.READY, Phase.DEGRADED, Phase.READY]
    assert (report.status, report.lost) == ("degraded", ("beta", "gamma"))
