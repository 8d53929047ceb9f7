"""Messages that caller and callee share, one module a topic. No behaviour may enter."""
