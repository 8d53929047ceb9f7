"""The deploy program. May import common and oci; never agents, never pants."""
