"""Which actions may be asked again: what is read changes nothing, and says so."""

from __future__ import annotations

import pytest
from docs.checks.agents_page import agent_targets, class_of

from common.actions import Action, actions_of
from common.messages import Empty, Query

READING = ("get_", "list_", "search_")
REPEATABLE = {
    "AddBeliefRequest",
    "AddRelationshipRequest",
    "AddToGroupRequest",
    "AdjustParameterRequest",
    "AgentNameRequest",
    "AllocateRequest",
    "CacheMemoryRequest",
    "CacheResponseRequest",
    "CancelJobRequest",
    "CancelTaskRequest",
    "CleanupRequest",
    "ClearCacheRequest",
    "ClearContextHistoryRequest",
    "ClearContextRequest",
    "ClearConversationRequest",
    "ClearHistoryRequest",
    "CreateDirRequest",
    "DeleteMemoryRequest",
    "DeleteTwinRequest",
    "ForgetPersonRequest",
    "ForgetSpeakerRequest",
    "InvalidateMemoryRequest",
    "InvalidateRequest",
    "LogoutRequest",
    "MarkInteractionRequest",
    "MarkProcessedRequest",
    "ModelRequest",
    "ModelStatusUpdate",
    "NewOpportunityRequest",
    "OptimizeScheduleRequest",
    "PutRequest",
    "RegisterAgentRequest",
    "RegisterParameterRequest",
    "RegisterWithTwinRequest",
    "ReleaseRequest",
    "RemoveCommandRequest",
    "RetractBeliefRequest",
    "SessionRequest",
    "SetDreamIntervalRequest",
    "SetIdleTimeout",
    "SetLearningGoalRequest",
    "SetThreshold",
    "SetThresholdsRequest",
    "SetVoiceRequest",
    "StopSpeakingRequest",
    "SwitchPersonaRequest",
    "UpdateFactRequest",
    "UpdateProfileRequest",
    "UpdateStudentRequest",
    "UpdateTwinRequest",
    "WakeWordSettings",
}
"""What changes something, and nothing more the second time: there is a key in each."""


MAKING = {"tutor_agent.get_lesson"}
"""What is named like a question, and makes what it gives: the catalogue names it so."""


def declared() -> dict[str, Action]:
    """Give every action of the fleet by `<agent>.<action>`."""
    return {
        f"{target.name}.{found.name}": found
        for target in agent_targets()
        for found in actions_of(class_of(target))
    }


ACTIONS = declared()
READING_ACTIONS = sorted(
    name for name in {*ACTIONS} - MAKING if name.partition(".")[2].startswith(READING)
)


@pytest.mark.parametrize("name", READING_ACTIONS)
def test_what_is_read_is_asked_by_a_query(name: str) -> None:
    """An action that is named like a question changes nothing."""
    assert issubclass(ACTIONS[name].request, Query)


def test_what_changes_something_is_repeated_only_when_listed() -> None:
    """Whoever makes one more request repeatable has to think of what the second time does."""
    requests = {found.request for found in ACTIONS.values()}
    changing = {request for request in requests if not issubclass(request, Query)}

    assert {request.__name__ for request in changing if request.is_idempotent} == REPEATABLE


def test_a_request_that_says_nothing_promises_nothing() -> None:
    """`Empty` asks for changes such as a restart; questions without fields are a `Query`."""
    assert not Empty.is_idempotent
    assert Query.is_idempotent
