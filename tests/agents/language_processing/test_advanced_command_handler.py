"""Tests of AdvancedCommandHandler: built-in and custom commands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.advanced_command_handler import AdvancedCommandHandler
from agents.language_processing.built_in_commands import BUILT_INS
from agents.language_processing.command_runs import MAX_STEPS
from agents.language_processing.custom_commands import find_cycle
from agents.language_processing.intents import analyze
from agents.language_processing.policy import judge
from common.contracts.execution import Executed
from common.contracts.knowledge import Fact, FactAdded, FactsFound, ScoredFact
from common.contracts.language import (
    CommandKind,
    CommandVerdict,
    CustomCommand,
    Decision,
    ScriptOutcome,
)
from common.contracts.memory import MemoriesDeleted
from common.contracts.registry import AgentRecord
from common.contracts.twin import AgentPicture, AgentPictures
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness, FakePeers

BOILER = ScoredFact(
    fact=Fact(fact_id="f1", topic="boiler", content="the boiler was serviced on 4 May"), score=2.0
)
CAR = ScoredFact(fact=Fact(fact_id="f2", topic="car", content="the car is red"), score=1.0)


def validated(request: Any) -> CommandVerdict:
    """Judge a command as the validator agent does."""
    judgement = judge(request.command)
    confirm = judgement.decision is Decision.CONFIRM
    allowed = judgement.decision is Decision.ALLOW or (confirm and request.confirmed)
    return CommandVerdict(
        allowed=allowed,
        decision=judgement.decision,
        risk=judgement.risk,
        reasons=judgement.reasons,
        requires_confirmation=confirm and not allowed,
        rule_ids=judgement.rule_ids,
        validation_id="v1",
    )


def peers() -> FakePeers:
    """Return peers that know two facts, two agents and the policy."""
    fakes = FakePeers()
    pictures = tuple(
        AgentPicture(slug=slug, instance=slug, endpoint="tcp://127.0.0.1:1")
        for slug in ("nlu_agent", "knowledge_base")
    )
    answers: dict[tuple[str, str], Any] = {
        ("intention_validator_agent", "validate_command"): validated,
        ("nlu_agent", "analyze"): lambda request: analyze(request.text),
        ("system_digital_twin", "get_ok_agents"): lambda _: AgentPictures(agents=pictures),
        ("knowledge_base", "add_fact"): lambda _: FactAdded(fact_id="f9"),
        ("knowledge_base", "search_facts"): lambda _: FactsFound(facts=(BOILER, CAR)),
        ("memory_client", "delete_memory"): lambda request: MemoriesDeleted(
            memory_ids=(request.memory_id,)
        ),
    }
    for (agent, action), answer in answers.items():
        fakes.answer(agent, action, answer)
    return fakes


def executor(phase: Phase = Phase.READY) -> AgentRecord:
    """Return the directory entry of an executor."""
    return AgentRecord(
        slug="executor", instance="executor", endpoint="tcp://127.0.0.1:1", health_endpoint="",
        phase=phase, machine="mainpc", group="", since=0.0,
    )  # fmt: skip


def harness() -> AgentHarness[AdvancedCommandHandler]:
    """Return a handler over those peers."""
    return AgentHarness(AdvancedCommandHandler, peers=peers())


def sequence(name: str, *steps: str) -> dict[str, object]:
    """Return the definition of a sequence."""
    return {"name": name, "kind": "sequence", "steps": list(steps)}


def alias(name: str, target: str) -> dict[str, object]:
    """Return the definition of an alias."""
    return {"name": name, "kind": "alias_for", "target": target}


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("status", "2 agents are ok: knowledge_base, nlu_agent."),
        ("calculate 2+3*4", "2+3*4 = 14."),
        ("calculate 2 plus 3", "2 + 3 = 5."),
        ("what is 6 times 7?", "6 * 7 = 42."),
        ("time", "It is 15:06 on Sunday, 15 June 2025 (UTC)."),
        ("time in Europe/Berlin", "It is 17:06 on Sunday, 15 June 2025 (Europe/Berlin)."),
        ("search boiler", "I found: the boiler was serviced on 4 May; the car is red."),
        ("remember the roof is new", "I will remember that the roof is new."),
        ("forget the boiler", "I forgot 1 fact about the boiler."),
        ("SAY  Hello", "Hello"),
    ],
)
async def test_built_in_commands_do_things(command: str, message: str) -> None:
    """Every built-in command has its effect and says so."""
    async with harness() as agent:
        outcome = await agent.call("execute_command", command=command)

        assert (outcome.succeeded, outcome.error) == (True, None)
        assert outcome.kind is CommandKind.BUILT_IN
        assert outcome.message == message


async def test_effects_reach_the_peers() -> None:
    """Remember adds a fact by topic, forget deletes only facts on the subject."""
    async with harness() as agent:
        await agent.call("execute_command", command="remember the roof is new")
        await agent.call("execute_command", command="forget the boiler")
        added = agent.peers.calls_of("knowledge_base", "add_fact")
        deleted = agent.peers.calls_of("memory_client", "delete_memory")

        assert [(request.topic, request.content) for request in added] == [
            ("roof", "the roof is new")
        ]
        assert [request.memory_id for request in deleted] == ["f1"]


async def test_help_lists_every_built_in() -> None:
    """Help and list_commands name every built-in command."""
    async with harness() as agent:
        outcome = await agent.call("execute_command", command="help")
        listed = await agent.call("list_commands")

        assert all(known.usage in outcome.message for known in BUILT_INS)
        assert listed.built_in == BUILT_INS


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("calculate 1/0", ErrorCode.INVALID, "divides by zero"),
        ("calculate the moon", ErrorCode.INVALID, "found 'the moon'"),
        ("time in Atlantis", ErrorCode.INVALID, "Europe/Berlin"),
        ("time in /etc", ErrorCode.INVALID, "found '/etc'"),
        ("forget the unicorn", ErrorCode.NOT_FOUND, "no fact about the unicorn"),
        ("frobnicate", ErrorCode.NOT_FOUND, "say 'help'"),
        ("statsu", ErrorCode.NOT_FOUND, "did you mean 'status'?"),
        ("turn on the lights", ErrorCode.NOT_FOUND, "no command 'turn on the lights'"),
    ],
)
async def test_failed_commands_are_outcomes(command: str, code: ErrorCode, said: str) -> None:
    """A command that fails is an outcome with a code and a sentence, no error."""
    async with harness() as agent:
        outcome = await agent.call("execute_command", command=command)

        assert (outcome.succeeded, outcome.error) == (False, code)
        assert said in outcome.message


async def test_peer_failure_is_an_outcome() -> None:
    """A peer that is away fails the command, with the code of the peer."""
    async with harness() as agent:
        agent.peers.fail("system_digital_twin", "get_ok_agents", ErrorCode.TIMEOUT, "too slow")
        outcome = await agent.call("execute_command", command="status")

        assert (outcome.error, outcome.message) == (ErrorCode.TIMEOUT, "too slow")


async def test_sequence_runs_step_by_step() -> None:
    """A sequence runs its steps in order, with parameters, and reports each."""
    async with harness() as agent:
        definition = sequence("morning-routine", "say good morning {name}", "calculate {a} + 1")
        await agent.call("register_command", definition=definition)
        outcome = await agent.call(
            "execute_command",
            command="run my morning routine",
            parameters={"name": "Anna", "a": 2},
        )

        assert outcome.succeeded and outcome.kind is CommandKind.SEQUENCE
        assert [step.message for step in outcome.steps] == ["good morning Anna", "2 + 1 = 3."]
        assert outcome.message == "good morning Anna 2 + 1 = 3."


async def test_sequence_stops_at_the_first_failure() -> None:
    """A step that fails ends the sequence and the outcome says how far it came."""
    async with harness() as agent:
        definition = sequence("broken", "say one", "calculate 1/0", "say three")
        await agent.call("register_command", definition=definition)
        outcome = await agent.call("execute_command", command="broken")

        assert [step.succeeded for step in outcome.steps] == [True, False]
        assert (outcome.succeeded, outcome.error) == (False, ErrorCode.INVALID)
        assert outcome.message.startswith("1 of 3 steps done.")


async def test_steps_are_validated() -> None:
    """Each step passes the validator with its parameters filled in."""
    async with harness() as agent:
        await agent.call("register_command", definition=sequence("echo", "say {what}"))
        outcome = await agent.call(
            "execute_command", command="echo", parameters={"what": "sudo rm -rf /"}
        )

        assert outcome.error is ErrorCode.DENIED
        assert "rights of an administrator" in outcome.message


async def test_steps_are_refused_without_a_validator() -> None:
    """No custom command runs while nobody can check it."""
    async with harness() as agent:
        agent.peers.forget("intention_validator_agent", "validate_command")
        await agent.call("register_command", definition=sequence("hello", "say hello"))
        outcome = await agent.call("execute_command", command="hello")

        assert (outcome.succeeded, outcome.error) == (False, ErrorCode.UNAVAILABLE)


async def test_confirmation_reaches_the_steps() -> None:
    """A step that must be confirmed runs once the user said yes."""
    async with harness() as agent:
        script = {"name": "doors", "kind": "script", "script": "open the garage"}
        agent.peers.know(executor())
        agent.peers.answer("executor", "run_script", lambda _: ScriptOutcome(succeeded=True))
        await agent.call("register_command", definition=script)
        asked = await agent.call("execute_command", command="doors")
        confirmed = await agent.call("execute_command", command="doors", confirmed=True)

        assert asked.error is ErrorCode.DENIED and "Confirm it first" in asked.message
        assert confirmed.succeeded


async def test_script_is_unavailable_without_executor() -> None:
    """A script says honestly that nobody can run it."""
    async with harness() as agent:
        script = {"name": "lights", "kind": "script", "script": "turn on the lights"}
        agent.peers.know(executor(Phase.WAITING))
        await agent.call("register_command", definition=script)
        outcome = await agent.call("execute_command", command="lights")

        assert (outcome.kind, outcome.error) == (CommandKind.SCRIPT, ErrorCode.UNAVAILABLE)
        assert outcome.message == "I cannot run the script lights: no executor agent is running"


@pytest.mark.parametrize(("succeeded", "error"), [(True, None), (False, ErrorCode.INTERNAL)])
async def test_script_is_run_by_the_executor(succeeded: bool, error: ErrorCode | None) -> None:
    """A script is handed to the executor and its outcome comes back."""
    async with harness() as agent:
        script = {"name": "lights", "kind": "script", "script": "turn on the {room} lights"}
        agent.peers.know(executor())
        agent.peers.answer(
            "executor", "run_script", lambda _: ScriptOutcome(succeeded=succeeded, output="done")
        )
        await agent.call("register_command", definition=script)
        outcome = await agent.call(
            "execute_command", command="lights", parameters={"room": "hall"}, user_id="anna"
        )
        (asked,) = agent.peers.calls_of("executor", "run_script")

        assert (asked.script, asked.user_id) == ("turn on the hall lights", "anna")
        assert (outcome.succeeded, outcome.error) == (succeeded, error)
        assert outcome.data == {"output": "done"}


@pytest.mark.parametrize("command", ["run uptime", "execute the program uptime", "uptime"])
async def test_programs_of_the_host_are_run_by_the_executor(command: str) -> None:
    """A program that people know by name is handed over, and what it says is told."""
    async with harness() as agent:
        agent.peers.know(executor())
        done = Executed(execution_id="e", exit_code=0, output="up 3 days\n", seconds=0.1)
        agent.peers.answer("executor", "execute", lambda _: done)
        outcome = await agent.call("execute_command", command=command, user_id="anna")
        (asked,) = agent.peers.calls_of("executor", "execute")

        assert (asked.command, asked.user_id) == ("uptime", "anna")
        assert (outcome.succeeded, outcome.message) == (True, "uptime says: up 3 days")
        assert outcome.data == {"output": "up 3 days", "exit_code": 0, "execution_id": "e"}


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ({"exit_code": 2, "errors": "no such thing"}, "df failed with exit code 2: no such thing"),
        ({"exit_code": -9, "timed_out": True}, "df took too long: nothing"),
    ],
)
async def test_programs_that_fail_are_told_so(ended: dict[str, Any], said: str) -> None:
    """A program that fails is an outcome with what it wrote."""
    async with harness() as agent:
        agent.peers.know(executor())
        done = Executed(execution_id="e", output="", seconds=0.1, **ended)
        agent.peers.answer("executor", "execute", lambda _: done)
        outcome = await agent.call("execute_command", command="run df")

        assert (outcome.error, outcome.message) == (ErrorCode.INTERNAL, said)


async def test_programs_that_may_not_run_are_told_so() -> None:
    """What the executor or the policy refuses, and who is missing, are said."""
    async with harness() as agent:
        missing = await agent.call("execute_command", command="run uptime")
        agent.peers.know(executor())
        agent.peers.fail("executor", "execute", ErrorCode.DENIED, "it is not allowed")
        refused = await agent.call("execute_command", command="run whoami")
        judged = await agent.call("execute_command", command="cat /etc/shadow")

        assert missing.message == "I cannot run uptime: no executor agent is running"
        assert (refused.error, refused.message) == (
            ErrorCode.DENIED,
            "I may not run whoami: it is not allowed",
        )
        assert judged.error is ErrorCode.DENIED
        assert "rights of an administrator" in judged.message
        assert len(agent.peers.calls_of("executor", "execute")) == 1


async def test_alias_stands_for_its_target() -> None:
    """An alias does what its target does, in another name's words."""
    async with harness() as agent:
        await agent.call("register_command", definition=alias("how many", "calculate {sum}"))
        await agent.call("register_command", definition=alias("count", "how many"))
        outcome = await agent.call("execute_command", command="count", parameters={"sum": "1+1"})

        assert outcome.kind is CommandKind.ALIAS_FOR
        assert (outcome.command, outcome.message) == ("count", "1+1 = 2.")


@pytest.mark.parametrize("parameters", [{}, {"sum": "x" * 2001}, {"sum": " "}])
async def test_parameters_must_fit(parameters: dict[str, str]) -> None:
    """Missing, empty and too long parameters are told apart from a crash."""
    async with harness() as agent:
        await agent.call("register_command", definition=sequence("count", "{sum}"))
        outcome = await agent.call("execute_command", command="count", parameters=parameters)

        assert (outcome.succeeded, outcome.error) == (False, ErrorCode.INVALID)


async def test_custom_commands_outlive_the_process() -> None:
    """Custom commands are there after a restart, until they are removed or wiped."""
    async with harness() as agent:
        await agent.call("register_command", definition=sequence("hello", "say hello"))
        await agent.call("register_command", definition=alias("hallo", "hello"))
        store = agent.store
    async with AgentHarness(AdvancedCommandHandler, store=store, peers=peers()) as agent:
        listed = await agent.call("list_commands")
        assert [command.name for command in listed.custom] == ["hallo", "hello"]

        removed = await agent.call("remove_command", name="Hallo".lower())
        assert removed.name == "hallo"
        assert await store.get("commands", "hallo") is None

        await agent.call("clear_state")
        assert (await agent.call("list_commands")).custom == ()


async def test_replacing_must_be_asked_for() -> None:
    """A name that is taken conflicts unless it is to be replaced."""
    async with harness() as agent:
        first = await agent.call("register_command", definition=sequence("good day", "say a"))
        with pytest.raises(ActionError) as caught:
            await agent.call("register_command", definition=sequence("good_day", "say b"))
        second = await agent.call(
            "register_command", definition=sequence("good-day", "say b"), replace=True
        )
        outcome = await agent.call("execute_command", command="good day")

        assert caught.value.code is ErrorCode.CONFLICT
        assert (first.replaced, second.replaced) == (False, True)
        assert outcome.message == "b"


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (sequence("status", "say no"), ErrorCode.CONFLICT),
        (sequence("calculate", "say no"), ErrorCode.CONFLICT),
        (sequence("loop", "say a", "loop"), ErrorCode.INVALID),
        (alias("loop", "run loop"), ErrorCode.INVALID),
        (sequence("empty"), ErrorCode.INVALID),
        (sequence("Upper!", "say a"), ErrorCode.INVALID),
        ({"name": "both", "kind": "script", "script": "x", "target": "y"}, ErrorCode.INVALID),
        ({"name": "none", "kind": "built_in", "script": "x"}, ErrorCode.INVALID),
        ({"name": "odd", "kind": "magic"}, ErrorCode.INVALID),
    ],
)
async def test_bad_definitions_are_refused(definition: dict[str, object], code: ErrorCode) -> None:
    """A definition that shadows, loops or lacks its body is refused and not kept."""
    async with harness() as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("register_command", definition=definition)

        assert caught.value.code is code
        assert (await agent.call("list_commands")).custom == ()


async def test_cycle_over_two_commands_is_refused() -> None:
    """The registration that would close a cycle is refused and names the way round."""
    async with harness() as agent:
        await agent.call("register_command", definition=alias("ping pong", "pong ping"))
        with pytest.raises(ActionError, match="ping pong"):
            await agent.call("register_command", definition=sequence("pong ping", "ping pong"))


async def test_depth_and_steps_are_bounded() -> None:
    """Commands that call ever more commands end with an error."""
    async with harness() as agent:
        for number in range(4):
            step = f"level {number + 1}" if number < 3 else "say x"
            definition = sequence(f"level {number}", *[step] * 20)
            await agent.call("register_command", definition=definition)
        for number in range(9):
            await agent.call("register_command", definition=alias(f"d{number}", f"d{number + 1}"))
        wide = await agent.call("execute_command", command="level 0")
        deep = await agent.call("execute_command", command="d0")
        said = len(agent.peers.calls_of("intention_validator_agent", "validate_command"))

        assert (wide.succeeded, wide.error) == (False, ErrorCode.INVALID)
        assert (deep.succeeded, deep.error) == (False, ErrorCode.INVALID)
        assert said <= MAX_STEPS


@pytest.mark.parametrize(
    ("action", "fields", "code", "field"),
    [
        ("execute_command", {}, ErrorCode.INVALID, "command"),
        ("execute_command", {"command": " "}, ErrorCode.INVALID, "command"),
        ("execute_command", {"command": "x", "parameters": 1}, ErrorCode.INVALID, "parameters"),
        ("register_command", {}, ErrorCode.INVALID, "definition"),
        ("remove_command", {"name": "?"}, ErrorCode.INVALID, "name"),
        ("remove_command", {"name": "nothing"}, ErrorCode.NOT_FOUND, "name"),
        ("list_commands", {"name": "nothing"}, ErrorCode.INVALID, "name"),
    ],
)
async def test_malformed_requests_are_refused(
    action: str, fields: dict[str, object], code: ErrorCode, field: str
) -> None:
    """A request that is not as stated is refused with the field."""
    async with harness() as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (code, field)


NAMES = tuple("abcdef")


@st.composite
def webs(draw: st.DrawFn) -> dict[str, CustomCommand]:
    """Return commands that call each other in any way, cycles included."""
    commands = {}
    for name in NAMES:
        called = draw(st.lists(st.sampled_from((*NAMES, "say x")), min_size=1, max_size=3))
        if len(called) == 1:
            commands[name] = CustomCommand(name=name, kind=CommandKind.ALIAS_FOR, target=called[0])
        else:
            commands[name] = CustomCommand(
                name=name, kind=CommandKind.SEQUENCE, steps=tuple(called)
            )
    return commands


@settings(max_examples=60, deadline=None)
@given(webs())
async def test_no_web_of_commands_runs_for_ever(web: dict[str, CustomCommand]) -> None:
    """Whatever is stored, a run ends within its bounds, and with an error if it has a cycle."""
    fakes = peers()
    async with AgentHarness(AdvancedCommandHandler, peers=fakes) as agent:
        for name, command in web.items():
            await agent.store.put("commands", name, command.model_dump(mode="json"))
        await agent.agent.start()
        outcome = await agent.call("execute_command", command="a")
        checked = len(fakes.calls_of("intention_validator_agent", "validate_command"))

        assert checked <= MAX_STEPS + 1
        if find_cycle("a", web):
            assert (outcome.succeeded, outcome.error) == (False, ErrorCode.INVALID)
        else:
            assert outcome.succeeded or f"at most {MAX_STEPS} steps" in outcome.message
