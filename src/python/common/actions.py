"""Typed actions: how they are declared, found and invoked. No socket, no JSON text may enter."""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from pydantic import ValidationError

from common.messages import ActionError, ErrorCode, Reply, Request

A = TypeVar("A")
Q = TypeVar("Q", bound=Request)
R = TypeVar("R", bound=Reply)

Handler = Callable[[Any], Coroutine[Any, Any, Reply]]

_MARK = "_is_action"


class AgentDefinitionError(Exception):
    """Refuse an agent whose code is not what its facts or the rules of actions say."""


def action(
    method: Callable[[A, Q], Coroutine[Any, Any, R]],
) -> Callable[[A, Q], Coroutine[Any, Any, R]]:
    """Make a method answer the action of its name."""
    setattr(method, _MARK, True)
    return method


@dataclass(frozen=True)
class Action:
    """One action as its method declares it."""

    name: str
    summary: str
    request: type[Request]
    reply: type[Reply]


def actions_of(provider: type) -> tuple[Action, ...]:
    """Return the actions a class declares, sorted by name."""
    members = inspect.getmembers(provider, lambda member: getattr(member, _MARK, False))
    return tuple(_read(provider, name, function) for name, function in members)


def _read(provider: type, name: str, function: Callable[..., Any]) -> Action:
    where = f"{provider.__module__}.{provider.__qualname__}.{name}"
    if not inspect.iscoroutinefunction(function):
        raise AgentDefinitionError(f"{where}: expected `async def`, found a plain function")
    hints = get_type_hints(function)
    reply = hints.pop("return", None)
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != 2 or parameters[1] not in hints:
        raise AgentDefinitionError(
            f"{where}: expected (self, request: SomeRequest), found ({', '.join(parameters)})"
        )
    request = hints[parameters[1]]
    _expect_subclass(where, "request", request, Request)
    _expect_subclass(where, "reply", reply, Reply)
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return Action(name=name, summary=summary, request=request, reply=reply)


def _expect_subclass(where: str, role: str, found: object, base: type) -> None:
    if not (isinstance(found, type) and issubclass(found, base)):
        shown = found.__name__ if isinstance(found, type) else found
        raise AgentDefinitionError(f"{where}: expected a {base.__name__} as {role}, found {shown}")


class ActionTable:
    """The actions of one agent, bound to the objects that answer them."""

    def __init__(self, *providers: object) -> None:
        self._actions: dict[str, Action] = {}
        self._handlers: dict[str, Handler] = {}
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

    def read(self, name: str, body: Mapping[str, Any]) -> Request:
        """Make a body into the typed request of an action, or raise ActionError."""
        declared = self._actions.get(name)
        if declared is None:
            expected = ", ".join(sorted(self._actions))
            message = f"expected one of {expected}; found {_shorten(name)}"
            raise ActionError(ErrorCode.UNKNOWN_ACTION, message, field="action")
        try:
            return declared.request.model_validate(body)
        except ValidationError as error:
            raise _invalid(error) from None

    async def invoke(self, name: str, body: Mapping[str, Any]) -> Reply:
        """Answer one action."""
        request = self.read(name, body)
        return await self._handlers[name](request)


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
