"""Binary fields of messages, which travel as frames of their own. No socket may enter.

In the JSON of a message such a field says which frame holds its bytes: `{"attachment": 0}`.
"""

from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)

from common.messages import ActionError, ErrorCode

M = TypeVar("M", bound=BaseModel)

KEY = "attachment"


class DetachedError(ValueError):
    """Refuse to make JSON of bytes: there are no frames for them here."""


def _attach(value: object, info: ValidationInfo) -> bytes:
    if isinstance(value, bytes):
        return value
    frames = info.context
    number = value.get(KEY) if isinstance(value, dict) else None
    if not isinstance(frames, list) or not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f'expected bytes as {{"{KEY}": number of the frame}}')
    if not 0 <= number < len(frames):
        raise ValueError(f"expected one of {len(frames)} attached frames, found number {number}")
    return bytes(frames[number])


def _detach(value: bytes, info: SerializationInfo) -> Any:
    if not isinstance(info.context, list):
        if info.mode == "python":
            return value
        raise DetachedError("bytes travel as frames: use common.attachments.dump")
    info.context.append(value)
    return {KEY: len(info.context) - 1}


Attachment = Annotated[
    bytes,
    PlainValidator(_attach),
    PlainSerializer(_detach),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {KEY: {"type": "integer", "minimum": 0}},
            "required": [KEY],
            "description": "number of the frame after the message that holds the bytes",
        }
    ),
]
"""Bytes of any kind: audio, images."""


def dump(message: BaseModel) -> tuple[bytes, list[bytes]]:
    """Return the JSON of a message and the frames that it refers to."""
    frames: list[bytes] = []
    data: bytes = message.__pydantic_serializer__.to_json(message, context=frames)
    return data, frames


def load(kind: type[M], body: Any, frames: list[bytes]) -> M:
    """Make a body and its frames into a message, or raise pydantic's ValidationError."""
    return kind.model_validate(body, context=frames)


def typed(name: str, kind: type[M], body: Any, frames: list[bytes], did: str = "answered") -> M:
    """Make what a peer sent into a message, or raise ActionError; `name` is agent.action."""
    try:
        return load(kind, body, frames)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        message = f"{name} {did} no {kind.__name__}: {first['msg']}"
        raise ActionError(ErrorCode.MALFORMED, message, place or None) from None
