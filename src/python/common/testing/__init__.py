"""Fakes and a harness for tests of agents. No pytest import, no socket may enter here."""

from common.testing.clock import FakeClock
from common.testing.harness import AgentHarness, facts_of
from common.testing.memory import MemoryFleet
from common.testing.peers import FakePeers, PeerCall

__all__ = ["AgentHarness", "FakeClock", "FakePeers", "MemoryFleet", "PeerCall", "facts_of"]
