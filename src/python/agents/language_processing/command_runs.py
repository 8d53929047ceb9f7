"""
One run of a command: resolve it, check what custom commands made of it, carry it out.

Bounds depth and number of steps, so that no definition can run for ever. Nothing is stored.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from agents.language_processing.built_in_commands import BUILT_INS, BuiltIns, recognise
from agents.language_processing.custom_commands import command_names, fill
from agents.language_processing.host_programs import HostPrograms, named_program
from common.contracts.language import (
    Analysis,
    AnalyzeRequest,
    CommandKind,
    CommandOutcome,
    CommandVerdict,
    CustomCommand,
    ExecuteCommandRequest,
    StepResult,
    ValidateCommandRequest,
)
from common.messages import ActionError, ErrorCode
from common.peers import Peers

MAX_DEPTH = 8
MAX_STEPS = 200


class CommandRun:
    """Carry out one request."""

    def __init__(
        self,
        peers: Peers,
        built_ins: BuiltIns,
        custom: Mapping[str, CustomCommand],
        request: ExecuteCommandRequest,
    ) -> None:
        self._peers = peers
        self._built_ins = built_ins
        self._custom = custom
        self._request = request
        self._host = HostPrograms(peers, request.user_id)
        self._steps_left = MAX_STEPS

    async def carry_out(self) -> CommandOutcome:
        """Carry out the command of the request."""
        command = self._request.command.strip()
        try:
            outcome = await self._run(command, ())
        except ActionError as error:
            return CommandOutcome(
                command=command,
                kind=self._kind_of(command),
                succeeded=False,
                message=error.message,
                error=error.code,
            )
        return outcome.model_copy(update={"command": command})

    async def _run(self, command: str, callers: tuple[str, ...]) -> CommandOutcome:
        if definition := self._definition(command):
            return await self._run_custom(definition, callers)
        if callers:
            await self._check(command)
        if call := recognise(command):
            done = await self._built_ins.carry_out(call)
            return CommandOutcome(
                command=command,
                kind=CommandKind.BUILT_IN,
                succeeded=True,
                message=done.message,
                data=dict(done.data),
            )
        if line := named_program(command):
            if not callers:
                await self._check(f"run {line}")  # any agent may ask, not only who has checked
            return await self._host.run(line)
        understood = None if callers else await self._understood(command)
        if understood and understood != command:
            return await self._run(understood, (command,))
        raise ActionError(ErrorCode.NOT_FOUND, self._unknown(command), "command")

    async def _run_custom(
        self, definition: CustomCommand, callers: tuple[str, ...]
    ) -> CommandOutcome:
        way = (*callers, definition.name)
        if definition.name in callers or len(way) > MAX_DEPTH:
            raise ActionError(
                ErrorCode.INVALID,
                f"expected commands at most {MAX_DEPTH} deep and none inside itself, "
                f"found {' -> '.join(way)}",
                "command",
            )
        if definition.kind is CommandKind.SEQUENCE:
            return await self._run_sequence(definition, way)
        if definition.kind is CommandKind.SCRIPT:
            return await self._run_script(definition)
        target = fill(definition.target, self._request.parameters)
        outcome = await self._run(target, way)
        return outcome.model_copy(update={"kind": CommandKind.ALIAS_FOR})

    async def _run_sequence(
        self, definition: CustomCommand, way: tuple[str, ...]
    ) -> CommandOutcome:
        steps: list[StepResult] = []
        for template in definition.steps:
            steps.append(await self._run_step(template, way))
            if not steps[-1].succeeded:
                break
        done, total = sum(step.succeeded for step in steps), len(definition.steps)
        said = " ".join(step.message for step in steps)
        return CommandOutcome(
            command=definition.name,
            kind=CommandKind.SEQUENCE,
            succeeded=done == total,
            message=said if done == total else f"{done} of {total} steps done. {said}",
            error=steps[-1].error,
            steps=tuple(steps),
        )

    async def _run_step(self, template: str, way: tuple[str, ...]) -> StepResult:
        command = template
        try:
            self._steps_left -= 1
            if self._steps_left < 0:
                raise ActionError(ErrorCode.INVALID, f"expected at most {MAX_STEPS} steps in all")
            command = fill(template, self._request.parameters)
            done = await self._run(command, way)
        except ActionError as error:
            return StepResult(
                command=command, succeeded=False, message=error.message, error=error.code
            )
        return StepResult(
            command=command, succeeded=done.succeeded, message=done.message, error=done.error
        )

    async def _run_script(self, definition: CustomCommand) -> CommandOutcome:
        script = fill(definition.script, self._request.parameters)
        await self._check(script)
        return await self._host.run_script(definition.name, script)

    async def _check(self, command: str) -> None:
        # The coordinator checked what the user said; what was made of it since is new.
        request = ValidateCommandRequest(
            command=command,
            user_id=self._request.user_id,
            source="advanced_command_handler",
            confirmed=self._request.confirmed,
        )
        verdict = await self._peers.call(
            "intention_validator_agent", "validate_command", request, CommandVerdict
        )
        if not verdict.allowed:
            asked = " Confirm it first." if verdict.requires_confirmation else ""
            reasons = " and ".join(verdict.reasons)
            raise ActionError(ErrorCode.DENIED, f"I may not do {command!r}: {reasons}.{asked}")

    async def _understood(self, command: str) -> str | None:
        request = AnalyzeRequest(text=command)
        analysis = await self._peers.call("nlu_agent", "analyze", request, Analysis)
        return analysis.first("command")

    def _definition(self, command: str) -> CustomCommand | None:
        named = (self._custom.get(name) for name in command_names(command))
        return next((definition for definition in named if definition), None)

    def _kind_of(self, command: str) -> CommandKind | None:
        if definition := self._definition(command):
            return definition.kind
        return CommandKind.BUILT_IN if recognise(command) else None

    def _unknown(self, command: str) -> str:
        names = [*(known.name for known in BUILT_INS), *self._custom]
        near = difflib.get_close_matches(command.casefold()[:100], names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "say 'help' for a list."
        return f"I know no command {command[:100]!r}; {hint}"
