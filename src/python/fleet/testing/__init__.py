"""Fakes, example models and tiny agents for tests of whatever deploys a fleet. No pytest here."""
