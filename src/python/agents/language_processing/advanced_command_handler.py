"""
AdvancedCommandHandler: built-in commands, and custom ones that are a sequence, script or alias.

No command is carried out here: built-ins are in built_in_commands, runs in command_runs.
"""

from __future__ import annotations

from agents.language_processing.built_in_commands import BUILT_INS, BuiltIns, recognise
from agents.language_processing.command_runs import CommandRun
from agents.language_processing.custom_commands import find_cycle, key_of
from common.agent import Agent, action
from common.contracts.language import (
    CommandList,
    CommandOutcome,
    CommandRegistered,
    CommandRemoved,
    CustomCommand,
    ExecuteCommandRequest,
    RegisterCommandRequest,
    RemoveCommandRequest,
)
from common.messages import ActionError, ErrorCode, Query

COMMANDS = "commands"
MAX_COMMANDS = 1_000


class AdvancedCommandHandler(Agent):
    """Carry out commands; remember the custom ones."""

    async def start(self) -> None:
        """Load the custom commands."""
        self._built_ins = BuiltIns(self.peers, self.clock)
        stored = await self.store.scan(COMMANDS)
        self._custom = {key: CustomCommand.model_validate(document) for key, document in stored}

    async def state_cleared(self) -> None:
        """Forget the custom commands."""
        self._custom.clear()

    @action
    async def execute_command(self, request: ExecuteCommandRequest) -> CommandOutcome:
        """Carry out a command; a failed command is an outcome with an error code."""
        # The run keeps the commands as they are now: a change meets the next run.
        run = CommandRun(self.peers, self._built_ins, dict(self._custom), request)
        outcome = await run.carry_out()
        if outcome.error is not None:
            self.log.info("command failed: %s", outcome.error.value)
        return outcome

    @action
    async def register_command(self, request: RegisterCommandRequest) -> CommandRegistered:
        """Keep a custom command; one that would call itself is refused."""
        definition = request.definition
        key = key_of(definition.name)
        self._check_name(definition.name, key, request.replace)
        cycle = find_cycle(key, {**self._custom, key: definition})
        if cycle:
            raise ActionError(
                ErrorCode.INVALID,
                f"expected a command that does not call itself, found {' -> '.join(cycle)}",
                "definition",
            )
        is_known = key in self._custom
        await self.store.put(COMMANDS, key, definition.model_dump(mode="json"))
        self._custom[key] = definition
        return CommandRegistered(name=definition.name, replaced=is_known)

    @action
    async def remove_command(self, request: RemoveCommandRequest) -> CommandRemoved:
        """Take out a custom command."""
        key = key_of(request.name)
        if key not in self._custom:
            raise ActionError(ErrorCode.NOT_FOUND, f"no custom command {request.name!r}", "name")
        await self.store.delete(COMMANDS, key)
        removed = self._custom.pop(key)
        return CommandRemoved(name=removed.name)

    @action
    async def list_commands(self, request: Query) -> CommandList:
        """List the built-in commands and the custom ones, by name."""
        custom = tuple(self._custom[key] for key in sorted(self._custom))
        return CommandList(built_in=BUILT_INS, custom=custom)

    def _check_name(self, name: str, key: str, replace: bool) -> None:
        if recognise(key) or key in {known.name for known in BUILT_INS}:
            raise ActionError(
                ErrorCode.CONFLICT, f"{name!r} is a built-in command", "definition.name"
            )
        if key in self._custom and not replace:
            raise ActionError(
                ErrorCode.CONFLICT,
                f"{name!r} exists already; replace it with `replace: true`",
                "definition.name",
            )
        if key not in self._custom and len(self._custom) >= MAX_COMMANDS:
            raise ActionError(
                ErrorCode.OVERLOADED, f"expected at most {MAX_COMMANDS} custom commands"
            )
