"""Messages as bytes. Every key and every byte of a frame is decided here; no socket may enter."""

from typing import Any, NamedTuple

from pydantic_core import PydanticSerializationError, from_json, to_json

from common.messages import ActionError, ErrorCode, Reply, Request

MAX_FRAME_BYTES = 8 * 1024 * 1024
MAX_ID_LENGTH = 200
# The end of the year 9999; NaN, infinity and giant integers are not before it.
LATEST_TIME = 253_402_300_800

_CODES = frozenset(ErrorCode)


class WireError(Exception):
    """Refuse a frame; `id` is set when it could still be read."""

    def __init__(self, message: str, *, field: str | None = None, id: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.id = id


class RequestFrame(NamedTuple):
    """A request as it arrives: the envelope is checked, the body not yet."""

    id: str
    correlation_id: str
    source: str
    action: str
    deadline: float
    body: dict[str, Any]


class ReplyFrame(NamedTuple):
    """A reply as it arrives: either a body or an error."""

    id: str
    body: dict[str, Any] | None
    error: ActionError | None


def encode_request(
    id: str, correlation_id: str, source: str, action: str, deadline: float, body: Request
) -> bytes:
    """Make the frame of a typed request."""
    envelope = to_json(
        {
            "id": id,
            "correlation_id": correlation_id,
            "source": source,
            "action": action,
            "deadline": deadline,
        }
    )
    return b'%b,"body":%b}' % (envelope[:-1], _dump(body))


def decode_request(data: bytes) -> RequestFrame:
    """Read the frame of a request or raise WireError."""
    envelope = _read_object(data)
    id = envelope.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= MAX_ID_LENGTH:
        raise WireError(f"expected text of 1 to {MAX_ID_LENGTH} characters", field="id")
    for field in ("correlation_id", "source", "action"):
        if not isinstance(envelope.get(field), str):
            raise WireError("expected text", field=field, id=id)
    deadline, body = envelope.get("deadline"), envelope.get("body")
    if not _is_time(deadline):
        raise WireError("expected unix seconds", field="deadline", id=id)
    if not isinstance(body, dict):
        raise WireError("expected an object", field="body", id=id)
    return RequestFrame(
        id=id,
        correlation_id=envelope["correlation_id"],
        source=envelope["source"],
        action=envelope["action"],
        deadline=float(envelope["deadline"]),
        body=body,
    )


def encode_reply(id: str, reply: Reply) -> bytes:
    """Make the frame of a typed reply."""
    return b'{"id":%b,"status":"success","body":%b,"error":null}' % (to_json(id), _dump(reply))


def encode_error(id: str, error: ActionError) -> bytes:
    """Make the frame of an error."""
    told = {
        "code": error.code.value,
        "message": _printable(error.message),
        "field": None if error.field is None else _printable(error.field),
    }
    return to_json({"id": id, "status": "error", "body": None, "error": told})


def decode_reply(data: bytes) -> ReplyFrame:
    """Read the frame of a reply or raise WireError."""
    envelope = _read_object(data)
    id = envelope.get("id")
    if not isinstance(id, str):
        raise WireError("expected text", field="id")
    status, body, error = (envelope.get(field) for field in ("status", "body", "error"))
    if status == "success" and isinstance(body, dict):
        return ReplyFrame(id, body, None)
    if status == "error" and isinstance(error, dict):
        return ReplyFrame(id, None, _read_error(id, error))
    raise WireError("expected success with a body or error with an error", field="status", id=id)


def _read_error(id: str, error: dict[str, Any]) -> ActionError:
    code, message, field = (error.get(key) for key in ("code", "message", "field"))
    if not isinstance(code, str) or code not in _CODES or not isinstance(message, str):
        raise WireError("expected a known code and a message", field="error", id=id)
    return ActionError(ErrorCode(code), message, field if isinstance(field, str) else None)


def _is_time(found: object) -> bool:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return abs(found) < LATEST_TIME


def _read_object(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_FRAME_BYTES:
        raise WireError(f"expected at most {MAX_FRAME_BYTES} bytes, found {len(data)}")
    try:
        found = from_json(data)
    except ValueError as error:
        raise WireError(f"expected JSON: {error}") from None
    if not isinstance(found, dict):
        raise WireError("expected an object")
    return found


def _dump(message: Request | Reply) -> bytes:
    try:
        data: bytes = message.__pydantic_serializer__.to_json(message)
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        raise WireError(f"{type(message).__name__} has no JSON: {error}") from None
    if len(data) > MAX_FRAME_BYTES - 4096:
        raise WireError(f"{type(message).__name__} of {len(data)} bytes is over {MAX_FRAME_BYTES}")
    return data


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
