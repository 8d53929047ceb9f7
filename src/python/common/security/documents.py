"""The two files of a keys folder as documents. Who may trust whom is decided elsewhere."""

from pydantic import BaseModel, ConfigDict, Field

from common.facts import Slug
from common.security.keys import CurveKey, KeyPair

KEY_FILE = "agent.key"
TRUST_FILE = "trust.json"


class KeyDocument(BaseModel):
    """`agent.key`: the public and secret key of the agent itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    public: CurveKey
    secret: CurveKey = Field(repr=False)

    @property
    def pair(self) -> KeyPair:
        """Give the pair."""
        return KeyPair(self.public, self.secret)


class TrustDocument(BaseModel):
    """`trust.json`: keys of the servers that it calls, best first, and of its clients."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    servers: dict[Slug, tuple[CurveKey, ...]] = {}
    clients: dict[CurveKey, Slug] = {}
