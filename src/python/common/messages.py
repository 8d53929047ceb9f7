"""Bases of typed messages and the closed set of errors. No wire format, no socket may enter."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """Base of everything an action is asked with.

    A request that `is_idempotent` may be carried out twice with the effect of once; only such
    a one is sent again when its reply is lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    is_idempotent: ClassVar[bool] = False


class Query(Request):
    """Base of requests that change nothing."""

    is_idempotent: ClassVar[bool] = True


class Reply(BaseModel):
    """Base of everything an action answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Item(BaseModel):
    """Base of what a stream carries, one way or the other."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Event(BaseModel):
    """Base of what happened and is told to whoever subscribed."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True)
class Topic(Generic[E_co]):
    """One kind of event of one agent: its slug, the topic's name, the type of its events."""

    agent: str
    name: str
    event: type[E_co]


class Empty(Request):
    """Ask without saying anything more."""


class Done(Reply):
    """Say that it is done, and nothing more."""


class ErrorCode(StrEnum):
    """Name every way in which a call can fail."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNKNOWN_ACTION = "unknown_action"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


class ActionError(Exception):
    """Tell the caller of an action why it got no reply.

    Agents raise it; callers of peers get the same code, message and field back.
    """

    def __init__(self, code: ErrorCode, message: str, field: str | None = None) -> None:
        super().__init__(code, message, field)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        """Show the code, the field if there is one, and the message."""
        where = f" at {self.field}" if self.field else ""
        return f"{self.code.value}{where}: {self.message}"
