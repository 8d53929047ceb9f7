"""The fleet as processes of this machine under one supervisor. No orchestrator, no image."""
