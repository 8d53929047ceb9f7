"""Filters: each adds one concern to the documents. A module a concern; order is data elsewhere."""
