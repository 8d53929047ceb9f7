"""The life of an agent process as a table. Every change of phase is a row; no IO may enter."""

from enum import StrEnum


class Phase(StrEnum):
    """Say what an agent process is doing."""

    STARTING = "starting"
    WAITING = "waiting"
    READY = "ready"
    DEGRADED = "degraded"
    DRAINING = "draining"
    STOPPED = "stopped"

    @property
    def is_serving(self) -> bool:
        """Tell whether calls to the agent's own actions are answered."""
        return self in (Phase.READY, Phase.DEGRADED)


class Event(StrEnum):
    """Say what happened to an agent process."""

    DEPENDENCY_MISSING = "dependency_missing"
    DEPENDENCIES_READY = "dependencies_ready"
    STARTED = "started"
    LOST = "lost"
    RECOVERED = "recovered"
    STOP_REQUESTED = "stop_requested"
    DRAINED = "drained"


TRANSITIONS: dict[tuple[Phase, Event], Phase] = {
    (Phase.STARTING, Event.DEPENDENCY_MISSING): Phase.WAITING,
    (Phase.WAITING, Event.DEPENDENCIES_READY): Phase.STARTING,
    (Phase.STARTING, Event.STARTED): Phase.READY,
    (Phase.READY, Event.LOST): Phase.DEGRADED,
    (Phase.DEGRADED, Event.RECOVERED): Phase.READY,
    (Phase.STARTING, Event.STOP_REQUESTED): Phase.DRAINING,
    (Phase.WAITING, Event.STOP_REQUESTED): Phase.DRAINING,
    (Phase.READY, Event.STOP_REQUESTED): Phase.DRAINING,
    (Phase.DEGRADED, Event.STOP_REQUESTED): Phase.DRAINING,
    (Phase.DRAINING, Event.DRAINED): Phase.STOPPED,
}


class LifecycleError(Exception):
    """Refuse an event that the phase does not know."""


def advance(phase: Phase, event: Event) -> Phase:
    """Return the phase after the event, or raise when the table has no such row."""
    try:
        return TRANSITIONS[phase, event]
    except KeyError:
        expected = sorted(known.value for at, known in TRANSITIONS if at is phase)
        raise LifecycleError(
            f"{phase.value}: expected one of {expected}, found {event.value}"
        ) from None
