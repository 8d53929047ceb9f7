"""Debian packages as image content: lock, fetch, unpack, merge. No host name may enter."""
