"""Actions: how a class declares them, and what a table does with bodies."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from common.actions import (
    ActionTable,
    AgentDefinitionError,
    Arrivals,
    Frames,
    action,
    actions_of,
)
from common.messages import ActionError, Done, Empty, ErrorCode, Item, Reply, Request


class Sum(Request):
    """Two numbers."""

    left: int
    right: int = 1


class Total(Reply):
    """Their sum."""

    total: int


class Calculator:
    """Answer two actions."""

    @action
    async def add(self, request: Sum) -> Total:
        """Add two numbers.

        The rest of the docstring is not the summary.
        """
        return Total(total=request.left + request.right)

    @action
    async def reset(self, request: Empty) -> Done:
        """Begin anew."""
        return Done()

    async def internal(self) -> None:
        """Answer nobody."""


def test_declarations_are_read_from_the_class() -> None:
    """A class tells its actions sorted, with the first line of each docstring and both types."""
    add, reset = actions_of(Calculator)

    assert ("add", "Add two numbers.", Sum, Total) == (
        add.name,
        add.summary,
        add.request,
        add.reply,
    )
    assert reset.name == "reset"


async def test_invoke_validates_and_answers() -> None:
    """A body becomes the typed request, the method answers."""
    assert Total(total=3) == await ActionTable(Calculator()).invoke("add", {"left": 2})


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "left", "left: field required"),
        ({"left": 1, "up": 2}, "up", "up: extra inputs are not permitted"),
        (
            {"left": "many"},
            "left",
            "left: input should be a valid integer, unable to parse string as an integer,"
            " found 'many'",
        ),
    ],
)
async def test_wrong_body_names_field_and_expectation(
    body: dict[str, object], field: str, message: str
) -> None:
    """A body that does not fit is refused with the field, what was expected and what was found."""
    with pytest.raises(ActionError) as caught:
        await ActionTable(Calculator()).invoke("add", body)

    assert (ErrorCode.INVALID, field, message) == (
        caught.value.code,
        caught.value.field,
        caught.value.message,
    )


async def test_unknown_action_lists_the_known_ones() -> None:
    """An action that is not there is answered with those that are; methods stay private."""
    with pytest.raises(ActionError) as caught:
        await ActionTable(Calculator()).invoke("internal", {})

    assert caught.value.code == ErrorCode.UNKNOWN_ACTION
    assert caught.value.message == "expected one of add, reset; found 'internal'"


def test_later_provider_hides_the_earlier() -> None:
    """An agent may answer a base action in its own way."""

    class Own:
        @action
        async def reset(self, request: Sum) -> Total:
            """Reset to a sum."""
            return Total(total=0)

    table = ActionTable(Calculator(), Own())

    assert [("add", Sum), ("reset", Sum)] == [(own.name, own.request) for own in table.actions]


class Heard(Item):
    """One number that was heard."""

    number: int


class Summed(Item):
    """The sum so far."""

    total: int


class Adder:
    """Answer two streams."""

    @action
    async def count(self, request: Sum) -> AsyncIterator[Summed]:
        """Count from left to right."""
        for number in range(request.left, request.right):
            yield Summed(total=number)

    @action
    async def sum_up(self, request: Empty, incoming: AsyncIterator[Heard]) -> AsyncIterator[Summed]:
        """Add what comes."""
        total = 0
        async for heard in incoming:
            total += heard.number
            yield Summed(total=total)


def test_streams_are_read_from_the_class() -> None:
    """An async generator is a stream; what its caller sends is said by its second argument."""
    count, sum_up = actions_of(Adder)

    assert (count.is_stream, count.reply, count.incoming) == (True, Summed, None)
    assert (sum_up.is_stream, sum_up.reply, sum_up.incoming) == (True, Summed, Heard)
    assert not actions_of(Calculator)[0].is_stream


def arriving(*bodies: object) -> Arrivals:
    """Return what a caller sends, as a table asks for it."""

    async def arrivals(load: Callable[[Any, Frames], Item]) -> AsyncIterator[Item]:
        for body in bodies:
            yield load(body, [])

    return arrivals


async def test_a_table_begins_streams() -> None:
    """Items of the caller are typed before the agent sees them; the agent's are given in order."""
    table = ActionTable(Adder())
    counted = [
        item async for item in table.stream("count", {"left": 1, "right": 3}, [], arriving())
    ]
    sums = table.stream("sum_up", {}, [], arriving({"number": 2}, {"number": 3}))

    assert counted == [Summed(total=1), Summed(total=2)]
    assert [item async for item in sums] == [Summed(total=2), Summed(total=5)]


async def test_a_wrong_item_names_its_field() -> None:
    """An item that does not fit is refused in the stream that it came by."""
    sums = ActionTable(Adder()).stream("sum_up", {}, [], arriving({"number": 2}, {"n": 3}))
    assert await anext(sums) == Summed(total=2)
    with pytest.raises(ActionError) as caught:
        await anext(sums)

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "number")


async def test_streams_and_replies_are_not_mixed_up() -> None:
    """A stream is not invoked and an action with a reply is not opened."""
    table = ActionTable(Adder(), Calculator())
    with pytest.raises(ActionError, match="count is a stream"):
        await table.invoke("count", {"left": 1})
    with pytest.raises(ActionError, match="add is no stream"):
        table.stream("add", {"left": 1}, [], arriving())
    with pytest.raises(ActionError, match="expected one of add, count, reset, sum_up"):
        table.stream("sing", {}, [], arriving())


class NotAsync:
    """Declare an action that cannot be awaited."""

    def add(self, request: Sum) -> Total:
        """Add."""
        return Total(total=0)


class NoTypes:
    """Declare an action whose reply is no message."""

    async def add(self, request: Sum) -> int:
        """Add."""
        return 0


class TooMany:
    """Declare an action with a second argument."""

    async def add(self, request: Sum, more: int) -> Total:
        """Add."""
        return Total(total=0)


class NoItems:
    """Declare a stream of what is no item."""

    async def add(self, request: Sum) -> AsyncIterator[Total]:
        """Add."""
        yield Total(total=0)


class NoIterator:
    """Declare a stream whose caller sends no iterator."""

    async def add(self, request: Sum, more: Heard) -> AsyncIterator[Summed]:
        """Add."""
        yield Summed(total=0)


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        (NoItems, "expected an Item as reply, found Total"),
        (NoIterator, "expected AsyncIterator.SomeItem. as incoming, found Heard"),
        (NotAsync, "expected `async def`, found a plain function"),
        (NoTypes, "expected a Reply as reply, found int"),
        (TooMany, "expected .self, request: SomeRequest., found .self, request, more."),
    ],
)
def test_wrong_declaration_is_refused(provider: type, problem: str) -> None:
    """A method that breaks the rules of actions is refused where it stands."""
    action(provider.__dict__["add"])

    with pytest.raises(AgentDefinitionError, match=problem) as caught:
        actions_of(provider)

    assert f"{provider.__name__}.add" in str(caught.value)
