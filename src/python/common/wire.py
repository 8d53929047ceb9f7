"""Messages as frames. Every key and every byte on the wire is decided here; no socket may enter.

A message is one frame of JSON, then one frame for each attachment. `kind` says what it is. An
agent is sent call, open, subscribe, item, credit, end and cancel; it sends reply, error, item,
credit, end, event and goaway. All that belongs to one call, stream or subscription has its id.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from common import attachments
from common.messages import ActionError, ErrorCode

MAX_JSON_BYTES = 8 * 1024 * 1024
MAX_FRAME_BYTES = 64 * 1024 * 1024
MAX_ATTACHMENTS = 16
MAX_ID_LENGTH = 200
# The end of the year 9999; NaN, infinity and giant integers are not before it.
LATEST_TIME = 253_402_300_800

Frames = list[bytes]

Id = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_ID_LENGTH)]
Name = Annotated[str, Field(strict=True, max_length=MAX_ID_LENGTH)]
Time = Annotated[float, Field(strict=True, gt=-LATEST_TIME, lt=LATEST_TIME, allow_inf_nan=False)]
Body = dict[str, Any]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]


class WireError(Exception):
    """Refuse a frame; `id` is set when it could still be read."""

    def __init__(self, message: str, *, field: str | None = None, id: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.id = id


class Frame(BaseModel):
    """What every frame has; keys that a later release adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: Id


class Asked(Frame):
    """Who asks for what, as part of which work, and until when (unix seconds)."""

    correlation_id: Name
    source: Name
    release: Name = ""
    span: Name = ""
    action: Name
    body: Body


class Call(Asked):
    """Ask for one reply."""

    kind: Literal["call"]
    deadline: Time


class Open(Asked):
    """Ask for a stream of items, of which `credit` may come before more is granted."""

    kind: Literal["open"]
    deadline: Time | None = None
    credit: Count


class Subscribe(Asked):
    """Ask for the events of a topic, which is the action."""

    kind: Literal["subscribe"]
    deadline: Time
    credit: Count


class Item(Frame):
    """Carry one item of a stream."""

    kind: Literal["item"]
    body: Body


class Credit(Frame):
    """Allow so many more items or events; none at all says that somebody is still there."""

    kind: Literal["credit"]
    credit: Count


class End(Frame):
    """Say that no item follows."""

    kind: Literal["end"]


class Cancel(Frame):
    """Give up a call, a stream or a subscription."""

    kind: Literal["cancel"]


class Replied(Frame):
    """Carry the reply to a call or a subscription."""

    kind: Literal["reply"]
    body: Body


class Refusal(BaseModel):
    """Say what went wrong: the code, the field at fault if there is one, what was expected."""

    code: ErrorCode
    message: str
    field: str | None = None


class Failed(Frame):
    """Carry an error; it ends what has the id."""

    kind: Literal["error"]
    id: Annotated[str, Field(max_length=MAX_ID_LENGTH)]
    error: Refusal

    def as_error(self) -> ActionError:
        """Return what the caller raises."""
        return ActionError(self.error.code, self.error.message, self.error.field)


class Happened(Frame):
    """Carry an event; sequence numbers of a topic have no gaps unless something was missed."""

    kind: Literal["event"]
    sequence: Count
    correlation_id: Name
    span: Name
    body: Body


class Goaway(Frame):
    """Ask the peer to make a new connection; this one answers what it has been asked."""

    kind: Literal["goaway"]


ToAgent = Call | Open | Subscribe | Item | Credit | End | Cancel
FromAgent = Replied | Failed | Item | Credit | End | Happened | Goaway

_TO_AGENT: TypeAdapter[ToAgent] = TypeAdapter(Annotated[ToAgent, Field(discriminator="kind")])
_FROM_AGENT: TypeAdapter[FromAgent] = TypeAdapter(Annotated[FromAgent, Field(discriminator="kind")])
_read_to_agent = _TO_AGENT.validator.validate_json
_read_from_agent = _FROM_AGENT.validator.validate_json


def decode_to_agent(frames: Frames) -> ToAgent:
    """Read what an agent is sent, or raise WireError."""
    _check_sizes(frames)
    try:
        found: ToAgent = _read_to_agent(frames[0])
    except ValidationError as error:
        raise _refused(error, frames[0]) from None
    return found


def decode_from_agent(frames: Frames) -> FromAgent:
    """Read what an agent sends, or raise WireError."""
    _check_sizes(frames)
    try:
        found: FromAgent = _read_from_agent(frames[0])
    except ValidationError as error:
        raise _refused(error, frames[0]) from None
    return found


def encode(head: dict[str, Any], body: BaseModel | None = None) -> Frames:
    """Make the frames of a message from its keys and its body."""
    data = to_json(head)
    if body is None:
        return [data]
    told, attached = _dump(body)
    return [b'%b,"body":%b}' % (data[:-1], told), *attached]


def encode_error(id: str, error: ActionError) -> Frames:
    """Make the frames of an error."""
    told = {
        "code": error.code.value,
        "message": _printable(error.message),
        "field": None if error.field is None else _printable(error.field),
    }
    return [to_json({"kind": "error", "id": _printable(id), "error": told})]


def dump_event(body: BaseModel) -> tuple[bytes, Frames]:
    """Return an event's JSON and its attachments, to be sent to many."""
    return _dump(body)


def event_frames(
    id: str, sequence: int, origin: tuple[str, str], event: tuple[bytes, Frames]
) -> Frames:
    """Make the frames of a dumped event; `origin` is its correlation id and its span."""
    told, attached = event
    head = b'{"kind":"event","id":%b,"sequence":%d,"correlation_id":%b,"span":%b,"body":%b}'
    correlation_id, span = map(to_json, origin)
    return [head % (to_json(id), sequence, correlation_id, span, told), *attached]


def _check_sizes(frames: Frames) -> None:
    if not frames:
        raise WireError("expected a frame of JSON, found none")
    if len(frames) - 1 > MAX_ATTACHMENTS:
        raise WireError(
            f"expected at most {MAX_ATTACHMENTS} attachments, found {len(frames) - 1}",
            field="attachments",
            id=_readable_id(frames[0]),
        )
    if len(frames[0]) > MAX_JSON_BYTES:
        raise WireError(f"expected at most {MAX_JSON_BYTES} bytes, found {len(frames[0])}")


def _refused(error: ValidationError, data: bytes) -> WireError:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return WireError(f"expected JSON: {first['ctx']['error']}")
    if first["type"].startswith("union_tag"):
        tags = first.get("ctx", {}).get("expected_tags")
        expected = f"one of {tags}" if tags else "a frame's kind"
        return WireError(f"expected {expected}", field="kind", id=_readable_id(data))
    # The first step of the place is the kind by which the frame was read.
    field = ".".join(str(step) for step in first["loc"][1:])
    said = first["msg"][0].lower() + first["msg"][1:]
    return WireError(said, field=field or None, id=_readable_id(data))


def _readable_id(data: bytes) -> str:
    if len(data) > MAX_JSON_BYTES:
        return ""
    try:
        found = from_json(data)
    except ValueError:
        return ""
    id = found.get("id") if isinstance(found, dict) else None
    return id if isinstance(id, str) and len(id) <= MAX_ID_LENGTH else ""


def _dump(body: BaseModel) -> tuple[bytes, Frames]:
    name = type(body).__name__
    try:
        data, attached = attachments.dump(body)
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        raise WireError(f"{name} has no JSON: {error}") from None
    if len(data) > MAX_JSON_BYTES - 4096:
        raise WireError(f"{name} of {len(data)} bytes is over {MAX_JSON_BYTES}", field="body")
    if len(attached) > MAX_ATTACHMENTS:
        found = f"found {len(attached)}"
        raise WireError(f"expected at most {MAX_ATTACHMENTS} attachments, {found}", field="body")
    for number, frame in enumerate(attached):
        if len(frame) > MAX_FRAME_BYTES:
            found = f"found {len(frame)}"
            expected = f"expected at most {MAX_FRAME_BYTES} bytes"
            raise WireError(f"{expected}, {found}", field=f"attachments.{number}")
    return data, attached


def _printable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
