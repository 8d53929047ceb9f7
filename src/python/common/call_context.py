"""What travels with a call from agent to agent. Only the context variable may enter."""

import contextvars
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class CallContext(NamedTuple):
    """Which request is being worked on, who asked, and until when (unix seconds).

    `span` names this piece of work in a trace; the calls made in it carry it as their parent.
    """

    correlation_id: str
    source: str
    deadline: float | None
    span: str = ""
    parent: str = ""


_CURRENT: contextvars.ContextVar[CallContext | None] = contextvars.ContextVar("call", default=None)


def current_call() -> CallContext | None:
    """Return the call that is being answered, or None outside of one."""
    return _CURRENT.get()


def new_correlation_id() -> str:
    """Return an id for work that no request began."""
    return new_span()


def new_span() -> str:
    """Return an id for one piece of work in a trace: 16 hexadecimal digits."""
    # Nobody needs to be kept from guessing it, and asking the kernel costs more than all the rest
    # of a call's context. A forked child's generator is seeded anew.
    return f"{random.getrandbits(64):016x}"


def enter_call(call: CallContext) -> None:
    """Make a call the current one for the rest of this task."""
    _CURRENT.set(call)


@contextmanager
def correlated(correlation_id: str, source: str = "", span: str = "") -> Iterator[None]:
    """Let calls and log lines of a block carry a correlation id, without a deadline.

    A span makes the block part of that piece of work: its calls appear below it in a trace.
    """
    token = _CURRENT.set(CallContext(correlation_id, source, None, span))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def context_without_deadline() -> contextvars.Context:
    """Return a copy of the context for work that outlives the request which began it."""
    context = contextvars.copy_context()
    call = _CURRENT.get()
    if call is not None:
        kept = call._replace(deadline=None)
        context.run(_CURRENT.set, kept)
    return context
