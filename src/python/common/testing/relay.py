"""Two tiny agents for tests: one answers, the other passes on. No test may enter."""

from common.agent import Agent, action
from common.facts import REGISTRY_SLUG, AgentFacts
from common.messages import Query, Reply


class Text(Query):
    """Ask with text."""

    text: str


class Answer(Reply):
    """Answer with text."""

    text: str


class Alpha(Agent):
    """Answer."""

    @action
    async def echo(self, request: Text) -> Answer:
        """Send the text back."""
        return Answer(text=request.text)


class Beta(Agent):
    """Pass on what it is asked to alpha."""

    @action
    async def relay(self, request: Text) -> Answer:
        """Ask alpha."""
        return await self.peers.call("alpha", "echo", request, Answer, timeout=2.0)


ALPHA = AgentFacts(
    name="Alpha",
    slug="alpha",
    module=__name__,
    actions=("echo",),
    depends_on=(REGISTRY_SLUG,),
)
BETA = AgentFacts(
    name="Beta", slug="beta", module=__name__, actions=("relay",), depends_on=("alpha",)
)
