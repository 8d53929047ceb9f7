"""Events that an agent under test has told. No socket may enter."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from common.messages import ActionError, ErrorCode, Event, Topic

E = TypeVar("E", bound=Event)


class FakeEvents:
    """Remember what is published on the topics that the agent declares."""

    def __init__(self, topics: tuple[Topic[Any], ...]) -> None:
        self._topics = topics
        self._told: dict[Topic[Any], list[Any]] = defaultdict(list)
        self.on_published: Callable[[Topic[Any], Any, int], None] = _ignore

    def publish(self, topic: Topic[E], event: E) -> int:
        """Keep an event and return its number."""
        if topic not in self._topics:
            raise ValueError(f"{topic.agent}: expected a topic of `topics`, found {topic.name!r}")
        self._told[topic].append(event)
        number = len(self._told[topic])
        self.on_published(topic, event, number)
        return number

    def sequence(self, name: str) -> int:
        """Return the number of a topic's latest event; raise ActionError when there is none."""
        found = next((topic for topic in self._topics if topic.name == name), None)
        if found is None:
            expected = ", ".join(sorted(topic.name for topic in self._topics)) or "no topic at all"
            message = f"expected {expected}; found {name[:60]!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, field="topic")
        return len(self._told[found])

    def of(self, topic: Topic[E]) -> tuple[E, ...]:
        """Return the events of a topic, in order."""
        return tuple(self._told[topic])


def _ignore(topic: Topic[Any], event: Any, number: int) -> None:
    return
