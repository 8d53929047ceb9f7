"""The one ZeroMQ context of the process. Nothing else may make one."""

import threading

import zmq

# Two for each connection: its own and the one that tells what becomes of it.
MAX_SOCKETS = 16_384
# Half of what the C library keeps of freed memory, instead of giving it back to the kernel.
KEPT_BYTES = 8 * 1024 * 1024

# Longer than any socket lingers.
LEAVE_SECONDS = 3.0

_prepared: list["zmq.Context[zmq.Socket[bytes]]"] = []


def process_context() -> "zmq.Context[zmq.Socket[bytes]]":
    """Return the context that every socket of this process shares; a forked child gets its own."""
    context = zmq.Context.instance()
    if context not in _prepared:
        context.set(zmq.MAX_SOCKETS, MAX_SOCKETS)
        _prepared[:] = [context]
        _keep_freed_memory()
    return context


def close_context() -> None:
    """Send what is still queued, within each socket's linger, and end the context.

    libzmq now and then never returns from ending a context all of whose sockets are closed (seen
    with 163 requests in flight): the process may leave without it after a while.
    """
    ending = threading.Thread(target=process_context().term, daemon=True)
    ending.start()
    ending.join(LEAVE_SECONDS)


def _keep_freed_memory() -> None:
    # Buffers of large attachments come and go with each message. By default they go back to the
    # kernel, which clears every page anew: half of the time of a megabyte, and more. glibc keeps
    # twice the largest block that was ever freed (mallopt(3), M_MMAP_THRESHOLD), so one is freed
    # here; it is never touched, so it costs nothing.
    len(bytes(KEPT_BYTES))
