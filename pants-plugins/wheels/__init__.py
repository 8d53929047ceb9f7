"""Python distributions as build inputs: find, fetch by hash, unpack. Standard library only."""
