"""Actions: how a class declares them, and what a table does with bodies."""

import pytest

from common.actions import ActionTable, AgentDefinitionError, action, actions_of
from common.messages import ActionError, Done, Empty, ErrorCode, Reply, Request


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


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
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
