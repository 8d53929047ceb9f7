"""
Messages of the language agents and of the peers that they talk to.

Only values live here: no pattern, no policy and no wording. A field that one agent alone
understands stays with that agent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from common.messages import ErrorCode, Query, Reply, Request

MAX_TEXT = 10_000
MAX_COMMAND = 2_000

Text = Annotated[str, Field(max_length=MAX_TEXT)]
SpokenText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
CommandText = Annotated[str, Field(min_length=1, max_length=MAX_COMMAND, pattern=r"\S")]
CommandName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([ _-][a-z0-9]+)*$", max_length=60)]
Identifier = Annotated[str, Field(min_length=1, max_length=200)]


# ---- nlu_agent


class Intent(StrEnum):
    """Name what the user wants."""

    REMEMBER = "remember"  # entities: topic, content
    RECALL = "recall"  # entities: query
    COMMAND = "command"  # entities: command, the canonical text for the command agents
    SET_REMINDER = "set_reminder"  # entities: topic, content, task, and seconds or at when given
    REASON = "reason"  # entities: question, which takes several steps
    READ_PAGE = "read_page"  # entities: url, and query when something is asked about the page
    WRITE_CODE = "write_code"  # entities: description, and language when given
    GREETING = "greeting"
    FAREWELL = "farewell"
    THANKS = "thanks"
    SMALLTALK = "smalltalk"
    UNKNOWN = "unknown"


class Entity(BaseModel):
    """Hold one thing that was named in the text; start and end are -1 when it was derived."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    value: str
    start: int = -1
    end: int = -1


class AnalyzeRequest(Query):
    """Ask nlu_agent `analyze`; any text is accepted, also an empty one."""

    text: Text
    context: dict[str, JsonValue] = Field(default_factory=dict)


class Analysis(Reply):
    """Answer `analyze`: the most likely intent and what was named."""

    intent: Intent
    confidence: float = Field(ge=0.0, le=1.0)
    entities: tuple[Entity, ...] = ()
    rule: str = ""  # which rule decided, for people who ask why

    def first(self, kind: str) -> str | None:
        """Return the value of the first entity of this kind."""
        return next((entity.value for entity in self.entities if entity.kind == kind), None)


# ---- intention_validator_agent


class Risk(StrEnum):
    """Grade the harm that a command could do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Decision(StrEnum):
    """Name what the policy says."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    DENY = "deny"


class ValidateCommandRequest(Request):
    """Ask intention_validator_agent `validate_command`; confirmed means that the user said yes."""

    command: CommandText
    user_id: Identifier | None = None
    context: dict[str, JsonValue] = Field(default_factory=dict)
    source: Identifier | None = None
    confirmed: bool = False


class CommandVerdict(Reply):
    """Answer `validate_command`; run the command only when allowed is true."""

    allowed: bool
    decision: Decision
    risk: Risk
    reasons: tuple[str, ...]
    requires_confirmation: bool  # ask the user, then validate again with confirmed=True
    rule_ids: tuple[str, ...]
    validation_id: str


class ValidationHistoryRequest(Query):
    """Ask intention_validator_agent `get_validation_history`, newest first."""

    limit: int = Field(default=20, ge=1, le=500)
    user_id: Identifier | None = None


class ValidationRecord(BaseModel):
    """Hold one verdict of the past."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    validation_id: str
    at: float
    command: str
    user_id: str | None
    source: str | None
    allowed: bool
    decision: Decision
    risk: Risk
    rule_ids: tuple[str, ...]


class ValidationHistory(Reply):
    """Answer `get_validation_history`."""

    records: tuple[ValidationRecord, ...]


# ---- advanced_command_handler


class CommandKind(StrEnum):
    """Name how a command is carried out."""

    BUILT_IN = "built_in"
    SEQUENCE = "sequence"
    SCRIPT = "script"
    ALIAS_FOR = "alias_for"


class ExecuteCommandRequest(Request):
    """
    Ask advanced_command_handler `execute_command`.

    Parameters fill `{name}` placeholders of custom commands; confirmed means that the user said
    yes to what the policy wants confirmed.
    """

    command: CommandText
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    user_id: Identifier | None = None
    confirmed: bool = False


class StepResult(BaseModel):
    """Hold the result of one step of a sequence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    succeeded: bool
    message: str
    error: ErrorCode | None = None


class CommandOutcome(Reply):
    """
    Answer `execute_command`; message is a sentence for the user.

    A command that fails is an answer too, with the error code: only a malformed request is an
    ActionError, so that nobody's circuit breaker opens because of what a user typed.
    """

    command: str
    kind: CommandKind | None  # None when nobody knows the command
    succeeded: bool
    message: str
    error: ErrorCode | None = None
    steps: tuple[StepResult, ...] = ()
    data: dict[str, JsonValue] = Field(default_factory=dict)


class CustomCommand(BaseModel):
    """Hold a registered command; it may have `{name}` placeholders for parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: CommandName
    kind: Literal[CommandKind.SEQUENCE, CommandKind.SCRIPT, CommandKind.ALIAS_FOR]
    steps: tuple[CommandText, ...] = Field(default=(), max_length=50)  # of a sequence
    script: str = Field(default="", max_length=MAX_COMMAND)  # of a script
    target: str = Field(default="", max_length=MAX_COMMAND)  # of an alias
    description: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def check_body(self) -> Self:
        """Refuse a command that has not exactly the body of its kind."""
        bodies = {
            CommandKind.SEQUENCE: ("steps", bool(self.steps)),
            CommandKind.SCRIPT: ("script", bool(self.script.strip())),
            CommandKind.ALIAS_FOR: ("target", bool(self.target.strip())),
        }
        wanted, _ = bodies[self.kind]
        given = tuple(field for field, is_given in bodies.values() if is_given)
        if given != (wanted,):
            raise ValueError(
                f"a {self.kind.value} needs `{wanted}` and nothing else, found "
                f"{', '.join(given) or 'none'}"
            )
        return self


class RegisterCommandRequest(Request):
    """Ask advanced_command_handler `register_command`."""

    definition: CustomCommand
    replace: bool = False


class CommandRegistered(Reply):
    """Answer `register_command`."""

    name: str
    replaced: bool


class RemoveCommandRequest(Request):
    """Ask advanced_command_handler `remove_command`."""

    is_idempotent: ClassVar[bool] = True

    name: CommandName


class CommandRemoved(Reply):
    """Answer `remove_command`."""

    name: str


class BuiltInCommand(BaseModel):
    """Describe a command that is always there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    usage: str
    description: str


class CommandList(Reply):
    """Answer `list_commands`."""

    built_in: tuple[BuiltInCommand, ...]
    custom: tuple[CustomCommand, ...]


# ---- chitchat_agent


class Turn(BaseModel):
    """Hold one thing said in a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["user", "assistant"]
    text: Text


class ChitchatRequest(Request):
    """Ask chitchat_agent `chitchat`; history wins over what the agent remembers itself."""

    text: SpokenText
    user_id: Identifier | None = None
    session_id: Identifier | None = None
    history: tuple[Turn, ...] = Field(default=(), max_length=200)


class ChitchatMetadata(BaseModel):
    """Say honestly which engine answered: `embedded` is the rule-based fallback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["embedded", "remote"]
    rule: str = ""
    note: str = ""


class ChitchatAnswer(Reply):
    """Answer `chitchat`."""

    text: str
    metadata: ChitchatMetadata


class ClearHistoryRequest(Request):
    """Ask chitchat_agent `clear_history`."""

    is_idempotent: ClassVar[bool] = True

    session_id: Identifier | None = None
    user_id: Identifier | None = None


class HistoryCleared(Reply):
    """Answer `clear_history`."""

    cleared: bool
    turns: int


# ---- responder


class Mood(StrEnum):
    """Name the tone of an answer."""

    NEUTRAL = "neutral"
    CHEERFUL = "cheerful"
    APOLOGETIC = "apologetic"
    GENTLE = "gentle"  # for whoever is sad, afraid or angry: nothing is cheered or shouted


class RespondRequest(Request):
    """Ask responder `respond`; face is the name of a recognised face, if known."""

    text: SpokenText
    intent: Intent | None = None
    mood: Mood = Mood.NEUTRAL
    face: Identifier | None = None
    session_id: Identifier | None = None
    user_id: Identifier | None = None  # whose feelings colour the tone
    speak: bool = True


class Wording(Reply):
    """Answer `respond`: what to show and say."""

    text: str
    mood: Mood
    addressed: str | None = None  # the person who was greeted by name
    interrupted: bool = False  # an interrupt dropped earlier speech of this session
    truncated: bool = False
    spoken: bool = False  # handed to streaming_tts_agent


class EventType(StrEnum):
    """Name what happened around the conversation."""

    FACE_DETECTED = "face_detected"  # needs name
    MOOD_DETECTED = "mood_detected"  # needs mood; colours answers that are neutral
    INTERRUPT = "interrupt"  # the user cut in: speech that waits is dropped
    SPEECH_FINISHED = "speech_finished"  # everything that waited was spoken


class NotifyEventRequest(Request):
    """Ask responder `notify_event`."""

    type: EventType
    session_id: Identifier = "default"
    name: Identifier | None = None
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    mood: Mood | None = None
    reason: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def check_needed_fields(self) -> Self:
        """Refuse a face without a name and a mood event without a mood."""
        if self.type is EventType.FACE_DETECTED and self.name is None:
            raise ValueError("face_detected needs `name`, the name of the recognised face")
        if self.type is EventType.MOOD_DETECTED and self.mood is None:
            raise ValueError("mood_detected needs `mood`: neutral, cheerful, apologetic or gentle")
        return self


class EventTaken(Reply):
    """Answer `notify_event`."""

    expires_at: float  # when this context is forgotten
    dropped_speech: int = 0


class GetStateRequest(Query):
    """Ask responder `get_state`."""

    session_id: Identifier = "default"


class ResponderState(Reply):
    """Answer `get_state`: the context that has not expired."""

    session_id: str
    face: str | None = None
    mood: Mood | None = None
    interrupted: bool = False
    pending_speech: tuple[str, ...] = ()


# ---- executor, as far as scripts go; single commands are in execution


class RunScriptRequest(Request):
    """Ask executor `run_script`."""

    script: str = Field(min_length=1, max_length=MAX_COMMAND)
    user_id: Identifier | None = None


class ScriptOutcome(Reply):
    """Answer `run_script`."""

    succeeded: bool
    output: str = ""
