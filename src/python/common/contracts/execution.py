"""
Messages about commands that run on the host.

Only values live here; which commands may run is the policy of the executor.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from common.messages import Event, Reply, Request, Topic

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
