"""Requests and replies over ZeroMQ sockets. No phase, no action's meaning may enter."""
