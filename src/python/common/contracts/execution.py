"""
Messages about commands that run on the host.

Only values live here; which commands may run is the policy of the executor.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Event, Query, Reply, Request, Topic

CommandLine = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]


class ExecuteRequest(Request):
    """Ask executor `execute`: one allowed program with arguments, split as a shell would.

    There is no shell: pipes, redirections and expansions are refused.
    """

    command: CommandLine
    user_id: str = Field(default="anonymous", min_length=1, max_length=200)
    token: str = Field(
        default="", max_length=4_000
    )  # of authentication_agent, when it is asked for
    timeout_seconds: float = Field(default=10.0, gt=0.0, le=60.0)


class Executed(Reply):
    """Answer `execute`; a program that fails is an answer, too. Outputs are cut at a limit."""

    execution_id: str
    exit_code: int
    output: str
    errors: str = ""
    seconds: float
    truncated: bool = False
    timed_out: bool = False


class ExecutionReported(Event):
    """Tell what was run, or refused, for whom, and how it ended."""

    execution_id: str
    command: str
    user_id: str
    allowed: bool
    exit_code: int | None = None
    reason: str = ""
    at: float


EXECUTIONS: Final = Topic("executor", "executions", ExecutionReported)


class AllowedCommand(BaseModel):
    """Describe one command that may run; a built-in one needs no program on the host."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str
    usage: str
    is_built_in: bool
    is_available: bool  # the program is installed here


class AllowedCommands(Reply):
    """Answer executor `list_allowed`, sorted by name."""

    commands: tuple[AllowedCommand, ...]


class ExecutionHistoryRequest(Query):
    """Ask executor `get_history`, newest first; of everybody or of one user."""

    limit: int = Field(default=20, ge=1, le=500)
    user_id: str | None = Field(default=None, min_length=1, max_length=200)


class ExecutionHistory(Reply):
    """Answer `get_history`: what was run or refused since the executor started."""

    executions: tuple[ExecutionReported, ...]
