"""The library every agent is built on. No agent's code, no deploy word, may enter."""
