"""
Messages about the persona that the assistant shows.

Only values live here; the personas are data of the dynamic identity agent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.speech import VoiceSettings
from common.messages import Event, Reply, Request, Topic

PersonaName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Persona(BaseModel):
    """Who the assistant is: how it words, greets and speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PersonaName
    title: str
    description: str
    instruction: str  # for language models
    greeting: str
    formality: float = Field(ge=0.0, le=1.0)
    warmth: float = Field(ge=0.0, le=1.0)
    brevity: float = Field(ge=0.0, le=1.0)
    voice: VoiceSettings = VoiceSettings()


class SwitchPersonaRequest(Request):
    """Ask dynamic_identity_agent `switch_persona`."""

    is_idempotent: ClassVar[bool] = True

    persona: PersonaName
    reason: str = Field(default="", max_length=500)
    user_id: str = Field(default="anonymous", min_length=1, max_length=200)


class PersonaReply(Reply):
    """Answer with the persona that is shown now, since when, and who was told of it."""

    persona: Persona
    since: float
    changed: bool = False
    told: tuple[str, ...] = ()


class PersonaList(Reply):
    """Answer `list_personas`, sorted by name."""

    personas: tuple[Persona, ...]
    current: str


class PersonaChanged(Event):
    """Tell that another persona is shown, and why."""

    persona: Persona
    before: str
    reason: str = ""
    user_id: str
    at: float


PERSONA_CHANGES: Final = Topic("dynamic_identity_agent", "persona_changes", PersonaChanged)
