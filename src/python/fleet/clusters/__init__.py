"""Adapters: how a fleet is started, seen and stopped on each orchestrator. No policy."""
