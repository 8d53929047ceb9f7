"""
Executor: runs allowed commands on the host, without a shell, and tells everybody what it ran.

Which commands may run is data in allowed_programs. What the image has no program for is done by
the built-ins of host_commands, so that the agent is useful in an image without any.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from pathlib import Path
from typing import Final

from agents.utility_services.allowed_programs import RULES, Rule, rule_for
from agents.utility_services.bounded_processes import Ended, program_path, run_bounded
from agents.utility_services.command_lines import lines_of, words_of
from agents.utility_services.host_commands import BUILT_INS
from common.agent import Agent, AgentContext, action
from common.configuration import Configuration
from common.contracts.auth import TokenVerdict, ValidateTokenRequest
from common.contracts.execution import (
    EXECUTIONS,
    AllowedCommand,
    AllowedCommands,
    Executed,
    ExecuteRequest,
    ExecutionHistory,
    ExecutionHistoryRequest,
    ExecutionReported,
)
from common.contracts.language import RunScriptRequest, ScriptOutcome
from common.messages import ActionError, ErrorCode, Query

KEPT: Final = 500
MAX_AT_ONCE: Final = 4
LINE_SECONDS: Final = 10.0
SCRIPT_SECONDS: Final = 25.0
SAID: Final = 2_000


class ExecutorConfiguration(Configuration):
    """Say who may run commands; with `require_token` only who shows a token that is valid."""

    require_token: bool = False


class Executor(Agent):
    """Run what is allowed; remember the last 500 commands while the process lives."""

    topics = (EXECUTIONS,)
    configuration = ExecutorConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._history: deque[ExecutionReported] = deque(maxlen=KEPT)
        self._running = 0

    async def state_cleared(self) -> None:
        """Forget what was run."""
        self._history.clear()

    @action
    async def execute(self, request: ExecuteRequest) -> Executed:
        """Run one allowed command and answer how it ended."""
        try:
            await self._check_token(request.token, request.user_id)
            words = words_of(request.command)
            rule = rule_for(words)
        except ActionError as error:
            self._refused(request.command, request.user_id, error)
            raise
        return await self._run(rule, words, request)

    @action
    async def run_script(self, request: RunScriptRequest) -> ScriptOutcome:
        """Run the allowed commands of a script, one a line, until one fails.

        When one of them is not allowed, none is run.
        """
        user = request.user_id or "anonymous"
        try:
            await self._check_token("", user)
            lines = lines_of(request.script)
            split = [words_of(line) for line in lines]
            rules = [rule_for(words) for words in split]
        except ActionError as error:
            self._refused(request.script, user, error)
            raise
        end = self.clock.monotonic() + SCRIPT_SECONDS
        said: list[str] = []
        for line, words, rule in zip(lines, split, rules, strict=True):
            left = min(LINE_SECONDS, end - self.clock.monotonic())
            if left <= 0:
                return _outcome(False, [*said, f"{line}: no time was left"])
            order = ExecuteRequest(command=line, user_id=user, timeout_seconds=left)
            done = await self._run(rule, words, order)
            said += [text.strip() for text in (done.output, done.errors) if text.strip()]
            if done.exit_code or done.timed_out:
                return _outcome(False, [*said, f"{line}: ended with {done.exit_code}"])
        return _outcome(True, said)

    @action
    async def list_allowed(self, request: Query) -> AllowedCommands:
        """List the commands that may run, and which of them can run here."""
        return AllowedCommands(
            commands=tuple(
                AllowedCommand(
                    name=rule.name,
                    summary=rule.summary,
                    usage=rule.usage,
                    is_built_in=rule.is_built_in,
                    is_available=rule.is_built_in or program_path(rule.name) is not None,
                )
                for rule in sorted(RULES, key=lambda rule: rule.name)
            )
        )

    @action
    async def get_history(self, request: ExecutionHistoryRequest) -> ExecutionHistory:
        """Return what was run or refused, newest first."""
        newest = reversed(self._history)
        found = [each for each in newest if request.user_id in (None, each.user_id)]
        return ExecutionHistory(executions=tuple(found[: request.limit]))

    async def _check_token(self, token: str, user_id: str) -> None:
        if not self.configured(ExecutorConfiguration).require_token:
            return
        if not token:
            raise ActionError(ErrorCode.DENIED, "expected a token, found none", "token")
        request = ValidateTokenRequest(token=token)
        verdict = await self.peers.call(
            "authentication_agent", "validate_token", request, TokenVerdict
        )
        if not verdict.valid or verdict.user_id != user_id:
            message = f"expected a token of {user_id!r} that is valid"
            raise ActionError(ErrorCode.DENIED, message, "token")

    async def _run(self, rule: Rule, words: tuple[str, ...], request: ExecuteRequest) -> Executed:
        if self._running >= MAX_AT_ONCE:
            raise ActionError(ErrorCode.OVERLOADED, f"{MAX_AT_ONCE} commands are running")
        begin = self.clock.monotonic()
        self._running += 1
        try:
            ended = await self._ended(rule, words, request.timeout_seconds)
        finally:
            self._running -= 1
        execution_id = uuid.uuid4().hex
        reason = "time was up" if ended.timed_out else ""
        self._tell(execution_id, request.command, request.user_id, ended.exit_code, reason)
        return Executed(
            execution_id=execution_id,
            exit_code=ended.exit_code,
            output=ended.output,
            errors=ended.errors,
            seconds=self.clock.monotonic() - begin,
            truncated=ended.truncated,
            timed_out=ended.timed_out,
        )

    async def _ended(self, rule: Rule, words: tuple[str, ...], seconds: float) -> Ended:
        if rule.is_built_in:
            command = BUILT_INS[rule.name]
            output = await asyncio.to_thread(command, words[1:], self.clock.now())
            return Ended(0, output + "\n", "", truncated=False, timed_out=False)
        path = program_path(rule.name)
        if path is None:
            raise ActionError(ErrorCode.UNAVAILABLE, f"{rule.name} is not installed here")
        return await run_bounded((str(path), *words[1:]), self._folder(), seconds)

    def _folder(self) -> Path:
        folder = self.state_directory / "work"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _refused(self, command: str, user_id: str, error: ActionError) -> None:
        self._tell(uuid.uuid4().hex, command, user_id, None, error.message)
        self.log.warning("command refused: %s", error.code.value)

    def _tell(
        self, execution_id: str, command: str, user_id: str, exit_code: int | None, reason: str
    ) -> None:
        report = ExecutionReported(
            execution_id=execution_id,
            command=command[:SAID],
            user_id=user_id,
            allowed=exit_code is not None,
            exit_code=exit_code,
            reason=reason,
            at=self.clock.now(),
        )
        self._history.append(report)
        self.events.publish(EXECUTIONS, report)


def _outcome(succeeded: bool, said: list[str]) -> ScriptOutcome:
    return ScriptOutcome(succeeded=succeeded, output="\n".join(said))
