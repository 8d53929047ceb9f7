"""Events to whoever subscribed. No action may enter.

An event is numbered and sent to those who have granted credit for it; nobody is waited for.
Who has none misses it, and sees that a number is missing.
"""

import secrets
from collections.abc import Callable, Mapping

from common.call_context import current_call, new_correlation_id
from common.messages import ActionError, ErrorCode, Event, Topic
from common.transport.flow import Allowance
from common.transport.loop_socket import Sent
from common.transport.subscription import Subscribed
from common.wire import Frames, Subscribe, dump_event, event_frames

Peer = tuple[bytes, ...]
Send = Callable[[Peer, Frames], Sent]
Key = tuple[Peer, str]


class _Line:
    """One topic: the number of its latest event and who is told."""

    def __init__(self, topic: Topic[Event]) -> None:
        self.topic = topic
        self.sequence = 0
        self.subscribers: dict[Key, Allowance] = {}


class Publisher:
    """Number the events of an agent and send them."""

    def __init__(self, send: Send, limit: int) -> None:
        self._send = send
        self._limit = limit
        self._lines: dict[str, _Line] = {}
        self._topics: dict[Key, str] = {}
        self._epoch = secrets.token_hex(4)
        self.on_published: Callable[[str], None] = _ignore
        self.on_missed: Callable[[str], None] = _ignore

    def declare(self, topics: tuple[Topic[Event], ...]) -> None:
        """Let these topics be subscribed to."""
        self._lines = {topic.name: _Line(topic) for topic in topics}

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """Return how many subscribers each topic has."""
        return {name: len(line.subscribers) for name, line in self._lines.items()}

    def publish(self, topic: Topic[Event], event: Event) -> int:
        """Send an event to the topic's subscribers and return its number."""
        line = self._lines.get(topic.name)
        if line is None or line.topic != topic:
            raise ValueError(f"{topic.agent}: expected a topic of `topics`, found {topic.name!r}")
        line.sequence += 1
        self.on_published(topic.name)
        if line.subscribers:
            self._tell_all(line, event)
        return line.sequence

    def subscribe(self, peer: Peer, request: Subscribe) -> Subscribed:
        """Take a subscriber on, or raise ActionError."""
        line = self._lines.get(request.action)
        if line is None:
            expected = ", ".join(sorted(self._lines)) or "no topic at all"
            message = f"expected {expected}; found {request.action[:60]!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, field="topic")
        if len(self._topics) >= self._limit:
            raise ActionError(ErrorCode.OVERLOADED, f"{self._limit} subscriptions are held already")
        key = (peer, request.id)
        line.subscribers[key] = Allowance(request.credit)
        self._topics[key] = request.action
        return Subscribed(epoch=self._epoch, sequence=line.sequence)

    def grant(self, peer: Peer, id: str, credit: int) -> bool:
        """Take in credit of a subscriber; tell whether it was one's."""
        topic = self._topics.get((peer, id))
        if topic is None:
            return False
        self._lines[topic].subscribers[peer, id].add(credit)
        return True

    def cancel(self, peer: Peer, id: str) -> bool:
        """Drop a subscriber; tell whether there was one."""
        topic = self._topics.pop((peer, id), None)
        if topic is not None:
            self._lines[topic].subscribers.pop((peer, id), None)
        return topic is not None

    def _tell_all(self, line: _Line, event: Event) -> None:
        call = current_call()
        origin = (call.correlation_id, call.span) if call else (new_correlation_id(), "")
        dumped = dump_event(event)
        for key, allowance in tuple(line.subscribers.items()):
            peer, id = key
            if not allowance.take_now():
                self.on_missed(line.topic.name)
                continue
            sent = self._send(peer, event_frames(id, line.sequence, origin, dumped))
            if sent is Sent.GONE:
                self.cancel(peer, id)
            elif sent is Sent.FULL:
                allowance.add(1)
                self.on_missed(line.topic.name)


def _ignore(topic: str) -> None:
    return
