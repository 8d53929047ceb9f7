"""Typed actions: how they are declared, found and invoked. No socket, no JSON text may enter."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from common import attachments
from common.messages import ActionError, ErrorCode, Item, Reply, Request

F = TypeVar("F", bound=Callable[..., Any])

Frames = list[bytes]
Arrivals = Callable[[Callable[[Any, Frames], Item]], AsyncIterator[Item]]
"""Gives the items of a stream's caller, made from bodies and frames by the function."""

_MARK = "_is_action"


class AgentDefinitionError(Exception):
    """Refuse an agent whose code is not what its facts or the rules of actions say."""


def action(method: F) -> F:
    """Make a method answer the action of its name.

    `async def name(self, request: SomeRequest) -> SomeReply` gives one reply. An async generator
    `async def name(self, request: SomeRequest) -> AsyncIterator[SomeItem]` gives a stream; when
    it takes `incoming: AsyncIterator[OtherItem]`, too, its caller sends items as well.
    """
    setattr(method, _MARK, True)
    return method


@dataclass(frozen=True)
class Action:
    """One action as its method declares it; `incoming` is what the caller of a stream sends."""

    name: str
    summary: str
    request: type[Request]
    reply: type[Reply] | type[Item]
    incoming: type[Item] | None = None

    @property
    def is_stream(self) -> bool:
        """Tell whether it gives items instead of a reply."""
        return issubclass(self.reply, Item)


def actions_of(provider: Any) -> tuple[Action, ...]:
    """Return the actions a class declares, sorted by name."""
    return _actions_of(provider)


@cache
def _actions_of(provider: type) -> tuple[Action, ...]:
    members = inspect.getmembers(provider, lambda member: getattr(member, _MARK, False))
    return tuple(_read(provider, name, function) for name, function in members)


def _read(provider: type, name: str, function: Callable[..., Any]) -> Action:
    where = f"{provider.__module__}.{provider.__qualname__}.{name}"
    is_stream = inspect.isasyncgenfunction(function)
    if not is_stream and not inspect.iscoroutinefunction(function):
        raise AgentDefinitionError(f"{where}: expected `async def`, found a plain function")
    hints = get_type_hints(function)
    given = hints.pop("return", None)
    parameters = list(inspect.signature(function).parameters)
    most = 3 if is_stream else 2
    if not 2 <= len(parameters) <= most or not all(name in hints for name in parameters[1:]):
        raise AgentDefinitionError(
            f"{where}: expected (self, request: SomeRequest), found ({', '.join(parameters)})"
        )
    request = hints[parameters[1]]
    _expect_subclass(where, "request", request, Request)
    reply = _items(where, "reply", given) if is_stream else given
    if not is_stream:
        _expect_subclass(where, "reply", reply, Reply)
    incoming = _items(where, "incoming", hints[parameters[2]]) if len(parameters) == 3 else None
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return Action(name, summary, request, reply, incoming)


def _items(where: str, role: str, hint: Any) -> Any:
    if get_origin(hint) is not AsyncIterator:
        shown = getattr(hint, "__name__", hint)
        raise AgentDefinitionError(
            f"{where}: expected AsyncIterator[SomeItem] as {role}, found {shown}"
        )
    (item,) = get_args(hint)
    _expect_subclass(where, role, item, Item)
    return item


def _expect_subclass(where: str, role: str, found: object, base: type) -> None:
    if not (isinstance(found, type) and issubclass(found, base)):
        shown = found.__name__ if isinstance(found, type) else found
        article = "an" if base is Item else "a"
        expected = f"{article} {base.__name__} as {role}"
        raise AgentDefinitionError(f"{where}: expected {expected}, found {shown}")


class ActionTable:
    """The actions of one agent, bound to the objects that answer them."""

    def __init__(self, *providers: object) -> None:
        self._actions: dict[str, Action] = {}
        self._handlers: dict[str, Callable[..., Any]] = {}
        for provider in providers:
            for declared in actions_of(type(provider)):
                # A later provider hides an earlier one: agents may answer base actions themselves.
                self._actions[declared.name] = declared
                self._handlers[declared.name] = getattr(provider, declared.name)

    def __contains__(self, name: object) -> bool:
        """Tell whether the table answers the action."""
        return name in self._actions

    @property
    def actions(self) -> tuple[Action, ...]:
        """Return the declarations, sorted by name."""
        return tuple(self._actions[name] for name in sorted(self._actions))

    def read(self, name: str, body: Mapping[str, Any], attached: Frames) -> Request:
        """Make a body into the typed request of an action, or raise ActionError."""
        declared = self._actions.get(name)
        if declared is None:
            expected = ", ".join(sorted(self._actions))
            message = f"expected one of {expected}; found {_shorten(name)}"
            raise ActionError(ErrorCode.UNKNOWN_ACTION, message, field="action")
        try:
            return attachments.load(declared.request, body, attached)
        except ValidationError as error:
            raise _invalid(error) from None

    async def invoke(
        self, name: str, body: Mapping[str, Any], attached: Frames | None = None
    ) -> Reply:
        """Answer one action that gives a reply."""
        request = self.read(name, body, attached or [])
        if self._actions[name].is_stream:
            raise ActionError(ErrorCode.UNKNOWN_ACTION, f"{name} is a stream", field="action")
        reply: Reply = await self._handlers[name](request)
        return reply

    def stream(
        self, name: str, body: Mapping[str, Any], attached: Frames, arrivals: Arrivals
    ) -> AsyncGenerator[Item, None]:
        """Begin one action that gives a stream."""
        request = self.read(name, body, attached)
        declared = self._actions[name]
        if not declared.is_stream:
            raise ActionError(ErrorCode.UNKNOWN_ACTION, f"{name} is no stream", field="action")
        kind = declared.incoming
        if kind is None:
            items: AsyncGenerator[Item, None] = self._handlers[name](request)
            return items
        arriving = arrivals(lambda body, frames: _load_item(kind, body, frames))
        items = self._handlers[name](request, arriving)
        return items


def _load_item(kind: type[Item], body: Any, frames: Frames) -> Item:
    try:
        return attachments.load(kind, body, frames)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> ActionError:
    problems = error.errors(include_url=False, include_context=False)
    lines = [f"{_place(problem['loc'])}: {_told(problem)}" for problem in problems]
    return ActionError(ErrorCode.INVALID, "; ".join(lines[:5]), field=_place(problems[0]["loc"]))


def _told(problem: Any) -> str:
    expected = problem["msg"][0].lower() + problem["msg"][1:]
    if problem["type"] in ("missing", "extra_forbidden"):
        return str(expected)
    return f"{expected}, found {_shorten(problem['input'])}"


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location) or "body"


def _shorten(value: object, limit: int = 60) -> str:
    shown = repr(value)
    return shown if len(shown) <= limit else f"{shown[:limit]}..."
