"""Tests of Executor: what may run runs in bounds, everything else is refused and reported."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.utility_services.allowed_programs import RULES, rule_for
from agents.utility_services.bounded_processes import MAX_OUTPUT, program_path, run_bounded
from agents.utility_services.command_lines import SHELL_CHARACTERS, words_of
from agents.utility_services.executor import Executor, ExecutorConfiguration
from agents.utility_services.host_commands import BUILT_INS
from common.contracts.auth import TokenVerdict
from common.contracts.execution import EXECUTIONS
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

REFUSED = (
    "rm -rf /", "sh -c ls", "bash", "python3 -c 1", "echo a | cat", "echo a > b", "echo $HOME",
    "echo `id`", "echo a; id", "echo a && id", "/bin/echo a", "./echo", "../bin/id", "ECHO a",
    "uname --help", "df /etc", "ps aux", "sleep 100", "sleep infinity", "seq 1 2 3 4", "seq a",
    "seq -f %s 3", "getconf", "getconf -a", "id root", "lscpu -s /", "date -s now", "env",
    "sudo id",
)  # fmt: skip


@pytest.mark.parametrize("command", REFUSED)
async def test_what_is_not_allowed_is_refused_and_reported(command: str) -> None:
    """No other program, option or argument gets through, and who asked is told to all."""
    async with AgentHarness(Executor) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("execute", command=command, user_id="anna")

        assert caught.value.code is ErrorCode.DENIED
        (report,) = agent.published(EXECUTIONS)
        assert (report.allowed, report.user_id, report.command) == (False, "anna", command)
        assert report.exit_code is None and report.reason


@pytest.mark.parametrize("command", ["echo 'open", "a\x00b", "echo a\nid", "\u200b", "''"])
async def test_what_is_no_command_line_is_invalid(command: str) -> None:
    """Open quotes, control characters and nothing at all are INVALID."""
    async with AgentHarness(Executor) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("execute", command=command)

    assert caught.value.code in (ErrorCode.INVALID, ErrorCode.DENIED)


@pytest.mark.parametrize("name", sorted(BUILT_INS))
async def test_built_in_commands_need_no_program(name: str) -> None:
    """They work in an image that has no shell and no tools."""
    async with AgentHarness(Executor) as agent:
        done = await agent.call("execute", command=f"{name} hello" if name == "echo" else name)

    assert done.exit_code == 0
    assert done.output.strip()


async def test_a_program_runs_and_is_reported() -> None:
    """The reply has what it said, subscribers hear that it ran, and the history has it."""
    async with AgentHarness(Executor) as agent:
        done = await agent.call("execute", command="seq 1 2 5", user_id="ben")
        (report,) = agent.published(EXECUTIONS)
        history = await agent.call("get_history", user_id="ben")

        assert (done.exit_code, done.output, done.truncated) == (0, "1\n3\n5\n", False)
        assert (report.allowed, report.exit_code) == (True, 0)
        assert history.executions == (report,)
        assert (await agent.call("get_history", user_id="eve")).executions == ()


async def test_a_program_that_takes_too_long_is_ended() -> None:
    """That its time was up is an answer, not an error."""
    async with AgentHarness(Executor) as agent:
        done = await agent.call("execute", command="sleep 50", timeout_seconds=0.3)

    assert done.timed_out
    assert done.exit_code != 0


async def test_a_script_runs_line_by_line() -> None:
    """Comments and empty lines are left out; the outputs are put together."""
    async with AgentHarness(Executor) as agent:
        done = await agent.call("run_script", script="# first\necho one\n\necho 'two words'\n")

    assert (done.succeeded, done.output) == (True, "one\ntwo words")


async def test_a_script_with_one_forbidden_line_does_nothing() -> None:
    """All lines are judged before the first is run."""
    async with AgentHarness(Executor) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("run_script", script="echo one\nrm -rf /")

        assert caught.value.code is ErrorCode.DENIED
        assert [report.allowed for report in agent.published(EXECUTIONS)] == [False]


async def test_a_script_ends_at_the_first_failure() -> None:
    """What comes after a line that failed is not run."""
    async with AgentHarness(Executor) as agent:
        done = await agent.call("run_script", script="getconf NO_SUCH_THING\necho never")

    assert not done.succeeded
    assert "never" not in done.output


@pytest.mark.parametrize(
    ("token", "verdict", "allowed"),
    [
        ("", None, False),
        ("bad", TokenVerdict(valid=False), False),
        ("good", TokenVerdict(valid=True, user_id="eve"), False),
        ("good", TokenVerdict(valid=True, user_id="anna"), True),
    ],
)
async def test_a_token_is_needed_when_it_is_configured(
    token: str, verdict: TokenVerdict | None, allowed: bool
) -> None:
    """Without a valid token of the same user nothing runs."""
    told = ExecutorConfiguration(require_token=True)
    async with AgentHarness(Executor, configuration=told) as agent:
        if verdict is not None:
            agent.peers.answer("authentication_agent", "validate_token", lambda request: verdict)
        try:
            await agent.call("execute", command="echo a", user_id="anna", token=token)
            ran = True
        except ActionError as error:
            assert error.code is ErrorCode.DENIED
            ran = False

        assert ran is allowed
        assert [report.allowed for report in agent.published(EXECUTIONS)] == [allowed]


async def test_without_who_judges_tokens_nothing_runs() -> None:
    """A missing authentication agent opens no door."""
    told = ExecutorConfiguration(require_token=True)
    async with AgentHarness(Executor, configuration=told) as agent:
        with pytest.raises(ActionError):
            await agent.call("execute", command="echo a", token="x")

        assert [report.allowed for report in agent.published(EXECUTIONS)] == [False]


async def test_the_list_says_what_can_run_here() -> None:
    """Built-in commands are always available, programs when they are installed."""
    async with AgentHarness(Executor) as agent:
        listed = (await agent.call("list_allowed")).commands

    assert [each.name for each in listed] == sorted(rule.name for rule in RULES)
    assert all(each.is_available for each in listed if each.is_built_in)
    assert {rule.name for rule in RULES if rule.is_built_in} == set(BUILT_INS)


async def run_python(code: str, folder: Path, seconds: float = 10.0) -> str:
    """Run some Python in bounds, and return what it printed."""
    return (await run_bounded((sys.executable, "-c", code), folder, seconds)).output


async def test_a_program_sees_a_clean_environment_and_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable of the agent's process reaches it."""
    monkeypatch.setenv("AGENT_SECRET", "s3cret")
    said = await run_python("import os; print(os.getcwd(), sorted(os.environ))", tmp_path)

    assert said.split()[0] == str(tmp_path)
    assert "AGENT_SECRET" not in said and "HOME" not in said


async def test_output_is_cut_at_its_limit(tmp_path: Path) -> None:
    """A program that talks without end does not fill the memory."""
    ended = await run_bounded((sys.executable, "-c", "print('x' * 5_000_000)"), tmp_path, 10.0)

    assert (len(ended.output), ended.truncated, ended.exit_code) == (MAX_OUTPUT, True, 0)


@pytest.mark.parametrize(
    "code", ["bytearray(2_000_000_000)", "open('f', 'wb').write(bytes(50_000_000))"]
)
async def test_memory_and_files_are_limited(code: str, tmp_path: Path) -> None:
    """A program that wants too much of either fails."""
    ended = await run_bounded((sys.executable, "-c", code), tmp_path, 20.0)

    assert ended.exit_code != 0


def is_over(number: int) -> bool:
    """Tell whether a process that was killed ends; the kernel takes a moment for it."""
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 5.0)[0])
    finally:
        os.close(process)


async def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    """When time is up the whole group goes, not only the first process."""
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(60)']); print(child.pid, flush=True); child.wait()"
    )
    ended = await run_bounded((sys.executable, "-c", code), tmp_path, 3.0)
    child = int(ended.output)

    assert ended.timed_out
    assert is_over(child)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_command_is_made_of_plain_words_or_refused(text: str) -> None:
    """What is split has nothing in it that a shell would act on."""
    try:
        words = words_of(text)
    except ActionError as error:
        assert error.code in (ErrorCode.DENIED, ErrorCode.INVALID)
    else:
        assert words and not SHELL_CHARACTERS & set("".join(words))


@settings(deadline=None)
@given(st.sampled_from([r.name for r in RULES if not r.is_built_in]), st.lists(st.text(max_size=9)))
def test_no_program_is_given_a_path(name: str, arguments: list[str]) -> None:
    """Of whatever arguments, those that get through lead to no file."""
    try:
        rule = rule_for((name, *arguments))
    except ActionError as error:
        assert error.code is ErrorCode.DENIED
    else:
        assert not any(os.sep in argument or ".." in argument for argument in arguments)
        assert rule.name == name


def test_programs_are_found_in_fixed_folders_only() -> None:
    """A name with a folder in it finds nothing that a rule could name."""
    assert program_path("no_such_program") is None
    assert all(os.sep not in rule.name for rule in RULES)
