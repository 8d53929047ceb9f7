"""
Programs of the host, run through the executor, and what is said of how they ended.

Which programs may run is the policy of the executor; nothing is started here.
"""

from __future__ import annotations

import re
from typing import Final

from agents.language_processing.directory import is_serving
from common.contracts.execution import Executed, ExecuteRequest
from common.contracts.language import (
    CommandKind,
    CommandOutcome,
    RunScriptRequest,
    ScriptOutcome,
)
from common.messages import ActionError, ErrorCode
from common.peers import Peers

EXECUTOR: Final = "executor"
PROGRAM_SECONDS: Final = 20.0
SCRIPT_SECONDS: Final = 30.0
MAX_OUTPUT: Final = 2_000

# Programs by names that mean nothing else; the others are programs only when told to be run.
_OWN = (
    r"arch|cat|df|disk_free|du|echo|hostname|id|list_processes|ls|lsblk|lscpu|nproc|ps|pwd"
    r"|system_info|uname|uptime|whoami"
)
_SHARED = r"cal|date|env|file|find|free|getconf|grep|head|memory|seq|sleep|sort|stat|tail|tree|wc"
_RUN = r"(?:run|execute) (?:the )?"
_CALLED = re.compile(
    rf"(?:please )?(?:{_RUN}(?:program|(?:host |shell )?command) (?P<told>.+)"
    rf"|{_RUN}(?P<run>(?:{_OWN}|{_SHARED})(?: .*)?)|(?P<bare>(?:{_OWN})(?: .*)?))",
    re.IGNORECASE | re.DOTALL,
)


def named_program(command: str) -> str | None:
    """Return the command line when a command names a program of the host."""
    found = _CALLED.fullmatch(command.strip())
    return (found["told"] or found["run"] or found["bare"]).strip() if found else None


class HostPrograms:
    """Have programs run for one user."""

    def __init__(self, peers: Peers, user_id: str | None) -> None:
        self._peers = peers
        self._user_id = user_id or "anonymous"

    async def run(self, line: str) -> CommandOutcome:
        """Run a command line that was checked; raise ActionError when it is refused."""
        self._expect_executor(line)
        request = ExecuteRequest(command=line, user_id=self._user_id)
        try:
            done = await self._peers.call(
                EXECUTOR, "execute", request, Executed, timeout=PROGRAM_SECONDS
            )
        except ActionError as error:
            raise ActionError(error.code, f"I may not run {line}: {error.message}") from error
        return _outcome(line, done)

    async def run_script(self, name: str, script: str) -> CommandOutcome:
        """Run a script that was checked; raise ActionError when it is refused."""
        self._expect_executor(f"the script {name}")
        request = RunScriptRequest(script=script, user_id=self._user_id)
        done = await self._peers.call(
            EXECUTOR, "run_script", request, ScriptOutcome, timeout=SCRIPT_SECONDS
        )
        verb = "ran" if done.succeeded else "failed"
        return CommandOutcome(
            command=name,
            kind=CommandKind.SCRIPT,
            succeeded=done.succeeded,
            message=f"The script {name} {verb}: {done.output or 'no output'}",
            error=None if done.succeeded else ErrorCode.INTERNAL,
            data={"output": done.output},
        )

    def _expect_executor(self, what: str) -> None:
        if not is_serving(self._peers, EXECUTOR):
            message = f"I cannot run {what}: no {EXECUTOR} agent is running"
            raise ActionError(ErrorCode.UNAVAILABLE, message)


def _outcome(line: str, done: Executed) -> CommandOutcome:
    succeeded = done.exit_code == 0 and not done.timed_out
    output = (done.output if succeeded else done.errors or done.output).strip()
    ended = "took too long" if done.timed_out else f"failed with exit code {done.exit_code}"
    return CommandOutcome(
        command=line,
        kind=CommandKind.SCRIPT,
        succeeded=succeeded,
        message=f"{line} {'says' if succeeded else ended}: {output[:MAX_OUTPUT] or 'nothing'}",
        error=None if succeeded else ErrorCode.INTERNAL,
        data={"output": output, "exit_code": done.exit_code, "execution_id": done.execution_id},
    )
