"""Bytes from a URL, for whatever is locked by hash. Standard library only."""
