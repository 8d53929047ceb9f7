"""What the build knows about an agent. Only values of its `agent()` target may enter."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
ClassName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$")]
ModuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_]\w*)*$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class AgentFacts(BaseModel, frozen=True, extra="forbid"):
    """One agent as its target states it."""

    name: ClassName
    slug: Slug
    module: ModuleName
    machine: Literal["mainpc", "pc2"] = "mainpc"
    group: str = ""
    port: Port = 0
    health_port: Port = 0
    depends_on: tuple[Slug, ...] = ()
    storage: tuple[str, ...] = ()
    gpu: bool = False
    criticality: Literal["critical", "normal", "optional"] = "normal"
    actions: tuple[str, ...] = ()
