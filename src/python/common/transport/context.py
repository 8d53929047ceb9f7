"""The one ZeroMQ context of the process. Nothing else may make one."""

import zmq


def process_context() -> "zmq.Context[zmq.Socket[bytes]]":
    """Return the context that every socket of this process shares; a forked child gets its own."""
    return zmq.Context.instance()


def close_context() -> None:
    """Send what is still queued, within each socket's linger, and end the context."""
    process_context().term()
