"""What the build knows about an agent. Only values of its `agent()` target may enter."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

REGISTRY_SLUG = "service_registry"
ANY_AGENT = "*"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
ClassName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$")]
ModuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_]\w*)*$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class AgentFacts(BaseModel, frozen=True, extra="forbid"):
    """One agent as its target states it.

    It waits for the agents in `depends_on` when it starts; it may call those in `calls`, too.
    """

    name: ClassName
    slug: Slug
    module: ModuleName
    machine: Literal["mainpc", "pc2"] = "mainpc"
    group: str = ""
    port: Port = 0
    health_port: Port = 0
    depends_on: tuple[Slug, ...] = ()
    calls: tuple[Slug | Literal["*"], ...] = ()
    storage: tuple[str, ...] = ()
    gpu: bool = False
    criticality: Literal["critical", "normal", "optional"] = "normal"
    actions: tuple[str, ...] = ()

    def may_call(self, slug: str) -> bool:
        """Tell whether the agent has an edge to another; everybody has one to the registry."""
        own = (REGISTRY_SLUG, self.slug, *self.depends_on, *self.calls)
        return slug in own or ANY_AGENT in self.calls
