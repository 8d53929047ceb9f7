"""Events that an agent under test has told. No socket may enter."""

from collections import defaultdict
from typing import Any, TypeVar

from common.messages import Event, Topic

E = TypeVar("E", bound=Event)


class FakeEvents:
    """Remember what is published on the topics that the agent declares."""

    def __init__(self, topics: tuple[Topic[Any], ...]) -> None:
        self._topics = topics
        self._told: dict[Topic[Any], list[Any]] = defaultdict(list)

    def publish(self, topic: Topic[E], event: E) -> int:
        """Keep an event and return its number."""
        if topic not in self._topics:
            raise ValueError(f"{topic.agent}: expected a topic of `topics`, found {topic.name!r}")
        self._told[topic].append(event)
        return len(self._told[topic])

    def of(self, topic: Topic[E]) -> tuple[E, ...]:
        """Return the events of a topic, in order."""
        return tuple(self._told[topic])
